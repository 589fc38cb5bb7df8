/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fallback.bpf.h - the dead-man's switch: the kernel half schedules when the policy does not.
 *
 * It takes over for all tasks when one has waited too long for an answer, orders them by weighted
 * vtime, and gives way at the end of the policy's next round. In between it also serves the single
 * task that the policy cannot be told of.
 */
#ifndef SCXU_FALLBACK_BPF_H
#define SCXU_FALLBACK_BPF_H

#define FALLBACK_SLICE_NS (2 * NSEC_PER_MSEC)
#define FALLBACK_LAG_NS (10 * NSEC_PER_MSEC)
#define FALLBACK_DEBT_NS (10 * NSEC_PER_MSEC)
#define NICE_0_WEIGHT 100

struct {
	u32 era;       /* counts entries; 0 = never */
	u32 nr_rounds; /* the policy's, when we took over */
	u32 rescuing;  /* custody may still hold tasks */
	u32 queue_hint;
	u64 since_ns;
	u64 vtime_now;
	u64 aged_ns;
} fallback __hidden = { .era = 1 };

/*
 * The present moves on with the tasks that run, and by itself at an eighth of real time. That ages
 * those who wait: with many tasks, or with ones that sleep and wake all the time and so never fall
 * behind, a task that has had its slice would otherwise wait until each of the others has had one.
 * Races between CPUs only shift it a little.
 */
static __always_inline u64 fallback_present(void)
{
	u64 now = bpf_ktime_get_ns(), passed_ns = now - fallback.aged_ns;

	if ((s64)passed_ns > 0) {
		fallback.aged_ns = now;
		fallback.vtime_now += passed_ns / 8;
	}
	return fallback.vtime_now;
}

/*
 * Virtual time of @p: what it ran since it was last accounted, scaled by weight. It is no earlier
 * than the present, and no later than one debt after it, so that none waits for long whatever its
 * weight. One that slept may be a lag before the present, and then goes before those that came in
 * since the present was there; that is at most eight lags ago, so these do not starve. The
 * difference is needed where more than eight busy tasks share a CPU: each of them runs for less than
 * an eighth of the time, so all of them come in at the present.
 */
static __always_inline u64 fallback_vtime(struct task_struct *p, struct slot *s, bool slept)
{
	u64 present = fallback_present(), exec_ns = p->se.sum_exec_runtime;
	u64 earliest = slept ? present - FALLBACK_LAG_NS : present;

	if (s->era != fallback.era) {
		s->era = fallback.era;
		s->vtime = earliest;
	} else {
		s->vtime += (exec_ns - s->exec_ns) * NICE_0_WEIGHT / (p->scx.weight ?: 1);
	}
	s->exec_ns = exec_ns;
	if ((s64)(s->vtime - earliest) < 0)
		s->vtime = earliest;
	if ((s64)(s->vtime - (present + FALLBACK_DEBT_NS)) > 0)
		s->vtime = present + FALLBACK_DEBT_NS;
	return s->vtime;
}

/* The same for any task: one without a slot comes in where the present is. */
static __always_inline u64 fallback_order(struct task_struct *p, struct slot *s, bool slept)
{
	return s ? fallback_vtime(p, s, slept) : fallback_present();
}

