// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_cpu.c - CPUs of the simulator: steps 7 and 8, in the order of preference of bpf/main.bpf.c. */
#include <errno.h>
#include <stdlib.h>

#include "sim.h"
#include "topology.h"

enum { KIND_ANY, KIND_CPU, KIND_ANY_VTIME, NR_KINDS };

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set_idle(struct sim *sim, int cpu, bool idle)
{
	uint64_t bit = UINT64_C(1) << (cpu % 64);

	sim->cpus[cpu].idle = idle;
	if (idle)
		sim->idle[cpu / 64] |= bit;
	else
		sim->idle[cpu / 64] &= ~bit;
}

static int first_idle(const struct sim *sim, const uint64_t *allowed, const uint64_t *among)
{
	uint64_t word;
	int i;

	for (i = 0; i < sim->nr_words; i++) {
		word = sim->idle[i] & allowed[i] & (among ? among[i] : UINT64_MAX);
		if (word)
			return i * 64 + __builtin_ctzll(word);
	}
	return -1;
}

/*
 * An idle CPU for @t, best @near, then one that shares its cache; -1 = none. As in the kernel it does
 * not count as idle from here on, though it has yet to look.
 */
int sim_cpu_take_idle(struct sim *sim, const struct sim_task *t, int near)
{
	const uint64_t *allowed = sim->load.masks[t ? t->mask : 0].words;
	int cpu = -1;

	if (near >= 0 && sim->cpus[near].idle && sim_in_mask(allowed, near))
		cpu = near;
	if (cpu < 0 && near >= 0 && sim->cpus[near].llc >= 0)
		cpu = first_idle(sim, allowed, sim->llcs[sim->cpus[near].llc]);
	if (cpu < 0)
		cpu = first_idle(sim, allowed, NULL);
	if (cpu >= 0)
		set_idle(sim, cpu, false);
	return cpu;
}

/* Wake one that can take @t, of those in @among; NULL = of all. */
void sim_cpu_kick_idle(struct sim *sim, const struct sim_task *t, const uint64_t *among)
{
	const uint64_t *allowed = sim->load.masks[t->mask].words;
	int cpu = among ? first_idle(sim, allowed, among) : sim_cpu_take_idle(sim, t, t->view.cpu);

	if (cpu >= 0)
		sim_cpu_look(sim, cpu);
}

/* Charge the time since the last look to what runs. */
void sim_cpu_account(struct sim *sim, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	uint64_t ran_ns = sim->now_ns - c->since_ns;
	struct sim_task *t = c->curr;

	c->since_ns = sim->now_ns;
	if (c->policy_runs)
		c->policy_ns += ran_ns;
	if (!t)
		return;
	c->busy_ns += ran_ns;
	t->view.exec_ns += ran_ns;
	t->view.exec_run_ns += ran_ns;
	t->view.exec_awake_ns += ran_ns;
	t->left_ns -= smaller(ran_ns, t->left_ns);
	t->slice_ns -= smaller(ran_ns, t->slice_ns);
}

static void run_on(struct sim *sim, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];

	sim_at(sim, &c->stop, sim->now_ns + smaller(c->curr->left_ns, c->curr->slice_ns));
}

static void count_run(struct sim *sim, struct sim_task *t, int cpu)
{
	uint64_t waited_ns = sim->now_ns - t->ready_ns;

	t->nr_migrations += t->waits.nr && t->view.cpu != cpu;
	sim_times_add(&t->waits, waited_ns);
	if (t->woken) {
		sim_times_add(&t->wakeups, waited_ns);
		sim_trace_wakeup(sim, cpu, t);
	}
	t->woken = false;
}

/* Step 8: it runs. What it has to do first may be to leave again: then the stop is at once. */
static void begin_run(struct sim *sim, int cpu, struct sim_task *t)
{
	struct sim_cpu *c = &sim->cpus[cpu];

	count_run(sim, t, cpu);
	t->state = SIM_RUNNING;
	t->view.cpu = cpu;
	t->run_begin_ns = sim->now_ns;
	t->view.start_ns = sim->now_ns;
	t->view.exec_run_ns = 0;
	sim_fallback_running(sim, t);
	c->curr = t;
	c->since_ns = sim->now_ns;
	run_on(sim, cpu);
}

/* While all of @cpus are offline any CPU does. */
static bool serves(const struct sim *sim, int cpu, const uint64_t *cpus)
{
	int other;

	if (sim_in_mask(cpus, cpu))
		return true;
	for (other = 0; sim->load.nr_plugs && other < sim->s->nr_cpus; other++)
		if (sim->cpus[other].online && sim_in_mask(cpus, other))
			return false;
	return sim->load.nr_plugs;
}

