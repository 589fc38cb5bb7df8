/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* place.bpf.h - step 6: a decision becomes an insertion, if the task is still where it was. */
#ifndef SCXU_PLACE_BPF_H
#define SCXU_PLACE_BPF_H

#define HEAD_DISTANCE (1ULL << 62) /* half of what a difference can be */

struct order __hidden any_vtime_order;

/* What is known while decisions are drained. */
struct batch {
	bool local;   /* a task was put on this CPU */
	bool claimed; /* it is for a class above ours: no task may be put on it */
	bool none_idle;
	u64 now_ns; /* if anybody wants to know */
};

static __always_inline bool cpu_usable(s32 cpu)
{
	struct cpu *c;

	if (cpu < 0 || cpu >= opts.layout.nr_cpus)
		return false;
	c = cpu_state(cpu);
	return c && !c->offline;
}

/* Whether a task put straight on this CPU would overtake one that was placed before. */
static __always_inline bool others_wait(s32 this_cpu)
{
	struct cpu *c = cpu_state(this_cpu);

	return (READ_ONCE(any_hint) && scx_bpf_dsq_nr_queued(DSQ_ANY)) ||
	       (READ_ONCE(any_vtime_hint) && scx_bpf_dsq_nr_queued(DSQ_ANY_VTIME)) ||
	       (c && READ_ONCE(c->queue_hint) && scx_bpf_dsq_nr_queued(this_cpu));
}

static __always_inline bool goes_first(const struct scxu_shm_decision *d)
{
	return SCXU_HOW_FLAGS(d->how) & (DISPATCH_HEAD | DISPATCH_PREEMPT);
}

/* The fields of a dispatch that is more than a CPU, a slice and a vtime. */
static __always_inline bool how_is_valid(const struct scxu_shm_decision *d)
{
	u32 flags = SCXU_HOW_FLAGS(d->how), queue = SCXU_HOW_QUEUE(d->how);

	if (SCXU_HOW_OP(d->how) != SCXU_OP_DISPATCH || flags & ~(DISPATCH_HEAD | DISPATCH_PREEMPT))
		return false;
	if (queue)
		return queue <= nr_own_queues && d->cpu == -1 && !(flags & DISPATCH_PREEMPT);
	return !(flags & DISPATCH_PREEMPT) || d->cpu >= 0;
}

/*
 * Where the decision sends @p: straight to this CPU, to a queue of a CPU or of the policy's, or to
 * the common queue. Of the tasks for "any" only the first may go straight to this CPU, the others
 * are for whoever is free.
 */
static __always_inline u64 decide_dsq(struct task_struct *p, const struct scxu_shm_decision *d,
				      s32 this_cpu, struct batch *b)
{
	u32 queue = SCXU_HOW_QUEUE(d->how);

	if (queue) {
		if (own_may_run(queue - 1, p))
			return DSQ_QUEUES + queue - 1;
		return DSQ_ANY;
	}
	if (d->cpu == -1) {
		if (b->local || b->claimed || !may_run_on(p, this_cpu))
			return DSQ_ANY;
		if (!goes_first(d) && (d->vtime || others_wait(this_cpu)))
			return DSQ_ANY;
		return SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL);
	}
	if (!cpu_usable(d->cpu) || !may_run_on(p, d->cpu))
		return DSQ_ANY;
	if (d->cpu == this_cpu && !b->claimed &&
	    (goes_first(d) || (!d->vtime && (b->local || !others_wait(this_cpu)))))
		return SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL);
	return d->cpu;
}

/*
 * In a queue in order of vtime, what goes first does so before all others, the last one first. The
 * kernel compares by difference, as vtimes may wrap; so that is far before them, but not too far.
 * What has no vtime goes with the one that was put there last.
 */
