/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main.bpf.c - the kernel half: the sched_ext operations, in the order of a task's path.
 *
 *	1 enqueue	here
 *	2 announce	announce.bpf.h		to the process: lib/shm.c, steps 3 to 5
 *	6 drain		drain.bpf.h, place.bpf.h, command.bpf.h
 *	7 dispatch	here
 *	8 run		here
 *
 * Beside the path: task.bpf.h (slots), custody.bpf.h (who owes an answer), worker.bpf.h (the
 * policy's own thread), wakeup.bpf.h (and when it is in a hurry), fallback.bpf.h, guard.bpf.h and
 * starve.bpf.h (when the policy is late, or unfair), event.bpf.h and run.bpf.h (what the policy asked to be told),
 * measure.bpf.h (how long it all takes), own.bpf.h, park.bpf.h and offline.bpf.h (dispatch queues),
 * compat.bpf.h (kernel versions), state.bpf.h (maps and options).
 *
 * Functions that take numbers only and are not small are global, not static, so that the verifier looks
 * at each once: a static one it follows from each state of its callers. They must return something.
 */
#include "kernel.h"
#include "intf.h"
#include "api.h"
#include "compat.bpf.h"
#include "state.bpf.h"
#include "event.bpf.h"
#include "queue.bpf.h"
#include "offline.bpf.h"
#include "own.bpf.h"
#include "park.bpf.h"
#include "custody.bpf.h"
#include "cgroup.bpf.h"
#include "task.bpf.h"
#include "run.bpf.h"
#include "worker.bpf.h"
#include "wakeup.bpf.h"
#include "fallback.bpf.h"
#include "starve.bpf.h"
#include "guard.bpf.h"
#include "announce.bpf.h"
#include "measure.bpf.h"
#include "place.bpf.h"
#include "command.bpf.h"
#include "drain.bpf.h"
#include "dump.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void insert_local(struct task_struct *p)
{
	compat_insert(p, SCX_ENUM(scx_dsq_id_flags, SCX_DSQ_LOCAL), opts.slice_ns, 0);
}

/* Its CPU is lost, and may have been before: see scxu_cpu_release(). */
static __always_inline bool must_leave(struct task_struct *p, u64 enq_flags)
{
	s32 cpu = scx_bpf_task_cpu(p);

	return p->nr_cpus_allowed > 1 &&
	       ((enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_REENQ)) ||
		compat_cpu_is_claimed(cpu) || compat_cpu_is_taken(cpu, opts.partial));
}

/*
 * One that the policy has no say in goes first, but not for ever: the kernel does not call
 * ops.dispatch while a CPU's local queue holds tasks, so two that use up their slices would leave
 * that CPU to nobody else. Such a one waits for its turn with the fallback's queue.
 */
static __always_inline void enqueue_kernels(struct task_struct *p, u64 enq_flags)
{
	u32 slot;

	if (!must_leave(p, enq_flags) &&
	    (p->scx.slice || (enq_flags & (SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP) |
					   SCX_ENUM(scx_enq_flags, SCX_ENQ_LAST))))) {
		insert_local(p);
		return;
	}
	fallback_queue_up(p, task_slot(p, &slot), false, opts.slice_ns);
	kick_idle(p);
	guard_wake();
}

/* From a CPU that leaves nobody can be told: the task goes where it is, which the kernel sees to. */
static __always_inline void enqueue_from_leaving(struct task_struct *p, u32 cpu)
{
	if (is_worker(p))
		worker_waits(p, true);
	insert_local(p);
	count(cpu, nr_kernel);
}

/* Before step 1: a waking task may go straight to an idle CPU, unless the policy wants them all. */
SEC("struct_ops/scxu_select_cpu")
s32 BPF_PROG(scxu_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool idle = false;
	s32 cpu;

	use_arena();
	if (opts.fields & FIELD_WAKER)
		run_woken(p, wake_flags);
	if (opts.full_user && !is_kernels(p) && !in_fallback)
		return prev_cpu;
	cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &idle);
	if (idle && !compat_other_is_claimed(cpu)) {
		if (is_worker(p)) {
			worker_waits(p, true);
			WRITE_ONCE(shm->own_cpu_free, 1);
		}
		insert_local(p);
		count(bpf_get_smp_processor_id(), nr_idle_shortcut);
	}
	return cpu;
}

