// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/topology.c and lib/topology_read.c, on the machines of t/unit/fixtures. */
#include <sched.h>

#include "../../lib/internal.h"
#include "../tap.h"
#include "fail_alloc.h"
#include "fixture.h"
#include "log_keeper.h"

#define BOTH (SCXU_CPU_PRESENT | SCXU_CPU_ONLINE)

struct numbers {
	const char *name;
	int nr_cpus, nr_possible, nr_nodes, nr_llcs, nr_cores;
};

static const struct numbers machines[] = {
	{ "one", 1, 1, 1, 1, 1 },
	{ "desktop", 16, 16, 1, 1, 8 },
	{ "laptop", 22, 22, 1, 2, 16 },
	{ "server", 60, 48, 2, 2, 24 },
	{ "chiplets", 256, 256, 2, 4, 128 },
	{ "phone", 8, 8, 1, 3, 8 },
	{ "offline", 16, 16, 1, 1, 4 },
	{ "huge", 2048, 2048, 8, 16, 1024 },
};

/* flags, node, llc, core, package, smt, nr_smt, capacity, max_khz */
static const struct {
	const char *name;
	int cpu;
	struct scxu_cpu want;
} cpus[] = {
	{ "one", 0, { 0, BOTH, 0, 0, 0, 0, 0, 1, 1024, 0 } },
	{ "desktop", 0, { 0, BOTH, 0, 0, 0, 0, 0, 2, 1024, 5050000 } },
	{ "desktop", 7, { 0, BOTH, 0, 0, 7, 0, 0, 2, 1024, 5050000 } },
	{ "desktop", 15, { 0, BOTH, 0, 0, 7, 0, 1, 2, 1024, 5050000 } },
	{ "laptop", 0, { 0, BOTH, 0, 0, 0, 0, 0, 2, 983, 4800000 } },
	{ "laptop", 5, { 0, BOTH, 0, 0, 2, 0, 1, 2, 1024, 5000000 } },
	{ "laptop", 12, { 0, BOTH, 0, 0, 6, 0, 0, 1, 778, 3800000 } },
	{ "laptop", 19, { 0, BOTH, 0, 0, 13, 0, 0, 1, 778, 3800000 } },
	{ "laptop", 20, { 0, BOTH, 0, 1, 14, 0, 0, 1, 512, 2500000 } },
	{ "laptop", 21, { 0, BOTH, 0, 1, 15, 0, 0, 1, 512, 2500000 } },
	{ "server", 11, { 0, BOTH, 0, 0, 11, 0, 0, 2, 1024, 0 } },
	{ "server", 16, { 0, BOTH, 1, 1, 12, 1, 0, 2, 1024, 0 } },
	{ "server", 43, { 0, BOTH, 0, 0, 11, 0, 1, 2, 1024, 0 } },
	{ "server", 59, { 0, BOTH, 1, 1, 23, 1, 1, 2, 1024, 0 } },
	{ "chiplets", 31, { 0, BOTH, 0, 0, 31, 0, 0, 2, 1024, 3700000 } },
	{ "chiplets", 32, { 0, BOTH, 0, 1, 32, 0, 0, 2, 1024, 3700000 } },
	{ "chiplets", 128, { 0, BOTH, 0, 0, 0, 0, 1, 2, 1024, 3700000 } },
	{ "chiplets", 255, { 0, BOTH, 1, 3, 127, 0, 1, 2, 1024, 3700000 } },
	{ "phone", 0, { 0, BOTH, 0, 0, 0, 0, 0, 1, 325, 1800000 } },
	{ "phone", 4, { 0, BOTH, 0, 1, 4, 0, 0, 1, 870, 2400000 } },
	{ "phone", 7, { 0, BOTH, 0, 2, 7, 0, 0, 1, 1024, 2800000 } },
	{ "offline", 3, { 0, BOTH, 0, 0, 1, 0, 1, 2, 1024, 0 } },
	{ "offline", 5, { 0, SCXU_CPU_PRESENT, 0, -1, -1, -1, 0, 1, 1024, 0 } },
	{ "offline", 7, { 0, BOTH, 0, 0, 3, 0, 0, 1, 1024, 0 } },
	{ "offline", 8, { 0, 0, -1, -1, -1, -1, 0, 1, 1024, 0 } },
	{ "huge", 1023, { 0, BOTH, 7, 15, 1023, -1, 0, 2, 1024, 0 } },
	{ "huge", 1024, { 0, BOTH, 0, 0, 0, -1, 1, 2, 1024, 0 } },
	{ "huge", 2047, { 0, BOTH, 7, 15, 1023, -1, 1, 2, 1024, 0 } },
};

