// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_fallback.c - the dead-man's switch in the simulator: when the policy is late the fallback runs
 * its tasks, in the order that bpf/fallback.bpf.h explains.
 */
#include <errno.h>
#include <stdlib.h>

#include "sim.h"

#define SLICE_NS (2 * NSEC_PER_MSEC)
#define LAG_NS (10 * NSEC_PER_MSEC)
#define DEBT_NS (10 * NSEC_PER_MSEC)
#define REPEATED_TIMES 3
#define REPEATED_WITHIN_NS (10 * NSEC_PER_SEC)
#define BACK_OFF_NS NSEC_PER_SEC
#define MAX_DOUBLINGS 6

static uint64_t fallback_ns(const struct sim *sim)
{
	return sim->s->opts.fallback_ms * NSEC_PER_MSEC;
}

void sim_guard_wake(struct sim *sim)
{
	if (!sim->guard.item.heap)
		sim_at(sim, &sim->guard, sim->now_ns + fallback_ns(sim) / 2);
}

/* As in the kernel half, a CPU whose caches nobody knows counts as one of the first. */
static uint32_t llc_of(const struct sim *sim, int cpu)
{
	return cpu < 0 || sim->cpus[cpu].llc < 0 ? 0 : sim->cpus[cpu].llc;
}

static uint64_t present(const struct sim *sim, struct sim_fallback_queue *q)
{
	uint64_t aged_ns = (sim->now_ns - q->aged_ns) / 8;

	q->vtime_now += aged_ns < LAG_NS ? aged_ns : LAG_NS;
	q->aged_ns = sim->now_ns;
	return q->vtime_now;
}

static uint64_t vtime_of(struct sim *sim, uint32_t llc, struct sim_task *t, bool slept)
{
	struct sim_fallback_queue *queues = sim->fallback.queues;
	uint64_t now = present(sim, &queues[llc]), earliest = slept ? now - LAG_NS : now;

	if (t->era != sim->fallback.era) {
		t->era = sim->fallback.era;
		t->fallback_vtime = earliest;
	} else {
		if (t->fallback_llc != llc)
			t->fallback_vtime += now - queues[t->fallback_llc].vtime_now;
		t->fallback_vtime += (t->view.exec_ns - t->fallback_exec_ns) * SCXU_WEIGHT_DEFAULT /
				     t->view.weight;
	}
	t->fallback_llc = llc;
	t->fallback_exec_ns = t->view.exec_ns;
	if ((int64_t)(t->fallback_vtime - earliest) < 0)
		t->fallback_vtime = earliest;
	if ((int64_t)(t->fallback_vtime - (now + DEBT_NS)) > 0)
		t->fallback_vtime = now + DEBT_NS;
	return t->fallback_vtime;
}

void sim_fallback_insert(struct sim *sim, struct sim_task *t, bool slept)
{
	uint32_t llc = llc_of(sim, t->view.cpu);
	uint64_t vtime = vtime_of(sim, llc, t, slept);

	sim->stats.nr_fallback++;
	sim_queue_insert(sim, &sim->fallback.queues[llc].queue, t, vtime, SLICE_NS, false);
	sim_cpu_kick_idle(sim, t, NULL);
}

void sim_fallback_running(struct sim *sim, const struct sim_task *t)
{
	struct sim_fallback *f = &sim->fallback;
	uint32_t llc = llc_of(sim, t->view.cpu);
	struct sim_fallback_queue *q = &f->queues[llc];

	if (f->on && t->era == f->era && t->fallback_llc == llc &&
	    (int64_t)(t->fallback_vtime - q->vtime_now) > 0)
		q->vtime_now = t->fallback_vtime;
}

static bool is_longer(const struct sim_fallback *f, uint32_t llc, uint32_t own)
{
	const struct sim_fallback_queue *q = &f->queues[llc], *mine = &f->queues[own];

	return (uint64_t)q->queue.nr * mine->nr_cpus > (uint64_t)mine->queue.nr * q->nr_cpus;
}

struct sim_task *sim_fallback_take(struct sim *sim, int cpu)
{
	uint32_t looks = sim->cpus[cpu].fallback_looks++, own = llc_of(sim, cpu), other, i;
	struct sim_fallback *f = &sim->fallback;
	struct sim_task *t = NULL;

	other = looks / 8 % f->nr_queues;
	if (looks % 8 == 0 && is_longer(f, other, own))
		t = sim_queue_take(sim, &f->queues[other].queue, cpu);
	if (!t)
		t = sim_queue_take(sim, &f->queues[own].queue, cpu);
	for (i = 0; !t && i < f->nr_queues; i++)
		t = sim_queue_take(sim, &f->queues[(looks + i) % f->nr_queues].queue, cpu);
	return t;
}

