/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * queue.bpf.h - a hint for each dispatch queue, that saves looking into it when it is empty.
 *
 * There are several to look into in each ops.dispatch, and an empty one costs a look-up all the
 * same. The hint says that a queue was used lately. It is set before the insertion, which takes
 * effect only when the operation returns: microseconds later, or much later if a virtual CPU is
 * taken away meanwhile. So the guard, which puts the hint out when it has seen the queue empty
 * twice, also lights it again when it finds a task there.
 */
#ifndef SCXU_QUEUE_BPF_H
#define SCXU_QUEUE_BPF_H

#define QUEUE_USED 2

static __always_inline void queue_mark(u32 *hint)
{
	if (READ_ONCE(*hint) != QUEUE_USED)
		store_mb(hint, QUEUE_USED);
}

static __always_inline bool queue_take(const u32 *hint, u64 dsq)
{
	return READ_ONCE(*hint) && compat_move_to_local(dsq);
}

/* By and by. Whoever marks it meanwhile is not overwritten. */
static __always_inline void queue_forget(u32 *hint)
{
	u32 age = READ_ONCE(*hint);

	if (age)
		__sync_val_compare_and_swap(hint, age, age - 1);
}

/*
 * True if a task is there. Idle CPUs must be told again: a kick looks at the CPU at once, and one
 * that was about to go idle, while the insertion had yet to take effect, has seen neither.
 */
static __always_inline bool queue_age(u32 *hint, u64 dsq)
{
	if (scx_bpf_dsq_nr_queued(dsq)) {
		queue_mark(hint);
		return true;
	}
	queue_forget(hint);
	return false;
}

#endif