static struct log_keeper kept;
static struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } };
static struct fixture fx;

static struct scxu_cpu get(const struct scxu_topology *t, int cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };
	int err = scxu_topology_get_cpu(t, cpu, &info);

	if (err)
		bail("CPU %d: %s", cpu, strerror(-err));
	return info;
}

static struct scxu_topology *open_topology(const char *root)
{
	struct scxu_topology *t = NULL;
	int err = scxu_topology_open(&t, root);

	if (err || !t)
		bail("cannot open the topology in %s: %s", root, strerror(-err));
	return t;
}

static int next_in(const struct scxu_topology *t, int scope, int group, int prev)
{
	switch (scope) {
	case 0:
		return scxu_topology_next_in_node(t, group, prev);
	case 1:
		return scxu_topology_next_in_llc(t, group, prev);
	default:
		return scxu_topology_next_in_core(t, group, prev);
	}
}

static int group_of(const struct scxu_cpu *info, int scope)
{
	return scope == 0 ? info->node : scope == 1 ? info->llc : info->core;
}

/* Each CPU of a group is met once, in ascending order, and in no other group. */
static void test_walks(const struct scxu_topology *t, const struct numbers *m)
{
	int nr_groups[] = { m->nr_nodes, m->nr_llcs, m->nr_cores };
	int nr_known[3] = { 0 }, nr_met[3] = { 0 }, nr_cpus = 0, nr_wrong = 0;
	int scope, group, cpu, prev = -1;
	struct scxu_cpu info;

	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0; prev = cpu) {
		nr_cpus++;
		nr_wrong += cpu <= prev;
		info = get(t, cpu);
		for (scope = 0; scope < 3; scope++)
			nr_known[scope] += group_of(&info, scope) >= 0;
	}
	for (scope = 0; scope < 3; scope++) {
		for (group = 0; group < nr_groups[scope]; group++) {
			prev = -1;
			for (cpu = -1; (cpu = next_in(t, scope, group, cpu)) >= 0; prev = cpu) {
				info = get(t, cpu);
				nr_met[scope]++;
				nr_wrong += cpu <= prev || group_of(&info, scope) != group;
			}
			nr_wrong += next_in(t, scope, group, -1) < 0;
		}
		nr_wrong += next_in(t, scope, -1, -1) != -1;
		nr_wrong += next_in(t, scope, nr_groups[scope], -1) != -1;
	}
	is_int(nr_cpus, m->nr_possible, "%s: CPUs to walk", m->name);
	is_int(nr_wrong, 0, "%s: walks ascend, and stay in their group", m->name);
	ok(!memcmp(nr_met, nr_known, sizeof(nr_met)), "%s: and meet each CPU", m->name);
}

/* A core is in one LLC, an LLC in one node. */
static void test_nesting(const struct scxu_topology *t, const struct numbers *m)
{
	struct scxu_cpu a, b;
	int cpu, nr_wrong = 0, nr;

	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;) {
		a = get(t, cpu);
		if (a.core < 0)
			continue;
		b = get(t, scxu_topology_next_in_core(t, a.core, -1));
		nr_wrong += a.llc != b.llc || a.node != b.node;
		b = get(t, scxu_topology_next_in_llc(t, a.llc, -1));
		nr_wrong += a.node != b.node;
		nr = 0;
		for (int i = -1; (i = scxu_topology_next_in_core(t, a.core, i)) >= 0; nr++)
			nr_wrong += i == cpu && (int)a.smt != nr;
		nr_wrong += nr != (int)a.nr_smt;
	}
	is_int(nr_wrong, 0, "%s: cores are in LLCs, these in nodes", m->name);
}

static void test_cpus(const struct scxu_topology *t, const char *name)
{
	struct scxu_cpu want, info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		if (strcmp(cpus[i].name, name))
			continue;
		want = cpus[i].want;
		want.sz = sizeof(want);
		info = get(t, cpus[i].cpu);
		if (!ok(!memcmp(&info, &want, sizeof(info)), "%s: CPU %d", name, cpus[i].cpu))
			diag("flags %u node %d llc %d core %d package %d smt %u of %u capacity %u "
			     "%llu kHz",
			     info.flags, info.node, info.llc, info.core, info.package, info.smt,
			     info.nr_smt, info.capacity, (unsigned long long)info.max_khz);
	}
}

