// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * port_inject.c - a port in front of another one, which does to what passes what opts.inject asks for.
 *
 * The recorder is in front of this one, if there is one: so a recording has what the policy saw and
 * decided, not what was made of that on the way, and a replay of the same policy decides nothing
 * otherwise. What the kernel half made of it the policy sees, and so does the recording.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

#ifdef ENABLE_INJECT
#define FOR_ALL true
#else
#define FOR_ALL false
#endif

/* What a wrong vtime may be wrong by: with more a task would wait until the kernel's watchdog evicts us. */
#define MAX_VTIME_ERROR (UINT64_C(1) << 27)
#define NR_NEIGHBOURS 8

#define inner_of(s) ((s)->injector->inner)

/* Marsaglia's xorshift, of which the upper bits are the better ones. */
static uint64_t next_random(struct injector *j)
{
	j->random ^= j->random << 13;
	j->random ^= j->random >> 7;
	j->random ^= j->random << 17;
	return j->random >> 1;
}

static uint64_t random_below(struct injector *j, uint64_t n)
{
	return (next_random(j) >> 8) % n;
}

static bool happens(struct injector *j, uint32_t percent)
{
	return percent && random_below(j, 100) < percent;
}

static void hold_up_for(struct scxu *s, const struct inject_time *t, bool spin)
{
	struct injector *j = s->injector;
	uint64_t span_ns = (t->max_ms - t->min_ms) * NSEC_PER_MSEC;

	if (!happens(j, t->percent))
		return;
	j->nr_held++;
	j->inner->hold_up(s, t->min_ms * NSEC_PER_MSEC + random_below(j, span_ns + 1), spin);
}

/*
 * Once in each round: before its first decision, when the tasks have been read and wait for that, or at
 * its end. After the first decision others might carry out what there is meanwhile.
 */
static void hold_up(struct scxu *s)
{
	struct injector *j = s->injector;

	if (j->held)
		return;
	j->held = true;
	hold_up_for(s, &j->what.delay, false);
	hold_up_for(s, &j->what.spin, true);
}

/* Like what is changed by one bit or by many. */
static uint64_t garbage(struct injector *j)
{
	return next_random(j) >> random_below(j, 63);
}

/* The cookie may be a pointer of the policy's: it stays with its task. */
static void take_neighbour(struct scxu *s, struct scxu_dispatch *d, bool with_generation)
{
	struct scxu_task t;

	d->slot = (d->slot + 1 + random_below(s->injector, NR_NEIGHBOURS)) % s->nr_slots;
	if (!inner_of(s)->read_slot(s, d->slot, &t))
		return;
	d->cookie = t.cookie;
	if (with_generation)
		d->generation = t.generation;
}

static void make_garbage(struct scxu *s, struct scxu_dispatch *d)
{
	struct injector *j = s->injector;

	take_neighbour(s, d, false);
	d->generation = next_random(j);
	d->cpu = garbage(j);
	d->flags = garbage(j);
	d->slice_ns = garbage(j);
	d->vtime = garbage(j);
	d->queue = garbage(j);
}

/*
 * A slot stays one that there is: of what became of the decision the policy is told by slot, and the
 * kernel half never names another one.
 */
static void corrupt(struct scxu *s, struct scxu_dispatch *d)
{
	struct injector *j = s->injector;

	switch (random_below(j, 9)) {
	case 0:
		make_garbage(s, d);
		break;
	case 1:
		take_neighbour(s, d, false);
		break;
	case 2:
		take_neighbour(s, d, true);
		break;
	case 3:
		d->generation -= 1 + random_below(j, 4);
		break;
	case 4:
		d->cpu = happens(j, 50) ? garbage(j) : random_below(j, s->nr_cpus);
		break;
	case 5:
		d->slice_ns = garbage(j);
		break;
	case 6:
		d->vtime += random_below(j, 2 * MAX_VTIME_ERROR) - MAX_VTIME_ERROR;
		break;
	case 7:
		d->flags = happens(j, 50) ? garbage(j) : 1 + random_below(j, 3);
		break;
	case 8:
		d->queue = 1 + garbage(j);
		break;
	}
}

static bool inject_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	struct injector *j = s->injector;
	struct scxu_dispatch wrong;

	hold_up(s);
	if (happens(j, j->what.lose)) {
		j->nr_lost++;
		return true;
	}
	if (happens(j, j->what.corrupt)) {
		wrong = *d;
		corrupt(s, &wrong);
		j->nr_corrupt++;
		d = &wrong;
	}
	if (!j->inner->submit(s, d))
		return false;
	if (happens(j, j->what.twice))
		j->nr_twice += j->inner->submit(s, d);
	return true;
}

static bool inject_command(struct scxu *s, const struct scxu_command *command)
{
	hold_up(s);
	return inner_of(s)->command(s, command);
}

static int inject_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct injector *j = s->injector;

	hold_up(s);
	j->held = false;
	if (pending || !timeout_ns || !happens(j, j->what.drop_wakeup))
		return j->inner->wait(s, timeout_ns, pending);
	j->nr_dropped++;
	return j->inner->sleep_through(s, timeout_ns);
}

/* What wakes a policy that polls by itself is not ours to lose. */
static bool inject_arm(struct scxu *s)
{
	hold_up(s);
	s->injector->held = false;
	return inner_of(s)->arm(s);
}

static void tell_of_faults(struct scxu *s)
{
	struct injector *j = s->injector;

	if (j->told)
		return;
	j->told = true;
	scxu_log(
		s, SCXU_LOG_INFO,
		"injected: %llu rounds held up, %llu wake-ups dropped, of decisions %llu corrupted, "
		"%llu lost, %llu given twice",
		(unsigned long long)j->nr_held, (unsigned long long)j->nr_dropped,
		(unsigned long long)j->nr_corrupt, (unsigned long long)j->nr_lost,
		(unsigned long long)j->nr_twice);
}

