// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_task.c - tasks of the simulator: what they do by their script, and how they wake up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define MIN_NICE (-20)
#define PID_BASE 1000
#define MAX_STEPS 1000000 /* of a task, without time */

/* The kernel's sched_prio_to_weight. */
static uint32_t weight_of(int nice)
{
	static const uint32_t weights[] = {
		88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
		9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
		1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
		110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
	};
	uint32_t weight = (weights[nice - MIN_NICE] * SCXU_WEIGHT_DEFAULT + 512) / 1024;

	return weight ?: 1;
}

static bool can_announce(struct sim *sim, const struct sim_task *t, int cpu)
{
	bool has_slot = t->view.slot < sim->s->opts.max_tasks;

	if (has_slot && sim_note_has_room(sim, cpu))
		return true;
	sim->stats.nr_no_slot += !has_slot;
	sim->stats.nr_ring_full += has_slot;
	return false;
}

/* It is in custody from here on. */
void sim_task_enqueue(struct sim *sim, struct sim_task *t, uint32_t flags, int cpu)
{
	struct scxu_task *view = &t->view;

	view->flags = flags;
	view->enqueue_ns = sim->now_ns;
	if (sim->fallback.on || !can_announce(sim, t, cpu)) {
		sim_fallback_insert(sim, t, flags & SCXU_TASK_WAKEUP);
		return;
	}
	view->generation++;
	t->state = SIM_CUSTODY;
	scxu_list_push(&sim->custody, &t->item);
	sim->stats.nr_enqueued++;
	sim_guard_wake(sim);
	sim_note(sim, SCXU_EVENT_ENQUEUE, t, cpu, 0);
	if (flags & SCXU_TASK_WAKEUP)
		sim_policy_hurry(sim, view->cpu);
}

/* An idle CPU takes it at once, unless the policy wants to be asked. */
static void wake_up(struct sim *sim, struct sim_task *t, int waker_cpu)
{
	const struct sim_task *waker = sim->cpus[waker_cpu].curr;
	int cpu = -1;

	t->view.waker_cpu = waker_cpu;
	t->view.waker_pid = waker ? waker->view.pid : 0;
	t->ready_ns = sim->now_ns;
	t->woken = true;
	sim_note(sim, SCXU_EVENT_RUNNABLE, t, t->view.cpu, 0);
	if (!(sim->s->opts.flags & SCXU_FULL_USER) || sim->fallback.on)
		cpu = sim_cpu_take_idle(sim, t, t->view.cpu);
	if (cpu < 0) {
		sim_task_enqueue(sim, t, SCXU_TASK_WAKEUP, waker_cpu);
		return;
	}
	sim->stats.nr_idle_shortcut++;
	sim_cpu_insert_local(sim, t, cpu, sim->s->opts.slice_us * NSEC_PER_USEC);
	sim_cpu_look(sim, cpu);
}

static void on_wake(struct sim *sim, struct sim_event *ev)
{
	struct sim_task *t = scxu_container_of(ev, struct sim_task, wake);

	wake_up(sim, t, t->view.cpu);
}

/* All that sleep under that name now. As with rt-app, nobody who comes later is. */
static void resume(struct sim *sim, uint32_t name, int cpu)
{
	uint32_t nr = sim->suspended[name].nr;
	struct sim_task *t;

	for (; nr; nr--) {
		t = scxu_container_of(scxu_list_pop(&sim->suspended[name]), struct sim_task, item);
		sim->nr_suspended--;
		wake_up(sim, t, cpu);
	}
}

static void suspend(struct sim *sim, struct sim_task *t, uint32_t name)
{
	scxu_list_push(&sim->suspended[name], &t->item);
	sim->nr_suspended++;
}

/* Where it waits it comes again, as in the kernel. */
static void come_again(struct sim *sim, struct sim_task *t)
{
	if (t->state == SIM_QUEUED) {
		sim_queue_remove(t);
	} else if (t->state == SIM_CUSTODY) {
		scxu_list_remove(&t->item);
		sim->stats.nr_withdrawn++;
		sim_note(sim, SCXU_EVENT_WITHDRAW, t, t->view.cpu, SCXU_WITHDRAW_DEQUEUE);
	} else {
		return;
	}
	sim_task_enqueue(sim, t, t->view.flags & SCXU_TASK_WAKEUP, t->view.cpu);
}

