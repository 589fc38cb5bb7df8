// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* topology_read.c - a topology as sysfs tells it: nodes, caches, cores and capacities of CPUs. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "sysfs.h"
#include "topology.h"

#define CPUS "devices/system/cpu"
#define NODES "devices/system/node"
#define CPU CPUS "/cpu%d"
#define NO_CLUSTER 65535 /* what some kernels say for -1 */

static bool is_online(const struct scxu_topology *t, int cpu)
{
	return cpu < t->nr_cpus && t->cpus[cpu].flags & SCXU_CPU_ONLINE;
}

static int add_cpus(struct scxu_topology *t, struct sysfs_list *possible)
{
	struct sysfs_list again = *possible;
	int cpu, scope;

	while ((cpu = sysfs_next_id(&again)) >= 0)
		t->nr_cpus = cpu + 1;
	t->cpus = calloc(t->nr_cpus, sizeof(*t->cpus));
	if (!t->cpus)
		return -ENOMEM;
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		for (scope = ALL; scope < NR_SCOPES; scope++)
			t->cpus[cpu].group[scope] = -1;
	while ((cpu = sysfs_next_id(possible)) >= 0)
		t->cpus[cpu] = (struct topology_cpu){
			.group = { 0, -1, -1, -1 },
			.package = -1,
			.nr_smt = 1,
			.capacity = SCXU_MAX_CAPACITY,
		};
	t->nr_groups[ALL] = 1;
	return 0;
}

static int read_possible(const struct sysfs *fs, struct scxu_topology *t)
{
	struct sysfs_list list;
	int err = sysfs_read_list(fs, &list, CPUS "/possible");

	if (err == -ENOENT)
		sysfs_error(fs, "%s/" CPUS "/possible is not there", fs->root);
	if (err)
		return err;
	if (!*list.text) {
		sysfs_error(fs, "%s/" CPUS "/possible names no CPU", fs->root);
		err = -EINVAL;
	}
	err = err ?: add_cpus(t, &list);
	sysfs_end_list(&list);
	return err;
}

/* Of the CPUs that have all of @among; without the file, all of these. */
static int read_flag(const struct sysfs *fs, struct scxu_topology *t, const char *file,
		     uint32_t flag, uint32_t among)
{
	struct sysfs_list list;
	int err = sysfs_read_list(fs, &list, CPUS "/%s", file), cpu;

	if (err && err != -ENOENT)
		return err;
	if (err)
		sysfs_make_list(&list, 0, t->nr_cpus - 1);
	while ((cpu = sysfs_next_id(&list)) >= 0)
		if (topology_has(t, cpu) && (t->cpus[cpu].flags & among) == among)
			t->cpus[cpu].flags |= flag;
	sysfs_end_list(&list);
	return 0;
}

static void put_in_node(struct scxu_topology *t, int cpu, int node)
{
	if (!topology_has(t, cpu) || t->cpus[cpu].group[NODE] >= 0)
		return;
	t->cpus[cpu].group[NODE] = node;
	if (node >= t->nr_groups[NODE])
		t->nr_groups[NODE] = node + 1;
}

/* The list has the CPUs that are online, the folder also those that are not. */
static int read_node(const struct sysfs *fs, struct scxu_topology *t, int node)
{
	struct sysfs_list list;
	int err = sysfs_read_list(fs, &list, NODES "/node%d/cpulist", node), cpu;

	if (err)
		return err == -ENOENT ? 0 : err;
	while ((cpu = sysfs_next_id(&list)) >= 0)
		put_in_node(t, cpu, node);
	sysfs_end_list(&list);
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		if (!is_online(t, cpu) && t->cpus[cpu].flags & SCXU_CPU_PRESENT &&
		    sysfs_exists(fs, NODES "/node%d/cpu%d", node, cpu))
			put_in_node(t, cpu, node);
	return 0;
}

