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

enum scxu_shm_kind {
	SCXU_KIND_KTHREAD = 1,
	SCXU_KIND_OURS = 2, /* it is of class SCHED_EXT, and not of the process itself */
};

/*
 * The task that a slot stands for, as it was when it was last enqueued. What is needed for each
 * decision stands in the first two lines of the cache.
 */
struct scxu_shm_task {
	__u32 generation;      /* k: 0 while the record is being written */
	__s32 pid;             /* k */
	__s32 tgid;            /* k */
	__s32 cpu;             /* k: where it last ran */
	__u32 flags;           /* k: SCXU_TASK_* */
	__u32 weight;          /* k */
	__u32 nr_cpus_allowed; /* k */
	__u32 kind;            /* k: SCXU_KIND_* */
	__u64 enqueue_ns;      /* k: CLOCK_MONOTONIC */
	__u64 exec_ns;         /* k: run time since the task was created */
	__u64 nr_switches;     /* k: voluntary context switches */
	__u64 cookie;          /* k: the policy's word, from its last decision; at first 0 */
	__u64 vtime;           /* k: as the cookie */
	__u64 id;              /* k: the task's own number, 0 = the slot is free */
	__u64 cgroup_id;       /* k: 0 = not known */
	__u64 seq;             /* k: of the enqueue, if the policy wants events */
	/* From here on what opts.fields asks for. */
	char comm[16];        /* k */
	__s32 nice;           /* k */
	__u32 policy;         /* k */
	__s32 waker_pid;      /* k */
	__s32 waker_cpu;      /* k */
	__u64 start_ns;       /* k */
	__u64 stop_ns;        /* k */
	__u64 exec_run_ns;    /* k */
	__u64 exec_awake_ns;  /* k */
	__u64 nr_preemptions; /* k */
} __attribute__((aligned(SCXU_CACHE_LINE)));

/* Announcement: slot and generation of a task that wants to run. */
struct scxu_shm_entry {
	__u32 slot;
	__u32 generation;
};

/* What the policy tells the kernel half to do. Members that an operation does not use are 0. */
enum scxu_shm_op {
	SCXU_OP_DISPATCH = 0,  /* the policy's answer for one generation of one slot */
	SCXU_OP_KICK = 1,      /* cpu, flags = SCXU_KICK_* */
	SCXU_OP_SET_SLICE = 2, /* slot, generation, slice_ns */
	SCXU_OP_SET_VTIME = 3, /* slot, generation, vtime */
	SCXU_OP_RECALL = 4,    /* slot, generation */
};

/* 0 is what most decisions are. */
#define SCXU_HOW(op, flags, queue) ((op) | (flags) << 8 | (__u32)(queue) << 16)
#define SCXU_HOW_OP(how) ((how) & 0xff)
#define SCXU_HOW_FLAGS(how) ((how) >> 8 & 0xff)
#define SCXU_HOW_QUEUE(how) ((how) >> 16)
#define SCXU_MAX_QUEUES 64
#define SCXU_QUEUE_NAME_LEN 16 /* with the 0 at its end */

struct scxu_shm_decision {
	__u32 slot;
	__u32 generation;
	__s32 cpu; /* -1 = any */
	__u32 how; /* SCXU_HOW() */
	__u64 slice_ns;
	__u64 vtime;
	__u64 cookie;
};

/* Something that happened to a task, a CPU or a cgroup: see struct scxu_event. */
struct scxu_shm_event {
	__u64 seq;
	__u64 time_ns;
	__u16 type; /* enum scxu_event_type */
	__s32 cpu;
	__u32 slot;
	__u32 generation;
	__s32 pid;
	__s32 tgid;
	__s32 task_cpu;
	__u32 weight;
	__u64 exec_ns;
	__u64 cookie;
	__u64 id;
	__u64 value[4];
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
	__u64 nr_events;        /* announced */
	__u64 nr_events_lost;   /* no room to announce them */
	__u64 nr_starved;       /* of those dispatched: given to the fallback in the end */
};

struct scxu_shm_cpu {
	__u32 tail;                                           /* k: announcements written */
	__s32 pid;                                            /* k: who runs, 0 = nobody */
	__u32 idle;                                           /* k */
	__u32 offline;                                        /* k */
	__u32 event_tail;                                     /* k: events written */
	__u32 coming;                                         /* k: see cpu_comes() */
	struct scxu_shm_counters nr;                          /* k */
	__u32 head __attribute__((aligned(SCXU_CACHE_LINE))); /* u: announcements read */
	__u32 event_head;                                     /* u: events read */
} __attribute__((aligned(SCXU_CACHE_LINE)));

/* What the process's next sched_yield() means. */
enum scxu_shm_park {
	SCXU_PARK_NO = 0,      /* nothing: the round goes on */
	SCXU_PARK = 1,         /* it ends, and the next begins when there is something to decide */
	SCXU_PARK_BRIEFLY = 2, /* the next begins as soon as others have had their turn */
};

/* When a task came how far. There is none of this without SCXU_HISTOGRAMS. */
struct scxu_shm_wait {
	__u64 seen_ns;       /* u: its announcement was read */
	__u64 dispatched_ns; /* k: its decision was carried out */
	__u32 seen;          /* u: the generation of the one, */
	__u32 dispatched;    /* k: and of the other, 0 once it has run */
};

#define SCXU_SHM_NR_BUCKETS 40

struct scxu_shm_histograms {
	__u64 seen_to_dispatched[SCXU_SHM_NR_BUCKETS];    /* k */
	__u64 dispatched_to_running[SCXU_SHM_NR_BUCKETS]; /* k */
};

