/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compat.bpf.h - every difference between kernels 6.12 and 7.3, and the version that ends it.
 *
 * libbpf cuts one "___suffix" off a name that we declare before it looks the function up, so a
 * kernel function that itself ends in "___v2" is declared with a second suffix. A function whose
 * prototype differs counts as absent. Each test stands in an `if` of its own: an `||` of two of
 * them becomes an OR of two addresses, which the verifier refuses.
 */
#ifndef SCXU_COMPAT_BPF_H
#define SCXU_COMPAT_BPF_H

/* Drop scx_bpf_dispatch with 6.12, scx_bpf_dsq_insert (void) with 6.18. */
extern bool scx_bpf_dsq_insert___v2___compat(struct task_struct *p, u64 dsq_id, u64 slice,
					     u64 enq_flags) __weak __ksym;
extern void scx_bpf_dsq_insert___v1(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)
	__weak __ksym;
extern void scx_bpf_dispatch___old(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)
	__weak __ksym;

/* False if the task is not ours any more. Before 6.19 the kernel does not say. */
static __always_inline bool compat_insert(struct task_struct *p, u64 dsq_id, u64 slice_ns,
					  u64 enq_flags)
{
	if (bpf_ksym_exists(scx_bpf_dsq_insert___v2___compat))
		return scx_bpf_dsq_insert___v2___compat(p, dsq_id, slice_ns, enq_flags);
	if (bpf_ksym_exists(scx_bpf_dsq_insert___v1))
		scx_bpf_dsq_insert___v1(p, dsq_id, slice_ns, enq_flags);
	else
		scx_bpf_dispatch___old(p, dsq_id, slice_ns, enq_flags);
	return true;
}

/* Drop scx_bpf_dispatch_vtime with 6.12, the form with five arguments with 6.18. */
struct scx_bpf_dsq_insert_vtime_args {
	u64 dsq_id;
	u64 slice;
	u64 vtime;
	u64 enq_flags;
};

extern bool __scx_bpf_dsq_insert_vtime(struct task_struct *p,
				       struct scx_bpf_dsq_insert_vtime_args *args) __weak __ksym;
extern void scx_bpf_dsq_insert_vtime___v1(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
					  u64 enq_flags) __weak __ksym;
extern void scx_bpf_dispatch_vtime___old(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
					 u64 enq_flags) __weak __ksym;

static __always_inline bool compat_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice_ns,
						u64 vtime)
{
	if (bpf_ksym_exists(__scx_bpf_dsq_insert_vtime)) {
		struct scx_bpf_dsq_insert_vtime_args args = {
			.dsq_id = dsq_id,
			.slice = slice_ns,
			.vtime = vtime,
		};

		return __scx_bpf_dsq_insert_vtime(p, &args);
	}
	if (bpf_ksym_exists(scx_bpf_dsq_insert_vtime___v1))
		scx_bpf_dsq_insert_vtime___v1(p, dsq_id, slice_ns, vtime, 0);
	else
		scx_bpf_dispatch_vtime___old(p, dsq_id, slice_ns, vtime, 0);
	return true;
}

/* Drop scx_bpf_consume with 6.12, the form with one argument with 7.0. */
extern bool scx_bpf_dsq_move_to_local___v2___compat(u64 dsq_id, u64 enq_flags) __weak __ksym;
extern bool scx_bpf_dsq_move_to_local___v1(u64 dsq_id) __weak __ksym;
extern bool scx_bpf_consume___old(u64 dsq_id) __weak __ksym;

static __always_inline bool compat_move_to_local(u64 dsq_id)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___v2___compat))
		return scx_bpf_dsq_move_to_local___v2___compat(dsq_id, 0);
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___v1))
		return scx_bpf_dsq_move_to_local___v1(dsq_id);
	return scx_bpf_consume___old(dsq_id);
}

/* Drop the names with "dispatch" with 6.12. */
extern void scx_bpf_dsq_move_set_slice___new(struct bpf_iter_scx_dsq *it__iter, u64 slice) __weak
__ksym;
extern void scx_bpf_dispatch_from_dsq_set_slice___old(struct bpf_iter_scx_dsq *it__iter, u64 slice)
	__weak __ksym;
extern void scx_bpf_dsq_move_set_vtime___new(struct bpf_iter_scx_dsq *it__iter, u64 vtime) __weak
__ksym;
extern void scx_bpf_dispatch_from_dsq_set_vtime___old(struct bpf_iter_scx_dsq *it__iter, u64 vtime)
	__weak __ksym;
extern bool scx_bpf_dsq_move___new(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
				   u64 dsq_id, u64 enq_flags) __weak __ksym;
extern bool scx_bpf_dispatch_from_dsq___old(struct bpf_iter_scx_dsq *it__iter,
					    struct task_struct *p, u64 dsq_id, u64 enq_flags) __weak
__ksym;
extern bool scx_bpf_dsq_move_vtime___new(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
					 u64 dsq_id, u64 enq_flags) __weak __ksym;
extern bool scx_bpf_dispatch_vtime_from_dsq___old(struct bpf_iter_scx_dsq *it__iter,
						  struct task_struct *p, u64 dsq_id, u64 enq_flags)
	__weak __ksym;

static __always_inline void compat_move_set_slice(struct bpf_iter_scx_dsq *it, u64 slice_ns)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_set_slice___new))
		scx_bpf_dsq_move_set_slice___new(it, slice_ns);
	else
		scx_bpf_dispatch_from_dsq_set_slice___old(it, slice_ns);
}

