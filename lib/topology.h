/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* topology.h - what the machine is made of, between the file that reads it and the one that tells. */
#ifndef SCXU_TOPOLOGY_H
#define SCXU_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define SCXU_MAX_CAPACITY 1024

/* From wide to narrow: a group is never in two groups of a wider scope. */
enum scope { ALL, NODE, LLC, CORE, NR_SCOPES };

struct topology_cpu {
	int group[NR_SCOPES]; /* -1 = not known; of ALL: there is no such CPU */
	int next[NR_SCOPES];  /* in its group */
	uint32_t flags;
	int package;
	int smt, nr_smt;
	int capacity;
	int max_khz;
};

struct scxu_topology {
	int nr_cpus;
	int nr_groups[NR_SCOPES];
	int *first[NR_SCOPES]; /* CPU of each group */
	struct topology_cpu *cpus;
};

static inline bool topology_has(const struct scxu_topology *t, int cpu)
{
	return cpu >= 0 && cpu < t->nr_cpus && t->cpus[cpu].group[ALL] >= 0;
}

/*
 * topology.c: what is known of @nr_cpus CPUs, but for what follows from their groups. A CPU without
 * group[ALL] has no other. Takes @cpus, from malloc(), also on failure.
 */
int scxu_make_topology_of(struct scxu_topology **tp, struct topology_cpu *cpus, int nr_cpus);

struct sysfs;

/* topology_read.c: all of @t but what follows from the groups. */
int topology_read(struct scxu_topology *t, const struct sysfs *fs);

#endif
