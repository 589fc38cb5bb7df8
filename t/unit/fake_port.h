/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_port.h - a port with no kernel behind it: it answers what it is told to and counts calls. */
#ifndef T_FAKE_PORT_H
#define T_FAKE_PORT_H

#include <errno.h>
#include <string.h>

#include "../../lib/internal.h"

#define FAKE_MAX_CPUS 2048
#define FAKE_MAX_DECISIONS 64
#define FAKE_MAX_EVENTS 64
#define FAKE_MAX_SLOTS 64

static struct {
	/* What it answers. */
	int prepare_result, attach_result;
	unsigned int room;            /* decisions that fit */
	unsigned int room_after_wait; /* and then */
	unsigned int nr_tasks;  /* there to be read; their slots count from 0, their CPU is 3 */
	uint64_t enqueue_ns;    /* of these */
	unsigned int nr_events; /* as are these, with what is in events[] */
	struct scxu_event events[FAKE_MAX_EVENTS];
	bool keep_events;             /* they survive drop_events() */
	uint32_t kthread_slot;        /* who is in this slot, if not 0, is a kernel thread */
	bool in_slot[FAKE_MAX_SLOTS]; /* there is a task; its pid is 1000 and the slot's number */
	int wait_result;
	int fd;
	bool busy; /* there is something to do when it is armed */
	bool idle[FAKE_MAX_CPUS];
	pid_t pid[FAKE_MAX_CPUS];
	int own_cpu;
	bool exited;
	int exited_after_waits; /* the kernel ends it then, if not 0 */
	struct scxu_exit_info exit;
	struct scxu_stats stats;
	int queue_result; /* of the last CPU that is added to a queue */
	int cpuperf_result;
	bool has;
	const uint64_t *masks; /* of tasks */
	unsigned int mask_words;
	struct scxu_histograms histograms;

	/* What was asked. */
	int nr_attach, nr_detach, nr_destroy, nr_wait, nr_wake, nr_asked_idle, nr_drop;
	int nr_arm, nr_disarm, nr_asked_mask;
	int nr_held, nr_spun, nr_slept_through;
	uint64_t held_ns; /* the last time */
	int64_t timeout_ns;
	bool pending;
	size_t sz; /* of the statistics */
	unsigned int nr_taken;
	struct scxu_dispatch taken[FAKE_MAX_DECISIONS];
	int nr_commands, nr_set_cpuperf;
	struct scxu_command command; /* the last one */
	uint32_t queue;              /* the last one made */
	uint64_t queue_cpus;
	char queue_name[16];
	int cpuperf_cpu, feature;
	uint32_t cpuperf;
} fake;

static int fake_prepare(struct scxu *s)
{
	s->port_data = &fake;
	return fake.prepare_result;
}

static int fake_attach(struct scxu *s)
{
	fake.nr_attach++;
	return fake.attach_result;
}

static void fake_detach(struct scxu *s)
{
	fake.nr_detach++;
}

static void fake_destroy(struct scxu *s)
{
	fake.nr_destroy++;
	s->port_data = NULL;
}

static unsigned int fake_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	unsigned int i;

	if (nr > fake.nr_tasks)
		nr = fake.nr_tasks;
	for (i = 0; i < nr; i++) {
		tasks[i].slot = i;
		tasks[i].cpu = 3;
		tasks[i].enqueue_ns = fake.enqueue_ns;
	}
	fake.nr_tasks -= nr;
	return nr;
}

static unsigned int fake_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	if (nr > fake.nr_events)
		nr = fake.nr_events;
	memcpy(events, fake.events, nr * sizeof(*events));
	fake.nr_events -= nr;
	memmove(fake.events, fake.events + nr, fake.nr_events * sizeof(*events));
	return nr;
}

static void fake_drop_events(struct scxu *s)
{
	fake.nr_drop++;
	if (!fake.keep_events)
		fake.nr_events = 0;
}

static bool fake_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	if (fake.in_slot[slot])
		*t = (struct scxu_task){ .pid = 1000 + slot, .cpu = 3, .slot = slot };
	if (slot && slot == fake.kthread_slot)
		t->flags = SCXU_TASK_KTHREAD;
	return fake.in_slot[slot];
}

static bool fake_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	if (!fake.room)
		return false;
	fake.taken[fake.nr_taken++] = *d;
	fake.room--;
	return true;
}

static int fake_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	fake.nr_wait++;
	fake.timeout_ns = timeout_ns;
	fake.pending = pending;
	fake.room += fake.room_after_wait;
	return fake.wait_result;
}

static void fake_hold_up(struct scxu *s, uint64_t ns, bool spin)
{
	fake.nr_held += !spin;
	fake.nr_spun += spin;
	fake.held_ns = ns;
}

