/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.bpf.h - what the policy can ask for beside placing a task. */
#ifndef SCXU_COMMAND_BPF_H
#define SCXU_COMMAND_BPF_H

/* The kernel evicts a scheduler that combines "idle" with anything, or names no CPU. */
static __always_inline u32 command_kick(const struct scxu_shm_decision *d)
{
	u32 flags = SCXU_HOW_FLAGS(d->how);
	u64 kick = 0;

	if (!cpu_usable(d->cpu) || flags & ~(KICK_IDLE | KICK_PREEMPT | KICK_WAIT) ||
	    ((flags & KICK_IDLE) && flags != KICK_IDLE))
		return RESULT_REFUSED;
	if (flags & KICK_IDLE)
		kick = SCX_ENUM(scx_kick_flags, SCX_KICK_IDLE);
	if (flags & KICK_PREEMPT)
		kick |= SCX_ENUM(scx_kick_flags, SCX_KICK_PREEMPT);
	if ((flags & KICK_WAIT) && compat_can_wait_for_cpu())
		kick |= SCX_ENUM(scx_kick_flags, SCX_KICK_WAIT);
	scx_bpf_kick_cpu(d->cpu, kick);
	return RESULT_PLACED;
}

/* It waits in order of vtime, or does so from now on. */
static __always_inline u32 command_set_vtime(struct task_struct *p,
					     const struct scxu_shm_decision *d)
{
	u64 dsq, to;

	finish_insertions();
	dsq = queue_of(p);
	to = dsq == DSQ_ANY ? DSQ_ANY_VTIME : dsq;
	if (dsq == DSQ_WORKER || dsq == DSQ_PARK || dsq >= DSQ_FALLBACK)
		return RESULT_STALE;
	if (to == DSQ_ANY_VTIME)
		queue_mark(&any_vtime_hint);
	return park_move(p, dsq, to, 0, d->vtime) ? RESULT_PLACED : RESULT_STALE;
}

/* From here on the policy owes an answer for it again; if it cannot be told, the fallback runs it. */
static __always_inline u32 command_recall(struct task_struct *p, struct slot *s,
					  const struct scxu_shm_decision *d)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu *c = cpu_state(cpu);
	u64 dsq;

	finish_insertions();
	dsq = queue_of(p);
	if (dsq == DSQ_NONE || dsq == DSQ_WORKER || dsq == DSQ_PARK || in_fallback ||
	    !park_move(p, dsq, DSQ_PARK, 0, 0))
		return RESULT_STALE;
	s->recalled = next_generation(s);
	if (c && announce(p, s, d->slot, c, cpu, 0, TASK_REENQUEUED))
		return RESULT_PLACED;
	fallback_move(p, s);
	return RESULT_STALE;
}

static __always_inline u32 command_task(struct task_struct *p, struct slot *s,
					const struct scxu_shm_decision *d)
{
	switch (SCXU_HOW_OP(d->how)) {
	case SCXU_OP_SET_SLICE:
		compat_set_slice(p, queue_slice_ns(d));
		return RESULT_PLACED;
	case SCXU_OP_SET_VTIME:
		return command_set_vtime(p, d);
	case SCXU_OP_RECALL:
		return command_recall(p, s, d);
	}
	return RESULT_REFUSED;
}

/*
 * A task that the policy gave away under this generation, and that has not come back since. The slot
 * of one that ended keeps its numbers until its next owner wants to run, and where a task is looked
 * up by pid the number may be another task's by now.
 */
static __noinline u32 command(const struct scxu_shm_decision *d)
{
	struct task_struct *p;
	struct slot *s;
	u32 result, slot;

	use_arena();
	if (SCXU_HOW_OP(d->how) == SCXU_OP_KICK)
		return command_kick(d);
	s = slot_state(d->slot);
	if (!s || !d->generation)
		return RESULT_REFUSED;
	if (s->generation != d->generation || READ_ONCE(s->pending))
		return RESULT_STALE;
	p = compat_get_task(s->id);
	if (!p)
		return RESULT_STALE;
	result = task_slot(p, &slot) == s ? command_task(p, s, d) : RESULT_STALE;
	compat_put_task(p);
	return result;
}

#endif