/* The bucket that counts a wait: the place of its highest bit. The last one has all that follow. */
static inline __u32 scxu_shm_bucket(__u64 ns)
{
	__u32 bucket = 0, half;

	for (half = 32; half; half /= 2) {
		if (ns >> half) {
			ns >>= half;
			bucket += half;
		}
	}
	return bucket < SCXU_SHM_NR_BUCKETS ? bucket : SCXU_SHM_NR_BUCKETS - 1;
}

#define SCXU_SHM_NR_CAUSES 7

/* The fallbacks of a cause. */
struct scxu_shm_fallbacks {
	__u64 nr;
	__u64 total_ns;
	__u64 max_ns;
};

struct scxu_shm {
	/* The process writes this line. */
	__u32 nr_rounds;     /* u: proof of life, moves at the end of each round */
	__u32 parked;        /* u: enum scxu_shm_park */
	__u32 blocked;       /* u: about to sleep, ring the doorbell */
	__u32 decision_tail; /* u: decisions written */
	__u32 listening;     /* u: events are wanted from now on */
	/* The kernel half writes the others. */
	__u32 decision_head __attribute__((aligned(SCXU_CACHE_LINE))); /* k: decisions read */
	__u32 may_block;       /* k: nothing has happened for a while, sleep rather than park */
	__u32 in_fallback;     /* k */
	__u32 own_cpu_free;    /* k: the process's CPU had nothing else to run */
	__u32 needed;          /* k: there is something to decide, or the worker was interrupted */
	__u32 exit_kind;       /* k: not 0 once the scheduler has left the kernel */
	__u64 nr_fallbacks;    /* k: times that the fallback took over */
	__u64 fallback_ns;     /* k: total time it was in charge, without the present one */
	__u64 max_fallback_ns; /* k: longest */
	__u32 nr_over;         /* k: times that it has given way again */
	__u32 last_cause;      /* k: of the last one, enum scxu_fallback_cause */
	struct scxu_shm_fallbacks fallbacks[SCXU_SHM_NR_CAUSES]; /* k: by cause */
	__u64 nr_tasks;                                          /* k: tasks that have a slot */
	__u64 event_seq; /* k: the number of the next event, or enqueue among events */
};

/*
 * Where things lie in the arena: struct scxu_shm, then the arrays. Every number of entries is a
 * power of two but nr_cpus, which counts CPU ids, holes included. There is one ring of events more
 * than CPUs, for those that come from no CPU in particular.
 */
struct scxu_shm_layout {
	__u32 nr_cpus;
	__u32 nr_ring; /* entries of each CPU's announcement ring */
	__u32 nr_decisions;
	__u32 nr_slots;
	__u32 nr_events;  /* entries of each ring of events, 0 = none */
	__u32 mask_words; /* of 64 CPUs, in the mask of a task */
	__u32 cpus;       /* byte offsets from here on */
	__u32 decisions;
	__u32 rings;
	__u32 events;
	__u32 tasks;
	__u32 masks;
	__u32 waits; /* 0 = no histograms */
	__u32 histograms;
	__u32 size;
};

/* Options of the kernel half, fixed when it is loaded. */
struct scxu_shm_opts {
	struct scxu_shm_layout layout;
	__u32 nr_cpus_possible; /* CPU ids without the holes */
	__u32 nr_llcs;          /* groups of CPUs that share a cache */
	__u64 slice_ns;         /* for tasks that the kernel half places itself */
	__u64 min_slice_ns;     /* bounds for what the policy asks */
	__u64 max_slice_ns;
	__u64 fallback_ns; /* how long a task waits for an answer, 0 = for ever */
	__u64 starved_ns;  /* and how long in a queue of the policy's */
	__u64 wakeup_ns; /* a wake-up ends the slice of who has run for that long, 0 = of nobody */
	__u32 fallback_repeated; /* what follows repeated fallbacks: enum scxu_fallback_repeated */
	__u32 full_user;         /* no idle short cut: every wake-up goes to the policy */
	__u32 partial;           /* tasks of the ordinary class are not ours */
	__u32 fields;            /* SCXU_FIELD_*, of the record */
	__u64 events;            /* SCXU_EVENT_BIT(), types of events */
};

/* Handed to the kernel half by the thread that will run the policy, before it attaches. */
struct scxu_shm_setup {
	__u64 shm; /* user address of the arena */
};

/* Make a queue of the policy's own, or, with a CPU, have that CPU serve it. */
struct scxu_shm_queue {
	__u32 queue; /* from 1 */
	__s32 cpu;   /* -1 = make it */
	char name[SCXU_QUEUE_NAME_LEN];
};

/* A cgroup, in the map "cgroups" by its id. */
struct scxu_shm_cgroup {
	__u64 parent_id; /* 0 = it is the root */
	__u32 weight;
	__u32 reserved;
};

struct scxu_shm_cpuperf {
	__s32 cpu;
	__u32 perf;
};

/* The kernel's last words, in the map "exit_rec". */
#define SCXU_EXIT_DUMP_LEN 32768
#define SCXU_EXIT_MAX_BACKTRACE 64 /* the kernel's SCX_EXIT_BT_LEN */

struct scxu_exit_rec {
	__s64 code;
	__u32 kind;
	__s32 cpu; /* -1 = the kernel does not tell */
	__u32 nr_backtrace;
	__u32 reserved;
	__u64 backtrace[SCXU_EXIT_MAX_BACKTRACE];
	char reason[128];
	char message[1024];
	char dump[SCXU_EXIT_DUMP_LEN];
};

#endif
