// SPDX-License-Identifier: GPL-2.0-only
/* groups.c - weights of tasks within the shares of their cgroups. */
#include <sched.h>

#include "groups.h"

#define SCHED_IDLE_WEIGHT 3 /* the kernel's WEIGHT_IDLEPRIO */
#define MAX_DEPTH 64 /* tasks in deeper ones count as the root's; a damaged recording has no end */

void groups_init(struct groups *groups, struct scxu *s)
{
	*groups = (struct groups){
		.all = { { .id = 1, .weight = GROUPS_NICE_0 } },
		.s = s,
	};
}

/* The kernel's sched_prio_to_weight, which is finer than t->weight. */
static uint64_t weight_of(const struct scxu_task *t)
{
	static const uint32_t weights[] = {
		88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
		9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
		1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
		110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
	};
	uint32_t weight = SCHED_IDLE_WEIGHT;

	if (t->policy != SCHED_IDLE && t->nice >= -20 && t->nice <= 19)
		weight = weights[t->nice + 20];
	return weight * (GROUPS_NICE_0 / 1024);
}

/* Something in @g is awake, or not any more: so may be the group, and the one that it is in. */
static void add(struct group *g, uint64_t weight)
{
	for (; g; weight = g->weight, g = g->parent) {
		g->sum += weight;
		if (g->nr++)
			break;
	}
}

/*
 * Another one may take its place. So what is in it, if a recording says that something still is, goes
 * where it was: else a group could come to be in itself. Nobody in there is awake.
 */
static void release(struct groups *groups, struct group *g)
{
	struct group *in;

	g->id = 0;
	for (in = groups->all; in < groups->all + GROUPS_MAX; in++)
		if (in->parent == g)
			in->parent = g->parent;
}

static void subtract(struct groups *groups, struct group *g, uint64_t weight)
{
	for (; g; weight = g->weight, g = g->parent) {
		g->sum -= weight;
		if (--g->nr)
			break;
		if (g->gone)
			release(groups, g);
	}
}

static struct group *find(struct groups *groups, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < GROUPS_MAX; i++)
		if (groups->all[i].id == id)
			return &groups->all[i];
	return NULL;
}

static uint64_t scaled(uint32_t weight)
{
	return weight * GROUPS_NICE_0 / SCXU_WEIGHT_DEFAULT;
}

static struct group *find_or_make(struct groups *groups, uint64_t id, int max_depth)
{
	struct scxu_cgroup info = { .sz = sizeof(info) };
	struct group *g = find(groups, id), *parent;

	if (g || !max_depth || scxu_get_cgroup(groups->s, id, &info) || !info.parent_id)
		return g;
	parent = find_or_make(groups, info.parent_id, max_depth - 1);
	g = find(groups, 0);
	if (!parent || !g)
		return NULL;
	*g = (struct group){ .id = id, .parent = parent, .weight = scaled(info.weight) };
	return g;
}

/* To ask for a cgroup is slow: what was the answer before is good enough, while it stands. */
static struct group *group_of(struct groups *groups, const struct member *m, uint64_t id)
{
	struct group *root = &groups->all[0], *g;

	if (m->group && m->id == id && (m->group == root || m->group->id == id))
		return m->group;
	g = id ? find_or_make(groups, id, MAX_DEPTH) : NULL;
	return g ? g : root; /* what is not known counts as the root's */
}

void groups_join(struct groups *groups, struct member *m, const struct scxu_task *t)
{
	struct group *g = group_of(groups, m, t->cgroup_id);
	uint64_t weight = weight_of(t);

	if (m->group == g && m->weight == weight && m->era == groups->era)
		return;
	groups_leave(groups, m);
	*m = (struct member){ g, t->cgroup_id, weight, groups->era };
	add(g, weight);
	groups->nr_awake++;
}

void groups_leave(struct groups *groups, struct member *m)
{
	if (m->weight && m->era == groups->era) {
		subtract(groups, m->group, m->weight);
		groups->nr_awake--;
	}
	m->weight = 0;
}

uint64_t groups_weight(const struct member *m)
{
	uint64_t weight = m->weight;
	const struct group *g;

	for (g = m->group; g && g->parent; g = g->parent)
		weight = weight * g->weight / (g->sum ? g->sum : 1);
	return weight ? weight : 1;
}

uint64_t groups_mean(const struct groups *groups)
{
	uint64_t mean = groups->nr_awake ? groups->all[0].sum / groups->nr_awake : GROUPS_NICE_0;

	return mean > GROUPS_MIN_MEAN ? mean : GROUPS_MIN_MEAN;
}

static void change(struct group *g, uint64_t weight)
{
	if (g->nr) {
		g->parent->sum -= g->weight;
		g->parent->sum += weight;
	}
	g->weight = weight;
}

static void set_weight(struct groups *groups, struct group *g, uint32_t weight)
{
	if (weight)
		change(g, scaled(weight));
	else if (g->nr)
		g->gone = true;
	else
		release(groups, g);
}

/* All as it is now, with nobody awake. */
static void start_anew(struct groups *groups)
{
	struct scxu_cgroup info = { .sz = sizeof(info) };
	struct group *g;

	groups->era++;
	groups->nr_awake = 0;
	for (g = groups->all; g < groups->all + GROUPS_MAX; g++) {
		g->sum = g->nr = 0;
		if (g->id && g->parent)
			set_weight(groups, g,
				   scxu_get_cgroup(groups->s, g->id, &info) ? 0 : info.weight);
	}
}

void groups_event(struct groups *groups, const struct scxu_event *ev)
{
	struct group *g;

	if (ev->type == SCXU_EVENT_LOST) {
		start_anew(groups);
		return;
	}
	g = find(groups, ev->value[0]);
	if (g && g->parent)
		set_weight(groups, g, ev->value[1]);
}
