/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * queue.bpf.h - dispatch queues that are mostly empty, and a hint that saves looking into them.
 *
 * There are several to look into in each ops.dispatch, and an empty one costs a look-up all the
 * same. The hint says that a queue was used lately. It is set before the
 * insertion, which takes effect some microseconds later, at the end of ops.dispatch. The guard
 * ages it, and a queue must be seen empty twice, a guard's period apart, before the hint goes out:
 * so a task that is on its way in is never overlooked.
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

static __always_inline void queue_age(u32 *hint, u64 dsq)
{
	u32 age = READ_ONCE(*hint);

	if (age && !scx_bpf_dsq_nr_queued(dsq))
		__sync_val_compare_and_swap(hint, age, age - 1);
}

#endif
