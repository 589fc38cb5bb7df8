/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fallback.bpf.h - the dead-man's switch: the kernel half schedules when the policy does not.
 *
 * It takes over for all tasks when one has waited too long for an answer, orders them by weighted
 * vtime, and gives way at the end of the policy's next round. In between it also serves the single
 * task that the policy cannot be told of.
 *
 * CPUs that share a last-level cache share a queue. One that finds nothing there looks into the
 * others' as well, and each one helps at times where more tasks wait than here. A queue to which none of its CPUs comes, since they are lost to a class above ours, is
 * an orphan: for everybody, and first.
 */
#ifndef SCXU_FALLBACK_BPF_H
#define SCXU_FALLBACK_BPF_H

#define FALLBACK_SLICE_NS (2 * NSEC_PER_MSEC)
#define FALLBACK_LAG_NS (10 * NSEC_PER_MSEC)
#define FALLBACK_DEBT_NS (10 * NSEC_PER_MSEC)
#define NICE_0_WEIGHT 100

/* Fallbacks repeat if so many come, each so soon after the end of the one before. */
#define REPEATED_TIMES 3
#define REPEATED_WITHIN_NS (10000 * NSEC_PER_MSEC)
#define BACK_OFF_NS (1000 * NSEC_PER_MSEC) /* the first; then twice as long each time */
#define MAX_DOUBLINGS 6

struct {
	u32 era;              /* counts entries; 0 = never */
	u32 nr_rounds;        /* the policy's, when we took over */
	u32 nr_rounds_before; /* when the guard looked last */
	u64 looked_ns;        /* and when that was */
	u32 rescuing;         /* custody may still hold tasks */
	u32 hint;             /* of all its queues, see queue.bpf.h */
	u32 orphan;           /* the number of a queue that is one, plus 1; 0 = none is */
	u32 cause;
	u32 nr_repeated; /* one soon after the other */
	u64 since_ns;
	u64 over_ns; /* the last one was */
	u64 hold_ns; /* it lasts at least so long */
} fallback __hidden = { .era = 1 };

/* Written at each enqueue, by the CPUs of a cache: that others have no part in. */
struct fallback_queue {
	u32 hint;     /* see queue.bpf.h */
	u32 nr_taken; /* races between CPUs lose some, which only the guard could mind */
	u32 nr_seen;  /* of these by the guard */
	u32 nr_cpus;  /* online */
	u64 vtime_now;
	u64 aged_ns;
} __attribute__((aligned(SCXU_CACHE_LINE)));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* last-level caches */
	__type(key, u32);
	__type(value, struct fallback_queue);
} fallback_queues SEC(".maps");

/* Which cache a CPU has. The process fills it before it attaches. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CPU ids */
	__type(key, u32);
	__type(value, u32);
} llcs SEC(".maps");

static __always_inline u32 llc_of(u32 cpu)
{
	u32 *llc = bpf_map_lookup_elem(&llcs, &cpu);

	return llc ? *llc : 0;
}

static __always_inline struct fallback_queue *fallback_queue(u32 llc)
{
	return bpf_map_lookup_elem(&fallback_queues, &llc);
}

/*
 * The present moves on with the tasks that run, and by itself at an eighth of real time. That ages
 * those who wait: with many tasks, or with ones that sleep and wake all the time and so never fall
 * behind, a task that has had its slice would otherwise wait until each of the others has had one.
 * Races between CPUs only shift it a little, since it moves on by a lag at most.
 */
static __always_inline u64 fallback_present(struct fallback_queue *q)
{
	u64 now = bpf_ktime_get_ns(), passed_ns = now - q->aged_ns;

	if ((s64)passed_ns > 0) {
		q->aged_ns = now;
		passed_ns /= 8;
		q->vtime_now += passed_ns < FALLBACK_LAG_NS ? passed_ns : FALLBACK_LAG_NS;
	}
	return q->vtime_now;
}

