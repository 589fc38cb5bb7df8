// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_note.c - steps 2 and 3 in the simulator: what the policy is told, kept until it reads it. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static bool make_room(struct sim *sim)
{
	uint32_t nr = sim->nr_notes ? 2 * sim->nr_notes : 1024, i;
	struct sim_note *notes;

	if (sim->notes_tail - sim->notes_head < sim->nr_notes)
		return true;
	notes = malloc(nr * sizeof(*notes));
	if (!notes)
		return false;
	for (i = sim->notes_head; i != sim->notes_tail; i++)
		notes[i & (nr - 1)] = sim->notes[i & (sim->nr_notes - 1)];
	free(sim->notes);
	sim->notes = notes;
	sim->nr_notes = nr;
	return true;
}

static bool is_asked_for(const struct sim *sim, uint32_t type)
{
	return type == SCXU_EVENT_ENQUEUE || sim->s->opts.events & SCXU_EVENT_BIT(type);
}

bool sim_note_has_room(const struct sim *sim, int cpu)
{
	return sim->cpus[cpu].nr_announced < sim->opts.nr_ring;
}

/* Which of its CPU's rings it is in, of which each has its end. */
static uint32_t *ring_of(struct sim *sim, uint32_t type, int cpu)
{
	struct sim_cpu *c = &sim->cpus[cpu];

	return type == SCXU_EVENT_ENQUEUE ? &c->nr_announced : &c->nr_events;
}

static struct sim_note *add(struct sim *sim, uint32_t type, int cpu, uint64_t value)
{
	struct sim_note *note;

	if (type != SCXU_EVENT_ENQUEUE && sim->cpus[cpu].nr_events >= sim->s->opts.nr_events) {
		sim->nr_lost++;
		sim->stats.nr_events_lost++;
		return NULL;
	}
	++*ring_of(sim, type, cpu);
	if (!make_room(sim)) {
		sim_fail(sim, "out of memory");
		return NULL;
	}
	note = &sim->notes[sim->notes_tail++ & (sim->nr_notes - 1)];
	*note = (struct sim_note){
		.type = type,
		.cpu = cpu,
		.seq = sim->next_seq++,
		.time_ns = sim->now_ns,
		.value = value,
	};
	return note;
}

/* A task that waits for an answer is for the policy now; for all else the guard looks. */
void sim_note(struct sim *sim, uint32_t type, const struct sim_task *t, int cpu, uint64_t value)
{
	struct sim_note *note = is_asked_for(sim, type) ? add(sim, type, cpu, value) : NULL;

	if (!note)
		return;
	note->slot = t->view.slot;
	note->generation = t->view.generation;
	note->weight = t->view.weight;
	note->exec_ns = t->view.exec_ns;
	note->cookie = t->view.cookie;
	if (type == SCXU_EVENT_ENQUEUE) {
		sim_policy_call(sim, cpu);
		return;
	}
	sim->stats.nr_events++;
	sim->events_pending = true;
	sim_guard_wake(sim);
}

/* Of no task, but for its slot. */
static void note_other(struct sim *sim, uint32_t type, int cpu, uint64_t value, uint32_t slot,
		       uint32_t generation)
{
	struct sim_note *note = is_asked_for(sim, type) ? add(sim, type, cpu, value) : NULL;

	if (!note)
		return;
	note->slot = slot;
	note->generation = generation;
	sim->stats.nr_events++;
	sim->events_pending = true;
	sim_guard_wake(sim);
}

void sim_note_result(struct sim *sim, uint32_t slot, uint32_t generation, uint32_t result)
{
	note_other(sim, SCXU_EVENT_RESULT, sim->policy.cpu, result, slot, generation);
}

void sim_note_cpu(struct sim *sim, uint32_t type, int cpu)
{
	note_other(sim, type, cpu, 0, 0, 0);
}

void sim_note_fallback(struct sim *sim, uint32_t cause, uint64_t lasted_ns)
{
	bool asked = is_asked_for(sim, SCXU_EVENT_FALLBACK);
	struct sim_note *note = NULL;

	if (asked)
		note = add(sim, SCXU_EVENT_FALLBACK, sim->policy.cpu, cause);
	if (!note)
		return;
	note->exec_ns = lasted_ns;
	sim->stats.nr_events++;
	sim->events_pending = true;
	sim_guard_wake(sim);
}

static bool is_of_cpu(const struct sim_note *note)
{
	return note->type == SCXU_EVENT_CPU_ONLINE || note->type == SCXU_EVENT_CPU_OFFLINE;
}