/* False if no CPU that @p may use is idle. */
static __always_inline bool kick_idle(struct task_struct *p)
{
	s32 cpu;

	if (opts.nr_cpus_possible == 1)
		return false; /* the kernel itself wakes the CPU that a task is enqueued on */
	cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	if (cpu < 0)
		return false;
	cpu_comes(cpu);
	scx_bpf_kick_cpu(cpu, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
	return true;
}

static __always_inline bool fallback_insert(struct task_struct *p, struct slot *s, bool slept)
{
	u64 vtime = fallback_order(p, s, slept);

	queue_mark(&fallback.queue_hint);
	count(bpf_get_smp_processor_id(), nr_fallback);
	return compat_insert_vtime(p, DSQ_FALLBACK, FALLBACK_SLICE_NS, vtime);
}

/* The same for a task that was recalled: it is in a queue already, or see move_task(). */
static __always_inline bool fallback_move(struct task_struct *p, struct slot *s)
{
	u64 vtime = fallback_vtime(p, s, false);

	queue_mark(&fallback.queue_hint);
	count(bpf_get_smp_processor_id(), nr_fallback);
	if (park_move(p, DSQ_PARK, DSQ_FALLBACK, FALLBACK_SLICE_NS, vtime))
		return true;
	compat_insert_vtime(p, DSQ_FALLBACK, FALLBACK_SLICE_NS, vtime);
	return false;
}

static __always_inline void fallback_running(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (s && s->era == fallback.era && (s64)(s->vtime - fallback.vtime_now) > 0)
		fallback.vtime_now = s->vtime;
}

static __always_inline void fallback_enter(u64 now)
{
	use_arena();
	fallback.era++;
	fallback.since_ns = now;
	fallback.aged_ns = now;
	fallback.nr_rounds = READ_ONCE(shm->nr_rounds);
	fallback.rescuing = 1;
	shm->nr_fallbacks++;
	shm->in_fallback = 1;
	store_mb(&in_fallback, 1);
}

static __always_inline void fallback_leave(u64 now)
{
	u64 lasted_ns = now - fallback.since_ns;

	use_arena();
	shm->fallback_ns += lasted_ns;
	if (lasted_ns > shm->max_fallback_ns)
		shm->max_fallback_ns = lasted_ns;
	shm->in_fallback = 0;
	store_mb(&in_fallback, 0);
}

/* False if somebody else was faster. */
static __always_inline bool rescue_task(struct task_struct *p, struct slot *s, u32 generation)
{
	u32 slot;

	if (!generation || task_slot(p, &slot) != s)
		return false;
	if (is_recalled(s, generation)) {
		if (!custody_release(s, generation))
			return false;
		if (fallback_move(p, s))
			return true;
		count(bpf_get_smp_processor_id(), nr_withdrawn);
		return false;
	}
	if (!fallback_insert(p, s, shm_tasks[slot].flags & TASK_WAKEUP))
		return false;
	if (custody_release(s, generation))
		return true;
	scx_bpf_dispatch_cancel();
	return false;
}

/* Take back the task that waits longest of those that CPU @owner announced. False if none does. */
static __always_inline bool rescue_one(u32 owner)
{
	struct cpu *c = cpu_state(owner);
	struct task_struct *p;
	struct slot *s;
	u32 generation, tail;

	if (!c || !custody_trylock(c, &tail))
		return false;
	s = custody_oldest(c, owner, tail);
	if (s)
		c->custody_head++;
	custody_unlock(c);
	if (!s)
		return false;

	generation = READ_ONCE(s->pending);
	p = compat_get_task(s->id);
	if (!p)
		return true;
	if (rescue_task(p, s, generation)) {
		count(bpf_get_smp_processor_id(), nr_rescued);
		if (wanted(EVENT_WITHDRAW))
			event_task(p, EVENT_WITHDRAW, WITHDRAW_FALLBACK, 0);
		kick_idle(p);
	}
	compat_put_task(p);
	return true;
}

/*
 * Move what is in custody to the fallback's queue, as much as fits in one ops.dispatch(). Nothing
 * is carried from one turn of the loops to the next, or the verifier of 6.12 follows each of them.
 */
__noinline int rescue(void)
{
	u32 owner, i;

	use_arena();
	fallback.rescuing = 0;
	bpf_for(owner, 0, opts.layout.nr_cpus) {
		bpf_for(i, 0, opts.layout.nr_ring) {
			if (!scx_bpf_dispatch_nr_slots()) {
				fallback.rescuing = 1;
				return 0;
			}
			if (!rescue_one(owner))
				break;
		}
	}
	return 0;
}

#endif
