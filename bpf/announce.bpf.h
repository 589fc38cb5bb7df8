/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* announce.bpf.h - step 2: the record goes to shared memory, the entry into the CPU's ring. */
#ifndef SCXU_ANNOUNCE_BPF_H
#define SCXU_ANNOUNCE_BPF_H

/*
 * The record is valid for the generation it carries. A reader takes that before and after it
 * copies; a change in between means that a newer announcement is on its way.
 */
static __always_inline void write_record(struct task_struct *p, struct slot *s, u32 slot,
					 u64 enq_flags)
{
	struct scxu_shm_task __shm *rec = &shm_tasks[slot];

	store_mb(&rec->generation, 0);
	rec->pid = p->pid;
	rec->tgid = p->tgid;
	rec->cpu = scx_bpf_task_cpu(p);
	rec->flags = enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP) ? 1 : 0;
	rec->weight = p->scx.weight;
	rec->nr_cpus_allowed = p->nr_cpus_allowed;
	rec->enqueue_ns = s->enqueue_ns;
	rec->exec_ns = p->se.sum_exec_runtime;
	rec->nr_switches = p->nvcsw;
	store_mb(&rec->generation, s->generation);
}

/* False if the policy cannot be told, for want of room. */
static __always_inline bool announce(struct task_struct *p, struct slot *s, u32 slot, u64 enq_flags)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu *c = cpu_state(cpu);
	struct scxu_shm_cpu __shm *ring = &shm_cpus[cpu];
	struct scxu_shm_entry __shm *entry;
	u32 tail;

	if (!c)
		return false;
	tail = c->ring_tail;
	if (tail - READ_ONCE(ring->head) >= opts.layout.nr_ring)
		return false;

	if (!++s->generation)
		s->generation = 1; /* 0 means none */
	s->id = compat_task_id(p);
	s->enqueue_ns = bpf_ktime_get_ns();
	WRITE_ONCE(s->pending, s->generation);
	if (!custody_push(c, cpu, slot, s->generation)) {
		WRITE_ONCE(s->pending, 0);
		return false;
	}

	write_record(p, s, slot, enq_flags);
	entry = &shm_rings[cpu * opts.layout.nr_ring + (tail & (opts.layout.nr_ring - 1))];
	entry->slot = slot;
	entry->generation = s->generation;
	c->ring_tail = tail + 1;
	store_mb(&ring->tail, tail + 1);
	count(cpu, nr_enqueued);
	worker_need(p, s->enqueue_ns);
	guard_wake();
	return true;
}

#endif
