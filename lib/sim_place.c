// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_place.c - step 6 in the simulator: decisions and commands, each judged and carried out. */
#include "intf.h"
#include "sim.h"

static uint64_t clamp_slice_ns(const struct sim *sim, uint64_t slice_ns)
{
	if (!slice_ns)
		slice_ns = sim->s->opts.slice_us * NSEC_PER_USEC;
	if (slice_ns < SCXU_MIN_SLICE_US * NSEC_PER_USEC)
		return SCXU_MIN_SLICE_US * NSEC_PER_USEC;
	if (slice_ns > SCXU_MAX_SLICE_US * NSEC_PER_USEC)
		return SCXU_MAX_SLICE_US * NSEC_PER_USEC;
	return slice_ns;
}

static bool own_queue_serves(const struct sim *sim, uint32_t queue, const struct sim_task *t)
{
	const uint64_t *allowed = sim->load.masks[t->mask].words;
	const uint64_t *cpus = sim->own_cpus[queue];
	int i;

	for (i = 0; i < sim->nr_words; i++)
		if (allowed[i] & cpus[i])
			return true;
	return false;
}

static void place_for_any(struct sim *sim, struct sim_task *t, const struct scxu_dispatch *d)
{
	bool head = d->flags & (SCXU_DISPATCH_HEAD | SCXU_DISPATCH_PREEMPT);
	bool by_vtime = d->vtime && !head;

	sim_queue_insert(sim, by_vtime ? &sim->any_vtime : &sim->any, t, by_vtime ? d->vtime : 0,
			 clamp_slice_ns(sim, d->slice_ns), head);
	sim_cpu_kick_idle(sim, t, NULL);
}

static void place_on_cpu(struct sim *sim, struct sim_task *t, const struct scxu_dispatch *d)
{
	bool head = d->flags & (SCXU_DISPATCH_HEAD | SCXU_DISPATCH_PREEMPT);
	struct sim_cpu *c = &sim->cpus[d->cpu];

	sim_queue_insert(sim, &c->queue, t, d->vtime, clamp_slice_ns(sim, d->slice_ns), head);
	if (d->flags & SCXU_DISPATCH_PREEMPT) {
		c->urgent = true;
		sim_cpu_preempt(sim, d->cpu);
	} else {
		sim_cpu_look(sim, d->cpu);
	}
}

/* What faults are injected into may be anything. */
static bool has_sense(const struct sim *sim, const struct scxu_dispatch *d)
{
	if (d->slot >= sim->load.nr_tasks || !d->generation || d->queue > sim->nr_own ||
	    d->flags & ~(SCXU_DISPATCH_HEAD | SCXU_DISPATCH_PREEMPT))
		return false;
	if (d->queue)
		return d->cpu == SCXU_CPU_ANY && !(d->flags & SCXU_DISPATCH_PREEMPT);
	return !(d->flags & SCXU_DISPATCH_PREEMPT) || d->cpu >= 0;
}

static uint32_t place(struct sim *sim, const struct scxu_dispatch *d)
{
	struct sim_task *t = &sim->tasks[d->slot];

	if (!has_sense(sim, d))
		return SCXU_RESULT_REFUSED;
	if (t->state != SIM_CUSTODY || t->view.generation != d->generation)
		return SCXU_RESULT_STALE;
	scxu_list_remove(&t->item);
	t->view.cookie = d->cookie;
	t->view.vtime = d->vtime;
	sim->stats.nr_dispatched++;
	if (d->queue && own_queue_serves(sim, d->queue - 1, t)) {
		sim_queue_insert(sim, &sim->own[d->queue - 1], t, d->vtime,
				 clamp_slice_ns(sim, d->slice_ns), d->flags & SCXU_DISPATCH_HEAD);
		sim_cpu_kick_idle(sim, t, sim->own_cpus[d->queue - 1]);
		return SCXU_RESULT_PLACED;
	}
	if (d->cpu >= 0 && d->cpu < sim->s->nr_cpus && sim->cpus[d->cpu].online &&
	    sim_may_run_on(sim, t, d->cpu)) {
		place_on_cpu(sim, t, d);
		return SCXU_RESULT_PLACED;
	}
	place_for_any(sim, t, d);
	return d->cpu == SCXU_CPU_ANY && !d->queue ? SCXU_RESULT_PLACED : SCXU_RESULT_BOUNCED;
}

