// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * port_sim.c - the port to the simulator. Its clock goes on while the policy waits: wait() lets happen
 * what happens, up to the beginning of the next round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intf.h"
#include "sim.h"

/* At one moment of the clock, for each task and CPU, on average. */
#define MAX_EVENTS_PER_THING UINT64_C(100000)

void sim_at(struct sim *sim, struct sim_event *ev, uint64_t time_ns)
{
	if (ev->item.heap)
		scxu_heap_update(&ev->item, time_ns);
	else
		scxu_heap_push(&sim->clock, &ev->item, time_ns);
}

void sim_cancel(struct sim_event *ev)
{
	scxu_heap_remove(&ev->item);
}

void sim_stop(struct sim *sim, const char *why)
{
	if (!sim->ended)
		sim->why = why;
	sim->ended = true;
}

void sim_fail(struct sim *sim, const char *why)
{
	sim->failed = true;
	sim_stop(sim, why);
}

static void on_end(struct sim *sim, struct sim_event *ev)
{
	sim_stop(sim, "its time is over");
}

/* Tasks that wake each other without ever running could keep the clock where it is. */
static void check_time_passes(struct sim *sim)
{
	uint64_t nr_max = MAX_EVENTS_PER_THING * (sim->load.nr_tasks + sim->s->nr_cpus + 1);

	if (++sim->nr_at_once > nr_max)
		sim_fail(sim, "tasks wake each other, and no time passes");
}

static bool goes_on(const struct sim *sim)
{
	return !sim->ended && !__atomic_load_n(&sim->s->stopped, __ATOMIC_RELAXED);
}

/* Until the policy's thread runs again. */
static void run_clock(struct sim *sim)
{
	struct scxu_heap_item *item;
	struct sim_event *ev;

	while (goes_on(sim) && !sim->policy.begins) {
		item = scxu_heap_pop(&sim->clock);
		if (!item) {
			sim_stop(sim, "nothing is left to happen");
			return;
		}
		if (item->key != sim->now_ns)
			sim->nr_at_once = 0;
		check_time_passes(sim);
		ev = scxu_container_of(item, struct sim_event, item);
		sim->now_ns = item->key;
		ev->happen(sim, ev);
	}
}

static int port_sim_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct sim *sim = sim_of(s);

	if (!goes_on(sim))
		return 0;
	sim_policy_wait(sim, timeout_ns, pending);
	run_clock(sim);
	return 0;
}

/* The policy's thread has its CPU in any case: there it cannot sleep in a round. */
static void port_sim_hold_up(struct scxu *s, uint64_t ns, bool spin)
{
	sim_of(s)->policy.held_ns += ns;
}

static int port_sim_sleep_through(struct scxu *s, int64_t timeout_ns)
{
	sim_of(s)->policy.deaf = true;
	return port_sim_wait(s, timeout_ns, false);
}

static unsigned int port_sim_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	struct scxu_event ev;
	unsigned int i = 0;

	while (i < nr && sim_read_note(sim_of(s), &ev))
		tasks[i++] = ev.task;
	return i;
}

static unsigned int port_sim_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr && sim_read_note(sim_of(s), &events[i]))
		i++;
	return i;
}

static void port_sim_drop_events(struct scxu *s)
{
	sim_drop_notes(sim_of(s));
}

static bool port_sim_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	return sim_read_task(sim_of(s), slot, t);
}

static const uint64_t *port_sim_task_cpumask(struct scxu *s, uint32_t slot)
{
	struct sim *sim = sim_of(s);

	return sim->load.masks[slot < sim->load.nr_tasks ? sim->tasks[slot].mask : 0].words;
}

static struct sim_order *next_order(struct sim *sim)
{
	uint32_t capacity = sim->orders_capacity ? 2 * sim->orders_capacity : 1024;
	struct sim_order *orders;

	if (sim->nr_orders == sim->opts.nr_decisions)
		return NULL;
	if (sim->nr_orders == sim->orders_capacity) {
		orders = realloc(sim->orders, capacity * sizeof(*orders));
		if (!orders)
			return NULL;
		sim->orders = orders;
		sim->orders_capacity = capacity;
	}
	sim->policy.nr_given++;
	return &sim->orders[sim->nr_orders++];
}

static bool port_sim_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	struct sim_order *order = next_order(sim_of(s));

	if (!order)
		return false;
	order->is_command = false;
	order->dispatch = *d;
	return true;
}

static bool port_sim_command(struct scxu *s, const struct scxu_command *command)
{
	struct sim_order *order = next_order(sim_of(s));

	if (!order)
		return false;
	order->is_command = true;
	order->command = *command;
	return true;
}

static int port_sim_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	struct sim *sim = sim_of(s);

	if (sim_queue_init(&sim->own[nr - 1], sim->load.nr_masks))
		return -ENOMEM;
	sim->own_cpus[nr - 1] = calloc(sim->nr_words, sizeof(uint64_t));
	if (!sim->own_cpus[nr - 1]) {
		sim_queue_free(&sim->own[nr - 1]);
		return -ENOMEM;
	}
	sim->nr_own = nr;
	return 0;
}

