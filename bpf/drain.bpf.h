/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* drain.bpf.h - step 6: decisions and commands out of their ring, each judged and carried out. */
#ifndef SCXU_DRAIN_BPF_H
#define SCXU_DRAIN_BPF_H

u32 __hidden drained; /* decisions read; the arena's copy can be scribbled on */
u32 __hidden drain_lock;

static __always_inline struct scxu_shm_decision __shm *decision_at(u32 pos)
{
	return &shm_decisions[pos & (opts.layout.nr_decisions - 1)];
}

/* The process may write while we read: take a copy and judge that. */
static __always_inline void read_decision(struct scxu_shm_decision *d,
					  struct scxu_shm_decision __shm *from)
{
	d->slot = READ_ONCE(from->slot);
	d->generation = READ_ONCE(from->generation);
	d->cpu = READ_ONCE(from->cpu);
	d->slice_ns = READ_ONCE(from->slice_ns);
	d->vtime = READ_ONCE(from->vtime);
	d->cookie = READ_ONCE(from->cookie);
}

static __always_inline void tell_result(const struct scxu_shm_decision *d, s32 this_cpu, u32 result)
{
	if (result == RESULT_STALE)
		count(this_cpu, nr_stale);
	else if (result == RESULT_REFUSED)
		count(this_cpu, nr_refused);
	if (wanted(EVENT_RESULT) && SCXU_HOW_OP(d->how) != SCXU_OP_KICK)
		event_result(d->slot, d->generation, result);
}

static __noinline int carry_out_special(u32 pos, u32 how, s32 this_cpu,
					struct batch *b __arg_nonnull)
{
	struct scxu_shm_decision d;
	u32 result;

	use_arena();
	read_decision(&d, decision_at(pos));
	d.how = how;
	if (SCXU_HOW_OP(how) == SCXU_OP_DISPATCH)
		result = place_special(&d, this_cpu, b);
	else
		result = command(&d);
	tell_result(&d, this_cpu, result);
	return 0;
}

/*
 * Most decisions are plain, and for those the compiler leaves out all that the others need, also
 * their copy in memory. A global function, which the verifier looks at once: what is in a loop it
 * follows from each of its outcomes to the next turn, and 6.12 gives up on that.
 */
__noinline int carry_out(u32 pos, s32 this_cpu, struct batch *b __arg_nonnull)
{
	struct scxu_shm_decision d = {};
	u32 how;

	use_arena();
	how = READ_ONCE(decision_at(pos)->how);
	if (how)
		return carry_out_special(pos, how, this_cpu, b);
	read_decision(&d, decision_at(pos));
	tell_result(&d, this_cpu, place(&d, this_cpu, b));
	return 0;
}

/* True if a task was put on this CPU. @claimed: it is not ours any more. */
static __always_inline bool drain(s32 cpu, bool claimed)
{
	struct batch b = { .claimed = claimed };
	u32 tail, nr_slots, i;

	use_arena();
	tail = READ_ONCE(shm->decision_tail);
	if (tail == READ_ONCE(drained))
		return false;
	if (__sync_lock_test_and_set(&drain_lock, 1)) {
		/* Somebody else is at it. Look again soon, there may be something for us. */
		scx_bpf_kick_cpu(cpu, 0);
		return false;
	}
	/*
	 * What this tail, read before the lock was taken, covers is visible now. Whoever had the
	 * lock may have read further.
	 */
	if ((s32)(tail - drained) < 0)
		tail = drained;
	if (tail - drained > opts.layout.nr_decisions) {
		count(cpu, nr_refused); /* nonsense: start again from where it says it is */
		drained = tail;
	}
	if (measuring())
		b.now_ns = bpf_ktime_get_ns();
	/* A plain loop, which costs less than bpf_for(), can be had since its body is that small. */
	nr_slots = scx_bpf_dispatch_nr_slots();
	for (i = 0; i < SCXU_MAX_BATCH; i++) {
		if (drained == tail || i >= nr_slots)
			break;
		carry_out(drained, cpu, &b);
		drained++;
	}
	/* More than fits in one operation, which ends here if all that it took was stale. */
	if (drained != tail)
		scx_bpf_kick_cpu(cpu, 0);
	WRITE_ONCE(shm->decision_head, drained);
	store_mb(&drain_lock, 0);
	return b.local;
}

#endif
