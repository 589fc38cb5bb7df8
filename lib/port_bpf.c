// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf.c - the port to a real kernel: a function for each question, what is short right here. */
#include <assert.h>
#include <errno.h>
#include <sched.h>

#include "api.h"
#include "port_bpf.h"
#include "scxu.skel.h"

/* bpf/api.h has these numbers again, for the kernel half. */
static_assert((int)TASK_WAKEUP == SCXU_TASK_WAKEUP && (int)TASK_PREEMPTED == SCXU_TASK_PREEMPTED &&
	      (int)TASK_REENQUEUED == SCXU_TASK_REENQUEUED &&
	      (int)TASK_KTHREAD == SCXU_TASK_KTHREAD && (int)TASK_EXITING == SCXU_TASK_EXITING &&
	      (int)TASK_SYNC == SCXU_TASK_SYNC && (int)TASK_PINNED == SCXU_TASK_PINNED);
static_assert((int)FIELD_FLAGS == SCXU_FIELD_FLAGS && (int)FIELD_COMM == SCXU_FIELD_COMM &&
	      (int)FIELD_PRIORITY == SCXU_FIELD_PRIORITY && (int)FIELD_WAKER == SCXU_FIELD_WAKER &&
	      (int)FIELD_RUN == SCXU_FIELD_RUN);
static_assert((int)DISPATCH_HEAD == SCXU_DISPATCH_HEAD &&
	      (int)DISPATCH_PREEMPT == SCXU_DISPATCH_PREEMPT);
static_assert((int)KICK_IDLE == SCXU_KICK_IDLE && (int)KICK_PREEMPT == SCXU_KICK_PREEMPT &&
	      (int)KICK_WAIT == SCXU_KICK_WAIT);
static_assert((int)EVENT_NEW == SCXU_EVENT_NEW && (int)EVENT_RUNNABLE == SCXU_EVENT_RUNNABLE &&
	      (int)EVENT_SLEEP == SCXU_EVENT_SLEEP && (int)EVENT_YIELD == SCXU_EVENT_YIELD &&
	      (int)EVENT_PREEMPT == SCXU_EVENT_PREEMPT && (int)EVENT_EXIT == SCXU_EVENT_EXIT &&
	      (int)EVENT_CPUMASK == SCXU_EVENT_CPUMASK && (int)EVENT_WEIGHT == SCXU_EVENT_WEIGHT &&
	      (int)EVENT_CGROUP == SCXU_EVENT_CGROUP &&
	      (int)EVENT_WITHDRAW == SCXU_EVENT_WITHDRAW &&
	      (int)EVENT_CPU_ONLINE == SCXU_EVENT_CPU_ONLINE &&
	      (int)EVENT_CPU_OFFLINE == SCXU_EVENT_CPU_OFFLINE &&
	      (int)EVENT_TICK == SCXU_EVENT_TICK &&
	      (int)EVENT_CGROUP_WEIGHT == SCXU_EVENT_CGROUP_WEIGHT &&
	      (int)EVENT_CGROUP_BANDWIDTH == SCXU_EVENT_CGROUP_BANDWIDTH &&
	      (int)EVENT_RESULT == SCXU_EVENT_RESULT && (int)EVENT_FALLBACK == SCXU_EVENT_FALLBACK);
static_assert((int)FALLBACK_BUSY == SCXU_FALLBACK_BUSY &&
	      (int)FALLBACK_KEPT == SCXU_FALLBACK_KEPT &&
	      (int)FALLBACK_NO_CPU == SCXU_FALLBACK_NO_CPU &&
	      (int)FALLBACK_ASLEEP == SCXU_FALLBACK_ASLEEP &&
	      (int)FALLBACK_STOPPED == SCXU_FALLBACK_STOPPED &&
	      (int)FALLBACK_FROZEN == SCXU_FALLBACK_FROZEN &&
	      (int)FALLBACK_GONE == SCXU_FALLBACK_GONE &&
	      (int)NR_FALLBACK_CAUSES == SCXU_NR_FALLBACK_CAUSES &&
	      (int)REPEATED_STAY == SCXU_FALLBACK_STAY &&
	      (int)REPEATED_BACK_OFF == SCXU_FALLBACK_BACK_OFF &&
	      (int)REPEATED_DETACH == SCXU_FALLBACK_DETACH);
static_assert((int)WITHDRAW_FALLBACK == SCXU_WITHDRAW_FALLBACK &&
	      (int)RESULT_BOUNCED == SCXU_RESULT_BOUNCED &&
	      (int)RESULT_STALE == SCXU_RESULT_STALE && (int)RESULT_REFUSED == SCXU_RESULT_REFUSED);

static unsigned int port_bpf_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	return shm_read_tasks(&port_of(s)->view, tasks, nr);
}

static unsigned int port_bpf_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	return shm_read_events(&port_of(s)->view, events, nr);
}

static void port_bpf_drop_events(struct scxu *s)
{
	shm_drop_events(&port_of(s)->view);
}