/* Step 1: a task wants to run. */
SEC("struct_ops/scxu_enqueue")
void BPF_PROG(scxu_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 cpu = bpf_get_smp_processor_id(), slot;
	struct cpu *c = cpu_state(cpu);
	struct slot *s;

	use_arena();
	if (!c || c->offline) {
		enqueue_from_leaving(p, cpu);
		return;
	}
	if (is_worker(p) && !is_exiting(p)) {
		worker_enqueue(p, enq_flags);
		wakeup_worker_waits(p);
		guard_wake();
		return;
	}
	if (is_kernels(p) || is_exiting(p) || (enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_LAST))) {
		enqueue_kernels(p, enq_flags);
		count(cpu, nr_kernel);
		return;
	}

	s = task_slot(p, &slot);
	if (!s)
		count(cpu, nr_no_slot);
	else if (!in_fallback && announce(p, s, slot, c, cpu, enq_flags, 0))
		return;
	else if (!in_fallback)
		count(cpu, nr_ring_full);
	if (s)
		measure_forget(slot);
	fallback_insert(p, s, enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP));
	kick_idle(p);
	guard_wake();
}

/* A function, so that the usual case of ops.dequeue() saves no registers. */
static __noinline void withdraw(struct task_struct *p)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	use_arena();
	if (s)
		custody_withdraw(p, s, slot);
}

/*
 * The task left before it was answered: its class or affinity changed. From 7.1 on, which is when
 * that flag came, the kernel also calls this for each task that we dispatch, with no flags.
 */
SEC("struct_ops/scxu_dequeue")
void BPF_PROG(scxu_dequeue, struct task_struct *p, u64 deq_flags)
{
	if (bpf_core_enum_value_exists(enum scx_deq_flags, SCX_DEQ_SCHED_CHANGE) && !deq_flags)
		return;
	withdraw(p);
}

/* A CPU that goes offline leaves its queue behind; the guard says so. */
__noinline bool take_orphan(void)
{
	struct cpu *c;
	u32 cpu;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		c = cpu_state(cpu);
		if (c && c->orphan && compat_move_to_local(cpu))
			return true;
	}
	if (nr_own_queues && own_take_orphan())
		return true;
	WRITE_ONCE(orphans, 0);
	return false;
}

/* Take a task from a queue that all policies have, from each kind in turn so that none starves. */
static __always_inline bool take_common(s32 cpu, struct cpu *c)
{
	if (c->kind == KIND_ANY) {
		c->kind = KIND_CPU;
		return queue_take(&any_hint, DSQ_ANY) || queue_take(&c->queue_hint, cpu) ||
		       queue_take(&any_vtime_hint, DSQ_ANY_VTIME);
	}
	if (c->kind == KIND_CPU) {
		c->kind = KIND_ANY_VTIME;
		return queue_take(&c->queue_hint, cpu) || queue_take(&any_hint, DSQ_ANY) ||
		       queue_take(&any_vtime_hint, DSQ_ANY_VTIME);
	}
	c->kind = KIND_ANY;
	return queue_take(&any_vtime_hint, DSQ_ANY_VTIME) || queue_take(&any_hint, DSQ_ANY) ||
	       queue_take(&c->queue_hint, cpu);
}

/* Take a task that the policy has placed. */
static __always_inline bool take_placed(s32 cpu, struct cpu *c)
{
	if (!c->queues)
		return take_common(cpu, c);
	if (c->turn & 1)
		return own_take(cpu) || take_common(cpu, c);
	return take_common(cpu, c) || own_take(cpu);
}

static __always_inline bool take_worker(const struct task_struct *prev, bool runnable)
{
	return READ_ONCE(worker.needed) && worker_take(!runnable || is_worker(prev));
}

