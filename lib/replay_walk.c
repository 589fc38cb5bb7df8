// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * replay_walk.c - through the records of a recording, with the policy.
 *
 * What it does takes us past the record of the same. A policy that does what the recorded one did
 * finds all as that did. For another one, what stands in between is taken note of on the way, so that
 * it reads the same tasks in the same rounds, and finds CPUs as they were when they were last looked
 * at.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static void forget(struct scxu *s)
{
	struct replay *r = replay_of(s);

	memset(r->idle, 0, s->nr_cpus * sizeof(*r->idle));
	memset(r->pids, 0, s->nr_cpus * sizeof(*r->pids));
	r->own_cpu = -1;
	r->behind_gap = true;
	r->compare.nr_gaps++;
	r->compare.nr_lost += r->next.nr;
}

static bool next_is_event(const struct replay *r)
{
	return replay_next_is(r, RECORD_TASK) || replay_next_is(r, RECORD_ENQUEUE) ||
	       replay_next_is(r, RECORD_EVENT);
}

static bool is_below(int number, int end)
{
	return number >= -1 && number < end;
}

/* Policies have tables by these numbers, which a kernel would never get wrong. */
static bool can_be(const struct scxu *s, const struct scxu_event *ev)
{
	const struct scxu_task *t = &ev->task;

	return t->slot < s->nr_slots && is_below(ev->cpu, s->nr_cpus) &&
	       is_below(t->cpu, s->nr_cpus) && is_below(t->waker_cpu, s->nr_cpus) &&
	       is_below(t->node, scxu_topology_nr_nodes(s->topology)) &&
	       is_below(t->llc, scxu_topology_nr_llcs(s->topology));
}

static bool read_next(struct scxu *s)
{
	struct replay *r = replay_of(s);

	r->more = record_read(&r->reader, &r->next);
	if ((next_is_event(r) || replay_next_is(r, RECORD_SLOT)) && !can_be(s, &r->next.event))
		r->more = record_refuse(&r->reader, "a task whose slot or CPU is not there");
	return r->more;
}

void replay_advance(struct scxu *s)
{
	struct replay *r = replay_of(s);

	r->behind_gap = false;
	do {
		r->nr_held = 0;
		if (read_next(s) && replay_next_is(r, RECORD_GAP))
			forget(s);
	} while (replay_next_is(r, RECORD_GAP) ||
		 (r->behind_gap && replay_next_is(r, RECORD_ANSWER)));
}

static bool next_is_answer_to_question(const struct replay *r)
{
	return replay_next_is(r, RECORD_CGROUP) ||
	       (r->more && r->next.type >= RECORD_IDLE && r->next.type <= RECORD_HISTOGRAMS);
}

/* A task that stands alone becomes an event as well. */
static void take_event(struct replay *r, struct scxu_event *ev)
{
	struct replay_compare *c = &r->compare;

	*ev = r->next.event;
	scxu_make_printable(ev->task.comm, sizeof(ev->task.comm));
	if (r->next.type == RECORD_TASK) {
		ev->type = SCXU_EVENT_ENQUEUE;
		ev->cpu = ev->task.cpu;
		ev->time_ns = ev->task.enqueue_ns;
		ev->seq = c->nr_events;
	}
	c->nr_events++;
	if (!c->first_ns)
		c->first_ns = ev->time_ns;
	if (ev->time_ns > c->last_ns)
		c->last_ns = ev->time_ns;
	if (ev->type == SCXU_EVENT_ENQUEUE)
		replay_enqueued(c, &ev->task);
}

static void leave_event(struct replay *r)
{
	if (r->left_head == r->left_tail)
		r->left_head = r->left_tail = 0;
	if (replay_grow((void **)&r->left, r->left_tail, &r->left_capacity, sizeof(*r->left)))
		take_event(r, &r->left[r->left_tail++]);
	else
		r->compare.no_memory = true;
}

static void take_mask(struct scxu *s)
{
	struct replay *r = replay_of(s);
	uint64_t **mask = &r->masks[r->next.words.slot & (s->nr_slots - 1)];
	size_t size = r->next.words.nr * sizeof(uint64_t);

	if (!*mask)
		*mask = malloc(r->mask_words * sizeof(uint64_t));
	if (!*mask) {
		r->compare.no_memory = true;
		return;
	}
	memset(*mask, 0, r->mask_words * sizeof(uint64_t));
	memcpy(*mask, r->next.words.words, size);
}

