// SPDX-License-Identifier: GPL-2.0-only
/* first_port.c - the port under a program of the first header, and today's view of what it did. */
#include "fake_machine.h"
#include "fake_port.h"
#include "first.h"
#include "fixture.h"

/* "disabled" means that no scheduler is attached. */
static const struct fake_file good_machine[] = {
	{ .path = "/sys/kernel/sched_ext/state", .content = "disabled\n" },
	{ .path = "/sys/kernel/btf/vmlinux", .content = "\x9f\xeb", .len = 2 },
	{ 0 },
};

static struct scxu_port port;
static struct scxu_opts opened_with;

/* What today's header has more is not 0, so that it is seen where it does not belong. */
static unsigned int read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	unsigned int i;

	nr = fake_read_tasks(s, tasks, nr);
	for (i = 0; i < nr; i++) {
		memset(&tasks[i], 0xee, sizeof(tasks[i]));
		tasks[i].slot = i;
		some_task(&tasks[i]);
	}
	return nr;
}

static int prepare(struct scxu *s)
{
	struct scxu_topology *topology;
	struct fixture fx;
	int err;

	opened_with = s->opts;
	fixture_flat(&fx, FIRST_CPUS);
	err = scxu_read_topology(&topology, fx.root, s) ?: scxu_set_topology(s, topology);
	fixture_end(&fx);
	s->nr_slots = 64;
	s->port = &port;
	return err ?: fake_prepare(s);
}

const struct scxu_port scxu_port_bpf = {
	.prepare = prepare,
};

void first_port_reset(void)
{
	fake_machine.on = true;
	fake_machine.files = good_machine;
	fake_capability(CAP_SYS_ADMIN);
	port = fake_port;
	port.read_tasks = read_tasks;
	memset(&fake, 0, sizeof(fake));
	fake.own_cpu = -1;
	fake.room = FAKE_MAX_DECISIONS;
	memset(&fake.stats, 0xee, sizeof(fake.stats));
	some_stats(&fake.stats);
	memset(&fake.exit, 0xee, sizeof(fake.exit));
	memset(fake.exit.reason, 0, sizeof(fake.exit.reason));
	memset(fake.exit.message, 0, sizeof(fake.exit.message));
	some_exit(&fake.exit);
}

void first_port_enqueue(unsigned int nr_tasks)
{
	fake.nr_tasks = nr_tasks;
}

void first_port_idle(int cpu)
{
	fake.idle[cpu] = true;
	fake.pid[cpu] = 500 + cpu;
}

size_t first_port_task_size(void)
{
	return sizeof(struct scxu_task);
}

size_t first_port_decision_size(void)
{
	return sizeof(struct scxu_dispatch);
}

/* The name and the log are the caller's own. */
static bool same_opts(struct scxu_opts a, struct scxu_opts b)
{
	a.name = b.name = NULL;
	a.log = b.log = NULL;
	a.log_arg = b.log_arg = NULL;
	return !memcmp(&a, &b, sizeof(a));
}

bool first_port_has_opts(bool some)
{
	struct scxu_opts today = { .sz = sizeof(today) }, before = opened_with;
	struct scxu *s;

	if (some)
		some_opts(&today);
	if (scxu_open(&s, &today))
		return false;
	scxu_close(s);
	return same_opts(before, opened_with);
}

bool first_port_took(unsigned int nr)
{
	struct scxu_dispatch want = { 0 };
	unsigned int i;

	some_decision(&want);
	for (i = 0; i < fake.nr_taken; i++)
		if (memcmp(&fake.taken[i], &want, sizeof(want)))
			return false;
	return fake.nr_taken == nr;
}