/* Step 7: a CPU takes its next task. */
SEC("struct_ops/scxu_dispatch")
void BPF_PROG(scxu_dispatch, s32 cpu, struct task_struct *prev)
{
	struct cpu *c = cpu_state(cpu);
	bool claimed = compat_cpu_is_claimed(cpu), local, runnable;

	if (!c)
		return;
	use_arena();
	cpu_looks(cpu);
	local = drain(cpu, claimed);
	if (in_fallback && fallback.rescuing)
		rescue();
	if (claimed)
		return;
	if (READ_ONCE(worker.preempting_ns)) {
		if (worker_take(false))
			return;
		WRITE_ONCE(worker.preempting_ns, 0); /* it waits elsewhere, or not at all */
	}
	if (!(++c->turn & 3)) {
		if (worker_overdue() && worker_take(false))
			return;
		if ((READ_ONCE(fallback.hint) && fallback_take(cpu)) ||
		    (READ_ONCE(orphans) && take_orphan()))
			return;
	}
	if (READ_ONCE(c->urgent) && queue_take(&c->queue_hint, cpu)) {
		WRITE_ONCE(c->urgent, 0);
		return;
	}
	if (local || take_placed(cpu, c))
		return;
	runnable = prev && (prev->scx.flags & SCX_ENUM(scx_ent_flags, SCX_TASK_QUEUED));
	/* What waits with the fallback's may be busy for ever. It has its turn above. */
	if (!in_fallback && take_worker(prev, runnable))
		return;
	if ((READ_ONCE(fallback.hint) && fallback_take(cpu)) ||
	    (READ_ONCE(orphans) && take_orphan()))
		return;
	if (take_worker(prev, runnable))
		return;
	if (!runnable)
		return;
	/* Nothing else to run: let @prev go on, unless it is the worker and has nothing to do. */
	if (is_worker(prev) && !worker_stays())
		return;
	compat_set_slice(prev, opts.slice_ns);
}

/* Not there unless something asks for it, see lib/port_bpf_ops.c: the kernel calls what is there. */
SEC("struct_ops/scxu_runnable")
void BPF_PROG(scxu_runnable, struct task_struct *p, u64 enq_flags)
{
	if (enq_flags & SCX_ENUM(scx_enq_flags, SCX_ENQ_WAKEUP))
		event_task(p, EVENT_RUNNABLE, 0, 0);
}

SEC("struct_ops/scxu_stopping")
void BPF_PROG(scxu_stopping, struct task_struct *p, bool runnable)
{
	run_end(p, runnable);
}

SEC("struct_ops/scxu_quiescent")
void BPF_PROG(scxu_quiescent, struct task_struct *p, u64 deq_flags)
{
	if (deq_flags & SCX_ENUM(scx_deq_flags, SCX_DEQ_SLEEP))
		run_sleep(p);
}

/* With this operation the slice is ours to end. */
SEC("struct_ops/scxu_yield")
bool BPF_PROG(scxu_yield, struct task_struct *from, struct task_struct *to)
{
	if (to)
		return false;
	compat_set_slice(from, 0);
	run_yield(from);
	return false;
}

/* While a task runs: a full slice, which may be long, must not keep the worker or the others. */
SEC("struct_ops/scxu_tick")
void BPF_PROG(scxu_tick, struct task_struct *p)
{
	if (in_fallback && p->scx.slice > FALLBACK_SLICE_NS)
		compat_set_slice(p, FALLBACK_SLICE_NS);
	if (wanted(EVENT_TICK))
		event_task(p, EVENT_TICK, 0, 0);
	if (!is_worker(p) && worker_overdue() && worker_preempts(bpf_ktime_get_ns()))
		compat_set_slice(p, 0);
}

/* Step 8: it runs. */
SEC("struct_ops/scxu_running")
void BPF_PROG(scxu_running, struct task_struct *p)
{
	u32 cpu = bpf_get_smp_processor_id();

	use_arena();
	shm_cpus[cpu].pid = p->pid;
	if (is_worker(p))
		worker_running();
	if (opts.wakeup_ns)
		wakeup_running(cpu);
	measure_running(p, cpu);
	if (in_fallback)
		fallback_running(p);
	if (runs_wanted())
		run_begin(p);
}

SEC("struct_ops/scxu_update_idle")
void BPF_PROG(scxu_update_idle, s32 cpu, bool idle)
{
	use_arena();
	shm_cpus[cpu].idle = idle;
	if (idle)
		shm_cpus[cpu].pid = 0;
}

/*
 * A task of a class above ours takes this CPU, for as long as it likes: a busy one for ever. Or until
 * one in the local queue has run: a real-time parent that reaps its child spins in the kernel while
 * the last thread, which it preempted, takes the same entries out of /proc. Nobody else can take
 * what is in that queue, at its head the one that ran, so it is enqueued again. Until 7.0, which has
 * a deadline server for our class.
 */