static __always_inline u64 queue_vtime(const struct scxu_shm_decision *d, struct order *o)
{
	u64 ahead;

	if (!o)
		return d->vtime;
	if (!goes_first(d)) {
		if (d->vtime)
			o->vtime = d->vtime;
		return o->vtime;
	}
	ahead = o->vtime - o->head;
	if (ahead < HEAD_DISTANCE / 2 || ahead > HEAD_DISTANCE + HEAD_DISTANCE / 2)
		o->head = o->vtime - HEAD_DISTANCE;
	return --o->head;
}

static __always_inline u64 queue_slice_ns(const struct scxu_shm_decision *d)
{
	u64 slice_ns = d->slice_ns;

	if (!slice_ns)
		slice_ns = opts.slice_ns;
	if (slice_ns < opts.min_slice_ns)
		slice_ns = opts.min_slice_ns;
	if (slice_ns > opts.max_slice_ns)
		slice_ns = opts.max_slice_ns;
	return slice_ns;
}

/* Of a queue in order of vtime: its order. */
static __always_inline struct order *mark_queue(u64 dsq)
{
	struct own_queue *q;
	struct cpu *c;

	if (dsq == DSQ_ANY_VTIME) {
		queue_mark(&any_vtime_hint);
		return &any_vtime_order;
	}
	if (dsq >= DSQ_QUEUES) {
		q = own_queue(dsq - DSQ_QUEUES);
		if (!q)
			return NULL;
		queue_mark(&q->hint);
		return &q->order;
	}
	c = cpu_state(dsq);
	if (!c)
		return NULL;
	queue_mark(&c->queue_hint);
	return &c->order;
}

/* Wake a CPU that can take @p from where it was put. */
static __always_inline void kick_for(struct task_struct *p, u64 dsq,
				     const struct scxu_shm_decision *d, struct batch *b)
{
	struct cpu *c;

	if (dsq >= DSQ_QUEUES) {
		own_kick(dsq - DSQ_QUEUES, p);
	} else if (dsq == DSQ_ANY) {
		/* If none was idle for a task that may go anywhere, none is for the next. */
		if (!b->none_idle && !kick_idle(p) && p->nr_cpus_allowed >= opts.nr_cpus_possible)
			b->none_idle = true;
	} else if (SCXU_HOW_FLAGS(d->how) & DISPATCH_PREEMPT) {
		c = cpu_state(dsq);
		if (c)
			WRITE_ONCE(c->urgent, 1);
		scx_bpf_kick_cpu(dsq, SCX_ENUM(scx_kick_flags, SCX_KICK_PREEMPT));
	} else {
		cpu_comes(dsq);
		scx_bpf_kick_cpu(dsq, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
	}
}

static __always_inline u64 head_flag(void)
{
	return SCX_ENUM(scx_enq_flags, SCX_ENQ_HEAD);
}

/* Put @p on a queue: of a CPU, of the policy's own, or of all. */
static __always_inline bool insert_queued(struct task_struct *p, u64 dsq,
					  const struct scxu_shm_decision *d, struct batch *b)
{
	u64 slice_ns = queue_slice_ns(d);
	bool ours;

	if (dsq != DSQ_ANY) {
		ours = compat_insert_vtime(p, dsq, slice_ns, queue_vtime(d, mark_queue(dsq)));
	} else if (d->vtime && !goes_first(d)) {
		ours = compat_insert_vtime(p, DSQ_ANY_VTIME, slice_ns,
					   queue_vtime(d, mark_queue(DSQ_ANY_VTIME)));
	} else {
		queue_mark(&any_hint);
		ours = compat_insert(p, DSQ_ANY, slice_ns, goes_first(d) ? head_flag() : 0);
	}
	kick_for(p, dsq, d, b);
	return ours;
}

static __always_inline bool insert(struct task_struct *p, u64 dsq,
				   const struct scxu_shm_decision *d, struct batch *b)
{
	if (dsq != SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL))
		return insert_queued(p, dsq, d, b);
	b->local = true;
	return compat_insert(p, dsq, queue_slice_ns(d), goes_first(d) ? head_flag() : 0);
}

