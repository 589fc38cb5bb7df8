/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * park.bpf.h - tasks that wait in a dispatch queue and are moved to another.
 *
 * A task that the policy recalls leaves its queue for DSQ_PARK, which no CPU looks into, and is in
 * custody again. The kernel regards it as queued all the while, so the answer is a move, not an
 * insertion. Who owns it is decided before, by custody_release(); a move that fails means that the
 * task has left in some other way meanwhile.
 */
#ifndef SCXU_PARK_BPF_H
#define SCXU_PARK_BPF_H

/* The dispatch queue of ours that @p waits in, or 0. */
static __always_inline u64 queue_of(struct task_struct *p)
{
	u64 id = BPF_CORE_READ(p, scx.dsq, id);

	return id < DSQ_NONE ? id : DSQ_NONE;
}

static __noinline bool park_move(struct task_struct *p, u64 from, u64 to, u64 slice_ns, u64 vtime)
{
	struct bpf_iter_scx_dsq it;
	bool moved = false;

	if (!bpf_iter_scx_dsq_new(&it, from, 0)) {
		if (slice_ns)
			compat_move_set_slice(&it, slice_ns);
		if (to == DSQ_ANY || to == DSQ_PARK) {
			moved = compat_move(&it, p, to);
		} else {
			compat_move_set_vtime(&it, vtime);
			moved = compat_move_vtime(&it, p, to);
		}
	}
	bpf_iter_scx_dsq_destroy(&it);
	return moved;
}

/*
 * An insertion takes effect when ops.dispatch() returns, or looks for a task to take. So that the
 * queue of a task that was inserted just now can be told, look where there never is one.
 */
static __always_inline void finish_insertions(void)
{
	compat_move_to_local(DSQ_EMPTY);
}

static __always_inline bool is_recalled(const struct slot *s, u32 generation)
{
	return generation && s->recalled == generation;
}

#endif