static int fake_sleep_through(struct scxu *s, int64_t timeout_ns)
{
	fake.nr_slept_through++;
	return fake_wait(s, timeout_ns, false);
}

static int fake_fd(struct scxu *s)
{
	return fake.fd;
}

static bool fake_arm(struct scxu *s)
{
	fake.nr_arm++;
	return !fake.busy;
}

static void fake_disarm(struct scxu *s)
{
	fake.nr_disarm++;
}

/* As a write() to a full eventfd would. */
static void fake_wake(struct scxu *s)
{
	fake.nr_wake++;
	errno = EAGAIN;
}

static bool fake_cpu_is_idle(struct scxu *s, int cpu)
{
	fake.nr_asked_idle++;
	return fake.idle[cpu];
}

static pid_t fake_cpu_pid(struct scxu *s, int cpu)
{
	return fake.pid[cpu];
}

static int fake_own_cpu(struct scxu *s)
{
	return fake.own_cpu;
}

static bool fake_exited(struct scxu *s)
{
	return fake.exited || (fake.exited_after_waits && fake.nr_wait >= fake.exited_after_waits);
}

static void fake_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	size_t sz = info->sz;

	*info = fake.exit;
	info->sz = sz;
}

static const char *fake_dump(struct scxu *s)
{
	return "the dump";
}

static void fake_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	size_t sz = stats->sz;

	fake.sz = sz;
	*stats = fake.stats;
	stats->sz = sz;
}

static const uint64_t *fake_task_cpumask(struct scxu *s, uint32_t slot)
{
	fake.nr_asked_mask++;
	return fake.masks + (size_t)slot * fake.mask_words;
}

static bool fake_command(struct scxu *s, const struct scxu_command *command)
{
	if (!fake.room)
		return false;
	fake.room--;
	fake.nr_commands++;
	fake.command = *command;
	return true;
}

static int fake_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	snprintf(fake.queue_name, sizeof(fake.queue_name), "%s", name);
	fake.queue = nr;
	fake.queue_cpus = 0;
	return 0;
}

static int fake_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	if (id != 7)
		return -ENOENT;
	info->id = id;
	info->parent_id = 1;
	info->weight = 321;
	return 0;
}

static int fake_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	if (nr == fake.queue)
		fake.queue_cpus |= UINT64_C(1) << cpu;
	return fake.queue_result;
}

static int fake_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	fake.nr_set_cpuperf++;
	fake.cpuperf_cpu = cpu;
	fake.cpuperf = perf;
	return fake.cpuperf_result;
}

static bool fake_has(struct scxu *s, int feature)
{
	fake.feature = feature;
	return fake.has;
}

static void fake_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	size_t sz = h->sz;

	*h = fake.histograms;
	h->sz = sz;
}

static const struct scxu_port fake_port = {
	.prepare = fake_prepare,
	.attach = fake_attach,
	.detach = fake_detach,
	.destroy = fake_destroy,
	.read_tasks = fake_read_tasks,
	.read_events = fake_read_events,
	.drop_events = fake_drop_events,
	.read_slot = fake_read_slot,
	.task_cpumask = fake_task_cpumask,
	.submit = fake_submit,
	.wait = fake_wait,
	.hold_up = fake_hold_up,
	.sleep_through = fake_sleep_through,
	.fd = fake_fd,
	.arm = fake_arm,
	.disarm = fake_disarm,
	.command = fake_command,
	.create_queue = fake_create_queue,
	.read_cgroup = fake_read_cgroup,
	.add_to_queue = fake_add_to_queue,
	.set_cpuperf = fake_set_cpuperf,
	.has = fake_has,
	.wake = fake_wake,
	.cpu_is_idle = fake_cpu_is_idle,
	.cpu_pid = fake_cpu_pid,
	.own_cpu = fake_own_cpu,
	.exited = fake_exited,
	.read_exit = fake_read_exit,
	.dump = fake_dump,
	.read_stats = fake_read_stats,
	.read_histograms = fake_read_histograms,
};

/*
 * A handle on the fake port, whose answers are 0, but for the own CPU, which is not known. For
 * scxu_select_cpu() it needs a topology as well.
 */
static inline void fake_open(struct scxu *s, int nr_cpus)
{
	memset(&fake, 0, sizeof(fake));
	fake.own_cpu = -1;
	*s = (struct scxu){
		.port = &fake_port,
		.nr_cpus = nr_cpus,
		.nr_cpus_possible = nr_cpus,
		.nr_slots = FAKE_MAX_SLOTS,
		.round = 1,
	};
}

#endif
