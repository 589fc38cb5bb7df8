/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * measure.bpf.h - how long tasks wait from stage to stage, if the policy wants to know.
 *
 * The process counts the first stage, from enqueue to seen, and leaves word when it saw the task.
 */
#ifndef SCXU_MEASURE_BPF_H
#define SCXU_MEASURE_BPF_H

static __always_inline bool measuring(void)
{
	return opts.layout.waits;
}

/* A global function, which the verifier looks at once, not from each place that it is called at. */
__noinline u32 wait_bucket(u64 from_ns, u64 to_ns)
{
	return scxu_shm_bucket(to_ns > from_ns ? to_ns - from_ns : 0);
}

static __always_inline void measure_dispatched(u32 slot, u32 generation, s32 cpu, u64 now)
{
	struct scxu_shm_wait __shm *wait;

	if (!measuring())
		return;
	wait = &shm_waits[slot];
	if (wait->seen == generation)
		shm_histograms[cpu].seen_to_dispatched[wait_bucket(wait->seen_ns, now)]++;
	wait->dispatched_ns = now;
	wait->dispatched = generation;
}

/* Whatever makes it run now, it is not the decision that was measured last. */
static __always_inline void measure_forget(u32 slot)
{
	if (measuring())
		shm_waits[slot].dispatched = 0;
}

/* Its first run under that generation counts. */
static __always_inline void measure_running(struct task_struct *p, s32 cpu)
{
	struct scxu_shm_wait __shm *wait;
	struct slot *s;
	u32 slot, bucket;

	if (!measuring() || is_kernels(p))
		return;
	s = task_slot(p, &slot);
	if (!s)
		return;
	wait = &shm_waits[slot];
	if (!wait->dispatched || wait->dispatched != s->generation)
		return;
	wait->dispatched = 0;
	bucket = wait_bucket(wait->dispatched_ns, bpf_ktime_get_ns());
	shm_histograms[cpu].dispatched_to_running[bucket]++;
}

#endif
