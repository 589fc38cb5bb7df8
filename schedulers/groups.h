/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * groups.h - what weight a task has among all that are awake: its own among those of its cgroup, and
 * that cgroup's among its siblings, up to the root.
 */
#ifndef GROUPS_H
#define GROUPS_H

#include <scxuser.h>

#define GROUPS_NICE_0 UINT64_C(1048576) /* the weight of a task of nice 0 in the root */
#define GROUPS_MIN_MEAN (GROUPS_NICE_0 / 1024)
#define GROUPS_MAX 1024 /* tasks of others count as the root's */

/* One cgroup. As long as nobody in it is awake it takes no part. */
struct group {
	uint64_t id; /* 0 = free */
	struct group *parent;
	uint64_t weight;
	uint64_t sum; /* of those in it that are awake: tasks and groups */
	uint32_t nr;  /* how many these are */
	bool gone;    /* free it once that is 0 */
};

/* Where a task is. All 0 at first. */
struct member {
	struct group *group;
	uint64_t id;     /* of its cgroup, which may have no group here */
	uint64_t weight; /* 0 = it sleeps */
	uint32_t era;    /* of that */
};

struct groups {
	struct group all[GROUPS_MAX]; /* the first is the root */
	uint32_t nr_awake;            /* tasks */
	uint32_t era;                 /* moves on when it is lost who these are */
	struct scxu *s;
};

void groups_init(struct groups *groups, struct scxu *s);

/* It is awake, with the weight and the cgroup of @t; it may have been before. */
void groups_join(struct groups *groups, struct member *m, const struct scxu_task *t);

/* It sleeps. May be called again. */
void groups_leave(struct groups *groups, struct member *m);

/* Of a member that is awake; at least 1. */
uint64_t groups_weight(const struct member *m);

/*
 * The mean of all weights, and GROUPS_NICE_0 if nobody is awake. Not less than GROUPS_MIN_MEAN: 100 ms
 * of run time, scaled by it and then by the highest weight that there is, fit into 64 bits.
 */
uint64_t groups_mean(const struct groups *groups);

/* SCXU_EVENT_CGROUP_WEIGHT; SCXU_EVENT_LOST: nobody counts as awake until it joins again. */
void groups_event(struct groups *groups, const struct scxu_event *ev);

#endif