/* From the policy's own queues in turn. */
static struct sim_task *take_own(struct sim *sim, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	struct sim_task *t = NULL;
	uint32_t i, nr;

	for (i = 0; i < sim->nr_own && !t; i++) {
		nr = (c->next_own + i) % sim->nr_own;
		if (!serves(sim, cpu, sim->own_cpus[nr]))
			continue;
		t = sim_queue_take(sim, &sim->own[nr], cpu);
		if (t)
			c->next_own = nr + 1;
	}
	return t;
}

/* From each kind of queue in turn, so that none starves. */
static struct sim_task *take_placed(struct sim *sim, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	struct sim_queue *queues[NR_KINDS] = {
		[KIND_ANY] = &sim->any,
		[KIND_CPU] = &c->queue,
		[KIND_ANY_VTIME] = &sim->any_vtime,
	};
	struct sim_task *t = NULL;
	uint32_t i, kind;

	if (sim->nr_own && c->turn & 1)
		t = take_own(sim, cpu);
	for (i = 0; i < NR_KINDS && !t; i++) {
		kind = (c->kind + i) % NR_KINDS;
		t = sim_queue_take(sim, queues[kind], cpu);
	}
	if (t)
		c->kind = (c->kind + 1) % NR_KINDS;
	if (!t && sim->nr_own)
		t = take_own(sim, cpu);
	return t;
}

static struct sim_task *take_local(struct sim_cpu *c)
{
	struct scxu_list_item *item = scxu_list_pop(&c->local);

	return item ? scxu_container_of(item, struct sim_task, item) : NULL;
}

static bool is_policy_turn(struct sim *sim, int cpu)
{
	struct sim_policy *policy = &sim->policy;
	struct sim_cpu *c = &sim->cpus[cpu];
	bool preempting = policy->preempting;

	policy->preempting = false;
	return (preempting || (!(c->turn & 3) && sim_policy_overdue(sim))) &&
	       sim_policy_take(sim, cpu, false);
}

/* Step 7: the next task; NULL if there is none, or if the policy's thread is next. */
static struct sim_task *dispatch(struct sim *sim, int cpu, const struct sim_task *prev)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	struct sim_task *t = NULL;

	c->turn++;
	if (c->urgent)
		t = sim_queue_take(sim, &c->queue, cpu);
	c->urgent = false;
	if (t || is_policy_turn(sim, cpu))
		return t;
	if (!(c->turn & 3))
		t = sim_fallback_take(sim, cpu);
	if (!t)
		t = take_placed(sim, cpu);
	if (!t && !sim->fallback.on && sim_policy_take(sim, cpu, !prev))
		return NULL;
	if (!t)
		t = sim_fallback_take(sim, cpu);
	if (!t)
		sim_policy_take(sim, cpu, !prev);
	return t;
}

/* It would go on. @next: why it does not. */
static void put_back(struct sim *sim, struct sim_task *prev, int cpu, enum sim_next next)
{
	bool preempted = next != SIM_NEXT_YIELD && prev->slice_ns;

	sim_trace_task(sim, cpu, prev);
	prev->ready_ns = prev->view.stop_ns = sim->now_ns;
	prev->view.nr_preemptions++;
	if (next != SIM_NEXT_YIELD)
		sim_note(sim, SCXU_EVENT_PREEMPT, prev, cpu, prev->slice_ns);
	sim_task_enqueue(sim, prev, preempted ? SCXU_TASK_PREEMPTED : 0, cpu);
}

/* What runs, if anything does, gives way to another one, if there is any. */
static void schedule(struct sim *sim, int cpu, enum sim_next why)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	struct sim_task *prev = c->curr, *next;

	if (!c->online)
		return;
	sim_cancel(&c->stop);
	c->preempt = false;
	next = take_local(c) ?: dispatch(sim, cpu, prev);
	if (next) {
		next->slice_ns = next->placed_slice_ns;
	} else if (prev && !c->policy_runs && sim_may_run_on(sim, prev, cpu)) {
		prev->slice_ns = sim->s->opts.slice_us * NSEC_PER_USEC;
		run_on(sim, cpu);
		return;
	}
	c->curr = NULL;
	c->since_ns = sim->now_ns;
	set_idle(sim, cpu, !next && !c->policy_runs);
	if (prev)
		put_back(sim, prev, cpu, why);
	if (next)
		begin_run(sim, cpu, next);
}

void sim_cpu_schedule(struct sim *sim, int cpu)
{
	schedule(sim, cpu, SIM_NEXT_RUN);
}

