/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * custody.bpf.h - what the policy owes an answer for, oldest first, so that none is ever lost.
 *
 * Each CPU keeps a queue of the announcements it made. An entry is live while its slot's `pending`
 * still has its generation; answered ones are dropped when they reach the head. `pending` goes
 * from a generation to 0 exactly once, by compare-and-swap, whoever does it: drain, rescue,
 * ops.dequeue. So a task is given to the kernel once, even if the policy and the rescue race.
 */
#ifndef SCXU_CUSTODY_BPF_H
#define SCXU_CUSTODY_BPF_H

#define SHORT_CUSTODY 64

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CPU ids times ring entries */
	__type(key, u32);
	__type(value, struct scxu_shm_entry);
} custody SEC(".maps");

static __always_inline struct scxu_shm_entry *custody_entry(u32 cpu, u32 pos)
{
	u32 nr_ring = opts.layout.nr_ring, key = cpu * nr_ring + (pos & (nr_ring - 1));

	return bpf_map_lookup_elem(&custody, &key);
}

/* The slot that @entry stands for, if the policy still owes an answer. */
static __always_inline struct slot *custody_live(const struct scxu_shm_entry *entry)
{
	struct slot *s = slot_state(entry->slot);

	return s && READ_ONCE(s->pending) == entry->generation ? s : NULL;
}

/*
 * @tail: up to where entries may be looked at. It is read before the lock is taken, which is a full
 * barrier, so that these are whole by then on machines that reorder reads, too.
 */
static __always_inline bool custody_trylock(struct cpu *c, u32 *tail)
{
	*tail = READ_ONCE(c->custody_tail);
	return !__sync_lock_test_and_set(&c->custody_lock, 1);
}

static __always_inline void custody_unlock(struct cpu *c)
{
	store_mb(&c->custody_lock, 0);
}

/* Look at the head, drop it if it was answered. True if it was. Call with the lock. */
static __always_inline bool custody_drop(struct cpu *c, u32 cpu, u32 tail, struct slot **live)
{
	struct scxu_shm_entry *entry;

	*live = NULL;
	if ((s32)(tail - c->custody_head) <= 0)
		return false;
	entry = custody_entry(cpu, c->custody_head);
	if (!entry)
		return false;
	*live = custody_live(entry);
	if (*live)
		return false;
	c->custody_head++;
	return true;
}

/* The task that waits longest. Call with the lock. */
static __always_inline struct slot *custody_oldest(struct cpu *c, u32 cpu, u32 tail)
{
	struct slot *live = NULL;
	u32 i;

	bpf_for(i, 0, opts.layout.nr_ring) {
		if (!custody_drop(c, cpu, tail, &live))
			break;
	}
	return live;
}

/*
 * Take @slot into custody on this CPU; @at is the place of the tail in the map. False if the queue
 * is full of tasks that wait, which means that the policy is late anyhow.
 */
static __always_inline bool custody_push(struct cpu *c, u32 cpu, u32 at, u32 slot, u32 generation)
{
	struct scxu_shm_entry *entry;
	struct slot *live;
	u32 tail;

	/*
	 * One out for one in keeps the queue from growing, two make a long one shorter, and neither
	 * ever costs much at once.
	 */
	if (custody_trylock(c, &tail)) {
		if (custody_drop(c, cpu, tail, &live) &&
		    c->custody_tail - c->custody_head > SHORT_CUSTODY)
			custody_drop(c, cpu, tail, &live);
		custody_unlock(c);
	}
	if (c->custody_tail - READ_ONCE(c->custody_head) >= opts.layout.nr_ring)
		return false;
	entry = bpf_map_lookup_elem(&custody, &at);
	if (!entry)
		return false;
	entry->slot = slot;
	entry->generation = generation;
	store_mb(&c->custody_tail, c->custody_tail + 1);
	return true;
}

/* End custody of one generation. False if somebody else did, then the task is not ours. */
static __always_inline bool custody_release(struct slot *s, u32 generation)
{
	return __sync_val_compare_and_swap(&s->pending, generation, 0) == generation;
}

/* The task goes where the policy has no say. */
static __always_inline void custody_withdraw(struct task_struct *p, struct slot *s, u32 slot)
{
	u32 generation = READ_ONCE(s->pending);

	if (!generation || !custody_release(s, generation))
		return;
	count(bpf_get_smp_processor_id(), nr_withdrawn);
	if (wanted(EVENT_WITHDRAW))
		event_task(p, EVENT_WITHDRAW, WITHDRAW_DEQUEUE, 0);
}

#endif
