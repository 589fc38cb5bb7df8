/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * offline.bpf.h - tasks in a queue when their CPU is being taken offline.
 *
 * The kernel moves a task off such a CPU when it runs there, and waits until it has moved the last
 * one. But what waits in a queue of ours does not run there any more: the CPU takes from its local
 * queue only. Others take what they may run; what nobody else may, a task that is bound to that CPU,
 * goes to its local queue, for the kernel to deal with.
 */
#ifndef SCXU_OFFLINE_BPF_H
#define SCXU_OFFLINE_BPF_H

/* At one look of the guard, of one queue. What nobody takes comes to its head in time. */
#define MAX_LOOKED_AT 32

/*
 * Whether @cpu does not come for what waits in its queues: it is offline, or idle although it was
 * kicked. The latter happens while it is being taken offline: it takes no more tasks before we are
 * told, and we are told only after an RCU grace period, which may wait for a task in its queue.
 */
static __always_inline bool cpu_is_away(const struct cpu *c, u32 cpu)
{
	return c->offline || READ_ONCE(shm_cpus[cpu].idle);
}

/*
 * What is in its queue may wait there for ever. For the guard: its timer counts as a program that
 * may sleep, see hand_back().
 */
static __always_inline bool cpu_is_lost(const struct cpu *c, u32 cpu)
{
	bool taken;

	if (cpu_is_away(c, cpu))
		return true;
	bpf_rcu_read_lock();
	taken = compat_cpu_is_taken(cpu, opts.partial);
	bpf_rcu_read_unlock();
	return taken;
}

/*
 * For the guard, when tasks have been in @dsq for more than a look: those whose CPU is away go to
 * its local queue. One that is idle for another reason just runs them. Nothing is asked of the task
 * or the CPU but that it is the one that the task is on, and the kernel looks at that again.
 */
__noinline int hand_back(u64 dsq)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	struct cpu *c;
	s32 cpu;
	u32 i;

	use_arena();
	/* A timer may not sleep, but up to 6.12 the verifier takes it to be like who started it. */
	bpf_rcu_read_lock();
	if (bpf_iter_scx_dsq_new(&it, dsq, 0))
		goto out;
	bpf_for(i, 0, MAX_LOOKED_AT) {
		p = bpf_iter_scx_dsq_next(&it);
		if (!p)
			break;
		cpu = scx_bpf_task_cpu(p);
		c = cpu_state(cpu);
		if (c && cpu_is_away(c, cpu) &&
		    compat_move(&it, p, SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL_ON) | cpu))
			scx_bpf_kick_cpu(cpu, 0);
	}
out:
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

#endif