/* Its slice has ended, or what it had to do. */
static void on_stop(struct sim *sim, struct sim_event *ev)
{
	struct sim_cpu *c = scxu_container_of(ev, struct sim_cpu, stop);
	enum sim_next next = SIM_NEXT_RUN;
	struct sim_task *t = c->curr;
	int cpu = c - sim->cpus;

	sim_cpu_account(sim, cpu);
	if (!t->left_ns)
		next = sim_task_go_on(sim, t);
	if (next == SIM_NEXT_RUN && t->slice_ns) {
		run_on(sim, cpu);
		return;
	}
	if (next == SIM_NEXT_YIELD)
		sim_note(sim, SCXU_EVENT_YIELD, t, cpu, 0);
	if (next == SIM_NEXT_SLEEP || next == SIM_NEXT_EXIT) {
		c->curr = NULL;
		t->view.stop_ns = sim->now_ns;
		sim_trace_task(sim, cpu, t);
		sim_task_leaves(sim, t, next);
	}
	schedule(sim, cpu, next);
}

static void on_look(struct sim *sim, struct sim_event *ev)
{
	struct sim_cpu *c = scxu_container_of(ev, struct sim_cpu, look);
	int cpu = c - sim->cpus;

	if (c->policy_runs || (c->curr && !c->preempt) || !c->online)
		return;
	sim_cpu_account(sim, cpu);
	sim_cpu_schedule(sim, cpu);
}

/* An idle one has something to do from here on, as far as others know. */
void sim_cpu_look(struct sim *sim, int cpu)
{
	if (sim->cpus[cpu].idle)
		set_idle(sim, cpu, false);
	if (!sim->cpus[cpu].look.item.heap)
		sim_at(sim, &sim->cpus[cpu].look, sim->now_ns);
}

void sim_cpu_preempt(struct sim *sim, int cpu)
{
	sim->cpus[cpu].preempt = true;
	sim_cpu_look(sim, cpu);
}

/* What it runs has to go elsewhere. The policy's thread may end its round first. */
static void leave(struct sim *sim, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];
	struct sim_task *t = c->curr;

	set_idle(sim, cpu, false);
	sim_cancel(&c->stop);
	c->curr = NULL;
	if (t)
		put_back(sim, t, cpu, SIM_NEXT_RUN);
	while ((t = take_local(c)))
		sim_task_enqueue(sim, t, 0, cpu);
}

void sim_cpu_set_online(struct sim *sim, int cpu, bool online)
{
	sim_cpu_account(sim, cpu);
	sim->cpus[cpu].online = online;
	sim_fallback_add_cpu(sim, cpu, online ? 1 : -1);
	if (online)
		set_idle(sim, cpu, true);
	else
		leave(sim, cpu);
}

void sim_cpu_insert_local(struct sim *sim, struct sim_task *t, int cpu, uint64_t slice_ns)
{
	t->state = SIM_LOCAL;
	t->placed_slice_ns = slice_ns;
	scxu_list_push(&sim->cpus[cpu].local, &t->item);
}

static int init_cpu(struct sim *sim, int cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };
	struct sim_cpu *c = &sim->cpus[cpu];

	c->llc = c->node = -1;
	c->since_ns = SIM_START_NS;
	c->stop.happen = on_stop;
	c->look.happen = on_look;
	if (scxu_topology_get_cpu(sim->s->topology, cpu, &info))
		return 0; /* a hole in the ids */
	c->online = info.flags & SCXU_CPU_ONLINE;
	c->llc = info.llc;
	c->node = info.node;
	if (c->llc >= 0)
		sim->llcs[c->llc][cpu / 64] |= UINT64_C(1) << (cpu % 64);
	set_idle(sim, cpu, c->online);
	if (c->online)
		sim_fallback_add_cpu(sim, cpu, 1);
	return sim_queue_init(&c->queue, 1);
}

int sim_cpu_init(struct sim *sim)
{
	int nr_llcs = scxu_topology_nr_llcs(sim->s->topology), i, err = 0;

	sim->cpus = calloc(sim->s->nr_cpus, sizeof(*sim->cpus));
	sim->idle = calloc(sim->nr_words, sizeof(*sim->idle));
	sim->llcs = calloc(nr_llcs + 1, sizeof(*sim->llcs));
	if (!sim->cpus || !sim->idle || !sim->llcs)
		return -ENOMEM;
	for (i = 0; i < nr_llcs; i++) {
		sim->llcs[i] = calloc(sim->nr_words, sizeof(**sim->llcs));
		if (!sim->llcs[i])
			return -ENOMEM;
	}
	for (i = 0; i < sim->s->nr_cpus && !err; i++)
		err = init_cpu(sim, i);
	return err;
}
