/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* announce.bpf.h - step 2: the record goes to shared memory, the entry into the CPU's ring. */
#ifndef SCXU_ANNOUNCE_BPF_H
#define SCXU_ANNOUNCE_BPF_H

static __always_inline void write_comm(struct task_struct *p, struct scxu_shm_task __shm *rec)
{
	u64 comm[TASK_COMM_LEN / sizeof(u64)] = {};
	u64 __shm *to = (u64 __shm *)rec->comm;

	bpf_probe_read_kernel_str(comm, sizeof(comm), p->comm);
	to[0] = comm[0];
	to[1] = comm[1];
}

static __always_inline void write_run(struct task_struct *p, const struct slot *s,
				      struct scxu_shm_task __shm *rec)
{
	rec->start_ns = s->run.start_ns;
	rec->stop_ns = s->run.stop_ns;
	rec->exec_run_ns = s->run.exec_ns;
	rec->exec_awake_ns = p->se.sum_exec_runtime - s->run.exec_sleep_ns;
	rec->nr_preemptions = p->nivcsw;
}

/* We are called where it is woken, so whoever runs here is the waker, or was interrupted by it. */
static __always_inline void write_waker(struct slot *s, struct scxu_shm_task __shm *rec)
{
	rec->waker_pid = bpf_get_current_pid_tgid();
	rec->waker_cpu = bpf_get_smp_processor_id();
	rec->flags |= s->run.sync ? TASK_SYNC : 0;
	s->run.sync = 0;
}

static __always_inline u32 more_flags(struct task_struct *p, const struct slot *s, bool wakeup)
{
	u32 flags = 0;

	if (p->flags & PF_EXITING)
		flags |= TASK_EXITING;
	if (!wakeup && s->run.preempted)
		flags |= TASK_PREEMPTED;
	if (bpf_core_field_exists(p->migration_disabled) && p->migration_disabled)
		flags |= TASK_PINNED;
	return flags;
}

/* What the policy asked for beyond the usual. The verifier removes what it did not. */
static __always_inline void write_fields(struct task_struct *p, struct slot *s,
					 struct scxu_shm_task __shm *rec, bool wakeup)
{
	if (opts.fields & FIELD_FLAGS)
		rec->flags |= more_flags(p, s, wakeup);
	if (opts.fields & FIELD_COMM)
		write_comm(p, rec);
	if (opts.fields & FIELD_PRIORITY) {
		rec->nice = p->static_prio - DEFAULT_PRIO;
		rec->policy = p->policy;
	}
	if ((opts.fields & FIELD_WAKER) && wakeup)
		write_waker(s, rec);
	if (opts.fields & FIELD_RUN)
		write_run(p, s, rec);
}

/*
 * The record is valid for the generation it carries. A reader takes that before and after it
 * copies; a change in between means that a newer announcement is on its way.
 */
static __always_inline void write_record(struct task_struct *p, struct slot *s, u32 slot,
					 u32 generation, u64 now, u64 enq_flags, u32 flags)
{
	bool wakeup = enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP);
	struct scxu_shm_task __shm *rec = &shm_tasks[slot];

	store_mb(&rec->generation, 0);
	rec->pid = p->pid;
	rec->tgid = p->tgid;
	rec->cpu = scx_bpf_task_cpu(p);
	rec->flags = flags | (wakeup ? TASK_WAKEUP : 0);
	rec->weight = p->scx.weight;
	rec->nr_cpus_allowed = p->nr_cpus_allowed;
	rec->enqueue_ns = now;
	rec->exec_ns = p->se.sum_exec_runtime;
	rec->nr_switches = p->nvcsw;
	if (opts.fields)
		write_fields(p, s, rec, wakeup);
	if (opts.events)
		rec->seq = event_number();
	store_mb(&rec->generation, generation);
}

static __always_inline u32 next_generation(const struct slot *s)
{
	return s->generation + 1 ?: 1; /* 0 means none */
}

/*
 * @flags: of the record, beside what follows. False if the policy cannot be told: no room. The
 * queue of custody has the same entries as the ring, at the same places, for the kernel half alone.
 */
static __always_inline bool announce(struct task_struct *p, struct slot *s, u32 slot, struct cpu *c,
				     u32 cpu, u64 enq_flags, u32 flags)
{
	u32 nr_ring = opts.layout.nr_ring, generation = next_generation(s), tail, at;
	struct scxu_shm_cpu __shm *ring = &shm_cpus[cpu];
	struct scxu_shm_entry __shm *entry;
	u64 now;

	tail = c->custody_tail;
	if (tail - READ_ONCE(ring->head) >= nr_ring)
		return false;

	now = bpf_ktime_get_ns();
	at = cpu * nr_ring + (tail & (nr_ring - 1));
	s->generation = generation;
	s->id = compat_task_id(p);
	s->enqueue_ns = now;
	if (s->pending)
		ring->nr.nr_withdrawn++; /* it was recalled, and left its queue in some other way */
	WRITE_ONCE(s->pending, generation);
	if (!custody_push(c, cpu, at, slot, generation)) {
		WRITE_ONCE(s->pending, 0);
		return false;
	}

	write_record(p, s, slot, generation, now, enq_flags, flags);
	entry = &shm_rings[at];
	entry->slot = slot;
	entry->generation = generation;
	store_mb(&ring->tail, tail + 1);
	ring->nr.nr_enqueued++;
	if (!worker_need(p, now) && opts.wakeup_ns &&
	    (enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP)))
		wakeup_hurry(p, now);
	guard_wake();
	return true;
}

#endif