static __always_inline void compat_move_set_vtime(struct bpf_iter_scx_dsq *it, u64 vtime)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_set_vtime___new))
		scx_bpf_dsq_move_set_vtime___new(it, vtime);
	else
		scx_bpf_dispatch_from_dsq_set_vtime___old(it, vtime);
}

static __always_inline bool compat_move(struct bpf_iter_scx_dsq *it, struct task_struct *p,
					u64 dsq_id)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move___new))
		return scx_bpf_dsq_move___new(it, p, dsq_id, 0);
	return scx_bpf_dispatch_from_dsq___old(it, p, dsq_id, 0);
}

static __always_inline bool compat_move_vtime(struct bpf_iter_scx_dsq *it, struct task_struct *p,
					      u64 dsq_id)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_vtime___new))
		return scx_bpf_dsq_move_vtime___new(it, p, dsq_id, 0);
	return scx_bpf_dispatch_vtime_from_dsq___old(it, p, dsq_id, 0);
}

/* Drop the direct write with 6.18: 7.3 calls it deprecated. */
extern bool scx_bpf_task_set_slice___new(struct task_struct *p, u64 slice) __weak __ksym;

static __always_inline void compat_set_slice(struct task_struct *p, u64 slice_ns)
{
	if (bpf_ksym_exists(scx_bpf_task_set_slice___new))
		scx_bpf_task_set_slice___new(p, slice_ns);
	else
		p->scx.slice = slice_ns;
}

/* For ops.cpu_release() alone. Drop both with 6.19. */
extern u32 scx_bpf_reenqueue_local(void) __weak __ksym;

/* Drop all of these with 6.19. */
extern struct rq *scx_bpf_locked_rq(void) __weak __ksym;
extern struct rq *scx_bpf_cpu_rq(s32 cpu) __weak __ksym;
extern struct task_struct *scx_bpf_cpu_curr(s32 cpu) __weak __ksym;

/*
 * Whether a task of a class above ours runs on @cpu, and may keep it for ever. From 7.0 on the kernel
 * sees to it that our class has its share. @partial: ordinary tasks are above us as well.
 */
static __always_inline bool compat_cpu_is_taken(s32 cpu, bool partial)
{
	struct task_struct *curr = NULL;
	struct rq *rq;
	u32 policy;

	if (bpf_core_field_exists(struct rq, ext_server))
		return false;
	if (bpf_ksym_exists(scx_bpf_cpu_curr)) {
		curr = scx_bpf_cpu_curr(cpu);
	} else if (bpf_ksym_exists(scx_bpf_cpu_rq)) {
		rq = scx_bpf_cpu_rq(cpu);
		curr = rq ? rq->curr : NULL;
	}
	if (!curr || (curr->flags & PF_IDLE))
		return false;
	policy = curr->policy;
	if (partial)
		return policy != SCHED_EXT;
	return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

/*
 * For ops.dispatch: whether a task of a class above ours will take this CPU next. Until 7.0 the kernel
 * asks an idle CPU's scheduler for a task before it looks into the classes above; that task then waits
 * in the local queue, from where nobody else can take it.
 */
static __always_inline bool compat_cpu_is_claimed(s32 cpu)
{
	struct rq *rq = NULL;

	if (bpf_core_field_exists(struct rq, ext_server))
		return false;
	if (bpf_ksym_exists(scx_bpf_locked_rq))
		rq = scx_bpf_locked_rq();
	else if (bpf_ksym_exists(scx_bpf_cpu_rq))
		rq = scx_bpf_cpu_rq(cpu);
	return rq && rq->nr_running > rq->scx.nr_running;
}

/* The same for ops.select_cpu, where newer ones of these kernels do not let us look. */
static __always_inline bool compat_other_is_claimed(s32 cpu)
{
	return !bpf_ksym_exists(scx_bpf_locked_rq) && compat_cpu_is_claimed(cpu);
}

/*
 * Whether a CPU can wait for another that waits for it. Until 7.0 both wait with interrupts off,
 * for ever.
 */
static __always_inline bool compat_can_wait_for_cpu(void)
{
	return bpf_core_field_exists(struct scx_rq, kick_sync_pending);
}

/*
 * The task that a slot stands for, valid until compat_put_task(). Drop the look-up by pid with 7.1:
 * it costs twice as much, and needs a reference. (We keep none: up to 6.12 at least the kernel
 * calls ops.exit_task only when the last one is gone.)
 */
extern struct task_struct *scx_bpf_tid_to_task(u64 tid) __weak __ksym;
extern struct task_struct *bpf_task_from_pid(s32 pid) __weak __ksym;
extern void bpf_task_release(struct task_struct *p) __weak __ksym;

static __always_inline u64 compat_task_id(const struct task_struct *p)
{
	return bpf_ksym_exists(scx_bpf_tid_to_task) ? p->scx.tid : p->pid;
}

static __always_inline struct task_struct *compat_get_task(u64 id)
{
	if (bpf_ksym_exists(scx_bpf_tid_to_task))
		return scx_bpf_tid_to_task(id);
	return bpf_task_from_pid(id);
}

static __always_inline void compat_put_task(struct task_struct *p)
{
	if (!bpf_ksym_exists(scx_bpf_tid_to_task))
		bpf_task_release(p);
}

#endif
