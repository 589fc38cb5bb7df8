/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * starve.bpf.h - tasks that the policy has placed, and that do not come to run all the same.
 *
 * Others go first, again and again: they have an earlier vtime, are put at the head, or preempt. That
 * is unfair, which is the policy's business, until the kernel's watchdog is about to evict us. Half of
 * the way there such a task goes to the fallback, which each CPU serves at each fourth turn at least.
 * In a queue that is at one of the ends: it is the oldest, or what all others overtake.
 */
#ifndef SCXU_STARVE_BPF_H
#define SCXU_STARVE_BPF_H

#define MAX_STARVED 32 /* at a time, of one end */
#define STARVE_LOOKS 8 /* of the guard, from one time to the next */

static __always_inline bool is_starved(const struct slot *s, u64 now)
{
	return (s64)(now - s->enqueue_ns) > (s64)opts.starved_ns;
}

/* False if the task there is not starved, or none is there. */
static __always_inline bool starve_one(struct bpf_iter_scx_dsq *it, u64 now)
{
	struct task_struct *p = bpf_iter_scx_dsq_next(it);
	struct fallback_queue *q;
	struct slot *s;
	u32 slot, llc;

	if (!p)
		return false;
	s = task_slot(p, &slot);
	if (!s || !is_starved(s, now))
		return false;
	llc = llc_of(scx_bpf_task_cpu(p));
	q = fallback_queue(llc);
	if (!q)
		return false;
	compat_move_set_slice(it, FALLBACK_SLICE_NS);
	compat_move_set_vtime(it, fallback_vtime(q, llc, p, s, false));
	if (!compat_move_vtime(it, p, DSQ_FALLBACK + llc))
		return true; /* it has left by itself */
	fallback_mark(q);
	count(bpf_get_smp_processor_id(), nr_starved);
	return true;
}

static __always_inline void starve_end(u64 dsq, u64 end, u64 now)
{
	struct bpf_iter_scx_dsq it;
	u32 i;

	if (!bpf_iter_scx_dsq_new(&it, dsq, end)) {
		bpf_for(i, 0, MAX_STARVED) {
			if (!starve_one(&it, now))
				break;
		}
	}
	bpf_iter_scx_dsq_destroy(&it);
}

/* For the guard, of a queue that has held tasks for @looks. */
__noinline int free_starved(u64 dsq, u32 looks)
{
	u64 now = bpf_ktime_get_ns();

	if (looks % STARVE_LOOKS)
		return 0;
	use_arena();
	/* A timer may not sleep, but up to 6.12 the verifier takes it to be like who started it. */
	bpf_rcu_read_lock();
	starve_end(dsq, 0, now);
	starve_end(dsq, SCX_ENUM(scx_dsq_iter_flags, SCX_DSQ_ITER_REV), now);
	bpf_rcu_read_unlock();
	return 0;
}

#endif