static int port_sim_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	sim_of(s)->own_cpus[nr - 1][cpu / 64] |= UINT64_C(1) << (cpu % 64);
	return 0;
}

static int port_sim_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	return 0;
}

static int port_sim_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	const struct sim_load *load = &sim_of(s)->load;
	const struct sim_cgroup *cgroup;

	if (id - 1 >= load->nr_cgroups)
		return -ENOENT;
	cgroup = &load->cgroups[id - 1];
	info->id = id;
	info->parent_id = id == 1 ? 0 : cgroup->parent + 1;
	info->weight = cgroup->weight;
	return 0;
}

/* Each task has its number for ever, and a withdrawal is told. */
static bool port_sim_has(struct scxu *s, int feature)
{
	return feature == SCXU_FEATURE_CGROUP || feature == SCXU_FEATURE_WITHDRAW ||
	       feature == SCXU_FEATURE_TID;
}

static int port_sim_fd(struct scxu *s)
{
	return -EOPNOTSUPP;
}

/* The policy would sleep by a clock of its own; ours would stand still. So it is told to look. */
static bool port_sim_arm(struct scxu *s)
{
	port_sim_wait(s, 0, false);
	return false;
}

static void port_sim_disarm(struct scxu *s)
{
}

static void port_sim_wake(struct scxu *s)
{
}

static bool port_sim_cpu_is_idle(struct scxu *s, int cpu)
{
	return sim_of(s)->cpus[cpu].idle;
}

static pid_t port_sim_cpu_pid(struct scxu *s, int cpu)
{
	const struct sim_cpu *c = &sim_of(s)->cpus[cpu];

	if (!c->online)
		return -ENODEV;
	return c->curr ? c->curr->view.pid : 0;
}

static int port_sim_own_cpu(struct scxu *s)
{
	const struct sim_policy *policy = &sim_of(s)->policy;

	return policy->own_cpu_free ? policy->cpu : -1;
}

static bool port_sim_exited(struct scxu *s)
{
	return sim_of(s)->ended;
}

static void port_sim_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	const struct sim *sim = sim_of(s);

	info->kind = sim->failed   ? SCXU_EXIT_EVICTED :
		     sim->detached ? SCXU_EXIT_DETACHED :
				     SCXU_EXIT_NONE;
	info->cpu = -1;
	if (sim->why)
		snprintf(info->reason, sizeof(info->reason), "%s", sim->why);
}

static const char *port_sim_dump(struct scxu *s)
{
	return "";
}

static void port_sim_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	const struct sim *sim = sim_of(s);
	size_t sz = stats->sz;
	int cpu;

	memcpy(stats, &sim->stats, sz);
	stats->sz = sz;
	stats->nr_queued = sim->custody.nr;
	stats->in_fallback = sim->fallback.on;
	stats->nr_cpus = s->nr_cpus;
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		stats->nr_cpus_idle += sim->cpus[cpu].idle;
}

static void port_sim_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
}

static int init_queues(struct sim *sim)
{
	uint32_t nr = sim->load.nr_masks;
	int err = sim_queue_init(&sim->any, nr);

	err = err ?: sim_queue_init(&sim->any_vtime, nr);
	err = err ?: sim_fallback_init_queues(sim, nr);
	sim->own = calloc(SCXU_MAX_QUEUES, sizeof(*sim->own));
	sim->own_cpus = calloc(SCXU_MAX_QUEUES, sizeof(*sim->own_cpus));
	return err ?: sim->own && sim->own_cpus ? 0 : -ENOMEM;
}

static uint32_t nr_slots_for(uint32_t nr_tasks)
{
	uint32_t nr = 64;

	while (nr < nr_tasks)
		nr *= 2;
	return nr;
}

static int init_sim(struct sim *sim)
{
	uint64_t duration_ns = sim->opts.duration_ms * NSEC_PER_MSEC ?: sim->load.duration_ns;
	struct scxu *s = sim->s;
	int err;

	sim->nr_words = (s->nr_cpus + 63) / 64;
	sim->now_ns = SIM_START_NS;
	sim->end.happen = on_end;
	sim_fallback_init(sim);
	/* Each event is in one of these, once. */
	err = scxu_heap_init(&sim->clock, sim->load.nr_tasks + 2 * s->nr_cpus + sim->load.nr_plugs +
						  sim->load.nr_renices + 8);
	err = err ?: init_queues(sim);
	err = err ?: sim_cpu_init(sim);
	err = err ?: sim_task_init(sim);
	if (err)
		return err;
	s->nr_slots = nr_slots_for(sim->load.nr_tasks);
	if (sim->opts.trace)
		err = sim_trace_open(sim, sim->opts.trace);
	if (err)
		return err;
	/* A generator of that kind stays at 0. */
	sim->random = sim->opts.seed ^ 0x9e3779b97f4a7c15 ?: 1;
	if (duration_ns)
		sim_at(sim, &sim->end, SIM_START_NS + duration_ns);
	sim_plan_init(sim);
	sim_policy_init(sim);
	return 0;
}