/* Members that cost something on a real kernel are there only if they were asked for. */
static void fill_task(const struct sim *sim, const struct sim_task *t, struct scxu_task *to)
{
	uint32_t fields = sim->s->opts.fields;

	*to = t->view;
	if (!(fields & SCXU_FIELD_FLAGS))
		to->flags &= ~SCXU_TASK_PREEMPTED;
	if (!(fields & SCXU_FIELD_COMM))
		memset(to->comm, 0, sizeof(to->comm));
	if (!(fields & SCXU_FIELD_PRIORITY))
		to->nice = 0;
	if (!(fields & SCXU_FIELD_WAKER))
		to->waker_pid = to->waker_cpu = 0;
	if (!(fields & SCXU_FIELD_RUN))
		to->start_ns = to->stop_ns = to->exec_run_ns = to->exec_awake_ns =
			to->nr_preemptions = 0;
	if (fields & SCXU_FIELD_PLACE) {
		to->node = sim->cpus[to->cpu].node;
		to->llc = sim->cpus[to->cpu].llc;
	}
}

/* As it was when it was noted, or what it still is if it waits for an answer. */
static void fill_event(const struct sim *sim, const struct sim_note *note, struct scxu_event *ev)
{
	const struct sim_task *t = &sim->tasks[note->slot];

	memset(ev, 0, sizeof(*ev));
	ev->type = note->type;
	ev->cpu = note->cpu;
	ev->seq = note->seq;
	ev->time_ns = note->time_ns;
	ev->value[0] = note->value;
	if (note->type == SCXU_EVENT_ENQUEUE) {
		fill_task(sim, t, &ev->task);
		return;
	}
	if (note->type == SCXU_EVENT_FALLBACK) {
		ev->cpu = -1; /* the ring is that of some CPU */
		ev->value[1] = note->exec_ns;
		return;
	}
	ev->task.slot = note->slot;
	ev->task.generation = note->generation;
	if (note->type == SCXU_EVENT_RESULT || is_of_cpu(note))
		return;
	ev->task.pid = t->view.pid;
	ev->task.tgid = t->view.tgid;
	ev->task.id = t->view.id;
	ev->task.cpu = note->cpu;
	ev->task.weight = note->weight;
	ev->task.exec_ns = note->exec_ns;
	ev->task.cookie = note->cookie;
}

/* A task that was withdrawn meanwhile, or came again, has no answer to be given for this one. */
static bool is_over(const struct sim *sim, const struct sim_note *note)
{
	const struct sim_task *t = &sim->tasks[note->slot];

	return note->type == SCXU_EVENT_ENQUEUE &&
	       (t->state != SIM_CUSTODY || t->view.generation != note->generation);
}

static bool read_loss(struct sim *sim, struct scxu_event *ev)
{
	if (!sim->nr_lost)
		return false;
	*ev = (struct scxu_event){
		.type = SCXU_EVENT_LOST,
		.cpu = -1,
		.seq = sim->next_seq++,
		.time_ns = sim->now_ns,
		.value = { sim->nr_lost },
	};
	sim->nr_lost = 0;
	return true;
}

bool sim_read_note(struct sim *sim, struct scxu_event *ev)
{
	const struct sim_note *note;

	if (read_loss(sim, ev))
		return true;
	while (sim->notes_head != sim->notes_tail) {
		note = &sim->notes[sim->notes_head++ & (sim->nr_notes - 1)];
		--*ring_of(sim, note->type, note->cpu);
		if (is_over(sim, note))
			continue;
		fill_event(sim, note, ev);
		sim->policy.nr_read++;
		return true;
	}
	return false;
}

/* Tasks that wait for an answer stay, in their order. */
void sim_drop_notes(struct sim *sim)
{
	uint32_t i, to = sim->notes_head;
	const struct sim_note *note;

	for (i = sim->notes_head; i != sim->notes_tail; i++) {
		note = &sim->notes[i & (sim->nr_notes - 1)];
		if (note->type == SCXU_EVENT_ENQUEUE)
			sim->notes[to++ & (sim->nr_notes - 1)] = *note;
		else
			--*ring_of(sim, note->type, note->cpu);
	}
	sim->notes_tail = to;
	sim->nr_lost = 0;
}

bool sim_read_task(const struct sim *sim, uint32_t slot, struct scxu_task *to)
{
	if (slot >= sim->load.nr_tasks || sim->tasks[slot].state == SIM_GONE)
		return false;
	fill_task(sim, &sim->tasks[slot], to);
	return true;
}
