/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* run.bpf.h - what the last run of a task was like, if something that was asked for needs it. */
#ifndef SCXU_RUN_BPF_H
#define SCXU_RUN_BPF_H

static __always_inline bool runs_wanted(void)
{
	return (opts.fields & (FIELD_FLAGS | FIELD_RUN)) || wanted(EVENT_PREEMPT);
}

static __always_inline void run_begin(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (!s)
		return;
	s->run.start_ns = bpf_ktime_get_ns();
	s->run.exec_start_ns = p->se.sum_exec_runtime;
	s->run.slice_ns = p->scx.slice;
	s->run.yielded = 0;
}

/* @runnable: it would go on. */
static __always_inline void run_end(struct task_struct *p, bool runnable)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);
	u64 exec_ns;

	if (!s)
		return;
	exec_ns = p->se.sum_exec_runtime - s->run.exec_start_ns;
	s->run.stop_ns = bpf_ktime_get_ns();
	s->run.exec_ns = exec_ns;
	s->run.preempted = runnable && !s->run.yielded && exec_ns < s->run.slice_ns;
	if (wanted(EVENT_PREEMPT) && runnable && !s->run.yielded)
		event_task(p, EVENT_PREEMPT, s->run.preempted ? s->run.slice_ns - exec_ns : 0, 0);
}

static __always_inline void run_yield(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (s)
		s->run.yielded = 1;
	if (wanted(EVENT_YIELD))
		event_task(p, EVENT_YIELD, 0, 0);
}

static __always_inline void run_sleep(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (s)
		s->run.exec_sleep_ns = p->se.sum_exec_runtime;
	if (wanted(EVENT_SLEEP))
		event_task(p, EVENT_SLEEP, 0, 0);
}

/* Only ops.select_cpu() is told that the waker is about to sleep. */
static __always_inline void run_woken(struct task_struct *p, u64 wake_flags)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	if (s)
		s->run.sync = !!(wake_flags & SCX_ENUM(scx_wake_flags, SCX_WAKE_SYNC));
}

#endif