SEC("struct_ops/scxu_cpu_release")
void BPF_PROG(scxu_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	scx_bpf_reenqueue_local();
}

SEC("struct_ops.s/scxu_init_task")
s32 BPF_PROG(scxu_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	task_init(p, args);
	return 0;
}

SEC("struct_ops/scxu_exit_task")
void BPF_PROG(scxu_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	task_exit(p);
}

SEC("struct_ops/scxu_enable")
void BPF_PROG(scxu_enable, struct task_struct *p)
{
	task_enable(p);
}

SEC("struct_ops/scxu_disable")
void BPF_PROG(scxu_disable, struct task_struct *p)
{
	task_disable(p);
}

SEC("struct_ops/scxu_set_weight")
void BPF_PROG(scxu_set_weight, struct task_struct *p, u32 weight)
{
	u32 slot;

	use_arena();
	if (task_slot(p, &slot))
		shm_tasks[slot].weight = weight;
	if (wanted(EVENT_WEIGHT))
		event_task(p, EVENT_WEIGHT, weight, 0);
}

SEC("struct_ops/scxu_set_cpumask")
void BPF_PROG(scxu_set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
{
	u32 slot;
	struct slot *s = task_slot(p, &slot);

	use_arena();
	if (!s)
		return;
	write_mask(slot, cpumask);
	shm_tasks[slot].nr_cpus_allowed = p->nr_cpus_allowed;
	if (wanted(EVENT_CPUMASK))
		event_task(p, EVENT_CPUMASK, 0, 0);
}

static __always_inline void set_offline(s32 cpu, u32 offline)
{
	struct cpu *c = cpu_state(cpu);

	use_arena();
	if (!c)
		return;
	c->offline = offline;
	shm_cpus[cpu].offline = offline;
}

SEC("struct_ops.s/scxu_cpu_online")
void BPF_PROG(scxu_cpu_online, s32 cpu)
{
	set_offline(cpu, 0);
	fallback_add_cpu(cpu, 1);
	if (wanted(EVENT_CPU_ONLINE))
		event_slow(EVENT_CPU_ONLINE, cpu, 0, 0, 0, 0);
}

SEC("struct_ops.s/scxu_cpu_offline")
void BPF_PROG(scxu_cpu_offline, s32 cpu)
{
	struct cpu *c = cpu_state(cpu);

	use_arena();
	set_offline(cpu, 1);
	fallback_add_cpu(cpu, -1);
	if (c)
		own_leave(c);
	shm_cpus[cpu].idle = 0; /* it was idle when it left */
	if (wanted(EVENT_CPU_OFFLINE))
		event_slow(EVENT_CPU_OFFLINE, cpu, 0, 0, 0, 0);
}

SEC("struct_ops.s/scxu_init")
s32 BPF_PROG(scxu_init)
{
	const struct cpumask *online = scx_bpf_get_online_cpumask();
	s32 cpu, err = 0;

	bpf_for(cpu, 0, opts.layout.nr_cpus) {
		if (bpf_cpumask_test_cpu(cpu, online))
			fallback_add_cpu(cpu, 1);
		else
			set_offline(cpu, 1);
		err = scx_bpf_create_dsq(cpu, -1);
		if (err)
			break;
	}
	scx_bpf_put_cpumask(online);
	err = err ?: scx_bpf_create_dsq(DSQ_ANY, -1);
	err = err ?: scx_bpf_create_dsq(DSQ_ANY_VTIME, -1);
	err = err ?: fallback_init();
	err = err ?: scx_bpf_create_dsq(DSQ_WORKER, -1);
	err = err ?: scx_bpf_create_dsq(DSQ_PARK, -1);
	err = err ?: scx_bpf_create_dsq(DSQ_EMPTY, -1);
	wakeup_init();
	return err ?: guard_init();
}

/* The kernel has let go of us, at our request or not: leave word, and wake the process for it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scxu_exit_rec);
} exit_rec SEC(".maps");

static __always_inline void save_backtrace(struct scxu_exit_rec *rec, struct scx_exit_info *info)
{
	u32 nr = info->bt_len;

	if (nr > SCXU_EXIT_MAX_BACKTRACE)
		nr = SCXU_EXIT_MAX_BACKTRACE;
	if (!bpf_probe_read_kernel(rec->backtrace, nr * sizeof(u64), info->bt))
		rec->nr_backtrace = nr;
}

SEC("struct_ops.s/scxu_exit")
void BPF_PROG(scxu_exit, struct scx_exit_info *info)
{
	struct scxu_exit_rec *rec;
	u32 key = 0;

	use_arena();
	rec = bpf_map_lookup_elem(&exit_rec, &key);
	if (rec) {
		rec->kind = info->kind;
		rec->code = info->exit_code;
		rec->cpu = bpf_core_field_exists(info->exit_cpu) ? info->exit_cpu : -1;
		save_backtrace(rec, info);
		bpf_probe_read_kernel_str(rec->reason, sizeof(rec->reason), info->reason);
		bpf_probe_read_kernel_str(rec->message, sizeof(rec->message), info->msg);
		bpf_probe_read_kernel_str(rec->dump, sizeof(rec->dump), info->dump);
	}
	store_mb(&shm->exit_kind, info->kind);
	worker_ring();
}

/* Run by the thread that will run the policy: where the arena is, and whom never to keep waiting. */
SEC("syscall")
int scxu_setup(struct scxu_shm_setup *setup)
{
	u64 id = bpf_get_current_pid_tgid(), base = setup->shm;

	use_arena();
	shm = (struct scxu_shm __shm *)base;
	shm_cpus = (struct scxu_shm_cpu __shm *)(base + opts.layout.cpus);
	shm_decisions = (struct scxu_shm_decision __shm *)(base + opts.layout.decisions);
	shm_rings = (struct scxu_shm_entry __shm *)(base + opts.layout.rings);
	shm_events = (struct scxu_shm_event __shm *)(base + opts.layout.events);
	shm_tasks = (struct scxu_shm_task __shm *)(base + opts.layout.tasks);
	shm_masks = (u64 __shm *)(base + opts.layout.masks);
	shm_waits = (struct scxu_shm_wait __shm *)(base + opts.layout.waits);
	shm_histograms = (struct scxu_shm_histograms __shm *)(base + opts.layout.histograms);
	worker_pid = id;
	worker_tgid = id >> 32;
	return 0;
}

/* Whoever runs this holds no lock of a CPU's, which the kernel wants for another CPU than its own. */
SEC("syscall")
int scxu_set_cpuperf(struct scxu_shm_cpuperf *set)
{
	struct cpu *c = cpu_state(set->cpu);

	if (!c || set->cpu >= opts.layout.nr_cpus || c->offline || set->perf > 1024)
		return -EINVAL;
	scx_bpf_cpuperf_set(set->cpu, set->perf);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops scxu_ops = {
	.select_cpu = (void *)scxu_select_cpu,
	.enqueue = (void *)scxu_enqueue,
	.dequeue = (void *)scxu_dequeue,
	.dispatch = (void *)scxu_dispatch,
	.tick = (void *)scxu_tick,
	.runnable = (void *)scxu_runnable,
	.running = (void *)scxu_running,
	.stopping = (void *)scxu_stopping,
	.quiescent = (void *)scxu_quiescent,
	.yield = (void *)scxu_yield,
	.set_weight = (void *)scxu_set_weight,
	.set_cpumask = (void *)scxu_set_cpumask,
	.update_idle = (void *)scxu_update_idle,
	.cpu_release = (void *)scxu_cpu_release,
	.init_task = (void *)scxu_init_task,
	.exit_task = (void *)scxu_exit_task,
	.enable = (void *)scxu_enable,
	.disable = (void *)scxu_disable,
	.dump = (void *)scxu_dump,
	.dump_cpu = (void *)scxu_dump_cpu,
	.dump_task = (void *)scxu_dump_task,
	.cgroup_init = (void *)scxu_cgroup_init,
	.cgroup_exit = (void *)scxu_cgroup_exit,
	.cgroup_move = (void *)scxu_cgroup_move,
	.cgroup_set_weight = (void *)scxu_cgroup_set_weight,
	.cgroup_set_bandwidth = (void *)scxu_cgroup_set_bandwidth,
	.cpu_online = (void *)scxu_cpu_online,
	.cpu_offline = (void *)scxu_cpu_offline,
	.init = (void *)scxu_init,
	.exit = (void *)scxu_exit,
	.dispatch_max_batch = SCXU_MAX_BATCH,
	.name = "scxuser",
};
