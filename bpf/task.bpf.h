/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * task.bpf.h - a slot for each task, from its first moment to its last.
 *
 * A slot's generation goes on counting from one owner to the next, so an answer meant for a dead
 * task never fits the task that follows it. A task that gets no slot is scheduled by the fallback.
 */
#ifndef SCXU_TASK_BPF_H
#define SCXU_TASK_BPF_H

struct task_ctx {
	u32 slot;
	u32 has_slot;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctxs SEC(".maps");

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

/* The slot of @p and its number; NULL if it has none. */
static __always_inline struct slot *task_slot(struct task_struct *p, u32 *slot)
{
	struct task_ctx *tc = bpf_task_storage_get(&task_ctxs, p, 0, 0);

	if (!tc || !tc->has_slot)
		return NULL;
	*slot = tc->slot;
	return slot_state(*slot);
}

/* Never fails: an error here would make fork() fail. */
static __always_inline void task_init(struct task_struct *p)
{
	struct scxu_shm_task __shm *rec;
	struct task_ctx *tc;
	u32 slot = 0;

	tc = bpf_task_storage_get(&task_ctxs, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!tc || !take_slot(&slot))
		return;

	use_arena();
	rec = &shm_tasks[slot];
	rec->generation = 0;
	rec->cookie = 0;
	tc->slot = slot;
	tc->has_slot = 1;
	__sync_fetch_and_add(&shm->nr_tasks, 1);
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
	custody_withdraw(s);
	s->era = 0;
	shm_tasks[slot].generation = 0;
	bpf_map_push_elem(&free_slots, &slot, 0);
	__sync_fetch_and_sub(&shm->nr_tasks, 1);
}

#endif
