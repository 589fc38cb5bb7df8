/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * worker.bpf.h - when the thread that runs the policy gets a CPU.
 *
 * It waits in a queue of its own and runs when it is needed: after local work has run dry, so that
 * one run answers many tasks, or when it has been needed for too long. Between rounds it parks in
 * sched_yield(): that costs no wake-up. After a quiet while it is told to sleep instead, and the
 * next announcement rings a doorbell, so that an idle machine stays idle.
 *
 * `needed` is a level, not an edge: set by whoever announces, cleared when the worker begins a
 * round, set again by anything but a park. A worker that was stopped, frozen or killed is therefore
 * run again as soon as it can.
 *
 * The doorbell rings on the edge. So the process does not go to sleep while it is needed: it has a
 * copy of that word, and ends the round first.
 */
#ifndef SCXU_WORKER_BPF_H
#define SCXU_WORKER_BPF_H

#define WORKER_PATIENCE_NS NSEC_PER_MSEC /* how long local work may go first */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} doorbell SEC(".maps");

struct {
	u32 needed;
	u32 fresh;         /* its next run begins a round */
	u32 running;       /* from then until it waits for a CPU again; it may be asleep */
	s32 cpu;           /* where it last waited */
	bool restricted;   /* may not run everywhere */
	u64 needed_ns;     /* since when */
	u64 preempting_ns; /* when a slice was ended for the worker, which is next there, or 0 */
	u64 hurry_ns;      /* since when for a task that woke, 0 = for none; see wakeup.bpf.h */
	u32 parked;        /* between rounds; the guard counts how often it finds it so */
} worker __hidden;

static __always_inline void worker_ring(void)
{
	u64 word = 1;

	if (!bpf_ringbuf_output(&doorbell, &word, sizeof(word), BPF_RB_FORCE_WAKEUP))
		count(bpf_get_smp_processor_id(), nr_doorbells);
}

/*
 * Find the worker a CPU that has nothing better to do, best the one that @p was enqueued on. False
 * if none is idle.
 */
static __always_inline bool worker_kick(struct task_struct *p)
{
	const struct cpumask *online;
	bool idle;
	s32 cpu;

	if (opts.nr_cpus_possible == 1)
		return false;
	cpu = worker.restricted ? -1 : scx_bpf_task_cpu(p);
	if (cpu >= 0 && !scx_bpf_test_and_clear_cpu_idle(cpu)) {
		online = scx_bpf_get_online_cpumask();
		cpu = scx_bpf_pick_idle_cpu(online, 0);
		scx_bpf_put_cpumask(online);
	}
	/* If none is, the one it waits on may be about to be. */
	idle = cpu >= 0;
	scx_bpf_kick_cpu(idle ? cpu : worker.cpu, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
	return idle;
}

/*
 * The full barrier is for the process, which says that it sleeps and then looks at this copy: it
 * sees that it is needed, or whoever made it so sees that it sleeps.
 */
static __always_inline void worker_set_needed(u64 now)
{
	worker.needed_ns = now;
	WRITE_ONCE(worker.needed, 1);
	store_mb(&shm->needed, 1);
}

/*
 * There is something to decide. The caller published it with a full barrier: either we see
 * `needed` cleared and set it, or the worker, which runs after clearing it, sees what we published.
 * True if a CPU that was idle comes for it.
 */
static __always_inline bool worker_need(struct task_struct *p, u64 now)
{
	if (READ_ONCE(worker.needed))
		return false;
	worker_set_needed(now);
	if (this_cpu_leaves())
		return false; /* the guard will */
	if (!READ_ONCE(shm->blocked))
		return worker_kick(p);
	worker_ring();
	return false;
}

/*
 * Whether a slice is to be ended for it: one is enough. Its CPU may not come to us, if a task of a
 * class above ours has it: after a while another one is to be ended.
 */
static __always_inline bool worker_preempts(u64 now)
{
	u64 since_ns = READ_ONCE(worker.preempting_ns);

	if (since_ns && now - since_ns < WORKER_PATIENCE_NS)
		return false;
	return __sync_val_compare_and_swap(&worker.preempting_ns, since_ns, now) == since_ns;
}

/* While it runs it cannot be helped by a CPU: what is new then is for its next round. */
static __always_inline bool worker_overdue(void)
{
	return READ_ONCE(worker.needed) && !READ_ONCE(worker.running) &&
	       bpf_ktime_get_ns() - worker.needed_ns > WORKER_PATIENCE_NS;
}

/* @fresh: it will look at all rings before it waits again. */
static __always_inline void worker_waits(struct task_struct *p, bool fresh)
{
	WRITE_ONCE(worker.running, 0);
	worker.cpu = scx_bpf_task_cpu(p);
	worker.restricted = p->nr_cpus_allowed < opts.nr_cpus_possible;
	if (fresh)
		WRITE_ONCE(worker.fresh, 1);
}

/* The worker wants to run: it woke up, was preempted, or ended a round. */
static __always_inline void worker_enqueue(struct task_struct *p, u64 enq_flags)
{
	bool wakeup = enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP);
	u32 parked = wakeup ? SCXU_PARK_NO : READ_ONCE(shm->parked);

	worker_waits(p, wakeup || parked);
	if (parked == SCXU_PARK)
		WRITE_ONCE(worker.parked, 1);
	else if (!READ_ONCE(worker.needed))
		worker_set_needed(bpf_ktime_get_ns());
	WRITE_ONCE(shm->may_block, 0);
	compat_insert(p, DSQ_WORKER, opts.slice_ns, 0);
	if (READ_ONCE(worker.needed)) {
		/* This CPU may be on its way to idle, past the point where it looks for work. */
		scx_bpf_kick_cpu(scx_bpf_task_cpu(p), SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
		worker_kick(p);
	}
}

/*
 * Let the worker run on this CPU. @free: because there is nothing else to run here, so that the CPU
 * is free again as soon as the round ends.
 */
static __always_inline bool worker_take(bool free)
{
	if (!compat_move_to_local(DSQ_WORKER))
		return false;
	WRITE_ONCE(shm->own_cpu_free, free);
	return true;
}

/* A round begins. */
static __always_inline void worker_begin(void)
{
	WRITE_ONCE(worker.fresh, 0);
	WRITE_ONCE(worker.hurry_ns, 0);
	WRITE_ONCE(shm->needed, 0); /* first: if one of the two is wrong, then this one, with 1 */
	store_mb(&worker.needed, 0);
}

/* One that was interrupted and goes on may have looked at the rings already: still needed. */
static __always_inline void worker_running(void)
{
	WRITE_ONCE(worker.running, 1);
	WRITE_ONCE(worker.parked, 0);
	WRITE_ONCE(worker.preempting_ns, 0);
	if (READ_ONCE(worker.fresh))
		worker_begin();
}

/*
 * The worker is alone on its CPU: false if it has nothing to do either. The kernel does not call
 * ops.running() for a task that stays, so its round begins here, unless only its slice has ended.
 */
static __always_inline bool worker_stays(void)
{
	u32 parked = READ_ONCE(shm->parked);

	if (!READ_ONCE(worker.needed) && parked != SCXU_PARK_BRIEFLY)
		return false;
	if (parked)
		worker_begin();
	WRITE_ONCE(shm->own_cpu_free, 1);
	return true;
}

#endif
