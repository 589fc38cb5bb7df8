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
#define S64_MAX ((s64)(~0ULL >> 1))
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
	DSQ_ANY = 1 << 24,      /* placed by the policy, for whichever CPU comes first */
	DSQ_ANY_VTIME,          /* the same in order of vtime: a queue has one order or the other */
	DSQ_WORKER,             /* the thread that runs the policy, when it is runnable */
	DSQ_PARK,               /* recalled by the policy, which has custody again */
	DSQ_EMPTY,              /* always */
	DSQ_QUEUES = 1 << 25,   /* and up: the policy's own */
	DSQ_FALLBACK = 1 << 26, /* and up, for each cache: scheduled without the policy, by vtime */
	DSQ_NONE = 1 << 27,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* pages, set by the process */
} arena SEC(".maps");

/* The last run of a task; kept only if something that the policy asked for needs it. */
struct run {
	u64 start_ns;
	u64 stop_ns;
	u64 slice_ns;      /* that it began with */
	u64 exec_start_ns; /* run time of the task when it began */
	u64 exec_ns;
	u64 exec_sleep_ns; /* run time of the task when it last went to sleep */
	u32 yielded;
	u32 preempted;
	u32 sync; /* its waker said that it is about to sleep */
};

/* What the kernel half knows of a task. `pending` says who owns it. */
struct slot {
	u32 pending; /* generation in the policy's custody, 0 = none */
	u32 generation;
	u32 era; /* the fallback's era in which vtime and exec_ns were set */
	u32 llc; /* whose queue vtime belongs to */
	u64 id;  /* for compat_get_task() */
	u64 enqueue_ns;
	u64 vtime;    /* in the fallback */
	u64 exec_ns;  /* accounted in vtime */
	u32 recalled; /* generation under which it waits in DSQ_PARK */
	u32 parent;   /* who forked it, 0 = it was there before us */
	struct run run;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* slots */
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* Of a queue in order of vtime. Touched with drain_lock held. */
struct order {
	u64 vtime; /* of the last one that was put there in its order */
	u64 head;  /* and before all others */
};

/*
 * Per CPU. Touched by that CPU with interrupts off, but for custody and for order, which have locks:
 * its own, and that of who drains. Hints are for all, and anybody reads.
 */
struct cpu {
	u32 turn;   /* of ops.dispatch, for fairness between queues */
	u32 kind;   /* of queue that is first in the next ops.dispatch */
	u32 urgent; /* a slice was ended here for a task in its queue */
	u32 offline;
	u32 queue_hint;  /* see queue.bpf.h */
	u32 queue_looks; /* of the guard in a row that found a task in its queue */
	u32 orphan;      /* it leaves its queue to others */
	u32 custody_lock;
	u32 custody_head;
	u32 custody_tail;   /* also of the ring: the arena's copy can be scribbled on */
	u32 event_tail;     /* the true one as well */
	u32 event_lock;     /* of the ring that belongs to no CPU */
	u32 next_queue;     /* of the policy's own, for fairness between them */
	u32 fallback_looks; /* into the fallback's, for the same */
	u64 queues;         /* of the policy's own that this CPU serves */
	struct order order; /* of its queue */
	u64 run_ns;         /* when what runs began to, if wakeup.bpf.h wants to know */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CPU ids, and one for events of no CPU */
	__type(key, u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/* Which queue of those that the policy fills a CPU looks into first, in turn. */
enum { KIND_ANY, KIND_CPU, KIND_ANY_VTIME };

/* The arena, by kind. */
struct scxu_shm __shm *shm __hidden;
struct scxu_shm_cpu __shm *shm_cpus __hidden;
struct scxu_shm_decision __shm *shm_decisions __hidden;
struct scxu_shm_entry __shm *shm_rings __hidden;
struct scxu_shm_event __shm *shm_events __hidden;
struct scxu_shm_task __shm *shm_tasks __hidden;
u64 __shm *shm_masks __hidden;
struct scxu_shm_wait __shm *shm_waits __hidden;
struct scxu_shm_histograms __shm *shm_histograms __hidden;

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

/*
 * Whether this CPU is being taken offline. On its last way it loses what it asks the kernel to do by
 * an interrupt of its own: then that is never done, nor asked for again, until the kernel waits for
 * it for ever. So from there no kick, no doorbell, no timer.
 */
static __always_inline bool this_cpu_leaves(void)
{
	struct cpu *c = cpu_state(bpf_get_smp_processor_id());

	return !c || c->offline;
}

/*
 * Call it before a kick: an idle CPU that is kicked for a task is not free for the next one, though it
 * stays idle until it looks into its queues. That takes it microseconds, or milliseconds if it is a
 * virtual one whose host is busy.
 */
static __always_inline void cpu_comes(s32 cpu)
{
	if (READ_ONCE(shm_cpus[cpu].idle))
		WRITE_ONCE(shm_cpus[cpu].coming, 1);
}

static __always_inline void cpu_looks(s32 cpu)
{
	if (READ_ONCE(shm_cpus[cpu].coming))
		WRITE_ONCE(shm_cpus[cpu].coming, 0);
}

static __always_inline struct slot *slot_state(u32 slot)
{
	return bpf_map_lookup_elem(&slots, &slot);
}

struct task_ctx {
	u32 slot;
	u32 has_slot;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctxs SEC(".maps");

/* The slot of @p and its number; NULL if it has none. */
static __always_inline struct slot *task_slot(struct task_struct *p, u32 *slot)
{
	struct task_ctx *tc = bpf_task_storage_get(&task_ctxs, p, 0, 0);

	if (!tc || !tc->has_slot)
		return NULL;
	*slot = tc->slot;
	return slot_state(*slot);
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

/*
 * One on its way out may have given back its pid, by which answers find a task until 7.1. The kernel
 * places these by itself where we have no ops.cpu_release().
 */
static __always_inline bool is_exiting(const struct task_struct *p)
{
	return p->flags & PF_EXITING;
}

#endif
