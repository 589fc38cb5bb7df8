/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * any_policy.h - a port and a policy that do anything, by chance, for tests of recordings: what the
 * policy sees is kept as sums.
 */
#ifndef T_ANY_POLICY_H
#define T_ANY_POLICY_H

#include <errno.h>
#include <unistd.h>

#include "../../lib/record.h"
#include "../tap.h"
#include "log_keeper.h"

#define NR_CPUS 70 /* two words in a mask */
#define NR_SLOTS 64
#define ANY_FIELDS (SCXU_FIELD_COMM | SCXU_FIELD_PRIORITY | SCXU_FIELD_WAKER | SCXU_FIELD_RUN)
#define NR_ROUNDS 400
#define MAX_SEEN 32
#define MAX_SUMS 20000

static char path[64]; /* of the recording */
static const char *scheduler = "any";
static unsigned int nr_chunks; /* of the ring for it, 0 = as many as there are */
static struct log_keeper kept;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static unsigned int below(uint64_t *state, unsigned int nr)
{
	return next_random(state) % nr;
}

/* The port: it answers by chance. */
static struct {
	uint64_t random, now_ns, seq;
	unsigned int nr_waits;
	struct scxu_task tasks[NR_SLOTS];
	uint64_t masks[NR_SLOTS][2];
	bool echoes; /* cookies come back, unchanged; and no task comes twice in a round */
	unsigned int nr_enqueued;
} world;

static unsigned int world_below(unsigned int nr)
{
	return below(&world.random, nr);
}

/* Most members stay as they are, and now and then one has any value. */
static void change(void *member, size_t size)
{
	uint64_t value = next_random(&world.random);

	if (!world_below(8))
		memcpy(member, &value, size);
}

static const struct scxu_task *some_task(struct scxu *s)
{
	unsigned int slot = world.echoes ? world.nr_enqueued++ % NR_SLOTS : world_below(NR_SLOTS);
	struct scxu_task *t = &world.tasks[slot];

	world.now_ns += world_below(100000);
	t->slot = t - world.tasks;
	t->generation += 1 + !world_below(10);
	t->enqueue_ns = world.now_ns;
	t->exec_ns += world_below(3) * 1000;
	t->weight = t->weight ?: 100;
	t->nr_cpus_allowed = world_below(2) ? NR_CPUS : 3;
	t->cpu = world_below(NR_CPUS + 1) - 1;
	change(&t->pid, sizeof(t->pid));
	change(&t->flags, sizeof(t->flags));
	change(&t->nr_switches, sizeof(t->nr_switches));
	if (!world.echoes) {
		change(&t->cookie, sizeof(t->cookie));
		change(&t->vtime, sizeof(t->vtime));
		change(&t->id, sizeof(t->id));
	}
	change(&t->cgroup_id, sizeof(t->cgroup_id));
	if (!s->opts.fields)
		return t;
	t->comm[0] = 'a' + world_below(3);
	change(&t->nice, sizeof(t->nice));
	change(&t->waker_pid, sizeof(t->waker_pid));
	change(&t->nr_preemptions, sizeof(t->nr_preemptions));
	return t;
}

static unsigned int world_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && world_below(5); i++)
		tasks[i] = *some_task(s);
	return i;
}

static unsigned int world_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	static const uint32_t types[] = { SCXU_EVENT_ENQUEUE, SCXU_EVENT_ENQUEUE, SCXU_EVENT_SLEEP,
					  SCXU_EVENT_CPU_ONLINE, SCXU_EVENT_LOST };
	const struct scxu_task *t;
	unsigned int i;

	for (i = 0; i < nr && world_below(5); i++) {
		t = some_task(s);
		events[i] = (struct scxu_event){
			.type = types[world_below(ARRAY_SIZE(types))],
			.cpu = world_below(NR_CPUS + 1) - 1,
			.seq = world.seq++,
			.time_ns = world.now_ns,
			.value = { world_below(2), world_below(2) * next_random(&world.random) },
		};
		if (events[i].type == SCXU_EVENT_ENQUEUE)
			events[i].task = *t;
		else if (events[i].type == SCXU_EVENT_SLEEP)
			events[i].task = (struct scxu_task){ .pid = t->pid,
							     .cpu = t->cpu,
							     .slot = t->slot,
							     .generation = t->generation,
							     .exec_ns = t->exec_ns,
							     .id = t->id };
	}
	return i;
}

static void world_drop_events(struct scxu *s)
{
}

static bool world_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	*t = world.tasks[slot];
	t->slot = slot;
	return world_below(3);
}

static const uint64_t *world_task_cpumask(struct scxu *s, uint32_t slot)
{
	if (!world_below(3))
		world.masks[slot][world_below(2)] ^= UINT64_C(1) << world_below(64);
	return world.masks[slot];
}

static bool world_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	if (!world.echoes)
		return world_below(20);
	world.tasks[d->slot].cookie = d->cookie;
	world.tasks[d->slot].vtime = d->vtime;
	return true;
}

static bool world_command(struct scxu *s, const struct scxu_command *command)
{
	return world_below(20);
}

