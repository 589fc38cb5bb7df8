/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * state.bpf.h - the kernel half's own memory, and its view of the shared arena.
 *
 * Variables are hidden, so that libbpf does not map them into the process: only the arena is within
 * its reach. (Static ones would do as well, but clang splits and narrows them behind BTF's back.)
 */
#ifndef SCXU_STATE_BPF_H
#define SCXU_STATE_BPF_H

#define NSEC_PER_MSEC 1000000ULL
#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile typeof(x) *)&(x) = (val))

/*
 * Store a word and make it visible before anything that follows is read. The BPF instruction set
 * at -mcpu=v3 has no lighter barrier than an atomic exchange.
 */
#define store_mb(p, val) __sync_lock_test_and_set(p, val)

const volatile struct scxu_shm_opts opts = {};

/* Dispatch queues. A CPU's own queue has the CPU's number. */
enum {
	DSQ_ANY = 1 << 24, /* placed by the policy, for whichever CPU comes first */
	DSQ_ANY_VTIME,     /* the same in order of vtime: a queue has one order or the other */
	DSQ_FALLBACK,      /* scheduled without the policy, by vtime */
	DSQ_WORKER,        /* the thread that runs the policy, when it is runnable */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* pages, set by the process */
} arena SEC(".maps");

/* What the kernel half knows of a task. `pending` says who owns it. */
struct slot {
	u32 pending; /* generation in the policy's custody, 0 = none */
	u32 generation;
	u32 era; /* the fallback's era in which vtime and exec_ns were set */
	u64 id;  /* for compat_get_task() */
	u64 enqueue_ns;
	u64 vtime;   /* in the fallback */
	u64 exec_ns; /* accounted in vtime */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* slots */
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* Per CPU. Touched by that CPU with interrupts off, but for custody, which has a lock. */
struct cpu {
	u32 ring_tail; /* the true one: the arena's copy can be scribbled on */
	u32 turn;      /* of ops.dispatch, for fairness between queues */
	u32 kind;      /* of queue that is first in the next ops.dispatch */
	u32 offline;
	u32 queue_hint; /* see queue.bpf.h */
	u32 custody_lock;
	u32 custody_head;
	u32 custody_tail;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CPU ids */
	__type(key, u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/* The arena, by kind. */
struct scxu_shm __shm *shm __hidden;
struct scxu_shm_cpu __shm *shm_cpus __hidden;
struct scxu_shm_decision __shm *shm_decisions __hidden;
struct scxu_shm_entry __shm *shm_rings __hidden;
struct scxu_shm_task __shm *shm_tasks __hidden;

/* The verifier lets a program touch the arena only if it names the map. */
#define use_arena() asm volatile("" : : "r"(&arena))

u32 __hidden worker_pid;
u32 __hidden worker_tgid;
u32 __hidden in_fallback;
u32 __hidden any_hint; /* see queue.bpf.h */
u32 __hidden any_vtime_hint;
u32 __hidden orphans; /* the queue of an offline CPU may hold tasks */

#define count(cpu, what) (shm_cpus[cpu].nr.what++)

static __always_inline struct cpu *cpu_state(u32 cpu)
{
	return bpf_map_lookup_elem(&cpus, &cpu);
}

static __always_inline struct slot *slot_state(u32 slot)
{
	return bpf_map_lookup_elem(&slots, &slot);
}

static __always_inline bool is_worker(const struct task_struct *p)
{
	return p->pid == worker_pid;
}

/*
 * Tasks that never wait for the policy: kernel threads, on which the policy's own progress may
 * depend, and every thread of the policy's own process.
 */
static __always_inline bool is_kernels(const struct task_struct *p)
{
	return (p->flags & PF_KTHREAD) || p->tgid == worker_tgid;
}

#endif
