// SPDX-License-Identifier: GPL-2.0-only
/* Tests of schedulers/groups.c: cgroups as they are, and as no kernel but a recording may tell of them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../schedulers/groups.h"
#include "../tap.h"

#define NR_CGROUPS 2000
#define MAX_SEC 20

static struct scxu_cgroup cgroups[NR_CGROUPS]; /* by id */
static struct groups groups;

/* In place of the library's. */
int scxu_get_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	if (id >= NR_CGROUPS || !cgroups[id].weight)
		return -ENOENT;
	*info = cgroups[id];
	return 0;
}

static void begin(void)
{
	memset(cgroups, 0, sizeof(cgroups));
	cgroups[1].weight = 100;
	groups_init(&groups, NULL);
}

static void make_cgroup(uint64_t id, uint64_t parent_id, uint32_t weight)
{
	cgroups[id] = (struct scxu_cgroup){ .id = id, .parent_id = parent_id, .weight = weight };
}

static void join(struct member *m, uint64_t cgroup_id)
{
	struct scxu_task t = { .cgroup_id = cgroup_id };

	groups_join(&groups, m, &t);
}

static void weigh(uint64_t id, uint32_t weight)
{
	struct scxu_event ev = { .type = SCXU_EVENT_CGROUP_WEIGHT, .value = { id, weight } };

	groups_event(&groups, &ev);
}

static void test_shares(void)
{
	struct member a[2] = { 0 }, b = { 0 }, alone = { 0 };

	begin();
	make_cgroup(2, 1, 200);
	make_cgroup(3, 2, 100);
	join(&alone, 1);
	join(&a[0], 3);
	join(&a[1], 3);
	is_int(groups_weight(&alone), GROUPS_NICE_0, "a task in the root has its own weight");
	is_int(groups_weight(&a[0]), GROUPS_NICE_0, "two share what their cgroups have");
	join(&b, 2);
	is_int(groups_weight(&b), GROUPS_NICE_0, "a cgroup counts like a task beside it");
	is_int(groups_weight(&a[1]), GROUPS_NICE_0 / 2, "and those in it share that");
	weigh(2, 400);
	is_int(groups_weight(&b), 2 * GROUPS_NICE_0, "a weight may change");
	is_int(groups_mean(&groups), 5 * GROUPS_NICE_0 / 4, "the mean is that of all tasks");
}

static void test_mean(void)
{
	static struct member many[20000];
	unsigned int i;

	begin();
	is_int(groups_mean(&groups), GROUPS_NICE_0, "the mean of nobody is nice 0");
	make_cgroup(2, 1, 1);
	for (i = 0; i < 20000; i++)
		join(&many[i], 2);
	is_int(groups_mean(&groups), GROUPS_MIN_MEAN,
	       "that of many who share little is small, but not too small to be a divisor");
	ok(100000000 * GROUPS_NICE_0 / GROUPS_MIN_MEAN <=
		   UINT64_MAX / (88761 * (GROUPS_NICE_0 / 1024)),
	   "so that a slice of 100 ms fits, scaled by that and by nice -20");
}

/* A cgroup that is gone leaves its place to another one. */
static void test_gone(void)
{
	struct member m = { 0 };
	uint64_t id;

	begin();
	for (id = 2; id < NR_CGROUPS; id++) {
		make_cgroup(id, 1, 300);
		join(&m, id);
		weigh(id, 0); /* with a task in it; the next join() takes that away */
	}
	is_int(groups_weight(&m), 3 * GROUPS_NICE_0, "more than there is room for, in turn");
}

static void test_no_end(void)
{
	struct member m = { 0 }, deep = { 0 };
	uint64_t id;

	begin();
	make_cgroup(2, 2, 300);
	join(&m, 2);
	is_int(groups_weight(&m), GROUPS_NICE_0, "a cgroup that is in itself counts as the root");
	for (id = 3; id < NR_CGROUPS - 1; id++)
		make_cgroup(id, id + 1, 300);
	make_cgroup(id, 1, 300);
	join(&deep, 3);
	is_int(groups_weight(&deep), GROUPS_NICE_0, "so does one that is too deep");
}

static void test_gone_too_early(void)
{
	struct member m = { 0 }, other = { 0 };

	begin();
	make_cgroup(2, 1, 100);
	make_cgroup(3, 2, 300);
	make_cgroup(4, 3, 100);
	join(&m, 3);
	groups_leave(&groups, &m);
	weigh(2, 0);
	join(&other, 4);
	is_int(groups_weight(&other), 3 * GROUPS_NICE_0,
	       "what was in a cgroup that is gone is where that was");
	groups_leave(&groups, &other);
	is_int(groups.all[0].nr, 0, "and nobody is left awake");
}

int main(void)
{
	alarm(MAX_SEC); /* what goes in circles does so for ever */
	test_shares();
	test_mean();
	test_gone();
	test_no_end();
	test_gone_too_early();
	return done_testing();
}