static int world_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	return world_below(3) ? 0 : -ENOSPC;
}

static int world_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	return world_below(9) ? 0 : -EINVAL;
}

static int world_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	return world_below(3) ? 0 : -EINVAL;
}

static int world_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	if (!world_below(4))
		return -ENOENT;
	info->id = id;
	info->parent_id = id - 1;
	info->weight = 1 + world_below(3);
	return 0;
}

static bool world_has(struct scxu *s, int feature)
{
	return feature < 64 && feature % 2;
}

static int world_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	if (++world.nr_waits == NR_ROUNDS * 9 / 10 && nr_chunks)
		usleep(100000); /* whoever writes has time for that */
	return world_below(5) ? 0 : -EINTR;
}

static int world_fd(struct scxu *s)
{
	return 1;
}

static bool world_arm(struct scxu *s)
{
	world.nr_waits++;
	return false;
}

static void world_disarm(struct scxu *s)
{
}

static bool world_cpu_is_idle(struct scxu *s, int cpu)
{
	return !world_below(3);
}

static pid_t world_cpu_pid(struct scxu *s, int cpu)
{
	return world_below(3) - 1;
}

static int world_own_cpu(struct scxu *s)
{
	return world_below(4) - 1;
}

static bool world_exited(struct scxu *s)
{
	return world.nr_waits >= NR_ROUNDS;
}

static void fill(void *sized)
{
	size_t sz = *(size_t *)sized, i;

	for (i = 8; i < sz; i += 8)
		*(uint64_t *)((char *)sized + i) = world_below(9);
}

static void world_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	fill(stats);
}

static void world_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	fill(h);
}

static void nothing(struct scxu *s)
{
}

static const struct scxu_port world_port = {
	.detach = nothing,
	.destroy = nothing,
	.read_tasks = world_read_tasks,
	.read_events = world_read_events,
	.drop_events = world_drop_events,
	.read_slot = world_read_slot,
	.task_cpumask = world_task_cpumask,
	.submit = world_submit,
	.command = world_command,
	.create_queue = world_create_queue,
	.add_to_queue = world_add_to_queue,
	.set_cpuperf = world_set_cpuperf,
	.read_cgroup = world_read_cgroup,
	.has = world_has,
	.wait = world_wait,
	.fd = world_fd,
	.arm = world_arm,
	.disarm = world_disarm,
	.cpu_is_idle = world_cpu_is_idle,
	.cpu_pid = world_cpu_pid,
	.own_cpu = world_own_cpu,
	.exited = world_exited,
	.read_stats = world_read_stats,
	.read_histograms = world_read_histograms,
};

/* The policy: it does anything, and adds up what it sees. */
struct policy {
	uint64_t random, sum;
	uint64_t nr_seen; /* answers */
	uint64_t sums[MAX_SUMS];
	struct scxu_task seen[MAX_SEEN];
	unsigned int nr_tasks;
};

static void see(struct policy *p, const void *what, size_t size)
{
	const uint8_t *byte = what;

	for (; size; size--)
		p->sum = (p->sum ^ *byte++) * UINT64_C(0x100000001b3);
	if (p->nr_seen < MAX_SUMS)
		p->sums[p->nr_seen] = p->sum;
	p->nr_seen++;
}

static void see_number(struct policy *p, int64_t number)
{
	see(p, &number, sizeof(number));
}

static void see_task(struct policy *p, const struct scxu_task *t)
{
	see(p, t, offsetof(struct scxu_task, reserved));
	p->seen[p->nr_tasks++ % MAX_SEEN] = *t;
}

static const struct scxu_task *any_seen(struct policy *p)
{
	static const struct scxu_task none = { .nr_cpus_allowed = 1 };
	unsigned int nr = p->nr_tasks < MAX_SEEN ? p->nr_tasks : MAX_SEEN;

	return nr ? &p->seen[below(&p->random, nr)] : &none;
}

static void read_some(struct scxu *s, struct policy *p)
{
	struct scxu_task tasks[4];
	struct scxu_event ev;
	int nr, i;

	if (s->opts.events) {
		nr = scxu_next_event(s, &ev);
		see_number(p, nr);
		if (!nr)
			return;
		see(p, &ev, offsetof(struct scxu_event, task));
		see_task(p, &ev.task);
		return;
	}
	nr = scxu_dequeue_tasks(s, tasks, 1 + below(&p->random, 4));
	see_number(p, nr);
	for (i = 0; i < nr; i++)
		see_task(p, &tasks[i]);
}

static void decide(struct scxu *s, struct policy *p)
{
	struct scxu_dispatch d;
	uint64_t kind = below(&p->random, 8);

	scxu_dispatch_init(&d, any_seen(p));
	d.cpu = below(&p->random, NR_CPUS + 1) - 1;
	if (kind & 1)
		d.vtime = next_random(&p->random);
	if (kind & 2)
		d.slice_ns = below(&p->random, 1000000);
	if (kind & 4)
		d.cookie = below(&p->random, 3);
	if (!below(&p->random, 9))
		d.flags = SCXU_DISPATCH_HEAD;
	see_number(p, scxu_dispatch_task(s, &d));
}

