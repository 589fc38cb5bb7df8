// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * replay_compare.c - the decisions of a policy beside those of the recording.
 *
 * Decisions are compared by enqueue, that is slot and generation, whichever comes first. An enqueue
 * is closed when the slot is enqueued again, or at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define BIT(kind) (1U << (kind))

const char *const replay_kinds[REPLAY_NR_KINDS] = {
	[REPLAY_CPU] = "CPU",         [REPLAY_SLICE] = "slice",           [REPLAY_VTIME] = "vtime",
	[REPLAY_FLAGS] = "flags",     [REPLAY_QUEUE] = "queue",           [REPLAY_ROUND] = "round",
	[REPLAY_MISSING] = "missing", [REPLAY_ADDITIONAL] = "additional",
};

bool replay_grow(void **array, size_t nr, size_t *capacity, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : 64;
	void *larger;

	if (nr < *capacity)
		return true;
	larger = reallocarray(*array, more, size);
	if (!larger)
		return false;
	*array = larger;
	*capacity = more;
	return true;
}

int replay_compare_init(struct replay_compare *c, uint32_t nr_slots)
{
	*c = (struct replay_compare){ .nr_slots = nr_slots };
	c->slots = calloc(nr_slots, sizeof(*c->slots));
	return c->slots ? 0 : -ENOMEM;
}

void replay_compare_free(struct replay_compare *c)
{
	free(c->slots);
	free(c->made.tasks);
	free(c->places);
	free(c->commands_recorded.commands);
	free(c->commands_made.commands);
}

static struct replay_slot *slot_of(struct replay_compare *c, uint32_t slot)
{
	return &c->slots[slot & (c->nr_slots - 1)];
}

static void show(struct replay_compare *c, const struct replay_slot *e, uint32_t kinds)
{
	struct replay_difference *diff = &c->shown[c->nr_shown];

	if (c->nr_shown == REPLAY_MAX_SHOWN)
		return;
	*diff = (struct replay_difference){
		.kinds = kinds,
		.time_ns = e->enqueue_ns - c->first_ns,
		.round = e->round,
		.pid = e->pid,
		.recorded = e->recorded,
		.made = e->made,
	};
	memcpy(diff->comm, e->comm, sizeof(diff->comm));
	c->nr_shown++;
}

static void count(struct replay_compare *c, const struct replay_slot *e, uint32_t kinds)
{
	int kind;

	if (!kinds) {
		c->nr_same++;
		return;
	}
	if (!(kinds & (BIT(REPLAY_MISSING) | BIT(REPLAY_ADDITIONAL))))
		c->nr_different++;
	for (kind = 0; kind < REPLAY_NR_KINDS; kind++)
		c->nr_of_kind[kind] += kinds >> kind & 1;
	show(c, e, kinds);
}

static uint32_t differences(const struct replay_compare *c, const struct replay_slot *e)
{
	const struct scxu_dispatch *a = &e->recorded, *b = &e->made;
	uint32_t kinds = 0;

	if (a->cpu != b->cpu)
		kinds |= BIT(REPLAY_CPU);
	if ((a->slice_ns ?: c->recorded_slice_ns) != (b->slice_ns ?: c->slice_ns))
		kinds |= BIT(REPLAY_SLICE);
	if (a->vtime != b->vtime)
		kinds |= BIT(REPLAY_VTIME);
	if (a->flags != b->flags)
		kinds |= BIT(REPLAY_FLAGS);
	if (a->queue != b->queue)
		kinds |= BIT(REPLAY_QUEUE);
	if (e->recorded_round != e->made_round && e->nr_gaps == c->nr_gaps)
		kinds |= BIT(REPLAY_ROUND);
	return kinds;
}

/* What one side alone has decided is known only now. */
static void close_slot(struct replay_compare *c, struct replay_slot *e, bool whole)
{
	if (!e->open)
		return;
	e->open = false;
	if (!e->nr_recorded && !e->nr_made)
		c->nr_undecided++;
	else if (!e->nr_recorded && (e->nr_gaps != c->nr_gaps || !whole))
		c->nr_unknown++;
	else if (!e->nr_made)
		count(c, e, BIT(REPLAY_MISSING));
	else if (!e->nr_recorded)
		count(c, e, BIT(REPLAY_ADDITIONAL));
	if (!e->nr_recorded != !e->nr_made ||
	    (e->nr_made &&
	     (e->recorded.cookie != e->made.cookie || e->recorded.vtime != e->made.vtime)))
		e->other_words = true;
	if (e->nr_made) {
		e->cookie = e->made.cookie;
		e->vtime = e->made.vtime;
	}
}

