// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_policy.c - when the policy's thread runs on a simulated CPU, and for how long.
 *
 * In the simulator the policy's code takes no time. So it is told of everything when its round
 * begins, and what it decides takes effect when the round ends: after opts.round_ns, opts.decision_ns
 * more for each task that it read or gave, and up to opts.jitter_ns by chance.
 */
#include "sim.h"

/* The CPU looks for work, and finds the policy's thread if there is nothing better. */
static void find_cpu(struct sim *sim, int near)
{
	struct sim_policy *policy = &sim->policy;
	int cpu = sim_cpu_take_idle(sim, NULL, near);

	if (cpu >= 0) {
		policy->comes_ns = sim->now_ns;
		sim_cpu_look(sim, cpu);
	}
	/* That one may find something better. */
	if (!policy->overdue.item.heap)
		sim_at(sim, &policy->overdue, sim->now_ns + SIM_PATIENCE_NS);
}

void sim_policy_need(struct sim *sim, int near)
{
	struct sim_policy *policy = &sim->policy;

	/* In a round that is about to begin it reads all that there is. */
	if (policy->needed || policy->begins)
		return;
	policy->needed = true;
	policy->needed_ns = sim->now_ns;
	if (!policy->running)
		find_cpu(sim, near);
}

void sim_policy_call(struct sim *sim, int near)
{
	if (!sim->policy.deaf)
		sim_policy_need(sim, near);
	sim->policy.deaf = false;
}

bool sim_policy_overdue(const struct sim *sim)
{
	const struct sim_policy *policy = &sim->policy;

	return policy->needed && !policy->running &&
	       sim->now_ns - policy->needed_ns >= SIM_PATIENCE_NS;
}

/* The next CPU that looks takes it. */
static void end_slice(struct sim *sim, int cpu)
{
	if (sim->policy.preempting)
		return;
	while (!sim->cpus[cpu].online)
		cpu = (cpu + 1) % sim->s->nr_cpus;
	sim->policy.preempting = true;
	sim_cpu_preempt(sim, cpu);
}

/* It has waited for long: a tick ends a slice for it. */
static void on_overdue(struct sim *sim, struct sim_event *ev)
{
	struct sim_policy *policy = &sim->policy;
	uint64_t tick_ns = sim->now_ns % SIM_TICK_NS;

	if (!policy->needed || policy->running)
		return;
	sim_at(sim, ev, sim->now_ns + SIM_TICK_NS - tick_ns);
	if (tick_ns)
		return;
	end_slice(sim, policy->cpu);
}

static uint64_t wakeup_ns(const struct sim *sim)
{
	return sim->s->opts.wakeup_preempt_us * NSEC_PER_USEC;
}