static void command(struct scxu *s, struct policy *p)
{
	int cpu = below(&p->random, NR_CPUS);

	switch (below(&p->random, 5)) {
	case 0:
		see_number(p, scxu_kick_cpu(s, cpu, SCXU_KICK_IDLE));
		break;
	case 1:
		see_number(p, scxu_set_slice(s, any_seen(p), 1000));
		break;
	case 2:
		see_number(p, scxu_recall(s, any_seen(p)));
		break;
	case 3:
		see_number(p, scxu_set_cpuperf(s, cpu, 100));
		break;
	default:
		see_number(p, scxu_has(s, cpu));
	}
}

static void (*meanwhile)(struct scxu *s); /* now and then, before the policy asks */

static void ask(struct scxu *s, struct policy *p)
{
	struct scxu_histograms h = { .sz = sizeof(h) };
	struct scxu_stats stats = { .sz = offsetof(struct scxu_stats, nr_minor_faults) };
	struct scxu_cgroup cgroup = { .sz = sizeof(cgroup) };
	int cpu = below(&p->random, NR_CPUS);

	if (meanwhile && p->nr_seen % 64 == 0)
		meanwhile(s);
	switch (below(&p->random, 14)) {
	case 13:
		see_number(p, scxu_get_cgroup(s, 1 + cpu % 4, &cgroup));
		see(p, &cgroup, sizeof(cgroup));
		break;
	case 0:
		see_number(p, scxu_task_next_cpu(s, any_seen(p), cpu));
		break;
	case 1:
		see_number(p, scxu_task_may_run_on(s, any_seen(p), cpu));
		break;
	case 2:
		see_number(p, scxu_get_stats(s, &stats));
		see(p, &stats, sizeof(stats.sz) + 8);
		see(p, &stats, stats.sz);
		break;
	case 3:
		see_number(p, scxu_get_histograms(s, &h));
		see(p, &h, sizeof(h));
		break;
	case 4:
	case 5:
		see_number(p, scxu_get_cpu_pid(s, cpu));
		break;
	default:
		see_number(p, scxu_select_cpu(s, any_seen(p), cpu, 0));
	}
}

static void walk(struct scxu *s, struct policy *p)
{
	struct scxu_task t;
	uint32_t iter = 0;

	while (scxu_next_task(s, &iter, &t))
		see_task(p, &t);
}

static void end_round(struct scxu *s, struct policy *p)
{
	switch (below(&p->random, 4)) {
	case 0:
		see_number(p, scxu_wait(s, below(&p->random, 3)));
		break;
	case 1:
		see_number(p, scxu_arm(s));
		break;
	default:
		see_number(p, scxu_notify_complete(s, below(&p->random, 2)));
	}
}

static void run(struct scxu *s, void *arg)
{
	struct policy *p = arg;
	unsigned int nr;

	see_number(p, scxu_create_queue(s, "mine", NULL, 0));
	see_number(p, scxu_get_nr_slots(s));
	see_number(p, scxu_topology_nr_llcs(scxu_get_topology(s)));
	while (!scxu_exited(s)) {
		for (nr = below(&p->random, 40); nr; nr--) {
			switch (below(&p->random, 50)) {
			case 0:
				walk(s, p);
				break;
			case 1 ... 15:
				read_some(s, p);
				break;
			case 16 ... 25:
				decide(s, p);
				break;
			case 26 ... 29:
				command(s, p);
				break;
			default:
				ask(s, p);
			}
		}
		end_round(s, p);
	}
}

static struct scxu_opts opts_for(uint64_t events, uint32_t fields)
{
	return (struct scxu_opts){
		.sz = sizeof(struct scxu_opts),
		.flags = SCXU_HISTOGRAMS,
		.events = events,
		.fields = fields,
		.slice_us = 5000,
		.log = log_keep,
		.log_arg = &kept,
	};
}

/* Record @policy in a world that is new. */
static void record_run(void (*policy)(struct scxu *s, void *arg), void *arg, uint64_t seed,
		       uint64_t events, uint32_t fields, bool echoes)
{
	struct scxu s = { .port = &world_port, .nr_slots = NR_SLOTS, .round = 1 };
	struct scxu_topology *topology;

	memset(&world, 0, sizeof(world));
	world.random = seed;
	world.echoes = echoes;
	world.now_ns = 1000000000;
	s.opts = opts_for(events, fields);
	s.opts.record = path;
	strcpy(s.name, scheduler);
	if (scxu_make_topology(&topology, NR_CPUS) || scxu_set_topology(&s, topology) ||
	    scxu_record_open(&s))
		bail("cannot record to %s: %s", path, kept.line);
	if (nr_chunks)
		s.recorder->nr_chunks = nr_chunks;
	if (scxu_record_prepare(&s))
		bail("cannot record to %s: %s", path, kept.line);
	scxu_record_begin(&s);
	policy(&s, arg);
	s.port->detach(&s);
	scxu_record_free(&s);
	scxu_free_topology(&s);
}

#endif