static void test_machine(const struct numbers *m)
{
	struct scxu_topology *t;

	fixture_unpack(&fx, m->name);
	t = open_topology(fx.root);
	fixture_end(&fx);
	is_int(scxu_topology_nr_cpus(t), m->nr_cpus, "%s: CPU numbers", m->name);
	is_int(scxu_topology_nr_nodes(t), m->nr_nodes, "%s: nodes", m->name);
	is_int(scxu_topology_nr_llcs(t), m->nr_llcs, "%s: LLCs", m->name);
	is_int(scxu_topology_nr_cores(t), m->nr_cores, "%s: cores", m->name);
	test_walks(t, m);
	test_nesting(t, m);
	test_cpus(t, m->name);
	scxu_topology_close(t);
}

/* One of the files differs; what is known of a CPU then? */
static struct scxu_cpu changed(const char *file, const char *text, int cpu)
{
	struct scxu_topology *t;
	struct scxu_cpu info;

	fixture_write(&fx, file, text);
	t = open_topology(fx.root);
	info = get(t, cpu);
	scxu_topology_close(t);
	return info;
}

static struct scxu_cpu without(const char *file, int cpu)
{
	struct scxu_topology *t;
	struct scxu_cpu info;

	fixture_remove(&fx, file);
	t = open_topology(fx.root);
	info = get(t, cpu);
	scxu_topology_close(t);
	return info;
}

static void test_capacity(void)
{
	fixture_unpack(&fx, "laptop");
	is_int(changed("cpu/cpu12/cpu_capacity", "400", 12).capacity, 400,
	       "cpu_capacity counts, once it differs");
	is_int(changed("cpu/cpu12/cpu_capacity", "400", 0).capacity, 1024, "for all");
	is_int(changed("cpu/cpu0/cpu_capacity", "2048", 12).capacity, 200,
	       "relative to the largest");
	is_int(changed("cpu/cpu12/cpu_capacity", "1", 12).capacity, 1, "and is at least 1");
	is_int(without("cpu/cpu3/cpu_capacity", 12).capacity, 778,
	       "the frequency counts, if one CPU has no cpu_capacity");
	is_int(changed("cpu/cpu3/cpu_capacity", "0", 12).capacity, 778, "or one of 0");
	is_int(changed("cpu/cpu12/acpi_cppc/highest_perf", "30", 12).capacity, 778,
	       "whatever the firmware says");
	is_int(without("cpu/cpu0/cpufreq", 0).max_khz, 0, "no frequency");
	is_int(without("cpu/cpu1/cpufreq", 12).capacity, 1024, "nothing that all CPUs have");
	fixture_end(&fx);

	fixture_unpack(&fx, "desktop");
	fixture_line(&fx, "each 0-15 acpi_cppc/highest_perf 150");
	is_int(changed("cpu/cpu12/acpi_cppc/highest_perf", "100", 12).capacity, 1024,
	       "nor does that count if all have the same frequency");
	fixture_end(&fx);

	fixture_unpack(&fx, "one");
	fixture_line(&fx, "file cpu/possible 0-2");
	fixture_line(&fx, "file cpu/present 0-2");
	fixture_line(&fx, "file cpu/online 0-1");
	fixture_line(&fx, "each 0 acpi_cppc/highest_perf 60");
	is_int(changed("cpu/cpu1/acpi_cppc/highest_perf", "45", 1).capacity, 768,
	       "what the firmware says");
	is_int(changed("cpu/cpu1/acpi_cppc/highest_perf", "45", 2).capacity, 1024,
	       "an offline CPU of which it says nothing");
	is_int(changed("cpu/cpu2/acpi_cppc/highest_perf", "15", 2).capacity, 256, "or something");
	fixture_end(&fx);
}