static void inject_detach(struct scxu *s)
{
	inner_of(s)->detach(s);
	tell_of_faults(s);
}

static void inject_destroy(struct scxu *s)
{
	inner_of(s)->destroy(s);
}

/* From here on they pass as they are. */

static unsigned int inject_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	return inner_of(s)->read_tasks(s, tasks, nr);
}

static unsigned int inject_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	return inner_of(s)->read_events(s, events, nr);
}

static void inject_drop_events(struct scxu *s)
{
	inner_of(s)->drop_events(s);
}

static bool inject_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	return inner_of(s)->read_slot(s, slot, t);
}

static const uint64_t *inject_task_cpumask(struct scxu *s, uint32_t slot)
{
	return inner_of(s)->task_cpumask(s, slot);
}

static int inject_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	return inner_of(s)->create_queue(s, nr, name);
}

static int inject_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	return inner_of(s)->add_to_queue(s, nr, cpu);
}

static int inject_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	return inner_of(s)->set_cpuperf(s, cpu, perf);
}

static int inject_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	return inner_of(s)->read_cgroup(s, id, info);
}

static bool inject_has(struct scxu *s, int feature)
{
	return inner_of(s)->has(s, feature);
}

static int inject_fd(struct scxu *s)
{
	return inner_of(s)->fd(s);
}

static void inject_disarm(struct scxu *s)
{
	inner_of(s)->disarm(s);
}

static void inject_wake(struct scxu *s)
{
	inner_of(s)->wake(s);
}

static bool inject_cpu_is_idle(struct scxu *s, int cpu)
{
	return inner_of(s)->cpu_is_idle(s, cpu);
}

static pid_t inject_cpu_pid(struct scxu *s, int cpu)
{
	return inner_of(s)->cpu_pid(s, cpu);
}

static int inject_own_cpu(struct scxu *s)
{
	return inner_of(s)->own_cpu(s);
}

static bool inject_exited(struct scxu *s)
{
	return inner_of(s)->exited(s);
}

static void inject_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	inner_of(s)->read_exit(s, info);
}

static const char *inject_dump(struct scxu *s)
{
	return inner_of(s)->dump(s);
}

static void inject_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	inner_of(s)->read_stats(s, stats);
}

static void inject_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	inner_of(s)->read_histograms(s, h);
}

static int inject_write_summary(struct scxu *s, FILE *f, int format)
{
	return inner_of(s)->write_summary ? inner_of(s)->write_summary(s, f, format) : -EOPNOTSUPP;
}

const struct scxu_port scxu_port_inject = {
	.detach = inject_detach,
	.destroy = inject_destroy,
	.read_tasks = inject_read_tasks,
	.read_events = inject_read_events,
	.drop_events = inject_drop_events,
	.read_slot = inject_read_slot,
	.task_cpumask = inject_task_cpumask,
	.submit = inject_submit,
	.command = inject_command,
	.create_queue = inject_create_queue,
	.add_to_queue = inject_add_to_queue,
	.set_cpuperf = inject_set_cpuperf,
	.read_cgroup = inject_read_cgroup,
	.has = inject_has,
	.wait = inject_wait,
	.fd = inject_fd,
	.arm = inject_arm,
	.disarm = inject_disarm,
	.wake = inject_wake,
	.cpu_is_idle = inject_cpu_is_idle,
	.cpu_pid = inject_cpu_pid,
	.own_cpu = inject_own_cpu,
	.exited = inject_exited,
	.read_exit = inject_read_exit,
	.dump = inject_dump,
	.read_stats = inject_read_stats,
	.read_histograms = inject_read_histograms,
	.write_summary = inject_write_summary,
};

/* What they may cost is the machine's time, so it takes who could stop the machine anyhow. */
static int check_allowed(struct scxu *s, const char *from)
{
	if (s->opts.replay) {
		scxu_error(s, "replay and %s: want one of them", from);
		return -EINVAL;
	}
	if (s->opts.sim || FOR_ALL || !geteuid())
		return 0;
	scxu_error(s,
		   "%s: want root, or the simulator, or a libscxuser that was configured with "
		   "--enable-inject",
		   from);
	return -EPERM;
}

static void shrink(uint32_t *nr, uint32_t to)
{
	if (to && to < *nr)
		*nr = to;
}

int scxu_inject_open(struct scxu *s)
{
	const char *text = s->opts.inject, *from = "inject";
	struct injector *j;
	int err;

	if (!text) {
		text = secure_getenv("SCXU_INJECT");
		from = "SCXU_INJECT";
	}
	if (!text || !*text)
		return 0;
	err = check_allowed(s, from);
	if (err)
		return err;
	j = s->injector = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	err = inject_parse(s, &j->what, from, text);
	if (err)
		return err;
	/* Never 0, where this generator would stay. */
	j->random = (j->what.seed + UINT64_C(1)) * 0x9e3779b97f4a7c15;
	shrink(&s->opts.nr_events, j->what.nr_events);
	shrink(&s->opts.max_tasks, j->what.nr_tasks);
	s->nr_ring = j->what.nr_ring;
	s->nr_decisions = j->what.nr_decisions;
	scxu_log(s, SCXU_LOG_WARNING, "faults are injected on purpose: %s", text);
	return 0;
}

void scxu_inject_begin(struct scxu *s)
{
	s->injector->inner = s->port;
	s->port = &scxu_port_inject;
}