/* The policy has to find its own words in the task, not those of the one that was recorded. */
void replay_enqueued(struct replay_compare *c, struct scxu_task *t)
{
	struct replay_slot *e = slot_of(c, t->slot);

	close_slot(c, e, true);
	if (e->id != t->id) {
		e->other_words = false;
		e->cookie = e->vtime = 0;
	}
	if (e->other_words) {
		t->cookie = e->cookie;
		t->vtime = e->vtime;
	}
	c->nr_enqueues++;
	e->open = true;
	e->id = t->id;
	e->generation = t->generation;
	e->nr_recorded = e->nr_made = 0;
	e->nr_gaps = c->nr_gaps;
	e->enqueue_ns = t->enqueue_ns;
	e->round = c->nr_rounds;
	e->pid = t->pid;
	memset(&e->recorded, 0, sizeof(e->recorded));
	memset(&e->made, 0, sizeof(e->made));
	memcpy(e->comm, t->comm, sizeof(e->comm));
}

static struct replay_slot *find(struct replay_compare *c, const struct scxu_dispatch *d)
{
	struct replay_slot *e = slot_of(c, d->slot);

	return e->open && e->generation == d->generation ? e : NULL;
}

/* A second decision for the same enqueue does nothing. */
void replay_recorded(struct replay_compare *c, const struct scxu_dispatch *d)
{
	struct replay_slot *e = find(c, d);

	c->nr_recorded++;
	if (!e || e->nr_recorded++) {
		c->nr_stale_recorded++;
		return;
	}
	e->recorded = *d;
	e->recorded_round = c->nr_rounds;
	e->place = c->nr_recorded_in_round++;
	if (e->nr_made)
		count(c, e, differences(c, e));
}

static void note_order(struct replay_compare *c, const struct scxu_dispatch *d)
{
	struct replay_order *o = &c->made;

	if (!replay_grow((void **)&o->tasks, o->nr, &o->capacity, sizeof(*o->tasks))) {
		c->no_memory = true;
		return;
	}
	o->tasks[o->nr].slot = d->slot;
	o->tasks[o->nr++].generation = d->generation;
}

void replay_made(struct replay_compare *c, const struct scxu_dispatch *d)
{
	struct replay_slot *e = find(c, d);

	c->nr_made++;
	if (!e || e->nr_made++) {
		c->nr_stale_made++;
		return;
	}
	e->made = *d;
	e->made_round = c->nr_rounds;
	note_order(c, d);
	if (e->nr_recorded)
		count(c, e, differences(c, e));
}

static void note_command(struct replay_compare *c, struct replay_commands *to,
			 const struct scxu_command *command)
{
	if (!replay_grow((void **)&to->commands, to->nr, &to->capacity, sizeof(*to->commands))) {
		c->no_memory = true;
		return;
	}
	to->commands[to->nr++] = *command;
}

void replay_recorded_command(struct replay_compare *c, const struct scxu_command *command)
{
	c->nr_commands_recorded++;
	note_command(c, &c->commands_recorded, command);
}

void replay_made_command(struct replay_compare *c, const struct scxu_command *command)
{
	c->nr_commands_made++;
	note_command(c, &c->commands_made, command);
}

static bool same_command(const struct scxu_command *a, const struct scxu_command *b)
{
	return a->op == b->op && a->flags == b->flags && a->slot == b->slot &&
	       a->generation == b->generation && a->cpu == b->cpu && a->slice_ns == b->slice_ns &&
	       a->vtime == b->vtime;
}

static void compare_commands(struct replay_compare *c)
{
	size_t i;

	for (i = 0; i < c->commands_recorded.nr && i < c->commands_made.nr; i++)
		c->nr_commands_same += same_command(&c->commands_recorded.commands[i],
						    &c->commands_made.commands[i]);
	c->commands_recorded.nr = c->commands_made.nr = 0;
}

/* Where @place goes among the ends of ascending runs, the first of each length: all are sorted. */
static size_t run_of(const size_t *ends, size_t nr, size_t place)
{
	size_t low = 0, high = nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (ends[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Of the decisions that both sides gave in this round: how many must move to have the same order.
 * That is all but the longest run that is in order already.
 */
static void compare_order(struct replay_compare *c)
{
	const struct replay_slot *e;
	size_t i, run, longest = 0, nr = 0;

	while (c->nr_places < c->made.nr && !c->no_memory)
		if (!replay_grow((void **)&c->places, c->nr_places, &c->nr_places,
				 sizeof(*c->places)))
			c->no_memory = true;
	for (i = 0; i < c->made.nr && !c->no_memory; i++) {
		e = slot_of(c, c->made.tasks[i].slot);
		if (e->generation != c->made.tasks[i].generation || !e->nr_recorded ||
		    e->recorded_round != c->nr_rounds)
			continue;
		run = run_of(c->places, longest, e->place);
		c->places[run] = e->place;
		if (run == longest)
			longest++;
		nr++;
	}
	c->nr_other_order += nr - longest;
}

void replay_end_round(struct replay_compare *c)
{
	compare_order(c);
	compare_commands(c);
	c->made.nr = 0;
	c->nr_recorded_in_round = 0;
	c->nr_rounds++;
}

void replay_finish(struct replay_compare *c, bool whole)
{
	uint32_t slot;

	for (slot = 0; slot < c->nr_slots; slot++)
		close_slot(c, &c->slots[slot], whole);
}