static void test_llc(void)
{
	fixture_unpack(&fx, "desktop");
	is_int(changed("cpu/cpu1/cache/index4/level", "4", 1).llc, 0,
	       "a higher cache that does not say who shares it");
	fixture_line(&fx, "each 0-15 cache/index4/level 4");
	fixture_line(&fx, "run 0-15 4 cache/index4/shared_cpu_list");
	fixture_line(&fx, "run 0-15 1 topology/core_cpus_list");
	is_int(changed("cpu/cpu5/cache/index4/shared_cpu_list", "4-7", 5).llc, 1,
	       "the last cache is the highest there is");
	fixture_line(&fx, "each 0-15 cache/index4/level 1");
	is_int(changed("cpu/cpu5/cache/index4/level", "2", 5).llc, 0, "not the last in the folder");
	is_int(changed("cpu/cpu0/cache/index3/shared_cpu_list", "0-63", 15).llc, 0,
	       "a cache for more CPUs than there are");
	is_int(changed("cpu/cpu9/topology/core_cpus_list", "9,500-1000", 9).nr_smt, 1,
	       "a core of more CPUs than there are");
	fixture_line(&fx, "file node/online 0,2");
	fixture_line(&fx, "file node/node0/cpulist 0-7");
	is_int(changed("node/node2/cpulist", "8-15,99", 8).node, 2, "a node of more CPUs");
	is_int(changed("node/node2/cpulist", "8-15,99", 8).llc, 1, "a cache ends with its node");
	fixture_end(&fx);

	fixture_unpack(&fx, "phone");
	fixture_line(&fx, "each 0-7 topology/cluster_id -1");
	is_int(changed("cpu/cpu7/topology/cluster_id", "-1", 7).llc, 0,
	       "without clusters the package counts");
	fixture_line(&fx, "each 0-7 topology/cluster_id 65535");
	is_int(changed("cpu/cpu7/topology/cluster_id", "65535", 7).llc, 0,
	       "also when that is 65535");
	fixture_line(&fx, "each 0-3 topology/package_cpus_list 0-3");
	is_int(changed("cpu/cpu4/topology/package_cpus_list", "4-7", 7).llc, 1, "one of two");
	fixture_end(&fx);
}

/* A kernel that tells next to nothing. */
static void test_bare(void)
{
	struct scxu_topology *t;
	struct scxu_cpu info;

	fixture_begin(&fx);
	fixture_write(&fx, "cpu/possible", "0-1,4");
	t = open_topology(fx.root);
	ok(scxu_topology_nr_cpus(t) == 5 && scxu_topology_nr_nodes(t) == 1 &&
		   scxu_topology_nr_llcs(t) == 1 && scxu_topology_nr_cores(t) == 3,
	   "with a list of possible CPUs alone each is a core of the same LLC and node");
	info = get(t, 4);
	ok(info.flags == BOTH && info.node == 0 && info.llc == 0 && info.core == 2 &&
		   info.package == -1 && info.nr_smt == 1 && info.capacity == 1024,
	   "and all are online");
	scxu_topology_close(t);

	is_int(changed("cpu/present", "0-1", 1).flags, BOTH, "what is present is online");
	is_int(changed("cpu/present", "0-1", 4).flags, 0, "the others are not");
	is_int(changed("cpu/online", "1,4", 4).flags, 0, "what is not present cannot be online");
	is_int(changed("cpu/online", "1,4", 0).flags, SCXU_CPU_PRESENT, "what is may be offline");
	is_int(changed("cpu/online", "1,4", 0).llc, -1, "and then its LLC is not known");
	is_int(changed("cpu/online", "1,4", 0).node, 0, "but its node is: there is one");
	is_int(changed("cpu/online", "", 1).flags, SCXU_CPU_PRESENT, "and so may all");
	fixture_write(&fx, "node/online", "0");
	t = open_topology(fx.root);
	is_int(scxu_topology_nr_nodes(t), 1, "and there is a node nevertheless");
	scxu_topology_close(t);
	fixture_line(&fx, "file cpu/online 0-1");
	fixture_line(&fx, "file node/online 0-3");
	fixture_line(&fx, "file node/node1/cpulist 0");
	is_int(changed("node/node3/cpulist", "", 0).node, 1, "nodes may have no CPU, and no list");
	is_int(changed("node/node2/cpulist", "0", 0).node, 1, "a CPU is in one node");
	is_int(changed("node/node2/cpulist", "0", 1).node, 0, "a CPU in none is in the first");
	is_int(changed("node/node2/cpulist", "0", 4).node, -1, "unless it is offline");
	t = open_topology(fx.root);
	is_int(scxu_topology_nr_nodes(t), 2, "nodes without CPUs at the end do not count");
	scxu_topology_close(t);
	fixture_end(&fx);
}

static int try(void)
{
	struct scxu_topology *t = (void *)&kept;
	int err;

	memset(&kept, 0, sizeof(kept));
	err = scxu_read_topology(&t, fx.root, &s);
	if (err && t)
		bail("a topology came with an error");
	scxu_topology_close(t);
	return err;
}