static int read_machine(struct scxu *s, const struct scxu_sim_opts *opts)
{
	struct scxu_cpu info = { .sz = sizeof(info) };
	struct scxu_topology *t;
	int err, cpu;

	if (opts->root)
		err = scxu_read_topology(&t, opts->root, s);
	else
		err = scxu_make_topology(&t, opts->nr_cpus);
	err = err ?: scxu_set_topology(s, t);
	if (err)
		return err;
	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;)
		if (!scxu_topology_get_cpu(t, cpu, &info) && info.flags & SCXU_CPU_ONLINE)
			return 0;
	scxu_error(s, "%s: no CPU is online there", opts->root);
	return -EINVAL;
}

/* What is left out says so, rather than being silently something else. */
static int check_asked_for(struct scxu *s)
{
	static const uint64_t never =
		SCXU_EVENT_BIT(SCXU_EVENT_TICK) | SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH);
	const char *what = NULL;

	if (s->opts.flags & SCXU_PARTIAL)
		what = "SCXU_PARTIAL";
	else if (s->opts.flags & SCXU_HISTOGRAMS)
		what = "SCXU_HISTOGRAMS";
	else if (s->opts.events & never)
		what = "events of ticks and of the bandwidth of cgroups";
	if (!what)
		return 0;
	scxu_error(s, "the simulator has no %s", what);
	return -EOPNOTSUPP;
}

static void shrink(uint32_t *nr, uint32_t to)
{
	if (to && to < *nr)
		*nr = to;
}

static int port_sim_prepare(struct scxu *s)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int err;

	if (!sim)
		return -ENOMEM;
	s->port_data = sim;
	sim->s = s;
	err = check_asked_for(s);
	err = err ?: scxu_sim_opts_complete(s, &sim->opts, s->opts.sim);
	shrink(&sim->opts.nr_ring, s->nr_ring);
	shrink(&sim->opts.nr_decisions, s->nr_decisions);
	err = err ?: read_machine(s, &sim->opts);
	err = err ?: sim_load_read(s, &sim->load, sim->opts.load, s->nr_cpus);
	return err ?: init_sim(sim);
}

static void port_sim_detach(struct scxu *s)
{
	struct sim *sim = sim_of(s);

	sim->detached = true;
	if (sim_trace_close(sim)) {
		sim->failed = true;
		sim->why = "cannot write the trace";
	}
	sim->ended = true;
}

static void port_sim_destroy(struct scxu *s)
{
	struct sim *sim = sim_of(s);
	uint32_t i;
	int cpu;

	free(sim->trace_path);
	for (cpu = 0; sim->cpus && cpu < s->nr_cpus; cpu++)
		sim_queue_free(&sim->cpus[cpu].queue);
	for (cpu = 0; sim->llcs && cpu < scxu_topology_nr_llcs(s->topology); cpu++)
		free(sim->llcs[cpu]);
	for (i = 0; i < sim->nr_own; i++) {
		sim_queue_free(&sim->own[i]);
		free(sim->own_cpus[i]);
	}
	sim_queue_free(&sim->any);
	sim_queue_free(&sim->any_vtime);
	sim_fallback_free_queues(sim);
	scxu_heap_free(&sim->clock);
	sim_load_free(&sim->load);
	free(sim->own);
	free(sim->own_cpus);
	free(sim->llcs);
	free(sim->idle);
	free(sim->cpus);
	free(sim->tasks);
	free(sim->timers);
	free(sim->suspended);
	free(sim->notes);
	free(sim->orders);
	free(sim);
	s->port_data = NULL;
}

const struct scxu_port scxu_port_sim = {
	.prepare = port_sim_prepare,
	.detach = port_sim_detach,
	.destroy = port_sim_destroy,
	.read_tasks = port_sim_read_tasks,
	.read_events = port_sim_read_events,
	.drop_events = port_sim_drop_events,
	.read_slot = port_sim_read_slot,
	.task_cpumask = port_sim_task_cpumask,
	.submit = port_sim_submit,
	.command = port_sim_command,
	.create_queue = port_sim_create_queue,
	.add_to_queue = port_sim_add_to_queue,
	.set_cpuperf = port_sim_set_cpuperf,
	.read_cgroup = port_sim_read_cgroup,
	.has = port_sim_has,
	.wait = port_sim_wait,
	.fd = port_sim_fd,
	.arm = port_sim_arm,
	.disarm = port_sim_disarm,
	.hold_up = port_sim_hold_up,
	.sleep_through = port_sim_sleep_through,
	.wake = port_sim_wake,
	.cpu_is_idle = port_sim_cpu_is_idle,
	.cpu_pid = port_sim_cpu_pid,
	.own_cpu = port_sim_own_cpu,
	.exited = port_sim_exited,
	.read_exit = port_sim_read_exit,
	.dump = port_sim_dump,
	.read_stats = port_sim_read_stats,
	.read_histograms = port_sim_read_histograms,
	.write_summary = sim_write_summary,
};