int sim_fallback_init_queues(struct sim *sim, uint32_t nr_masks)
{
	struct sim_fallback *f = &sim->fallback;
	uint32_t nr = scxu_topology_nr_llcs(sim->s->topology) ?: 1, i;
	int err = 0;

	f->queues = calloc(nr, sizeof(*f->queues));
	if (!f->queues)
		return -ENOMEM;
	f->nr_queues = nr;
	for (i = 0; !err && i < nr; i++) {
		err = sim_queue_init(&f->queues[i].queue, nr_masks);
		f->queues[i].queue.is_fallback = true;
	}
	return err;
}

void sim_fallback_add_cpu(struct sim *sim, int cpu, int nr)
{
	sim->fallback.queues[llc_of(sim, cpu)].nr_cpus += nr;
}

void sim_fallback_free_queues(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;
	uint32_t i;

	for (i = 0; i < f->nr_queues; i++)
		sim_queue_free(&f->queues[i].queue);
	free(f->queues);
}

uint32_t sim_fallback_nr_queued(const struct sim *sim)
{
	uint32_t nr = 0, i;

	for (i = 0; i < sim->fallback.nr_queues; i++)
		nr += sim->fallback.queues[i].queue.nr;
	return nr;
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

static void repeat(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;
	uint32_t doublings;

	f->hold_ns = 0;
	if (sim->now_ns - f->over_ns > REPEATED_WITHIN_NS)
		f->nr_repeated = 0;
	if (++f->nr_repeated < REPEATED_TIMES)
		return;
	doublings = f->nr_repeated - REPEATED_TIMES;
	if (sim->s->opts.fallback_repeated == SCXU_FALLBACK_BACK_OFF)
		f->hold_ns = BACK_OFF_NS << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
	else if (sim->s->opts.fallback_repeated == SCXU_FALLBACK_DETACH)
		sim_fail(sim, "the fallback took over three times in a row");
}

static void enter(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;

	repeat(sim);
	/* Two rounds have ended since the task was announced, one of which began after that. */
	if (sim->stats.nr_rounds - f->nr_rounds_before > 1)
		f->cause = SCXU_FALLBACK_KEPT;
	else
		f->cause = sim->policy.running ? SCXU_FALLBACK_BUSY :
			   sim->policy.needed  ? SCXU_FALLBACK_NO_CPU :
						 SCXU_FALLBACK_KEPT;
	sim->stats.nr_fallbacks_of[f->cause]++;
	f->on = true;
	f->era++;
	f->since_ns = sim->now_ns;
	f->round = sim->stats.nr_rounds;
	sim->stats.nr_fallbacks++;
}

static void leave(struct sim *sim)
{
	struct sim_fallback *f = &sim->fallback;
	uint64_t lasted_ns = sim->now_ns - f->since_ns;

	f->on = false;
	f->over_ns = sim->now_ns;
	sim->stats.fallback_ns += lasted_ns;
	if (lasted_ns > sim->stats.max_fallback_ns)
		sim->stats.max_fallback_ns = lasted_ns;
	sim->stats.fallback_of_ns[f->cause] += lasted_ns;
	if (lasted_ns > sim->stats.max_fallback_of_ns[f->cause])
		sim->stats.max_fallback_of_ns[f->cause] = lasted_ns;
	scxu_tell_of_fallbacks(sim->s, sim->now_ns, 1, f->cause, lasted_ns);
	sim_note_fallback(sim, f->cause, lasted_ns);
}

static bool is_late(const struct sim *sim)
{
	const struct scxu_list_item *item = scxu_list_first(&sim->custody);

	return item && !(sim->s->opts.flags & SCXU_NO_FALLBACK) &&
	       sim->now_ns - scxu_container_of(item, struct sim_task, item)->view.enqueue_ns >
		       fallback_ns(sim);
}

static void on_guard(struct sim *sim, struct sim_event *ev)
{
	struct sim_fallback *f = &sim->fallback;
	bool late = is_late(sim);

	if (late && !f->on)
		enter(sim);
	else if (!late && f->on && sim->stats.nr_rounds != f->round &&
		 sim->now_ns - f->since_ns >= f->hold_ns)
		leave(sim);
	if (late)
		rescue(sim);
	f->nr_rounds_before = sim->stats.nr_rounds;
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