static void test_garbage(void)
{
	static const char *const lists[] = {
		"cpu/possible",
		"cpu/present",
		"cpu/online",
		"node/online",
		"node/node0/cpulist",
		"cpu/cpu0/topology/core_cpus_list",
		"cpu/cpu0/cache/index3/shared_cpu_list",
	};
	static const char *const numbers[] = {
		"cpu/cpu3/cache/index2/level",
		"cpu/cpu3/topology/physical_package_id",
		"cpu/cpu3/cpu_capacity",
		"cpu/cpu3/cpufreq/cpuinfo_max_freq",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		fixture_unpack(&fx, "desktop");
		fixture_write(&fx, lists[i], "0-3,x");
		is_int(try(), -EINVAL, "%s has no list", lists[i]);
		ok(log_is_one_error(&kept, lists[i]), "one line names the file");
		fixture_remove(&fx, lists[i]);
		fixture_write(&fx, "cpu/there", "");
		is_int(try(), i ? 0 : -ENOENT, "%s is not there", lists[i]);
		is_int(kept.nr_errors, i == 0, "which is %s", i ? "fine" : "said");
		fixture_end(&fx);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		fixture_unpack(&fx, "desktop");
		fixture_line(&fx, "run 0-15 1 cache/index3/shared_cpu_list");
		fixture_write(&fx, numbers[i], "many");
		is_int(try(), -EINVAL, "%s has no number", numbers[i]);
		ok(log_is_one_error(&kept, numbers[i]), "one line names the file");
		fixture_end(&fx);
	}
}

static void test_more_garbage(void)
{
	fixture_unpack(&fx, "phone");
	fixture_write(&fx, "cpu/cpu0/topology/cluster_id", "x");
	is_int(try(), -EINVAL, "a cluster without number");
	fixture_write(&fx, "cpu/cpu0/topology/cluster_id", "0");
	fixture_write(&fx, "cpu/cpu0/topology/cluster_cpus_list", "x");
	is_int(try(), -EINVAL, "a cluster without list");
	fixture_write(&fx, "cpu/cpu0/topology/cluster_cpus_list", "0-3");
	fixture_remove(&fx, "cpu/cpu0/cpu_capacity");
	fixture_remove(&fx, "cpu/cpu0/cpufreq");
	fixture_write(&fx, "cpu/cpu0/acpi_cppc/highest_perf", "x");
	is_int(try(), -EINVAL, "what the firmware says is no number");
	fixture_end(&fx);

	fixture_unpack(&fx, "desktop");
	fixture_write(&fx, "cpu/cpu2/topology/core_cpus_list", "3");
	is_int(try(), -EINVAL, "a core that lacks its own CPU");
	ok(log_is_one_error(&kept, "cpu2"), "one line names the CPU");
	fixture_write(&fx, "cpu/cpu0/cache/index3/shared_cpu_list", "1-15");
	is_int(try(), -EINVAL, "a cache that lacks it");
	ok(log_is_one_error(&kept, "cpu0"), "one line names it");
	fixture_write(&fx, "cpu/possible", "");
	is_int(try(), -EINVAL, "no CPU");
	ok(log_is_one_error(&kept, "possible"), "one line names the file");
	fixture_remove(&fx, "cpu/possible");
	fixture_write(&fx, "cpu/possible/file", "");
	is_int(try(), -EISDIR, "a folder");
	ok(log_is_one_error(&kept, "possible"), "one line names it");
	fixture_end(&fx);
}

/* What differs from what the other CPUs say. */
static void test_nonsense(void)
{
	struct scxu_topology *t;

	fixture_unpack(&fx, "desktop");
	fixture_write(&fx, "cpu/cpu0/cache/index3/shared_cpu_list", "0-3");
	fixture_write(&fx, "cpu/cpu1/topology/core_cpus_list", "0-15");
	t = open_topology(fx.root);
	is_int(scxu_topology_nr_llcs(t), 2, "a CPU is in one LLC, whatever others say of theirs");
	is_int(scxu_topology_nr_cores(t), 10, "and in one core, which is in one LLC");
	test_nesting(t, &(struct numbers){ .name = "nonsense" });
	scxu_topology_close(t);
	fixture_end(&fx);
}

