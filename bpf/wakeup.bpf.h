/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wakeup.bpf.h - a task that woke ends the slice of who has run for long, if the policy wants that.
 *
 * Not for itself: for the worker, which decides on all that woke. Who has run for less than
 * opts.wakeup_ns goes on until it has: most of those that wake others sleep before that, and then
 * the worker had a CPU anyway.
 */
#ifndef SCXU_WAKEUP_BPF_H
#define SCXU_WAKEUP_BPF_H

struct wakeup_timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wakeup_timer);
} wakeup_timers SEC(".maps");

u32 __hidden wakeup_armed;
s32 __hidden wakeup_cpu; /* where the timer ends a slice */

static __always_inline struct wakeup_timer *the_wakeup_timer(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&wakeup_timers, &key);
}

static __always_inline void wakeup_arm(s32 cpu, u64 delay_ns)
{
	struct wakeup_timer *t;

	if (READ_ONCE(wakeup_armed) || __sync_lock_test_and_set(&wakeup_armed, 1))
		return;
	wakeup_cpu = cpu;
	t = the_wakeup_timer();
	if (!t || bpf_timer_start(&t->timer, delay_ns, 0))
		WRITE_ONCE(wakeup_armed, 0);
}

static __always_inline void wakeup_end_slice(s32 cpu, u64 now)
{
	if (!worker_preempts(now))
		return;
	if (worker.restricted)
		cpu = worker.cpu;
	scx_bpf_kick_cpu(cpu, SCX_ENUM(scx_kick_flags, SCX_KICK_PREEMPT));
}

/*
 * @p woke and was announced. A worker that sleeps counts as one that runs, but it has been rung for:
 * that comes before the kick.
 */
static __always_inline void wakeup_hurry(struct task_struct *p, u64 now)
{
	s32 cpu = scx_bpf_task_cpu(p);
	struct cpu *c = cpu_state(cpu);
	u64 ran_ns;

	if (!c || shm_cpus[cpu].idle || this_cpu_leaves())
		return;
	/* Pairs with wakeup_fire(): it sees this, or we see that the timer is not armed any more. */
	if (!READ_ONCE(worker.hurry_ns))
		store_mb(&worker.hurry_ns, now);
	if (READ_ONCE(worker.running) && !READ_ONCE(shm->blocked))
		return; /* see wakeup_worker_waits() */
	ran_ns = now - READ_ONCE(c->run_ns);
	if ((s64)ran_ns >= (s64)opts.wakeup_ns)
		wakeup_end_slice(cpu, now);
	else
		wakeup_arm(cpu, opts.wakeup_ns - ran_ns);
}

/* What woke during its round may be for the next one: see wakeup_fire(). */
static __always_inline void wakeup_worker_waits(struct task_struct *p)
{
	if (opts.wakeup_ns && READ_ONCE(worker.hurry_ns))
		wakeup_arm(scx_bpf_task_cpu(p), opts.wakeup_ns);
}

static __always_inline void wakeup_running(u32 cpu)
{
	struct cpu *c = cpu_state(cpu);

	if (c)
		WRITE_ONCE(c->run_ns, bpf_ktime_get_ns());
}

/* Whether there is a task that the policy has not read of. */
static __noinline bool wakeup_is_unread(void)
{
	struct cpu *c;
	u32 cpu;

	use_arena();
	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && READ_ONCE(c->custody_tail) != READ_ONCE(shm_cpus[cpu].head))
			return true;
	}
	return false;
}

/*
 * Rounds may have come and gone since it was armed, and those that ran with them. What woke during
 * the last one was most often read in it; who wakes just now may lose its hurry with that, and then
 * waits for the tick.
 */
static int wakeup_fire(void *map, u32 *key, struct wakeup_timer *t)
{
	s32 cpu = wakeup_cpu;
	struct cpu *c = cpu_state(cpu);
	s64 waited_ns, ran_ns;
	u64 now, since_ns;

	store_mb(&wakeup_armed, 0);
	since_ns = READ_ONCE(worker.hurry_ns);
	if (!c || !since_ns || READ_ONCE(worker.running))
		return 0;
	if (!wakeup_is_unread()) {
		__sync_val_compare_and_swap(&worker.hurry_ns, since_ns, 0);
		return 0;
	}
	now = bpf_ktime_get_ns();
	waited_ns = now - since_ns;
	ran_ns = now - READ_ONCE(c->run_ns);
	if (ran_ns > waited_ns)
		waited_ns = ran_ns;
	if (waited_ns >= (s64)opts.wakeup_ns)
		wakeup_end_slice(cpu, now);
	else
		wakeup_arm(cpu, opts.wakeup_ns - waited_ns);
	return 0;
}

static __always_inline void wakeup_init(void)
{
	struct wakeup_timer *t = the_wakeup_timer();

	if (!opts.wakeup_ns || !t)
		return;
	bpf_timer_init(&t->timer, &wakeup_timers, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&t->timer, wakeup_fire);
}

#endif