/* A task that was recalled is in a queue already, from where it is moved, and at once. */
static __always_inline bool move_recalled(struct task_struct *p, u64 dsq, s32 this_cpu,
					  const struct scxu_shm_decision *d, struct batch *b)
{
	struct order *o = NULL;
	u64 to;

	if (dsq == SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL))
		dsq = this_cpu;
	to = dsq == DSQ_ANY && d->vtime ? DSQ_ANY_VTIME : dsq;
	if (to == DSQ_ANY)
		queue_mark(&any_hint);
	else
		o = mark_queue(to);
	if (!park_move(p, DSQ_PARK, to, queue_slice_ns(d), queue_vtime(d, o)))
		return false;
	kick_for(p, dsq, d, b);
	return true;
}

/*
 * One that cannot be moved has left its queue. It may have been enqueued again while it was being
 * recalled, and been announced twice for one custody: then it is for us to insert. If not, the
 * kernel takes no notice of the insertion.
 */
static __always_inline u32 move_task(struct task_struct *p, struct slot *s, u64 dsq, s32 this_cpu,
				     const struct scxu_shm_decision *d, struct batch *b)
{
	if (!custody_release(s, d->generation))
		return RESULT_STALE;
	if (move_recalled(p, dsq, this_cpu, d, b))
		return RESULT_PLACED;
	count(this_cpu, nr_withdrawn);
	queue_mark(&any_hint);
	compat_insert(p, DSQ_ANY, queue_slice_ns(d), 0);
	return RESULT_STALE;
}

/*
 * The insertion comes before the release: it remembers the kernel's own sequence number of the
 * enqueue, so whatever changes the task after that voids it, and whatever changed it before fails
 * the release.
 */
static __always_inline u32 insert_task(struct task_struct *p, struct slot *s, u64 dsq,
				       const struct scxu_shm_decision *d, struct batch *b)
{
	if (!insert(p, dsq, d, b))
		return RESULT_STALE;
	if (custody_release(s, d->generation))
		return RESULT_PLACED;
	scx_bpf_dispatch_cancel();
	return RESULT_STALE;
}

static __always_inline u32 place_task(struct task_struct *p, struct slot *s, s32 this_cpu,
				      const struct scxu_shm_decision *d, struct batch *b)
{
	u64 dsq = decide_dsq(p, d, this_cpu, b);
	u32 result;

	if (is_recalled(s, d->generation))
		result = move_task(p, s, dsq, this_cpu, d, b);
	else
		result = insert_task(p, s, dsq, d, b);
	if (result != RESULT_PLACED)
		return result;
	shm_tasks[d->slot].cookie = d->cookie;
	shm_tasks[d->slot].vtime = d->vtime;
	count(this_cpu, nr_dispatched);
	measure_dispatched(d->slot, d->generation, this_cpu, b->now_ns);
	if (dsq != DSQ_ANY || (d->cpu == -1 && !SCXU_HOW_QUEUE(d->how)))
		return RESULT_PLACED;
	count(this_cpu, nr_bounced);
	return RESULT_BOUNCED;
}

static __always_inline u32 place(const struct scxu_shm_decision *d, s32 this_cpu, struct batch *b)
{
	struct slot *s = slot_state(d->slot);
	struct task_struct *p;
	u32 result;

	if (!s || !d->generation)
		return RESULT_REFUSED;
	if (READ_ONCE(s->pending) != d->generation)
		return RESULT_STALE;
	p = compat_get_task(s->id);
	if (!p)
		return RESULT_STALE;
	result = place_task(p, s, this_cpu, d, b);
	compat_put_task(p);
	return result;
}

/* The same with flags or a queue. */
static __noinline u32 place_special(const struct scxu_shm_decision *d, s32 this_cpu,
				    struct batch *b)
{
	use_arena();
	return how_is_valid(d) ? place(d, this_cpu, b) : RESULT_REFUSED;
}

#endif