/* What runs there. */
static uint64_t ran_ns(const struct sim *sim, int cpu)
{
	const struct sim_task *curr = sim->cpus[cpu].curr;

	return curr ? sim->now_ns - curr->run_begin_ns : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void arm_wakeup(struct sim *sim, int cpu, uint64_t delay_ns)
{
	struct sim_policy *policy = &sim->policy;

	if (policy->wakeup.item.heap)
		return;
	policy->wakeup_cpu = cpu;
	sim_at(sim, &policy->wakeup, sim->now_ns + delay_ns);
}

void sim_policy_hurry(struct sim *sim, int cpu)
{
	struct sim_policy *policy = &sim->policy;

	if (!wakeup_ns(sim) || policy->begins || policy->comes_ns == sim->now_ns)
		return;
	if (!policy->hurry_ns)
		policy->hurry_ns = sim->now_ns;
	if (policy->running)
		return; /* see on_done() */
	if (ran_ns(sim, cpu) >= wakeup_ns(sim))
		end_slice(sim, cpu);
	else
		arm_wakeup(sim, cpu, wakeup_ns(sim) - ran_ns(sim, cpu));
}

/* Rounds may have come and gone since it was armed, and those that ran with them. */
static void on_wakeup(struct sim *sim, struct sim_event *ev)
{
	struct sim_policy *policy = &sim->policy;
	uint64_t longest_ns;

	if (!policy->hurry_ns || policy->running)
		return;
	longest_ns = larger(sim->now_ns - policy->hurry_ns, ran_ns(sim, policy->wakeup_cpu));
	if (longest_ns >= wakeup_ns(sim))
		end_slice(sim, policy->wakeup_cpu);
	else
		arm_wakeup(sim, policy->wakeup_cpu, wakeup_ns(sim) - longest_ns);
}

/* A round begins. @free: because there is nothing else to run here. */
bool sim_policy_take(struct sim *sim, int cpu, bool free)
{
	struct sim_policy *policy = &sim->policy;

	if (!policy->needed || policy->running)
		return false;
	sim_cancel(&policy->timeout);
	sim_cancel(&policy->overdue);
	policy->needed = false;
	policy->hurry_ns = 0;
	policy->running = true;
	policy->begins = true;
	policy->own_cpu_free = free;
	policy->cpu = cpu;
	policy->round_ns = sim->now_ns;
	policy->nr_read = 0;
	policy->nr_given = 0;
	policy->held_ns = 0;
	policy->deaf = false;
	sim->cpus[cpu].policy_runs = true;
	return true;
}

/* What came meanwhile is for the next round. */
static void on_done(struct sim *sim, struct sim_event *ev)
{
	struct sim_policy *policy = scxu_container_of(ev, struct sim_policy, done);
	int cpu = policy->cpu;

	sim_cpu_account(sim, cpu);
	sim_trace_policy(sim);
	sim->cpus[cpu].policy_runs = false;
	policy->running = false;
	sim->stats.nr_rounds++;
	sim_carry_out(sim);
	sim_cpu_schedule(sim, cpu);
	if (policy->needed && !policy->running)
		find_cpu(sim, cpu);
	if (policy->hurry_ns && !policy->running)
		arm_wakeup(sim, cpu, wakeup_ns(sim));
}

static void on_timeout(struct sim *sim, struct sim_event *ev)
{
	sim_policy_need(sim, sim->policy.cpu);
}

/* Marsaglia's xorshift: the same for the same seed. */
static uint64_t next_random(struct sim *sim)
{
	sim->random ^= sim->random << 13;
	sim->random ^= sim->random >> 7;
	sim->random ^= sim->random << 17;
	return sim->random;
}

static uint64_t round_cost_ns(struct sim *sim)
{
	const struct sim_policy *policy = &sim->policy;
	uint64_t cost_ns = sim->opts.decision_ns * (policy->nr_read + policy->nr_given);

	if (sim->opts.jitter_ns)
		cost_ns += next_random(sim) % (sim->opts.jitter_ns + UINT64_C(1));
	return cost_ns + sim->opts.round_ns + policy->held_ns;
}

void sim_policy_wait(struct sim *sim, int64_t timeout_ns, bool pending)
{
	struct sim_policy *policy = &sim->policy;
	uint64_t done_ns = policy->round_ns + round_cost_ns(sim);

	sim_at(sim, &policy->done, done_ns);
	if (pending)
		policy->needed = true;
	else if (timeout_ns >= 0)
		sim_at(sim, &policy->timeout, done_ns + timeout_ns);
	policy->needed_ns = done_ns;
	policy->begins = false;
}

/* It attaches from the first CPU that there is. */
void sim_policy_init(struct sim *sim)
{
	struct sim_policy *policy = &sim->policy;

	policy->done.happen = on_done;
	policy->timeout.happen = on_timeout;
	policy->overdue.happen = on_overdue;
	policy->wakeup.happen = on_wakeup;
	policy->needed = true;
	sim_policy_take(sim, sim_cpu_take_idle(sim, NULL, -1), true);
}