/* Where it runs its CPU sees to that. */
void sim_task_set_mask(struct sim *sim, struct sim_task *t, uint32_t mask)
{
	if (mask == t->mask)
		return;
	t->mask = mask;
	t->view.nr_cpus_allowed = sim->load.masks[mask].nr_cpus;
	sim_note(sim, SCXU_EVENT_CPUMASK, t, t->view.cpu, 0);
	come_again(sim, t);
}

void sim_task_set_nice(struct sim *sim, struct sim_task *t, int nice)
{
	uint32_t weight = weight_of(nice);

	if (nice == t->view.nice || t->state == SIM_GONE)
		return;
	t->view.nice = nice;
	t->view.weight = weight;
	sim_note(sim, SCXU_EVENT_WEIGHT, t, t->view.cpu, weight);
	come_again(sim, t);
}

static void set_cgroup(struct sim *sim, struct sim_task *t, uint64_t id)
{
	if (id == t->view.cgroup_id)
		return;
	t->view.cgroup_id = id;
	sim_note(sim, SCXU_EVENT_CGROUP, t, t->view.cpu, id);
}

static void begin_phase(struct sim *sim, struct sim_task *t)
{
	const struct sim_phase *phase = &t->group->phases[t->phase];

	t->phase_loops_left = phase->nr_loops;
	t->step = 0;
	if (!t->reniced)
		sim_task_set_nice(sim, t, phase->nice);
	sim_task_set_mask(sim, t, sim_usable_mask(sim, phase->mask));
	set_cgroup(sim, t, phase->cgroup + 1);
}

/* From the end of a phase to what follows. False after the last one. */
static bool next_phase(struct sim *sim, struct sim_task *t)
{
	const struct sim_group *group = t->group;

	if (t->phase_loops_left != SIM_FOREVER && --t->phase_loops_left == 0) {
		if (++t->phase == group->nr_phases) {
			t->phase = 0;
			if (t->loops_left != SIM_FOREVER && --t->loops_left == 0)
				return false;
		}
		begin_phase(sim, t);
	}
	t->step = 0;
	return true;
}

/* False if the time has passed already. */
static bool wait_for_timer(struct sim *sim, struct sim_task *t, const struct sim_step *step)
{
	uint64_t *due_ns = &t->timers[step->timer];

	*due_ns = (*due_ns ?: SIM_START_NS + t->group->delay_ns) + step->ns;
	if (*due_ns > sim->now_ns) {
		sim_at(sim, &t->wake, *due_ns);
		return true;
	}
	if (!step->absolute)
		*due_ns = sim->now_ns;
	return false;
}

static enum sim_next do_step(struct sim *sim, struct sim_task *t, const struct sim_step *step,
			     bool *goes_on)
{
	switch (step->type) {
	case SIM_RUN:
		t->left_ns = step->ns;
		*goes_on = !step->ns;
		return SIM_NEXT_RUN;
	case SIM_SLEEP:
		*goes_on = !step->ns;
		if (step->ns)
			sim_at(sim, &t->wake, sim->now_ns + step->ns);
		return SIM_NEXT_SLEEP;
	case SIM_TIMER:
		*goes_on = !wait_for_timer(sim, t, step);
		return SIM_NEXT_SLEEP;
	case SIM_YIELD:
		return SIM_NEXT_YIELD;
	case SIM_SUSPEND:
		suspend(sim, t, step->name);
		return SIM_NEXT_SLEEP;
	case SIM_RESUME:
		resume(sim, step->name, t->view.cpu);
		*goes_on = true;
	}
	return SIM_NEXT_RUN;
}

/* It runs, and has done all that it had to: what now? */
enum sim_next sim_task_go_on(struct sim *sim, struct sim_task *t)
{
	const struct sim_phase *phase;
	enum sim_next next;
	bool goes_on;
	uint32_t nr;

