/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * own.bpf.h - dispatch queues of the policy's own, each served by the CPUs that it names.
 *
 * Which CPUs serve a queue is kept as a bit of the queue in each CPU's state, so a CPU finds its
 * queues at a glance. What waits in a queue whose CPUs do not come for it is for everybody: the
 * guard finds that out.
 */
#ifndef SCXU_OWN_BPF_H
#define SCXU_OWN_BPF_H

int free_starved(u64 dsq, u32 looks); /* starve.bpf.h */

struct own_queue {
	char name[SCXU_QUEUE_NAME_LEN]; /* for the debug dump */
	u32 hint;                       /* see queue.bpf.h */
	u32 looks;                      /* of the guard in a row that found a task there */
	u32 left;   /* one of its CPUs went offline since it was last seen empty */
	u32 orphan; /* its CPUs leave it to others */
	struct order order;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCXU_MAX_QUEUES);
	__type(key, u32);
	__type(value, struct own_queue);
} own_queues SEC(".maps");

u32 __hidden nr_own_queues;

static __always_inline struct own_queue *own_queue(u32 nr)
{
	return bpf_map_lookup_elem(&own_queues, &nr);
}

static __always_inline bool serves(const struct cpu *c, u32 nr)
{
	return c->queues & (1ULL << (nr & 63));
}

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

/* Whether an online CPU serves queue @nr that @p may run on. */
static __noinline bool own_may_run(u32 nr, struct task_struct *p)
{
	struct cpu *c;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && !c->offline && serves(c, nr) && may_run_on(p, cpu))
			return true;
	}
	return false;
}

/* Whether a CPU that serves queue @nr has other work, and will come. */
__noinline bool own_is_served(u32 nr)
{
	struct cpu *c;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && serves(c, nr) && !cpu_is_lost(c, cpu))
			return true;
	}
	return false;
}

/* Wake a CPU that is idle, serves queue @nr and may run @p. */
static __noinline bool own_kick(u32 nr, struct task_struct *p)
{
	struct cpu *c;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (!c || !serves(c, nr) || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr) ||
		    !scx_bpf_test_and_clear_cpu_idle(cpu))
			continue;
		cpu_comes(cpu);
		scx_bpf_kick_cpu(cpu, SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE));
		return true;
	}
	return false;
}

/* Take a task from the queues that this CPU serves, in turn. */
__noinline bool own_take(s32 cpu)
{
	struct cpu *c = cpu_state(cpu);
	struct own_queue *q;
	u32 i, nr;

	if (!c)
		return false;
	bpf_for(i, 0, READ_ONCE(nr_own_queues)) {
		nr = (c->next_queue + i) % READ_ONCE(nr_own_queues);
		q = own_queue(nr);
		if (!q || !serves(c, nr) || !queue_take(&q->hint, DSQ_QUEUES + nr))
			continue;
		c->next_queue = nr + 1;
		return true;
	}
	return false;
}

__noinline bool own_take_orphan(void)
{
	struct own_queue *q;
	u32 nr;

	bpf_for(nr, 0, READ_ONCE(nr_own_queues)) {
		q = own_queue(nr);
		if (q && q->orphan && compat_move_to_local(DSQ_QUEUES + nr))
			return true;
	}
	return false;
}

/* For the guard: true if a task waits in one of them. */
__noinline bool own_age(void)
{
	struct own_queue *q;
	bool found = false;
	u32 nr;

	bpf_for(nr, 0, READ_ONCE(nr_own_queues)) {
		q = own_queue(nr);
		if (!q)
			continue;
		if (!queue_age(&q->hint, DSQ_QUEUES + nr)) {
			q->looks = 0;
			q->left = 0;
			q->orphan = 0;
			continue;
		}
		found = true;
		q->orphan = ++q->looks > 1 && (q->left || !own_is_served(nr));
		if (q->orphan)
			WRITE_ONCE(orphans, 1);
		if (q->looks > 1)
			hand_back(DSQ_QUEUES + nr);
		free_starved(DSQ_QUEUES + nr, q->looks);
	}
	return found;
}

/* What waits there may be for the CPU alone that goes offline, and was put there before it did. */
static __noinline void own_leave(const struct cpu *c __arg_nonnull)
{
	struct own_queue *q;
	u32 nr;

	bpf_for(nr, 0, READ_ONCE(nr_own_queues)) {
		q = own_queue(nr);
		if (q && serves(c, nr))
			WRITE_ONCE(q->left, 1);
	}
}

/* Make a queue, or have one more CPU serve it. Run by the process, which made sure of the numbers. */
SEC("syscall")
int scxu_setup_queue(struct scxu_shm_queue *setup)
{
	u32 nr = setup->queue - 1;
	struct own_queue *q = own_queue(nr);
	struct cpu *c;
	s32 err;

	if (!q)
		return -EINVAL;
	if (setup->cpu < 0) {
		err = scx_bpf_create_dsq(DSQ_QUEUES + nr, -1);
		__builtin_memcpy(q->name, setup->name, sizeof(q->name));
		if (!err && nr_own_queues < nr + 1)
			nr_own_queues = nr + 1;
		return err;
	}
	c = cpu_state(setup->cpu);
	if (!c || setup->cpu >= opts.layout.nr_cpus)
		return -EINVAL;
	__sync_fetch_and_or(&c->queues, 1ULL << (nr & 63));
	return 0;
}

#endif
