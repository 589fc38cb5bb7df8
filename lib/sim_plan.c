// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_plan.c - what happens at a given time: CPUs come and go, tasks get another nice value. */
#include "sim.h"

static bool has_online(const struct sim *sim, uint32_t mask)
{
	int cpu;

	for (cpu = 0; cpu < sim->s->nr_cpus; cpu++)
		if (sim->cpus[cpu].online && sim_in_mask(sim->load.masks[mask].words, cpu))
			return true;
	return false;
}

/* As in the kernel, a task that may run nowhere may run anywhere from then on. */
uint32_t sim_usable_mask(const struct sim *sim, uint32_t mask)
{
	return has_online(sim, mask) ? mask : 0;
}

static void free_tasks(struct sim *sim)
{
	uint32_t i, mask;

	for (i = 0; i < sim->load.nr_tasks; i++) {
		if (sim->tasks[i].state == SIM_GONE)
			continue;
		mask = sim_usable_mask(sim, sim->tasks[i].mask);
		if (mask != sim->tasks[i].mask)
			sim_task_set_mask(sim, &sim->tasks[i], mask);
	}
}

/* What it leaves in its queue is for any CPU. */
static void hand_over(struct sim *sim, int cpu)
{
	struct sim_queue *q = &sim->cpus[cpu].queue;
	struct sim_task *t;
	uint64_t vtime;

	while (q->nr) {
		vtime = scxu_heap_first(&q->heaps[0])->key;
		t = sim_queue_take(sim, q, cpu);
		sim_queue_insert(sim, vtime ? &sim->any_vtime : &sim->any, t, vtime,
				 t->placed_slice_ns, false);
		sim_cpu_kick_idle(sim, t, NULL);
	}
}

static void on_plug(struct sim *sim, struct sim_event *ev)
{
	struct sim_plug *plug = scxu_container_of(ev, struct sim_plug, ev);

	sim_cpu_set_online(sim, plug->cpu, plug->online);
	sim_note_cpu(sim, plug->online ? SCXU_EVENT_CPU_ONLINE : SCXU_EVENT_CPU_OFFLINE, plug->cpu);
	if (plug->online) {
		sim_cpu_look(sim, plug->cpu);
		return;
	}
	hand_over(sim, plug->cpu);
	free_tasks(sim);
}

static void on_renice(struct sim *sim, struct sim_event *ev)
{
	const struct sim_renice *renice = scxu_container_of(ev, struct sim_renice, ev);
	const struct sim_group *group = &sim->load.groups[renice->group];
	uint32_t i;

	for (i = 0; i < group->nr_tasks; i++) {
		sim->tasks[group->first_task + i].reniced = true;
		sim_task_set_nice(sim, &sim->tasks[group->first_task + i], renice->nice);
	}
}

void sim_plan_init(struct sim *sim)
{
	struct sim_renice *renice = sim->load.renices;
	struct sim_plug *plug;

	for (plug = sim->load.plugs; plug < sim->load.plugs + sim->load.nr_plugs; plug++) {
		plug->ev.happen = on_plug;
		sim_at(sim, &plug->ev, SIM_START_NS + plug->at_ns);
	}
	for (; renice < sim->load.renices + sim->load.nr_renices; renice++) {
		renice->ev.happen = on_renice;
		sim_at(sim, &renice->ev, SIM_START_NS + renice->at_ns);
	}
}