	for (nr = 0; nr < MAX_STEPS; nr++) {
		phase = &t->group->phases[t->phase];
		if (t->step == phase->nr_steps) {
			if (!next_phase(sim, t))
				return SIM_NEXT_EXIT;
			if (!sim_may_run_on(sim, t, t->view.cpu))
				return SIM_NEXT_MOVE;
			continue;
		}
		goes_on = false;
		next = do_step(sim, t, &phase->steps[t->step++], &goes_on);
		if (!goes_on)
			return next;
	}
	sim_fail(sim, "a task does a million things in no time");
	return SIM_NEXT_EXIT;
}

static void check_alive(struct sim *sim)
{
	if (!sim->nr_alive)
		sim_stop(sim, "all tasks have ended");
	else if (sim->nr_suspended == sim->nr_alive)
		sim_stop(sim, "all tasks are suspended");
}

void sim_task_leaves(struct sim *sim, struct sim_task *t, enum sim_next how)
{
	int cpu = t->view.cpu;

	t->view.nr_switches++;
	t->view.exec_awake_ns = 0;
	t->state = how == SIM_NEXT_SLEEP ? SIM_ASLEEP : SIM_GONE;
	if (how == SIM_NEXT_EXIT) {
		sim->stats.nr_tasks--;
		sim->nr_alive--;
	}
	sim_note(sim, how == SIM_NEXT_SLEEP ? SCXU_EVENT_SLEEP : SCXU_EVENT_EXIT, t, cpu, 0);
	check_alive(sim);
}

/* One that is online, all of them in turn. */
static int nth_allowed(const struct sim *sim, const struct sim_mask *mask, uint32_t n)
{
	int cpu = -1;

	for (n = n % mask->nr_cpus + 1; n; n--)
		do
			cpu = (cpu + 1) % sim->s->nr_cpus;
		while (!sim_in_mask(mask->words, cpu) || !sim->cpus[cpu].online);
	return cpu;
}

static void init_task(struct sim *sim, const struct sim_group *group, uint32_t nr, uint32_t slot)
{
	struct sim_task *t = &sim->tasks[slot];
	char comm[32];

	t->group = group;
	t->wake.happen = on_wake;
	t->loops_left = group->nr_loops;
	t->phase_loops_left = group->phases[0].nr_loops;
	t->mask = group->phases[0].mask;
	t->view = (struct scxu_task){
		.pid = PID_BASE + slot,
		.tgid = PID_BASE + slot,
		.slot = slot,
		.id = slot + 1,
		.weight = weight_of(group->phases[0].nice),
		.nice = group->phases[0].nice,
		.nr_cpus_allowed = sim->load.masks[t->mask].nr_cpus,
		.cgroup_id = group->phases[0].cgroup + 1,
		.node = -1,
		.llc = -1,
	};
	t->view.cpu = nth_allowed(sim, &sim->load.masks[t->mask], slot);
	snprintf(comm, sizeof(comm), "%.15s-%u", group->name, nr);
	memcpy(t->view.comm, comm, sizeof(t->view.comm) - 1);
	sim_at(sim, &t->wake, SIM_START_NS + group->delay_ns);
}

static uint32_t nr_timers_of_all(const struct sim *sim)
{
	uint32_t nr = 0, i;

	for (i = 0; i < sim->load.nr_groups; i++)
		nr += sim->load.groups[i].nr_tasks * sim->load.groups[i].nr_timers;
	return nr;
}

int sim_task_init(struct sim *sim)
{
	uint32_t i, nr, slot = 0, timer = 0;
	const struct sim_group *group;

	sim->tasks = calloc(sim->load.nr_tasks, sizeof(*sim->tasks));
	sim->suspended = calloc(sim->load.nr_names + 1, sizeof(*sim->suspended));
	sim->timers = calloc(nr_timers_of_all(sim) + 1, sizeof(*sim->timers));
	if (!sim->tasks || !sim->suspended || !sim->timers)
		return -ENOMEM;
	for (i = 0; i < sim->load.nr_groups; i++) {
		group = &sim->load.groups[i];
		for (nr = 0; nr < group->nr_tasks; nr++) {
			sim->tasks[slot].timers = sim->timers + timer;
			timer += group->nr_timers;
			init_task(sim, group, nr, slot++);
		}
	}
	sim->nr_alive = slot;
	sim->stats.nr_tasks = slot;
	return 0;
}
