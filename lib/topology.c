// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* topology.c - a topology, from open to close, and what it answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sysfs.h"
#include "topology.h"

/* Chain the CPUs of each group, in ascending order. */
static int link_groups(struct scxu_topology *t)
{
	int scope, cpu, group;

	for (scope = ALL; scope < NR_SCOPES; scope++) {
		/* One more than there may be, as there may be none. */
		t->first[scope] = malloc((t->nr_groups[scope] + 1) * sizeof(int));
		if (!t->first[scope])
			return -ENOMEM;
		for (group = 0; group < t->nr_groups[scope]; group++)
			t->first[scope][group] = -1;
		for (cpu = t->nr_cpus - 1; cpu >= 0; cpu--) {
			group = t->cpus[cpu].group[scope];
			if (group < 0)
				continue;
			t->cpus[cpu].next[scope] = t->first[scope][group];
			t->first[scope][group] = cpu;
		}
	}
	return 0;
}

static void count_smt(struct scxu_topology *t)
{
	int core, cpu, nr;

	for (core = 0; core < t->nr_groups[CORE]; core++) {
		nr = 0;
		for (cpu = t->first[CORE][core]; cpu >= 0; cpu = t->cpus[cpu].next[CORE])
			t->cpus[cpu].smt = nr++;
		for (cpu = t->first[CORE][core]; cpu >= 0; cpu = t->cpus[cpu].next[CORE])
			t->cpus[cpu].nr_smt = nr;
	}
}

/* The groups are known: all that follows from them. Takes @t on failure. */
static int finish(struct scxu_topology *t, int err, struct scxu_topology **tp)
{
	err = err ?: link_groups(t);
	if (err) {
		scxu_topology_close(t);
		t = NULL;
	} else {
		count_smt(t);
	}
	*tp = t;
	return err;
}

int scxu_make_topology(struct scxu_topology **tp, int nr_cpus)
{
	struct scxu_topology *t = calloc(1, sizeof(*t));
	int cpu;

	if (t)
		t->cpus = calloc(nr_cpus, sizeof(*t->cpus));
	if (!t || !t->cpus)
		return finish(t, -ENOMEM, tp);
	t->nr_cpus = nr_cpus;
	t->nr_groups[ALL] = t->nr_groups[NODE] = t->nr_groups[LLC] = 1;
	t->nr_groups[CORE] = nr_cpus;
	for (cpu = 0; cpu < nr_cpus; cpu++)
		t->cpus[cpu] = (struct topology_cpu){
			.group = { [CORE] = cpu },
			.flags = SCXU_CPU_PRESENT | SCXU_CPU_ONLINE,
			.package = -1,
			.capacity = SCXU_MAX_CAPACITY,
		};
	return finish(t, 0, tp);
}

static void count_groups(struct scxu_topology *t)
{
	int scope, cpu;

	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		for (scope = ALL; scope < NR_SCOPES; scope++)
			if (t->cpus[cpu].group[scope] >= t->nr_groups[scope])
				t->nr_groups[scope] = t->cpus[cpu].group[scope] + 1;
}

int scxu_make_topology_of(struct scxu_topology **tp, struct topology_cpu *cpus, int nr_cpus)
{
	struct scxu_topology *t = calloc(1, sizeof(*t));

	if (!t) {
		free(cpus);
		return finish(t, -ENOMEM, tp);
	}
	t->cpus = cpus;
	t->nr_cpus = nr_cpus;
	count_groups(t);
	return finish(t, 0, tp);
}

int scxu_read_topology(struct scxu_topology **tp, const char *root, struct scxu *log)
{
	struct sysfs fs = { .root = root ?: "/sys", .log = log };
	struct scxu_topology *t = calloc(1, sizeof(*t));

	return finish(t, t ? topology_read(t, &fs) : -ENOMEM, tp);
}

SCXU_API int scxu_topology_open(struct scxu_topology **tp, const char *root)
{
	return tp ? scxu_read_topology(tp, root, NULL) : -EINVAL;
}

SCXU_API void scxu_topology_close(struct scxu_topology *t)
{
	int scope;

	if (!t)
		return;
	for (scope = ALL; scope < NR_SCOPES; scope++)
		free(t->first[scope]);
	free(t->cpus);
	free(t);
}

SCXU_API int scxu_topology_nr_cpus(const struct scxu_topology *t)
{
	return t->nr_cpus;
}

SCXU_API int scxu_topology_nr_nodes(const struct scxu_topology *t)
{
	return t->nr_groups[NODE];
}

SCXU_API int scxu_topology_nr_llcs(const struct scxu_topology *t)
{
	return t->nr_groups[LLC];
}

SCXU_API int scxu_topology_nr_cores(const struct scxu_topology *t)
{
	return t->nr_groups[CORE];
}

SCXU_API int scxu_topology_get_cpu(const struct scxu_topology *t, int cpu, struct scxu_cpu *info)
{
	const struct topology_cpu *c;
	struct scxu_cpu all;
	size_t sz = info->sz;

	if (sz < sizeof(info->sz) || cpu < 0 || cpu >= t->nr_cpus)
		return -EINVAL;
	if (!topology_has(t, cpu))
		return -ENOENT;
	c = &t->cpus[cpu];
	all = (struct scxu_cpu){
		.sz = sizeof(all),
		.flags = c->flags,
		.node = c->group[NODE],
		.llc = c->group[LLC],
		.core = c->group[CORE],
		.package = c->package,
		.smt = c->smt,
		.nr_smt = c->nr_smt,
		.capacity = c->capacity,
		.max_khz = c->max_khz,
	};
	memset(info, 0, sz);
	memcpy(info, &all, sz < sizeof(all) ? sz : sizeof(all));
	info->sz = sz;
	return 0;
}

static int next_in(const struct scxu_topology *t, enum scope scope, int group, int prev)
{
	if (group < 0 || group >= t->nr_groups[scope])
		return -1;
	if (prev == -1)
		return t->first[scope][group];
	if (!topology_has(t, prev) || t->cpus[prev].group[scope] != group)
		return -1;
	return t->cpus[prev].next[scope];
}

SCXU_API int scxu_topology_next_cpu(const struct scxu_topology *t, int prev)
{
	return next_in(t, ALL, 0, prev);
}

SCXU_API int scxu_topology_next_in_node(const struct scxu_topology *t, int node, int prev)
{
	return next_in(t, NODE, node, prev);
}

SCXU_API int scxu_topology_next_in_llc(const struct scxu_topology *t, int llc, int prev)
{
	return next_in(t, LLC, llc, prev);
}

SCXU_API int scxu_topology_next_in_core(const struct scxu_topology *t, int core, int prev)
{
	return next_in(t, CORE, core, prev);
}

SCXU_API const struct scxu_topology *scxu_get_topology(struct scxu *s)
{
	return s->topology;
}