struct scxu_command replay_cpuperf(int cpu, uint32_t perf)
{
	return (struct scxu_command){ .op = UINT32_MAX, .cpu = cpu, .flags = perf };
}

static void take_cpuperf(struct replay *r)
{
	struct scxu_command command = replay_cpuperf(r->next.of_cpu.cpu, r->next.of_cpu.value);

	replay_recorded_command(&r->compare, &command);
}

static int compare_ids(const void *left, const void *right)
{
	const struct replay_cgroup *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

static struct replay_cgroup *find_cgroup(const struct replay *r, uint64_t id)
{
	void *found = tfind(&(struct replay_cgroup){ .id = id }, &r->cgroups, compare_ids);

	return found ? *(struct replay_cgroup **)found : NULL;
}

const struct replay_cgroup *replay_cgroup(const struct replay *r, uint64_t id)
{
	return find_cgroup(r, id);
}

static struct replay_cgroup *add_cgroup(struct replay *r, uint64_t id)
{
	struct replay_cgroup *cgroup = malloc(sizeof(*cgroup));

	if (cgroup)
		cgroup->id = id;
	if (cgroup && tsearch(cgroup, &r->cgroups, compare_ids))
		return cgroup;
	free(cgroup);
	r->compare.no_memory = true;
	return NULL;
}

static void take_cgroup(struct replay *r)
{
	uint64_t id = r->next.cgroup.id;
	struct replay_cgroup *cgroup = find_cgroup(r, id) ?: add_cgroup(r, id);

	if (cgroup)
		*cgroup = (struct replay_cgroup){ id, r->next.cgroup.parent_id, r->next.cgroup.err,
						  r->next.cgroup.weight };
}

static void take_answer(struct scxu *s)
{
	struct replay *r = replay_of(s);
	int cpu = r->next.of_cpu.cpu, i = r->next.type - RECORD_STATS;

	switch (r->next.type) {
	case RECORD_IDLE:
		if (cpu >= 0)
			r->idle[cpu] = r->next.of_cpu.value;
		break;
	case RECORD_OWN_CPU:
		r->own_cpu = cpu;
		break;
	case RECORD_CPU_PID:
		if (cpu >= 0)
			r->pids[cpu] = r->next.of_cpu.value;
		break;
	case RECORD_MASK:
		take_mask(s);
		break;
	case RECORD_CGROUP:
		take_cgroup(r);
		break;
	case RECORD_STATS:
	case RECORD_HISTOGRAMS:
		memcpy(r->words[i], r->next.words.words, sizeof(r->words[i]));
		r->has_words[i] = true;
		break;
	default:
		break;
	}
}

void replay_pass(struct scxu *s)
{
	struct replay *r = replay_of(s);

	switch (r->next.type) {
	case RECORD_TASK:
	case RECORD_ENQUEUE:
	case RECORD_EVENT:
		leave_event(r);
		break;
	case RECORD_DISPATCH:
		replay_recorded(&r->compare, &r->next.dispatch);
		break;
	case RECORD_COMMAND:
		replay_recorded_command(&r->compare, &r->next.command);
		break;
	case RECORD_CPUPERF:
		take_cpuperf(r);
		break;
	default:
		take_answer(s);
	}
	replay_advance(s);
}

void replay_ask(struct scxu *s)
{
	struct replay *r = replay_of(s);

	if (!pthread_equal(pthread_self(), r->policy))
		return;
	if (next_is_answer_to_question(r) && r->next.nr <= r->nr_held)
		replay_pass(s);
	else
		r->nr_held++;
}

void replay_follow(struct scxu *s, enum record_type type)
{
	struct replay *r = replay_of(s);

	while (next_is_answer_to_question(r))
		replay_pass(s);
	if (replay_next_is(r, type))
		replay_pass(s);
}

int replay_answer(struct scxu *s, int good)
{
	struct replay *r = replay_of(s);

	if (!replay_next_is(r, RECORD_ANSWER))
		return good;
	good = r->next.of_cpu.value;
	replay_advance(s);
	return good;
}

bool replay_next_event(struct scxu *s, struct scxu_event *ev)
{
	struct replay *r = replay_of(s);

	if (r->left_head < r->left_tail) {
		*ev = r->left[r->left_head++];
		return true;
	}
	while (r->more && !replay_next_is(r, RECORD_ROUND)) {
		if (next_is_event(r)) {
			take_event(r, ev);
			replay_advance(s);
			return true;
		}
		if (replay_next_is(r, RECORD_SHORT)) {
			replay_advance(s);
			return false;
		}
		replay_pass(s);
	}
	return false;
}