static int read_nodes(const struct sysfs *fs, struct scxu_topology *t)
{
	struct sysfs_list nodes;
	int err = sysfs_read_list(fs, &nodes, NODES "/online"), node, cpu;
	bool none = err == -ENOENT;

	t->nr_groups[NODE] = 1;
	if (err && !none)
		return err;
	while (!err && (node = sysfs_next_id(&nodes)) >= 0)
		err = read_node(fs, t, node);
	if (!none)
		sysfs_end_list(&nodes);
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		if (none || is_online(t, cpu))
			put_in_node(t, cpu, 0);
	return none ? 0 : err;
}

/* A new group: @cpu, and those online ones in @list that are in its group of the next wider scope. */
static int join(const struct sysfs *fs, struct scxu_topology *t, enum scope scope, int cpu,
		struct sysfs_list *list)
{
	const struct topology_cpu *c = &t->cpus[cpu];
	int id;

	while ((id = sysfs_next_id(list)) >= 0)
		if (is_online(t, id) && t->cpus[id].group[scope] < 0 &&
		    t->cpus[id].group[scope - 1] == c->group[scope - 1])
			t->cpus[id].group[scope] = t->nr_groups[scope];
	sysfs_end_list(list);
	if (c->group[scope] < 0) {
		sysfs_error(fs, "%s/" CPU ": a list of CPUs that %s lacks the CPU itself", fs->root,
			    cpu, scope == CORE ? "are one core" : "share a cache");
		return -EINVAL;
	}
	t->nr_groups[scope]++;
	return 0;
}

/* The index of the cache of the highest level, -ENOENT if there is none. */
static int find_last_cache(const struct sysfs *fs, int cpu)
{
	int index, level, highest = 0, last = -ENOENT, err;

	for (index = 0;; index++) {
		err = sysfs_read_number(fs, &level, CPU "/cache/index%d/level", cpu, index);
		if (err)
			return err == -ENOENT ? last : err;
		if (level > highest) {
			highest = level;
			last = index;
		}
	}
}

/* Who shares the last cache; where nothing is known of caches, the cluster; then the package. */
static int read_llc(const struct sysfs *fs, int cpu, struct sysfs_list *list)
{
	int index = find_last_cache(fs, cpu), cluster, err = index;

	if (index >= 0)
		err = sysfs_read_list(fs, list, CPU "/cache/index%d/shared_cpu_list", cpu, index);
	if (err != -ENOENT)
		return err;
	err = sysfs_read_number(fs, &cluster, CPU "/topology/cluster_id", cpu);
	if (!err && cluster >= 0 && cluster != NO_CLUSTER)
		err = sysfs_read_list(fs, list, CPU "/topology/cluster_cpus_list", cpu);
	else if (!err)
		err = -ENOENT;
	if (err != -ENOENT)
		return err;
	return sysfs_read_list(fs, list, CPU "/topology/package_cpus_list", cpu);
}

/* A CPU of which nothing is told shares the cache of its node. */
static int add_llc(const struct sysfs *fs, struct scxu_topology *t, int cpu)
{
	struct sysfs_list list;
	int err = read_llc(fs, cpu, &list);

	if (err == -ENOENT)
		sysfs_make_list(&list, 0, t->nr_cpus - 1);
	else if (err)
		return err;
	return join(fs, t, LLC, cpu, &list);
}

/* And is a core of its own. */
static int add_core(const struct sysfs *fs, struct scxu_topology *t, int cpu)
{
	struct sysfs_list list;
	int err = sysfs_read_list(fs, &list, CPU "/topology/core_cpus_list", cpu);

	if (err == -ENOENT)
		sysfs_make_list(&list, cpu, cpu);
	else if (err)
		return err;
	return join(fs, t, CORE, cpu, &list);
}