static void set_slice(struct sim *sim, struct sim_task *t, uint64_t slice_ns)
{
	slice_ns = clamp_slice_ns(sim, slice_ns);
	if (t->state != SIM_RUNNING) {
		t->placed_slice_ns = slice_ns;
		return;
	}
	sim_cpu_account(sim, t->view.cpu);
	t->slice_ns = slice_ns;
	sim_at(sim, &sim->cpus[t->view.cpu].stop,
	       sim->now_ns + (t->left_ns < slice_ns ? t->left_ns : slice_ns));
}

static void kick(struct sim *sim, const struct scxu_command *k)
{
	if (!sim->cpus[k->cpu].online)
		sim->stats.nr_refused++;
	else if (k->flags & SCXU_KICK_PREEMPT)
		sim_cpu_preempt(sim, k->cpu);
	else
		sim_cpu_look(sim, k->cpu);
}

/* A queue in order of arrival has no place for a vtime: the other one for any CPU does. */
static void set_vtime(struct sim *sim, struct sim_task *t, uint64_t vtime)
{
	if (t->queue == &sim->any && vtime) {
		sim_queue_remove(t);
		sim_queue_insert(sim, &sim->any_vtime, t, vtime, t->placed_slice_ns, false);
	} else {
		sim_queue_set_vtime(t, vtime);
	}
}

/* Of a task that waits where the policy has put it. */
static uint32_t change_queued(struct sim *sim, struct sim_task *t, const struct scxu_command *k)
{
	if (t->state != SIM_QUEUED || t->queue->is_fallback)
		return SCXU_RESULT_STALE;
	if (k->op == SCXU_OP_SET_VTIME) {
		set_vtime(sim, t, k->vtime);
		return SCXU_RESULT_PLACED;
	}
	if (sim->fallback.on)
		return SCXU_RESULT_STALE;
	sim_queue_remove(t);
	sim_task_enqueue(sim, t, SCXU_TASK_REENQUEUED, t->view.cpu);
	return SCXU_RESULT_PLACED;
}

static uint32_t change(struct sim *sim, const struct scxu_command *k)
{
	struct sim_task *t = &sim->tasks[k->slot];

	if (k->slot >= sim->load.nr_tasks)
		return SCXU_RESULT_REFUSED;
	if (t->view.generation != k->generation)
		return SCXU_RESULT_STALE;
	if (k->op != SCXU_OP_SET_SLICE)
		return change_queued(sim, t, k);
	if (t->state != SIM_RUNNING && (t->state != SIM_QUEUED || t->queue->is_fallback))
		return SCXU_RESULT_STALE;
	set_slice(sim, t, k->slice_ns);
	return SCXU_RESULT_PLACED;
}

static void tell_result(struct sim *sim, uint32_t slot, uint32_t generation, uint32_t result)
{
	sim->stats.nr_stale += result == SCXU_RESULT_STALE;
	sim->stats.nr_refused += result == SCXU_RESULT_REFUSED;
	sim->stats.nr_bounced += result == SCXU_RESULT_BOUNCED;
	sim_note_result(sim, slot, generation, result);
}

/* All that the policy gave in this round. */
void sim_carry_out(struct sim *sim)
{
	const struct scxu_command *k;
	const struct scxu_dispatch *d;
	uint32_t i;

	for (i = 0; i < sim->nr_orders; i++) {
		k = &sim->orders[i].command;
		d = &sim->orders[i].dispatch;
		if (!sim->orders[i].is_command)
			tell_result(sim, d->slot, d->generation, place(sim, d));
		else if (k->op == SCXU_OP_KICK)
			kick(sim, k);
		else
			tell_result(sim, k->slot, k->generation, change(sim, k));
	}
	sim->nr_orders = 0;
}
