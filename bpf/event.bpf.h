/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * event.bpf.h - what happens to tasks and CPUs, for a policy that asked to be told.
 *
 * Each CPU has a ring of events beside its ring of announcements. All of them, and the enqueues
 * between them, are numbered from one counter. A number is drawn before the entry is published, and
 * what happens to one task happens in turn; so a reader that looks at the counter first, then at
 * the rings, has all numbers of a task up to that one, in order. What finds no room is counted.
 *
 * With no event asked for the counter stands still, and the verifier removes all of this.
 */
#ifndef SCXU_EVENT_BPF_H
#define SCXU_EVENT_BPF_H

u32 __hidden events_pending; /* since the guard looked */

static __always_inline void guard_wake(void);
static __always_inline bool worker_need(struct task_struct *p, u64 now);

static __always_inline bool wanted(u32 type)
{
	return opts.events & (1ULL << type);
}

static __always_inline u64 event_number(void)
{
	return __sync_fetch_and_add(&shm->event_seq, 1);
}

/* Room in @ring, or NULL. Call with interrupts off, or with the lock of the ring of no CPU. */
static __always_inline struct scxu_shm_event __shm *event_begin(struct cpu *c, u32 ring, u32 type)
{
	struct scxu_shm_event __shm *ev;
	u32 tail = c->event_tail;

	if (!READ_ONCE(shm->listening))
		return NULL;
	if (tail - READ_ONCE(shm_cpus[ring].event_head) >= opts.layout.nr_events) {
		count(ring, nr_events_lost);
		return NULL;
	}
	ev = &shm_events[ring * opts.layout.nr_events + (tail & (opts.layout.nr_events - 1))];
	ev->time_ns = bpf_ktime_get_ns();
	ev->type = type;
	ev->cpu = bpf_get_smp_processor_id();
	return ev;
}

static __always_inline void event_end(struct cpu *c, u32 ring, struct scxu_shm_event __shm *ev)
{
	ev->seq = event_number();
	c->event_tail++;
	store_mb(&shm_cpus[ring].event_tail, c->event_tail);
	count(ring, nr_events);
	WRITE_ONCE(events_pending, 1);
	guard_wake();
}

/* Tell of @p, with interrupts off. Before the ring is full the policy has to read it. */
static __noinline void event_task(struct task_struct *p, u32 type, u64 value0, u64 value1)
{
	u32 cpu = bpf_get_smp_processor_id(), slot;
	struct scxu_shm_event __shm *ev;
	struct cpu *c = cpu_state(cpu);
	struct slot *s;

	use_arena();
	if (!c || is_kernels(p))
		return;
	s = task_slot(p, &slot);
	if (!s)
		return;
	ev = event_begin(c, cpu, type);
	if (!ev)
		return;
	ev->slot = slot;
	ev->generation = s->generation;
	ev->pid = p->pid;
	ev->tgid = p->tgid;
	ev->task_cpu = scx_bpf_task_cpu(p);
	ev->weight = p->scx.weight;
	ev->exec_ns = p->se.sum_exec_runtime;
	ev->cookie = shm_tasks[slot].cookie;
	ev->id = shm_tasks[slot].id;
	ev->value[0] = value0;
	ev->value[1] = value1;
	event_end(c, cpu, ev);
	if (c->event_tail - READ_ONCE(shm_cpus[cpu].event_head) > opts.layout.nr_events / 2)
		worker_need(p, ev->time_ns);
}

/* What became of a decision, of which nothing needs to be true. */
static __noinline void event_result(u32 slot, u32 generation, u32 result)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct scxu_shm_event __shm *ev;
	struct cpu *c = cpu_state(cpu);

	use_arena();
	if (!c)
		return;
	ev = event_begin(c, cpu, EVENT_RESULT);
	if (!ev)
		return;
	ev->slot = slot;
	ev->generation = generation;
	ev->value[0] = result;
	/* Not what an older event left there, one by one for clang's sake: see clear_record(). */
	WRITE_ONCE(ev->pid, 0);
	WRITE_ONCE(ev->tgid, 0);
	WRITE_ONCE(ev->task_cpu, -1);
	WRITE_ONCE(ev->weight, 0);
	WRITE_ONCE(ev->exec_ns, 0);
	WRITE_ONCE(ev->cookie, 0);
	WRITE_ONCE(ev->id, 0);
	WRITE_ONCE(ev->value[1], 0);
	event_end(c, cpu, ev);
}

/*
 * Tell of a CPU or a cgroup, where interrupts are on and we may move to another CPU: by way of the
 * ring of no CPU. Who does not get its lock at once loses the event; these are rare.
 */
static __always_inline void event_slow(u32 type, s32 cpu, u64 value0, u64 value1, u64 value2,
				       u64 value3)
{
	u32 ring = opts.layout.nr_cpus;
	struct scxu_shm_event __shm *ev;
	struct cpu *c = cpu_state(ring);

	use_arena();
	if (!c || __sync_lock_test_and_set(&c->event_lock, 1)) {
		count(ring, nr_events_lost);
		return;
	}
	ev = event_begin(c, ring, type);
	if (ev) {
		ev->cpu = cpu;
		/* Volatile, as in clear_record(): some of them are constants. */
		WRITE_ONCE(ev->value[0], value0);
		WRITE_ONCE(ev->value[1], value1);
		WRITE_ONCE(ev->value[2], value2);
		WRITE_ONCE(ev->value[3], value3);
		event_end(c, ring, ev);
	}
	store_mb(&c->event_lock, 0);
}

#endif
