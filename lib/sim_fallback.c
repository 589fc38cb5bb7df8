// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_fallback.c - the dead-man's switch in the simulator: when the policy is late the fallback runs
 * its tasks, in the order that bpf/fallback.bpf.h explains.
 */
#include "sim.h"

#define SLICE_NS (2 * NSEC_PER_MSEC)
#define LAG_NS (10 * NSEC_PER_MSEC)
#define DEBT_NS (10 * NSEC_PER_MSEC)

static uint64_t fallback_ns(const struct sim *sim)
{
	return sim->s->opts.fallback_ms * NSEC_PER_MSEC;
}

void sim_guard_wake(struct sim *sim)
{
	if (!sim->guard.item.heap)
		sim_at(sim, &sim->guard, sim->now_ns + fallback_ns(sim) / 2);
}

static uint64_t present(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;

	f->vtime_now += (sim->now_ns - f->aged_ns) / 8;
	f->aged_ns = sim->now_ns;
	return f->vtime_now;
}

static uint64_t vtime_of(struct sim *sim, struct sim_task *t, bool slept)
{
	uint64_t now = present(sim), earliest = slept ? now - LAG_NS : now;

	if (t->era != sim->fallback.era) {
		t->era = sim->fallback.era;
		t->fallback_vtime = earliest;
	} else {
		t->fallback_vtime += (t->view.exec_ns - t->fallback_exec_ns) * SCXU_WEIGHT_DEFAULT /
				     t->view.weight;
	}
	t->fallback_exec_ns = t->view.exec_ns;
	if ((int64_t)(t->fallback_vtime - earliest) < 0)
		t->fallback_vtime = earliest;
	if ((int64_t)(t->fallback_vtime - (now + DEBT_NS)) > 0)
		t->fallback_vtime = now + DEBT_NS;
	return t->fallback_vtime;
}

void sim_fallback_insert(struct sim *sim, struct sim_task *t, bool slept)
{
	uint64_t vtime = vtime_of(sim, t, slept);

	sim->stats.nr_fallback++;
	sim_queue_insert(sim, &sim->fallback.queue, t, vtime, SLICE_NS, false);
	sim_cpu_kick_idle(sim, t, NULL);
}

void sim_fallback_running(struct sim *sim, const struct sim_task *t)
{
	struct sim_fallback *f = &sim->fallback;

	if (f->on && t->era == f->era && (int64_t)(t->fallback_vtime - f->vtime_now) > 0)
		f->vtime_now = t->fallback_vtime;
}

/* All that the policy owes an answer for. */
static void rescue(struct sim *sim)
{
	struct scxu_list_item *item;
	struct sim_task *t;

	while ((item = scxu_list_pop(&sim->custody))) {
		t = scxu_container_of(item, struct sim_task, item);
		sim->stats.nr_rescued++;
		sim_note(sim, SCXU_EVENT_WITHDRAW, t, t->view.cpu, SCXU_WITHDRAW_FALLBACK);
		sim_fallback_insert(sim, t, t->view.flags & SCXU_TASK_WAKEUP);
	}
}

static void enter(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;

	f->on = true;
	f->era++;
	f->since_ns = f->aged_ns = sim->now_ns;
	f->round = sim->stats.nr_rounds;
	sim->stats.nr_fallbacks++;
}

static void leave(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;
	uint64_t lasted_ns = sim->now_ns - f->since_ns;

	f->on = false;
	sim->stats.fallback_ns += lasted_ns;
	if (lasted_ns > sim->stats.max_fallback_ns)
		sim->stats.max_fallback_ns = lasted_ns;
}

static bool is_late(const struct sim *sim)
{
	const struct scxu_list_item *item = scxu_list_first(&sim->custody);

	return item &&
	       sim->now_ns - scxu_container_of(item, struct sim_task, item)->view.enqueue_ns >
		       fallback_ns(sim);
}

static void on_guard(struct sim *sim, struct sim_event *ev)
{
	struct sim_fallback *f = &sim->fallback;
	bool late = is_late(sim);

	if (late && !f->on)
		enter(sim);
	else if (!late && f->on && sim->stats.nr_rounds != f->round)
		leave(sim);
	if (late)
		rescue(sim);
	if (sim->events_pending || f->on)
		sim_policy_need(sim, sim->policy.cpu);
	sim->events_pending = false;
	if (scxu_list_first(&sim->custody) || f->on)
		sim_guard_wake(sim);
}

void sim_fallback_init(struct sim *sim)
{
	sim->guard.happen = on_guard;
	sim->fallback.era = 1;
}