/*
 * Virtual time of @p: what it ran since it was last accounted, scaled by weight. It is no earlier
 * than the present, and no later than one debt after it, so that none waits for long whatever its
 * weight. One that slept may be a lag before the present, and then goes before those that came in
 * since the present was there; that is at most eight lags ago, so these do not starve. The
 * difference is needed where more than eight busy tasks share a CPU: each of them runs for less than
 * an eighth of the time, so all of them come in at the present.
 *
 * Each queue has a present of its own. Who comes from another one has as much debt here as there.
 */
static __always_inline u64 fallback_vtime(struct fallback_queue *q, u32 llc, struct task_struct *p,
					  struct slot *s, bool slept)
{
	u64 present = fallback_present(q), exec_ns = p->se.sum_exec_runtime;
	u64 earliest = slept ? present - FALLBACK_LAG_NS : present;
	struct fallback_queue *last = fallback_queue(s->llc);

	if (s->era != fallback.era) {
		s->era = fallback.era;
		s->vtime = earliest;
	} else {
		if (last && s->llc != llc)
			s->vtime += present - last->vtime_now;
		s->vtime += (exec_ns - s->exec_ns) * NICE_0_WEIGHT / (p->scx.weight ?: 1);
	}
	s->llc = llc;
	s->exec_ns = exec_ns;
	if ((s64)(s->vtime - earliest) < 0)
		s->vtime = earliest;
	if ((s64)(s->vtime - (present + FALLBACK_DEBT_NS)) > 0)
		s->vtime = present + FALLBACK_DEBT_NS;
	return s->vtime;
}

/* The same for any task: one without a slot comes in where the present is. */
static __always_inline u64 fallback_order(struct fallback_queue *q, u32 llc, struct task_struct *p,
					  struct slot *s, bool slept)
{
	return s ? fallback_vtime(q, llc, p, s, slept) : fallback_present(q);
}