static int read_groups(const struct sysfs *fs, struct scxu_topology *t)
{
	int cpu, err = 0;

	for (cpu = 0; cpu < t->nr_cpus && !err; cpu++)
		if (is_online(t, cpu) && t->cpus[cpu].group[LLC] < 0)
			err = add_llc(fs, t, cpu);
	for (cpu = 0; cpu < t->nr_cpus && !err; cpu++)
		if (is_online(t, cpu) && t->cpus[cpu].group[CORE] < 0)
			err = add_core(fs, t, cpu);
	return err;
}

/* The number in a file of each CPU, into @value; 0 where there is none. */
static int read_numbers(const struct sysfs *fs, struct scxu_topology *t, const char *file,
			int *value)
{
	int cpu, err;

	for (cpu = 0; cpu < t->nr_cpus; cpu++) {
		value[cpu] = 0;
		err = 0;
		if (topology_has(t, cpu))
			err = sysfs_read_number(fs, &value[cpu], CPU "/%s", cpu, file);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* Whether @value is there for all CPUs that are online, and differs, if it must, between two. */
static bool says_capacity(const struct scxu_topology *t, const int *value, bool must_differ)
{
	bool differs = false;
	int cpu, first = 0;

	for (cpu = 0; cpu < t->nr_cpus; cpu++) {
		if (!is_online(t, cpu))
			continue;
		if (value[cpu] <= 0)
			return false;
		first = first ?: value[cpu];
		differs |= value[cpu] != first;
	}
	return differs || !must_differ;
}

static void scale_capacity(struct scxu_topology *t, const int *value)
{
	int cpu, max = 1;

	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		if (value[cpu] > max)
			max = value[cpu];
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		if (value[cpu] > 0)
			t->cpus[cpu].capacity =
				(long long)value[cpu] * SCXU_MAX_CAPACITY / max ?: 1;
}

/*
 * The kernel's cpu_capacity, which is the same for all CPUs where the kernel does not reckon with
 * it, as on hybrid x86; then the frequency; where that is not known, what the firmware says.
 */
static int choose_capacity(const struct sysfs *fs, struct scxu_topology *t, int *value)
{
	bool known;
	int cpu, err;

	err = read_numbers(fs, t, "cpufreq/cpuinfo_max_freq", value);
	if (err)
		return err;
	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		t->cpus[cpu].max_khz = value[cpu] > 0 ? value[cpu] : 0;
	known = says_capacity(t, value, false);
	if (!known) {
		err = read_numbers(fs, t, "acpi_cppc/highest_perf", value);
		known = says_capacity(t, value, false);
	}
	if (known && !err)
		scale_capacity(t, value);
	err = err ?: read_numbers(fs, t, "cpu_capacity", value);
	if (!err && says_capacity(t, value, true))
		scale_capacity(t, value);
	return err;
}

static int read_capacity(const struct sysfs *fs, struct scxu_topology *t)
{
	int *value = calloc(t->nr_cpus, sizeof(*value));
	int err = value ? choose_capacity(fs, t, value) : -ENOMEM;

	free(value);
	return err;
}

static int read_packages(const struct sysfs *fs, struct scxu_topology *t)
{
	int cpu, err = 0;

	for (cpu = 0; cpu < t->nr_cpus && !err; cpu++) {
		if (topology_has(t, cpu))
			err = sysfs_read_number(fs, &t->cpus[cpu].package,
						CPU "/topology/physical_package_id", cpu);
		if (err == -ENOENT)
			err = 0;
	}
	return err;
}

int topology_read(struct scxu_topology *t, const struct sysfs *fs)
{
	int err = read_possible(fs, t);

	err = err ?: read_flag(fs, t, "present", SCXU_CPU_PRESENT, 0);
	err = err ?: read_flag(fs, t, "online", SCXU_CPU_ONLINE, SCXU_CPU_PRESENT);
	err = err ?: read_nodes(fs, t);
	err = err ?: read_groups(fs, t);
	err = err ?: read_packages(fs, t);
	return err ?: read_capacity(fs, t);
}