static bool port_bpf_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	return shm_read_slot(&port_of(s)->view, slot, t);
}

static const uint64_t *port_bpf_task_cpumask(struct scxu *s, uint32_t slot)
{
	const struct shm_view *v = &port_of(s)->view;

	return v->masks + (size_t)slot * v->layout.mask_words;
}

static bool port_bpf_command(struct scxu *s, const struct scxu_command *command)
{
	return shm_command(&port_of(s)->view, command);
}

static int port_bpf_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	struct scxu_shm_queue queue = { .queue = nr, .cpu = cpu };

	return port_bpf_run(port_of(s)->skel->progs.scxu_setup_queue, &queue, sizeof(queue));
}

static int port_bpf_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	struct scxu_shm_queue queue = { .queue = nr, .cpu = -1 };

	snprintf(queue.name, sizeof(queue.name), "%s", name);
	return port_bpf_run(port_of(s)->skel->progs.scxu_setup_queue, &queue, sizeof(queue));
}

static int port_bpf_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	struct scxu_shm_cpuperf set = { .cpu = cpu, .perf = perf };

	return port_bpf_run(port_of(s)->skel->progs.scxu_set_cpuperf, &set, sizeof(set));
}

static int port_bpf_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	struct scxu_shm_cgroup found;

	if (bpf_map__lookup_elem(port_of(s)->skel->maps.cgroups, &id, sizeof(id), &found,
				 sizeof(found), 0))
		return -ENOENT;
	info->id = id;
	info->parent_id = found.parent_id;
	info->weight = found.weight;
	return 0;
}

static bool port_bpf_has(struct scxu *s, int feature)
{
	if (feature < 0 || feature >= 64)
		return false;
	return (s ? port_of(s)->features : port_bpf_features()) >> feature & 1;
}

static bool port_bpf_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	return shm_submit(&port_of(s)->view, d);
}

static bool port_bpf_cpu_is_idle(struct scxu *s, int cpu)
{
	const struct scxu_shm_cpu *c = &port_of(s)->view.cpus[cpu];

	return __atomic_load_n(&c->idle, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&c->coming, __ATOMIC_RELAXED);
}

static pid_t port_bpf_cpu_pid(struct scxu *s, int cpu)
{
	const struct scxu_shm_cpu *c = &port_of(s)->view.cpus[cpu];

	if (__atomic_load_n(&c->offline, __ATOMIC_RELAXED))
		return -ENODEV;
	return __atomic_load_n(&c->pid, __ATOMIC_RELAXED);
}

/* sched_getcpu() reads a register or the thread's own memory: no system call. */
static int port_bpf_own_cpu(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!__atomic_load_n(&p->view.shm->own_cpu_free, __ATOMIC_RELAXED))
		return -1;
	if (p->own_cpu < 0)
		p->own_cpu = sched_getcpu();
	return p->own_cpu;
}

static void port_bpf_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	struct port_bpf *p = port_of(s);

	shm_read_stats(&p->view, stats);
	stats->nr_syscalls = __atomic_load_n(&p->nr_syscalls, __ATOMIC_RELAXED);
	stats->nr_blocked = __atomic_load_n(&p->nr_blocked, __ATOMIC_RELAXED);
	if (stats->sz <= offsetof(struct scxu_stats, nr_kernel_select_cpu_fallback))
		return;
	scxu_read_kernel_events(p->events_fd, p->kernel_events);
	scxu_copy_kernel_events(stats, p->kernel_events);
}

static void port_bpf_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	shm_read_histograms(&port_of(s)->view, h);
}

const struct scxu_port scxu_port_bpf = {
	.prepare = port_bpf_prepare,
	.attach = port_bpf_attach,
	.detach = port_bpf_detach,
	.destroy = port_bpf_destroy,
	.read_tasks = port_bpf_read_tasks,
	.read_events = port_bpf_read_events,
	.drop_events = port_bpf_drop_events,
	.read_slot = port_bpf_read_slot,
	.task_cpumask = port_bpf_task_cpumask,
	.submit = port_bpf_submit,
	.command = port_bpf_command,
	.create_queue = port_bpf_create_queue,
	.add_to_queue = port_bpf_add_to_queue,
	.set_cpuperf = port_bpf_set_cpuperf,
	.read_cgroup = port_bpf_read_cgroup,
	.has = port_bpf_has,
	.wait = port_bpf_wait,
	.fd = port_bpf_fd,
	.arm = port_bpf_arm,
	.disarm = port_bpf_disarm,
	.wake = port_bpf_wake,
	.hold_up = port_bpf_hold_up,
	.sleep_through = port_bpf_sleep_through,
	.cpu_is_idle = port_bpf_cpu_is_idle,
	.cpu_pid = port_bpf_cpu_pid,
	.own_cpu = port_bpf_own_cpu,
	.exited = port_bpf_exited,
	.read_exit = port_bpf_read_exit,
	.dump = port_bpf_dump,
	.read_stats = port_bpf_read_stats,
	.read_histograms = port_bpf_read_histograms,
};
