/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * guard.bpf.h - the timer that watches the policy while it owes an answer.
 *
 * A timer cannot insert tasks, so it mostly decides and kicks: the CPUs do the work in ops.dispatch.
 * When nothing is pending and the worker sleeps it slows down to one look a second, and the next
 * announcement speeds it up.
 */
#ifndef SCXU_GUARD_BPF_H
#define SCXU_GUARD_BPF_H

struct guard {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guard);
} guards SEC(".maps");

#define GUARD_IDLE_NS (1000 * NSEC_PER_MSEC)

#define GUARD_QUEUE_NS (10 * NSEC_PER_MSEC)

u32 __hidden guard_awake;
u32 __hidden common_looks; /* in a row that found a task in a queue that all CPUs serve */

static __always_inline u64 guard_period_ns(void)
{
	u64 period_ns = opts.fallback_ns / 2;

	return period_ns ?: 10 * NSEC_PER_MSEC;
}

static __always_inline struct guard *the_guard(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&guards, &key);
}

static __always_inline void guard_wake(void)
{
	struct guard *g;

	if (READ_ONCE(guard_awake) || this_cpu_leaves() ||
	    __sync_lock_test_and_set(&guard_awake, 1))
		return;
	g = the_guard();
	if (!g || bpf_timer_start(&g->timer, guard_period_ns(), 0))
		WRITE_ONCE(guard_awake, 0);
}

/* Age of the oldest task in custody, 0 if there is none. */
__noinline u64 custody_age_ns(u64 now)
{
	u64 age_ns = 0;
	struct slot *s;
	struct cpu *c;
	u32 cpu, tail;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (!c || c->custody_head == READ_ONCE(c->custody_tail) ||
		    !custody_trylock(c, &tail))
			continue;
		s = custody_oldest(c, cpu, tail);
		if (s && (s64)(now - s->enqueue_ns) > (s64)age_ns)
			age_ns = now - s->enqueue_ns;
		else if (s && !age_ns)
			age_ns = 1;
		custody_unlock(c);
	}
	return age_ns;
}

static __always_inline void kick_all_idle(void)
{
	struct cpu *c;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && !c->offline)
			scx_bpf_kick_cpu(cpu, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
	}
}

/* Events that are no enqueues wait until the guard looks. */
static __always_inline bool guard_events(u64 now)
{
	if (!opts.events || !READ_ONCE(events_pending))
		return false;
	WRITE_ONCE(events_pending, 0);
	if (READ_ONCE(worker.needed))
		return false;
	worker_set_needed(now);
	if (READ_ONCE(shm->blocked))
		worker_ring();
	return true;
}

/*
 * A worker that went to sleep although it owed an answer is not rung for by anybody: while the fallback
 * is in charge nothing is announced. It would be so for ever, as it gives way after a round.
 */
static __always_inline bool guard_sleeper(u64 now)
{
	if (!in_fallback || !READ_ONCE(shm->blocked) ||
	    READ_ONCE(shm->nr_rounds) != fallback.nr_rounds)
		return false;
	worker_set_needed(now);
	worker_ring();
	return true;
}

/* True if the worker had to be pushed on. */
static __always_inline bool guard_worker(u64 now)
{
	u64 period_ns = guard_period_ns();

	if (READ_ONCE(worker.needed)) {
		if (now - worker.needed_ns < period_ns)
			return false;
		if (READ_ONCE(shm->blocked))
			worker_ring(); /* the first one was lost, or the worker was stopped */
		hand_back(DSQ_WORKER);
		return true;
	}
	if (worker.parked && worker.parked++ > 1) {
		shm->may_block = 1;
		worker_set_needed(now);
		return true;
	}
	return guard_sleeper(now);
}

/* What a CPU leaves in its queue from one look to the next, though it is away, is for others. */
static __always_inline bool age_cpu_queue(struct cpu *c, u32 cpu)
{
	if (!queue_age(&c->queue_hint, cpu)) {
		c->queue_looks = 0;
		c->orphan = 0;
		return false;
	}
	c->orphan = ++c->queue_looks > 1 && cpu_is_lost(c, cpu);
	if (c->orphan) {
		WRITE_ONCE(orphans, 1);
		hand_back(cpu);
	}
	free_starved(cpu, c->queue_looks);
	return true;
}

__noinline bool age_common_queues(void)
{
	bool found = false;

	found |= fallback_age();
	found |= queue_age(&any_hint, DSQ_ANY);
	found |= queue_age(&any_vtime_hint, DSQ_ANY_VTIME);
	if (!found) {
		common_looks = 0;
		return false;
	}
	if (++common_looks > 1) {
		fallback_hand_back();
		hand_back(DSQ_ANY);
		hand_back(DSQ_ANY_VTIME);
		free_starved(DSQ_ANY, common_looks);
		free_starved(DSQ_ANY_VTIME, common_looks);
	}
	return true;
}

static __always_inline bool age_queues(void)
{
	bool found = age_common_queues();
	struct cpu *c;
	u32 cpu;

	if (nr_own_queues)
		found |= own_age();
	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && age_cpu_queue(c, cpu))
			found = true;
	}
	return found;
}

static __always_inline bool guard_quiet(u64 age_ns, bool kick)
{
	return !age_ns && !kick && !in_fallback && !worker.parked && !READ_ONCE(worker.needed) &&
	       !READ_ONCE(events_pending) && READ_ONCE(shm->blocked);
}

/* What waits in a queue needs us soon, however much time the policy has. */
static __always_inline u64 guard_next_ns(bool queued)
{
	u64 period_ns = guard_period_ns();

	return queued && period_ns > GUARD_QUEUE_NS ? GUARD_QUEUE_NS : period_ns;
}

static int guard_fire(void *map, u32 *key, struct guard *g)
{
	u64 now = bpf_ktime_get_ns(), age_ns = custody_age_ns(now);
	bool late = opts.fallback_ns && age_ns > opts.fallback_ns, queued, kick;

	use_arena();
	if (late && !in_fallback)
		fallback_enter(now, age_ns);
	else if (late)
		fallback.rescuing = 1;
	else if (in_fallback && READ_ONCE(shm->nr_rounds) != fallback.nr_rounds &&
		 now - fallback.since_ns >= fallback.hold_ns)
		fallback_leave(now);

	fallback.nr_rounds_before = READ_ONCE(shm->nr_rounds);
	fallback.looked_ns = now;

	queued = age_queues();
	kick = queued;
	kick |= guard_worker(now);
	kick |= guard_events(now);
	if (late || in_fallback || kick)
		kick_all_idle();

	if (!guard_quiet(age_ns, kick)) {
		bpf_timer_start(&g->timer, guard_next_ns(queued), 0);
		return 0;
	}
	bpf_timer_start(&g->timer, GUARD_IDLE_NS, 0);
	/* Pairs with guard_wake(): whoever comes too late for this look sees us asleep. */
	store_mb(&guard_awake, 0);
	if (custody_age_ns(now) || READ_ONCE(events_pending))
		guard_wake();
	return 0;
}

static __always_inline s32 guard_init(void)
{
	struct guard *g = the_guard();

	if (!g)
		return -1;
	bpf_timer_init(&g->timer, &guards, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&g->timer, guard_fire);
	guard_wake();
	return 0;
}

#endif
