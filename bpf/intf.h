/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * intf.h - what the kernel half (bpf/) and the process (lib/) share, and nothing else.
 *
 * One BPF arena holds it all. The process may be wrong or hostile, so the kernel half never relies
 * on what it reads here: it copies a value, checks it, and keeps its own state in maps that the
 * process cannot write. Each member names its one writer: (k)ernel half or (u)ser process.
 *
 * Both sides are built from one source tree into one library, so the layout carries no version.
 */
#ifndef SCXU_INTF_H
#define SCXU_INTF_H

#ifdef __BPF__
#define __shm __attribute__((address_space(1)))
#else
#include <linux/types.h>
#define __shm
#endif

#define SCXU_CACHE_LINE 64
#define SCXU_MAX_BATCH 256 /* decisions that one ops.dispatch() takes; dispatch_max_batch */

/* The task that a slot stands for, as it was when it was last enqueued. */
struct scxu_shm_task {
	__u32 generation;      /* k: 0 while the record is being written */
	__s32 pid;             /* k */
	__s32 tgid;            /* k */
	__s32 cpu;             /* k: where it last ran */
	__u32 flags;           /* k: SCXU_TASK_* */
	__u32 weight;          /* k */
	__u32 nr_cpus_allowed; /* k */
	__u32 reserved;
	__u64 enqueue_ns;  /* k: CLOCK_MONOTONIC */
	__u64 exec_ns;     /* k: run time since the task was created */
	__u64 nr_switches; /* k: voluntary context switches */
	__u64 cookie;      /* k: the policy's word, from its last decision; at first 0 */
};

/* Announcement: slot and generation of a task that wants to run. */
struct scxu_shm_entry {
	__u32 slot;
	__u32 generation;
};

/* The policy's answer for one generation of one slot. */
struct scxu_shm_decision {
	__u32 slot;
	__u32 generation;
	__s32 cpu;   /* -1 = any */
	__u32 flags; /* none yet: 0 */
	__u64 slice_ns;
	__u64 vtime;
	__u64 cookie;
};

/* Written by one CPU, with interrupts off: plain stores are enough. */
struct scxu_shm_counters {
	__u64 nr_enqueued;      /* handed to the policy */
	__u64 nr_dispatched;    /* decisions carried out */
	__u64 nr_stale;         /* decisions for an old generation, dropped */
	__u64 nr_bounced;       /* decisions for a CPU that is not allowed or offline */
	__u64 nr_refused;       /* decisions that make no sense */
	__u64 nr_withdrawn;     /* left custody without an answer: class, affinity, exit */
	__u64 nr_kernel;        /* scheduled without the policy, by rule */
	__u64 nr_idle_shortcut; /* put on an idle CPU at wake-up */
	__u64 nr_fallback;      /* scheduled by the fallback */
	__u64 nr_ring_full;     /* of these: announcement ring or custody queue full */
	__u64 nr_no_slot;       /* of these: more tasks than slots */
	__u64 nr_rescued;       /* of these: taken back from a late policy */
	__u64 nr_doorbells;     /* the process was woken from its sleep */
};

struct scxu_shm_cpu {
	__u32 tail; /* k: announcements written */
	__s32 pid;  /* k: who runs, 0 = nobody */
	__u32 idle; /* k */
	__u32 reserved;
	struct scxu_shm_counters nr;                          /* k */
	__u32 head __attribute__((aligned(SCXU_CACHE_LINE))); /* u: announcements read */
} __attribute__((aligned(SCXU_CACHE_LINE)));

struct scxu_shm {
	/* The process writes this line. */
	__u32 nr_rounds;     /* u: proof of life, moves at the end of each round */
	__u32 parked;        /* u: the next sched_yield() ends a round */
	__u32 blocked;       /* u: about to sleep, ring the doorbell */
	__u32 decision_tail; /* u: decisions written */
	/* The kernel half writes this one. */
	__u32 decision_head __attribute__((aligned(SCXU_CACHE_LINE))); /* k: decisions read */
	__u32 may_block;       /* k: nothing has happened for a while, sleep rather than park */
	__u32 in_fallback;     /* k */
	__u32 own_cpu_free;    /* k: the process's CPU had nothing else to run */
	__u32 exit_kind;       /* k: not 0 once the scheduler has left the kernel */
	__u64 nr_fallbacks;    /* k: times that the fallback took over */
	__u64 fallback_ns;     /* k: total time it was in charge, without the present one */
	__u64 max_fallback_ns; /* k: longest */
	__u64 nr_tasks;        /* k: tasks that have a slot */
};

/*
 * Where things lie in the arena: struct scxu_shm, then the arrays. Every number of entries is a
 * power of two but nr_cpus, which counts CPU ids, holes included.
 */
struct scxu_shm_layout {
	__u32 nr_cpus;
	__u32 nr_ring; /* entries of each CPU's announcement ring */
	__u32 nr_decisions;
	__u32 nr_slots;
	__u32 cpus; /* byte offsets from here on */
	__u32 decisions;
	__u32 rings;
	__u32 tasks;
	__u32 size;
};

/* Options of the kernel half, fixed when it is loaded. */
struct scxu_shm_opts {
	struct scxu_shm_layout layout;
	__u32 nr_cpus_possible; /* CPU ids without the holes */
	__u64 slice_ns;         /* for tasks that the kernel half places itself */
	__u64 min_slice_ns;     /* bounds for what the policy asks */
	__u64 max_slice_ns;
	__u64 fallback_ns; /* how long a task waits for an answer, 0 = for ever */
	__u32 full_user;   /* no idle short cut: every wake-up goes to the policy */
	__u32 reserved;
};

/* Handed to the kernel half by the thread that will run the policy, before it attaches. */
struct scxu_shm_setup {
	__u64 shm; /* user address of the arena */
};

/* The kernel's last words, in the map "exit_rec". */
#define SCXU_EXIT_DUMP_LEN 32768

struct scxu_exit_rec {
	__s64 code;
	__u32 kind;
	__u32 reserved;
	char reason[128];
	char message[1024];
	char dump[SCXU_EXIT_DUMP_LEN];
};

#endif