static __always_inline void fallback_mark(struct fallback_queue *q)
{
	queue_mark(&q->hint);
	queue_mark(&fallback.hint);
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

/* Into the queue of the CPU that @p is on, for @slice_ns. */
static __always_inline bool fallback_queue_up(struct task_struct *p, struct slot *s, bool slept,
					      u64 slice_ns)
{
	u32 llc = llc_of(scx_bpf_task_cpu(p));
	struct fallback_queue *q = fallback_queue(llc);

	if (!q)
		return false;
	fallback_mark(q);
	return compat_insert_vtime(p, DSQ_FALLBACK + llc, slice_ns,
				   fallback_order(q, llc, p, s, slept));
}

static __always_inline bool fallback_insert(struct task_struct *p, struct slot *s, bool slept)
{
	count(bpf_get_smp_processor_id(), nr_fallback);
	return fallback_queue_up(p, s, slept, FALLBACK_SLICE_NS);
}

/* The same for a task that was recalled: it is in a queue already, or see move_task(). */
static __always_inline bool fallback_move(struct task_struct *p, struct slot *s)
{
	u32 llc = llc_of(scx_bpf_task_cpu(p));
	struct fallback_queue *q = fallback_queue(llc);
	u64 vtime;

	if (!q)
		return false;
	vtime = fallback_vtime(q, llc, p, s, false);
	fallback_mark(q);
	count(bpf_get_smp_processor_id(), nr_fallback);
	if (park_move(p, DSQ_PARK, DSQ_FALLBACK + llc, FALLBACK_SLICE_NS, vtime))
		return true;
	compat_insert_vtime(p, DSQ_FALLBACK + llc, FALLBACK_SLICE_NS, vtime);
	return false;
}

static __always_inline void fallback_running(struct task_struct *p)
{
	u32 llc = llc_of(bpf_get_smp_processor_id()), slot;
	struct fallback_queue *q = fallback_queue(llc);
	struct slot *s = task_slot(p, &slot);

	if (q && s && s->era == fallback.era && s->llc == llc && (s64)(s->vtime - q->vtime_now) > 0)
		q->vtime_now = s->vtime;
}

static __always_inline bool fallback_take_from(u32 llc)
{
	struct fallback_queue *q = fallback_queue(llc);

	if (!q || !queue_take(&q->hint, DSQ_FALLBACK + llc))
		return false;
	q->nr_taken++;
	return true;
}

/* True if more tasks wait for each CPU of cache @llc than for each of cache @own. */
static __always_inline bool fallback_is_longer(u32 llc, u32 own)
{
	struct fallback_queue *q = fallback_queue(llc), *mine = fallback_queue(own);

	if (!q || !mine || !READ_ONCE(q->hint))
		return false;
	return (u64)scx_bpf_dsq_nr_queued(DSQ_FALLBACK + llc) * mine->nr_cpus >
	       (u64)scx_bpf_dsq_nr_queued(DSQ_FALLBACK + own) * q->nr_cpus;
}

/*
 * A CPU looks into its own queue, and each eighth time into that of another cache before, of each in
 * turn: where more tasks wait for each CPU they would get less than here. If its own is empty it takes
 * what there is.
 */
__noinline bool fallback_take(s32 cpu)
{
	u32 own = llc_of(cpu), nr = opts.nr_llcs, orphan = READ_ONCE(fallback.orphan), looks, other,
	    i;
	struct cpu *c = cpu_state(cpu);

	if (!c)
		return false;
	looks = c->fallback_looks++;
	if (orphan && looks % 2 && fallback_take_from(orphan - 1))
		return true;
	other = looks / 8 % nr;
	if (nr > 1 && looks % 8 == 0 && fallback_is_longer(other, own) && fallback_take_from(other))
		return true;
	if (fallback_take_from(own))
		return true;
	if (nr == 1)
		return false;
	bpf_for(i, 0, nr) {
		if (fallback_take_from((looks + i) % nr))
			return true;
	}
	return false;
}

static __always_inline bool fallback_age_one(u32 llc)
{
	struct fallback_queue *q = fallback_queue(llc);
	u32 nr_taken;

	if (!q || !queue_age(&q->hint, DSQ_FALLBACK + llc))
		return false;
	nr_taken = READ_ONCE(q->nr_taken);
	if (nr_taken == q->nr_seen)
		fallback.orphan = llc + 1;
	q->nr_seen = nr_taken;
	return true;
}

/* For the guard: true if a task is in one of the queues. */
static __always_inline bool fallback_age(void)
{
	bool found = false;
	u32 llc;

	fallback.orphan = 0;
	bpf_for(llc, 0, opts.nr_llcs)
		found |= fallback_age_one(llc);
	if (found)
		queue_mark(&fallback.hint);
	else
		queue_forget(&fallback.hint);
	return found;
}

static __always_inline void fallback_hand_back(void)
{
	struct fallback_queue *q;
	u32 llc;

	bpf_for(llc, 0, opts.nr_llcs) {
		q = fallback_queue(llc);
		if (q && READ_ONCE(q->hint))
			hand_back(DSQ_FALLBACK + llc);
	}
}

static __always_inline void fallback_add_cpu(s32 cpu, s32 nr)
{
	struct fallback_queue *q = fallback_queue(llc_of(cpu));

	if (q)
		q->nr_cpus += nr;
}

static __always_inline s32 fallback_init(void)
{
	s32 err = 0;
	u32 llc;

	bpf_for(llc, 0, opts.nr_llcs) {
		err = scx_bpf_create_dsq(DSQ_FALLBACK + llc, -1);
		if (err)
			break;
	}
	return err;
}

/* Whether two rounds have ended since a task was announced, of which one began after that. */
static __always_inline bool rounds_ended(u64 now, u64 age_ns)
{
	return age_ns > now - fallback.looked_ns &&
	       READ_ONCE(shm->nr_rounds) - fallback.nr_rounds_before > 1;
}

static __always_inline u32 cause_of(struct task_struct *p, u64 now, u64 age_ns)
{
	u32 state = p->__state;

	if (p->flags & PF_EXITING || state & TASK_DEAD)
		return FALLBACK_GONE;
	if (p->jobctl & JOBCTL_TRAP_FREEZE || state & TASK_FROZEN)
		return FALLBACK_FROZEN;
	if (state & (__TASK_STOPPED | __TASK_TRACED))
		return FALLBACK_STOPPED;
	if (rounds_ended(now, age_ns))
		return READ_ONCE(shm->decision_tail) == READ_ONCE(shm->decision_head) ?
			       FALLBACK_KEPT :
			       FALLBACK_NO_CPU;
	if (READ_ONCE(worker.running) && !READ_ONCE(shm->blocked))
		return state                   ? FALLBACK_ASLEEP :
		       scx_bpf_task_running(p) ? FALLBACK_BUSY :
						 FALLBACK_NO_CPU;
	if (!READ_ONCE(worker.needed))
		return FALLBACK_KEPT;
	return state ? FALLBACK_ASLEEP : FALLBACK_NO_CPU;
}

/* What the policy's thread does, that it does not answer. */
static __noinline u32 fallback_cause(u64 now, u64 age_ns)
{
	struct task_struct *p = bpf_task_from_pid(worker_pid);
	u32 cause;

	if (!p)
		return FALLBACK_GONE;
	cause = cause_of(p, now, age_ns);
	bpf_task_release(p);
	return cause;
}

/* How long the policy has to wait, the more the oftener it was late. */
static __always_inline u64 back_off_ns(void)
{
	u32 doublings = fallback.nr_repeated - REPEATED_TIMES;

	return BACK_OFF_NS << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
}

static __noinline void fallback_repeats(u64 now)
{
	static char fmt[] = "the fallback took over %llu times in a row";
	unsigned long long times;

	fallback.hold_ns = 0;
	if (now - fallback.over_ns > REPEATED_WITHIN_NS)
		fallback.nr_repeated = 0;
	times = ++fallback.nr_repeated;
	if (times < REPEATED_TIMES)
		return;
	if (opts.fallback_repeated == REPEATED_BACK_OFF)
		fallback.hold_ns = back_off_ns();
	else if (opts.fallback_repeated == REPEATED_DETACH)
		scx_bpf_exit_bstr(0, fmt, &times, sizeof(times));
}

static __always_inline void fallback_enter(u64 now, u64 age_ns)
{
	use_arena();
	fallback.cause = fallback_cause(now, age_ns);
	shm->last_cause = fallback.cause;
	fallback_repeats(now);
	fallback.era++;
	fallback.since_ns = now;
	fallback.nr_rounds = READ_ONCE(shm->nr_rounds);
	fallback.rescuing = 1;
	shm->nr_fallbacks++;
	shm->fallbacks[fallback.cause].nr++;
	shm->in_fallback = 1;
	store_mb(&in_fallback, 1);
}

static __always_inline void fallback_leave(u64 now)
{
	u64 lasted_ns = now - fallback.since_ns;
	struct scxu_shm_fallbacks __shm *of = &shm->fallbacks[fallback.cause];

	use_arena();
	fallback.over_ns = now;
	shm->fallback_ns += lasted_ns;
	if (lasted_ns > shm->max_fallback_ns)
		shm->max_fallback_ns = lasted_ns;
	of->total_ns += lasted_ns;
	if (lasted_ns > of->max_ns)
		of->max_ns = lasted_ns;
	/* Before the first task that is announced again. */
	if (wanted(EVENT_FALLBACK))
		event_slow(EVENT_FALLBACK, -1, fallback.cause, lasted_ns, 0, 0);
	shm->in_fallback = 0;
	store_mb(&in_fallback, 0);
	store_mb(&shm->nr_over, shm->nr_over + 1);
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
