/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * task.bpf.h - a slot for each task, from its first moment to its last.
 *
 * A slot's generation goes on counting from one owner to the next, so an answer meant for a dead
 * task never fits the task that follows it. A task that gets no slot is scheduled by the fallback.
 */
#ifndef SCXU_TASK_BPF_H
#define SCXU_TASK_BPF_H

/* Slots that were used and given back; last in, first out keeps the hot ones hot. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1); /* slots */
	__type(value, u32);
} free_slots SEC(".maps");

u32 __hidden nr_slots_used; /* slots from here on were never used */

static __always_inline bool take_slot(u32 *slot)
{
	if (!bpf_map_pop_elem(&free_slots, slot))
		return true;
	if (READ_ONCE(nr_slots_used) >= opts.layout.nr_slots)
		return false;
	*slot = __sync_fetch_and_add(&nr_slots_used, 1);
	return *slot < opts.layout.nr_slots;
}

u64 __hidden nr_tasks_ever; /* numbers the tasks */

/*
 * The mask changes seldom and is read at any time, so bits that stay as they are are not touched.
 * (Bit by bit, since no other way to read it works from 6.12 to 7.3 and for any number of CPUs.)
 */
static __always_inline void write_mask(u32 slot, const struct cpumask *mask)
{
	u64 __shm *words = &shm_masks[slot * opts.layout.mask_words];
	u64 bit;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		bit = 1ULL << (cpu & 63);
		if (bpf_cpumask_test_cpu(cpu, mask))
			words[cpu / 64] |= bit;
		else if (words[cpu / 64] & bit)
			words[cpu / 64] &= ~bit;
	}
}

/* Nothing of who had the slot before. Volatile, or clang 19 makes a memset() of it that is wrong. */
static __always_inline void clear_record(struct scxu_shm_task __shm *rec)
{
	u64 __shm *words = (u64 __shm *)rec;
	u32 i;

	for (i = 0; i < sizeof(*rec) / sizeof(*words); i++)
		WRITE_ONCE(words[i], 0);
}

/* Who it is, for the policy that asks for all tasks: the rest comes with the first enqueue. */
static __always_inline void write_identity(struct task_struct *p, u32 slot)
{
	struct scxu_shm_task __shm *rec = &shm_tasks[slot];

	rec->pid = p->pid;
	rec->tgid = p->tgid;
	rec->cpu = scx_bpf_task_cpu(p);
	rec->kind = p->flags & PF_KTHREAD ? SCXU_KIND_KTHREAD : 0;
	rec->nr_cpus_allowed = p->nr_cpus_allowed;
	rec->exec_ns = p->se.sum_exec_runtime;
	rec->nr_switches = p->nvcsw;
	bpf_rcu_read_lock();
	write_mask(slot, p->cpus_ptr);
	bpf_rcu_read_unlock();
	store_mb(&rec->id, __sync_fetch_and_add(&nr_tasks_ever, 1) + 1);
}

/* Never fails: an error here would make fork() fail. */
static __always_inline void task_init(struct task_struct *p, struct scx_init_task_args *args)
{
	struct task_ctx *tc;
	struct slot *s;
	u32 slot = 0;

	tc = bpf_task_storage_get(&task_ctxs, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!tc || !take_slot(&slot))
		return;

	s = slot_state(slot);
	if (!s)
		return;
	use_arena();
	s->parent = args->fork ? bpf_get_current_pid_tgid() : 0;
	s->run = (struct run){ .exec_sleep_ns = p->se.sum_exec_runtime };
	clear_record(&shm_tasks[slot]);
	shm_tasks[slot].cgroup_id = task_cgroup_id(args);
	write_identity(p, slot);
	tc->slot = slot;
	tc->has_slot = 1;
	__sync_fetch_and_add(&shm->nr_tasks, 1);
}

/* It is ours from now on. The kernel has set its weight only just now. */
static __always_inline void task_enable(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	use_arena();
	if (!s)
		return;
	shm_tasks[slot].weight = p->scx.weight;
	if (p->tgid != worker_tgid)
		shm_tasks[slot].kind |= SCXU_KIND_OURS;
	if (wanted(EVENT_NEW))
		event_task(p, EVENT_NEW, s->parent, 0);
	s->parent = 0; /* should it come back, it was not forked then */
}

static __always_inline void task_disable(struct task_struct *p)
{
	u32 slot;

	use_arena();
	if (task_slot(p, &slot))
		shm_tasks[slot].kind &= ~SCXU_KIND_OURS;
	if (wanted(EVENT_EXIT))
		event_task(p, EVENT_EXIT, 0, 0);
}

static __always_inline void task_exit(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (is_worker(p))
		worker_pid = 0; /* whoever gets this number next is somebody else */
	if (!s)
		return;
	use_arena();
	custody_withdraw(p, s, slot);
	s->era = 0;
	shm_tasks[slot].generation = 0;
	shm_tasks[slot].id = 0;
	bpf_map_push_elem(&free_slots, &slot, 0);
	__sync_fetch_and_sub(&shm->nr_tasks, 1);
}

#endif
