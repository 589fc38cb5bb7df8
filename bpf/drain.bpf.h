/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* drain.bpf.h - step 6: decisions become insertions; stale, doubled or senseless ones are dropped. */
#ifndef SCXU_DRAIN_BPF_H
#define SCXU_DRAIN_BPF_H

u32 __hidden drained; /* decisions read; the arena's copy can be scribbled on */
u32 __hidden drain_lock;

/* What is known while decisions are drained. */
struct batch {
	bool local; /* a task was put on this CPU */
	bool none_idle;
};

static __always_inline bool may_run_on(struct task_struct *p, s32 cpu)
{
	/*
	 * While migration is disabled the task stays where it is, and on 6.12 cpus_ptr follows
	 * only when it has been switched out.
	 */
	if (bpf_core_field_exists(p->migration_disabled) && p->migration_disabled &&
	    scx_bpf_task_cpu(p) != cpu)
		return false;
	return bpf_cpumask_test_cpu(cpu, p->cpus_ptr);
}

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

/*
 * Where the decision sends @p: straight to this CPU, to a CPU's queue, or to the common queue. Of
 * the tasks for "any" only the first may go straight to this CPU, the others are for whoever is
 * free.
 */
static __always_inline u64 decide_dsq(struct task_struct *p, const struct scxu_shm_decision *d,
				      s32 this_cpu, const struct batch *b)
{
	if (d->cpu == -1) {
		if (b->local || d->vtime || others_wait(this_cpu) || !may_run_on(p, this_cpu))
			return DSQ_ANY;
		return SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL);
	}
	if (!cpu_usable(d->cpu) || !may_run_on(p, d->cpu)) {
		count(this_cpu, nr_bounced);
		return DSQ_ANY;
	}
	if (d->cpu == this_cpu && !d->vtime && (b->local || !others_wait(this_cpu)))
		return SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL);
	return d->cpu;
}

/* Put @p on the queue of another CPU, or of all, and wake one that can take it. */
static __always_inline bool insert_queued(struct task_struct *p, u64 dsq, u64 slice_ns, u64 vtime,
					  struct batch *b)
{
	struct cpu *c;
	bool ours;

	if (dsq == DSQ_ANY) {
		if (vtime) {
			queue_mark(&any_vtime_hint);
			ours = compat_insert_vtime(p, DSQ_ANY_VTIME, slice_ns, vtime);
		} else {
			queue_mark(&any_hint);
			ours = compat_insert(p, DSQ_ANY, slice_ns, 0);
		}
		/* If none was idle for a task that may go anywhere, none is for the next. */
		if (!b->none_idle && !kick_idle(p) && p->nr_cpus_allowed >= opts.nr_cpus_possible)
			b->none_idle = true;
		return ours;
	}
	c = cpu_state(dsq);
	if (c)
		queue_mark(&c->queue_hint);
	ours = compat_insert_vtime(p, dsq, slice_ns, vtime);
	scx_bpf_kick_cpu(dsq, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
	return ours;
}

static __always_inline bool insert(struct task_struct *p, const struct scxu_shm_decision *d,
				   s32 this_cpu, struct batch *b)
{
	u64 dsq = decide_dsq(p, d, this_cpu, b), slice_ns = d->slice_ns;

	if (!slice_ns)
		slice_ns = opts.slice_ns;
	if (slice_ns < opts.min_slice_ns)
		slice_ns = opts.min_slice_ns;
	if (slice_ns > opts.max_slice_ns)
		slice_ns = opts.max_slice_ns;

	if (dsq != SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL))
		return insert_queued(p, dsq, slice_ns, d->vtime, b);
	b->local = true;
	return compat_insert(p, dsq, slice_ns, 0);
}

/*
 * One decision. The insertion comes before the release: it remembers the kernel's own sequence
 * number of the enqueue, so whatever changes the task after that voids it, and whatever changed it
 * before fails the release.
 */
static __always_inline void place(const struct scxu_shm_decision *d, s32 this_cpu, struct batch *b)
{
	struct slot *s = slot_state(d->slot);
	struct task_struct *p;

	if (!s || !d->generation || d->flags) {
		count(this_cpu, nr_refused);
		return;
	}
	if (READ_ONCE(s->pending) != d->generation) {
		count(this_cpu, nr_stale);
		return;
	}
	p = compat_get_task(s->id);
	if (!p) {
		count(this_cpu, nr_stale);
		return;
	}
	if (!insert(p, d, this_cpu, b)) {
		count(this_cpu, nr_stale);
	} else if (custody_release(s, d->generation)) {
		shm_tasks[d->slot].cookie = d->cookie;
		count(this_cpu, nr_dispatched);
	} else {
		scx_bpf_dispatch_cancel();
		count(this_cpu, nr_stale);
	}
	compat_put_task(p);
}

/* The process may write while we read: take a copy and judge that. */
static __always_inline void read_decision(struct scxu_shm_decision *d, u32 pos)
{
	struct scxu_shm_decision __shm *from = &shm_decisions[pos & (opts.layout.nr_decisions - 1)];

	d->slot = READ_ONCE(from->slot);
	d->generation = READ_ONCE(from->generation);
	d->cpu = READ_ONCE(from->cpu);
	d->flags = READ_ONCE(from->flags);
	d->slice_ns = READ_ONCE(from->slice_ns);
	d->vtime = READ_ONCE(from->vtime);
	d->cookie = READ_ONCE(from->cookie);
}

/* True if a task was put on this CPU. */
static __always_inline bool drain(s32 cpu)
{
	struct scxu_shm_decision d;
	struct batch b = {};
	u32 tail, i;

	use_arena();
	tail = READ_ONCE(shm->decision_tail);
	if (tail == READ_ONCE(drained))
		return false;
	if (__sync_lock_test_and_set(&drain_lock, 1)) {
		/* Somebody else is at it. Look again soon, there may be something for us. */
		scx_bpf_kick_cpu(cpu, 0);
		return false;
	}
	tail = READ_ONCE(shm->decision_tail); /* whoever had the lock may have read further */
	if (tail - drained > opts.layout.nr_decisions) {
		count(cpu, nr_refused); /* nonsense: start again from where it says it is */
		drained = tail;
	}
	bpf_for(i, 0, scx_bpf_dispatch_nr_slots()) {
		if (drained == tail)
			break;
		read_decision(&d, drained);
		place(&d, cpu, &b);
		drained++;
	}
	/* More than fits in one operation, which ends here if all that it took was stale. */
	if (drained != tail)
		scx_bpf_kick_cpu(cpu, 0);
	WRITE_ONCE(shm->decision_head, drained);
	store_mb(&drain_lock, 0);
	return b.local;
}

#endif