static void test_get_cpu(void)
{
	struct {
		struct scxu_cpu info;
		uint64_t newer[2];
	} large;
	struct scxu_topology *t;
	struct scxu_cpu info;

	fixture_unpack(&fx, "server");
	t = open_topology(fx.root);
	info.sz = sizeof(info);
	is_int(scxu_topology_get_cpu(t, 12, &info), -ENOENT, "a hole in the ids");
	is_int(scxu_topology_get_cpu(t, 60, &info), -EINVAL, "a CPU beyond the last");
	is_int(scxu_topology_get_cpu(t, INT_MAX, &info), -EINVAL, "far beyond");
	is_int(scxu_topology_get_cpu(t, -1, &info), -EINVAL, "any CPU");
	is_int(scxu_topology_get_cpu(t, INT_MIN, &info), -EINVAL, "far below");
	info.sz = 0;
	is_int(scxu_topology_get_cpu(t, 0, &info), -EINVAL, "no size");

	memset(&info, 0xee, sizeof(info));
	info.sz = offsetof(struct scxu_cpu, llc);
	is_int(scxu_topology_get_cpu(t, 16, &info), 0, "an older program");
	ok(info.node == 1 && info.sz == offsetof(struct scxu_cpu, llc), "gets what it knows");
	is_int(info.llc, (int32_t)0xeeeeeeee, "and no more");
	memset(&large, 0xee, sizeof(large));
	large.info.sz = sizeof(large);
	is_int(scxu_topology_get_cpu(t, 16, &large.info), 0, "a newer program");
	ok(large.info.node == 1 && large.info.sz == sizeof(large) && !large.newer[0] &&
		   !large.newer[1],
	   "gets 0 for what we do not know");

	is_int(scxu_topology_next_cpu(t, 11), 16, "a walk goes over a hole");
	is_int(scxu_topology_next_cpu(t, 12), -1, "but does not start in one");
	is_int(scxu_topology_next_cpu(t, 59), -1, "or at the end");
	is_int(scxu_topology_next_cpu(t, 60), -1, "or beyond");
	is_int(scxu_topology_next_cpu(t, INT_MIN), -1, "or far below");
	is_int(scxu_topology_next_in_node(t, 0, 16), -1, "or at a CPU of another group");
	scxu_topology_close(t);
	fixture_end(&fx);
}

static void test_handle(void)
{
	struct scxu handle = { 0 };
	struct scxu_topology *t;

	fixture_unpack(&fx, "server");
	t = open_topology(fx.root);
	fixture_end(&fx);
	is_int(scxu_set_topology(&handle, t), 0, "a handle takes a topology");
	ok(scxu_get_topology(&handle) == t, "it is there");
	is_int(handle.nr_cpus, 60, "its CPU ids are the handle's");
	is_int(handle.nr_cpus_possible, 48, "without the holes as well");
	scxu_free_topology(&handle);
}

static void test_this_machine(void)
{
	struct scxu_topology *t = NULL;
	int err = scxu_topology_open(&t, NULL);
	struct scxu_cpu info;

	is_int(scxu_topology_open(NULL, NULL), -EINVAL, "no place for the topology");
	if (access("/sys/devices/system/cpu/possible", R_OK)) {
		is_int(err, -ENOENT, "this machine has no /sys");
		return;
	}
	is_int(err, 0, "this machine has a topology");
	is_int(scxu_topology_nr_cpus(t) >= sysconf(_SC_NPROCESSORS_CONF), 1, "with all its CPUs");
	info = get(t, sched_getcpu());
	is_int(info.flags, BOTH, "this one is online");
	diag("here: %d CPU ids, %d nodes, %d LLCs, %d cores", scxu_topology_nr_cpus(t),
	     scxu_topology_nr_nodes(t), scxu_topology_nr_llcs(t), scxu_topology_nr_cores(t));
	scxu_topology_close(t);
	scxu_topology_close(NULL);
}

static void test_allocation_failure(void)
{
	struct scxu_topology *t;
	int nr_tried, nr_bad = 0, err = -ENOMEM;

	fixture_unpack(&fx, "server");
	for (nr_tried = 0; nr_tried < 100; nr_tried++) {
		t = (void *)&kept;
		fail_alloc = nr_tried + 1;
		err = scxu_topology_open(&t, fx.root);
		if (fail_alloc)
			break;
		nr_bad += err != -ENOMEM || t;
	}
	fail_alloc = 0;
	ok(!err && t, "it is opened when no allocation fails");
	scxu_topology_close(t);
	is_int(nr_bad, 0, "-ENOMEM and no topology when one of %d fails", nr_tried);
	ok(nr_tried >= 7, "all are tried");
	fixture_end(&fx);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(machines); i++)
		test_machine(&machines[i]);
	test_capacity();
	test_llc();
	test_bare();
	test_garbage();
	test_more_garbage();
	test_nonsense();
	test_get_cpu();
	test_handle();
	test_this_machine();
	test_allocation_failure();
	return done_testing();
}
