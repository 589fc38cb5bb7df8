// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/select.c and lib/select_tables.c: an idle CPU, on the machines of t/unit/fixtures. */
#include "../tap.h"
#include "fake_port.h"
#include "fixture.h"

#define NR_WORDS (FAKE_MAX_CPUS / 64)

static struct scxu s;
static struct scxu_task t;
static uint64_t masks[FAKE_MAX_SLOTS][NR_WORDS]; /* of all tasks */

static void use(const struct fixture *fx)
{
	struct scxu_topology *topology;
	int err;

	scxu_free_topology(&s);
	fake_open(&s, 0);
	err = scxu_topology_open(&topology, fx->root) ?: scxu_set_topology(&s, topology);
	if (err || s.nr_cpus > FAKE_MAX_CPUS)
		bail("cannot use the topology in %s: %s", fx->root, strerror(-err));
	fixture_end(fx);
	fake.masks = masks[0];
	fake.mask_words = NR_WORDS;
	t = (struct scxu_task){ .nr_cpus_allowed = s.nr_cpus_possible };
}

static void use_machine(const char *name)
{
	struct fixture fx;

	fixture_unpack(&fx, name);
	use(&fx);
}

/* 8 CPUs, all alike. */
static void use_flat_machine(void)
{
	struct fixture fx;

	fixture_flat(&fx, 8);
	use(&fx);
}

static int select_cpu(int prev_cpu)
{
	return scxu_select_cpu(&s, &t, prev_cpu, 0);
}

static void new_round(void)
{
	fake.own_cpu = -1;
	memset(fake.idle, 0, sizeof(fake.idle));
	s.round++;
}

/* In a new round @idle are idle, and no others. */
static void idle(const char *list_text)
{
	struct fixture_list list;
	int i;

	new_round();
	fixture_parse_list(&list, list_text);
	for (i = 0; i < list.nr; i++)
		fake.idle[list.cpu[i]] = true;
}

/* From now on the task may run on these only. */
static void allow(const char *list_text)
{
	uint64_t *mask = masks[t.slot % FAKE_MAX_SLOTS];
	struct fixture_list list;
	int i;

	memset(masks, 0, sizeof(masks));
	fixture_parse_list(&list, list_text);
	for (i = 0; i < list.nr; i++)
		mask[list.cpu[i] / 64] |= UINT64_C(1) << (list.cpu[i] % 64);
	t.nr_cpus_allowed = list.nr;
}

static void allow_all(void)
{
	t.nr_cpus_allowed = s.nr_cpus_possible;
}

static void test_round(void)
{
	idle("2,5,7");
	is_int(select_cpu(5), 5, "the preferred CPU, if it is idle");
	is_int(select_cpu(5), 2, "it is given once in a round, then another");
	is_int(select_cpu(SCXU_CPU_ANY), 7, "no CPU is preferred");
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "all are given");
	scxu_notify_complete(&s, 0);
	is_int(select_cpu(7), 7, "they are there again in the next round");
	scxu_wait(&s, 0);
	is_int(select_cpu(7), 7, "also when a wait ended it");
	idle("0");
	is_int(select_cpu(7), 0, "the first CPU");
	idle("7");
	is_int(select_cpu(0), 7, "the last CPU");
	idle("4");
	is_int(select_cpu(3), 4, "a CPU next to one that is busy");
	fake.idle[3] = true;
	is_int(select_cpu(3), -EBUSY, "and that counts as busy for the round");
}

/* Many tasks in a round must not cost as many looks at all CPUs. */
static void test_all_busy(void)
{
	idle("");
	fake.nr_asked_idle = 0;
	is_int(select_cpu(3), -EBUSY, "no CPU is idle");
	is_int(fake.nr_asked_idle, 8, "all were asked");
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "whichever is preferred");
	is_int(select_cpu(4), -EBUSY, "however often");
	is_int(fake.nr_asked_idle, 8, "without asking again in this round");
	fake.idle[4] = true;
	scxu_notify_complete(&s, 0);
	is_int(select_cpu(4), 4, "but in the next one");
}

static void test_own_cpu(void)
{
	idle("");
	fake.own_cpu = 4;
	is_int(select_cpu(1), 4, "the policy's own CPU counts as idle");
	is_int(select_cpu(4), -EBUSY, "once");
	idle("");
	fake.own_cpu = 4;
	is_int(select_cpu(4), 4, "and may be the preferred one");
	idle("");
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "no preference and no own CPU are not the same");
}

static void test_mask(void)
{
	idle("2,5");
	t.slot = 9;
	allow("0,3,5,6");
	is_int(select_cpu(3), 5, "a restricted task gets a CPU that it may run on");
	is_int(select_cpu(3), -EBUSY, "and no other");
	idle("2,5");
	is_int(select_cpu(2), 5, "not even the preferred one");
	idle("2,5");
	t.slot = FAKE_MAX_SLOTS + 9;
	is_int(select_cpu(2), 5, "a task that makes no sense does no harm");
	allow_all();
	is_int(select_cpu(5), 2, "what was refused is there for others");
	allow("0");
	masks[9][0] |= ~UINT64_C(0) << 8;
	idle("");
	is_int(select_cpu(5), -EBUSY, "CPUs beyond the last are not looked at");
	allow_all();
}

static void test_bad_arguments(void)
{
	static const uint64_t nearby[] = {
		SCXU_SELECT_LLC,
		SCXU_SELECT_NODE,
		SCXU_SELECT_NODE | SCXU_SELECT_CORE,
	};
	size_t i;

	idle("0-7");
	is_int(select_cpu(8), -EINVAL, "a preferred CPU beyond the last");
	is_int(select_cpu(INT32_MAX), -EINVAL, "far beyond");
	is_int(select_cpu(-2), -EINVAL, "a preferred CPU of -2");
	is_int(select_cpu(INT32_MIN), -EINVAL, "far below");
	is_int(scxu_select_cpu(&s, &t, 1, 1 << 3), -EINVAL, "an unknown flag");
	is_int(scxu_select_cpu(&s, &t, 1, 1ULL << 63), -EINVAL, "the highest");
	for (i = 0; i < ARRAY_SIZE(nearby); i++)
		is_int(scxu_select_cpu(&s, &t, SCXU_CPU_ANY, nearby[i]), -EINVAL,
		       "near no CPU, flags %d", (int)nearby[i]);
	is_int(scxu_select_cpu(&s, &t, SCXU_CPU_ANY, SCXU_SELECT_CORE), 0, "a core anywhere");
	is_int(select_cpu(1), 1, "no CPU is lost by that");
}

/* CPUs n and n + 8 are a core. */
static void test_smt(void)
{
	use_machine("desktop");
	idle("1,3,9-10");
	is_int(select_cpu(9), 9, "the preferred CPU, if its core is idle");
	is_int(select_cpu(9), 1, "then another, but no core");
	idle("1,3,9-10");
	is_int(select_cpu(3), 1, "a whole core comes before the preferred CPU");
	is_int(select_cpu(3), 3, "that before any other");
	is_int(select_cpu(3), 9, "and then any");
	is_int(select_cpu(3), 10, "and the last");
	idle("1,3,9-10");
	is_int(scxu_select_cpu(&s, &t, 3, SCXU_SELECT_CORE), 1, "a core");
	is_int(scxu_select_cpu(&s, &t, 3, SCXU_SELECT_CORE), -EBUSY, "once");
	is_int(scxu_select_cpu(&s, &t, 9, SCXU_SELECT_CORE), -EBUSY, "it is whole no more");
	is_int(select_cpu(9), 9, "but half of it is there");
	idle("1,3,10");
	allow("9,3");
	fake.own_cpu = 9;
	is_int(select_cpu(3), 9, "a core may be whole by CPUs that are not allowed, or our own");
}

/* Node 0 has LLC 0 (CPUs 0-31, 128-159) and 1 (32-63, 160-191), node 1 has 2 and 3. */
static void test_distance(void)
{
	use_machine("chiplets");
	idle("0,128,40,168,70,198,100");
	is_int(select_cpu(33), 40, "a core in the same LLC");
	is_int(select_cpu(33), 0, "in the same node");
	is_int(select_cpu(33), 70, "anywhere");
	is_int(select_cpu(33), 168, "a CPU in the same LLC");
	is_int(select_cpu(33), 128, "in the same node");
	is_int(select_cpu(33), 100, "anywhere");
	is_int(select_cpu(33), 198, "and everywhere");
	is_int(select_cpu(33), -EBUSY, "and no more");

	idle("40,0,70,100,228");
	is_int(scxu_select_cpu(&s, &t, 33, SCXU_SELECT_LLC), 40, "the flag for the LLC");
	is_int(scxu_select_cpu(&s, &t, 33, SCXU_SELECT_LLC), -EBUSY, "keeps a task there");
	is_int(scxu_select_cpu(&s, &t, 33, SCXU_SELECT_NODE), 0, "that for the node");
	is_int(scxu_select_cpu(&s, &t, 33, SCXU_SELECT_NODE), -EBUSY, "there");
	s.opts.flags = SCXU_NUMA_LOCAL;
	is_int(select_cpu(33), -EBUSY, "and so does the option");
	is_int(select_cpu(SCXU_CPU_ANY), 100, "but not a task that prefers no CPU");
	is_int(select_cpu(64), 70, "and a node has more LLCs");
	s.opts.flags = 0;
	is_int(select_cpu(33), 228, "without it there is another one");
	idle("40,0,70");
	allow("0,70,200");
	is_int(scxu_select_cpu(&s, &t, 33, SCXU_SELECT_LLC), -EBUSY,
	       "near one that is not allowed");
	is_int(select_cpu(33), 0, "the next one that is");
}

/* Cores of 983 and (4-7) 1024, with CPUs n and n + 1; 12-19 of 778, and 20-21 without L3. */
static void test_capacity(void)
{
	use_machine("laptop");
	idle("0-3,6-7,12,20");
	is_int(select_cpu(13), 6, "the largest core");
	is_int(select_cpu(13), 0, "the next one");
	is_int(select_cpu(13), 2, "as large");
	is_int(select_cpu(13), 12, "a small one");
	is_int(select_cpu(13), 20, "a smaller one, as it is a core of its own");
	is_int(select_cpu(13), 7, "the rest of the largest");
	idle("0-3,6-7,12,20");
	is_int(select_cpu(12), 12, "the preferred one, however small");
	is_int(select_cpu(21), 20, "a near one, however small");

	use_machine("phone");
	idle("0-7");
	is_int(select_cpu(SCXU_CPU_ANY), 7, "the largest");
	is_int(select_cpu(SCXU_CPU_ANY), 4, "a large one");
	is_int(select_cpu(2), 2, "the preferred one");
	is_int(select_cpu(2), 0, "a small one of its cluster");
	is_int(select_cpu(7), 5, "a large one");
}

/* Node 0 has CPUs 0-11 and 32-43, node 2 the others, and node 1 none. */
static void test_node_without_cpus(void)
{
	struct fixture fx;

	fixture_unpack(&fx, "server");
	fixture_line(&fx, "file node/online 0,2");
	fixture_line(&fx, "file node/node2/cpulist 16-27,48-59");
	use(&fx);
	idle("0,20");
	is_int(scxu_select_cpu(&s, &t, 16, SCXU_SELECT_NODE), 20, "a CPU of the last node");
	is_int(scxu_select_cpu(&s, &t, 16, SCXU_SELECT_NODE), -EBUSY, "none of another");
	is_int(select_cpu(16), 0, "unless that will do");
}

/* CPUs 0 and 1, 2 and 3 are cores, 4 and 7 too; 5 and 6 are in their node, 8 to 15 not yet. */
static void test_offline(void)
{
	use_machine("offline");
	idle("4");
	is_int(select_cpu(5), 4, "an offline CPU is preferred");
	is_int(scxu_select_cpu(&s, &t, 9, SCXU_SELECT_NODE), -EBUSY, "one that is not in a node");
	is_int(select_cpu(9), -EBUSY, "no CPU is given that is offline");
	idle("5,9,10");
	is_int(select_cpu(0), 5, "CPUs that came are found, near ones first");
	is_int(scxu_select_cpu(&s, &t, 9, SCXU_SELECT_LLC), 9, "whatever is known of them");
	is_int(scxu_select_cpu(&s, &t, 9, SCXU_SELECT_LLC), -EBUSY, "which is little");
	is_int(select_cpu(9), 10, "and others");

	use_machine("server");
	idle("16");
	is_int(select_cpu(12), 16, "a hole in the ids is preferred");
	fake.idle[12] = true;
	scxu_notify_complete(&s, 0);
	is_int(select_cpu(12), 16, "and is no CPU");
}

/* How often CPUs are asked whether they are idle. */
static void test_questions(void)
{
	use_machine("desktop");
	idle("1,3-4,12");
	is_int(select_cpu(3), 4, "the first whole core");
	is_int(fake.nr_asked_idle, 9, "3 and 11, 0, 1 and 9, 2, again 3, 4 and 12 were asked");
	fake.nr_asked_idle = 0;
	is_int(select_cpu(1), 1, "a core that is known to be none is not asked again");
	is_int(fake.nr_asked_idle, 5, "1, 5, 6, 7, again 1");
	fake.nr_asked_idle = 0;
	is_int(select_cpu(3), 3, "and none is, if there are no more whole ones");
	is_int(fake.nr_asked_idle, 2, "3, again 3");
	use_machine("phone");
	idle("0-7");
	is_int(select_cpu(3), 3, "the preferred CPU, where cores have one");
	is_int(fake.nr_asked_idle, 1, "is the only one that is asked");
}

/* Tasks with masks of their own, too, do not ask a busy CPU twice in a round. */
static void test_cost(void)
{
	int nr = 0, i;

	use_machine("huge");
	idle("");
	fake.idle[2047] = true;
	for (i = 0; i < 1000; i++) {
		allow(i % 2 ? "0-2046" : "5,77,1029,2000");
		nr += select_cpu(i) >= 0;
	}
	is_int(nr, 0, "all CPUs that are allowed are busy");
	ok(fake.nr_asked_idle <= 2047, "%d questions for 1000 tasks", fake.nr_asked_idle);
	allow_all();
	is_int(select_cpu(0), 2047, "one was not allowed");
	fake.nr_asked_idle = 0;
	for (i = 0; i < 1000; i++)
		select_cpu(i);
	is_int(fake.nr_asked_idle, 0, "no question when none is left");
	fake.nr_asked_mask = 0;
	allow("5");
	select_cpu(5);
	is_int(fake.nr_asked_mask, 0, "not even for the mask of a task");
	allow_all();
	new_round();
	memset(fake.idle, true, sizeof(fake.idle));
	select_cpu(7);
	is_int(fake.nr_asked_idle, 2, "a whole core is asked for once");
}

/*
 * A naive model of scxu_select_cpu(). The idle CPUs stay the same in a round, which need not be so;
 * test_change() has the other case.
 */
static struct {
	struct scxu_cpu cpu[FAKE_MAX_CPUS]; /* sz 0: a hole */
	bool given[FAKE_MAX_CPUS];
	unsigned long long seed;
} model;

static unsigned int rnd(unsigned int n)
{
	model.seed = model.seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (model.seed >> 33) % n;
}

static void model_begin(void)
{
	int cpu;

	memset(model.cpu, 0, sizeof(model.cpu));
	for (cpu = -1; (cpu = scxu_topology_next_cpu(s.topology, cpu)) >= 0;) {
		model.cpu[cpu].sz = sizeof(model.cpu[cpu]);
		scxu_topology_get_cpu(s.topology, cpu, &model.cpu[cpu]);
	}
}

static bool model_free(int cpu)
{
	return model.cpu[cpu].sz && !model.given[cpu] && (fake.idle[cpu] || fake.own_cpu == cpu);
}

static bool model_whole(int cpu)
{
	int i, core = model.cpu[cpu].core;

	for (i = 0; i < s.nr_cpus; i++)
		if ((i == cpu || (core >= 0 && model.cpu[i].core == core && model.cpu[i].sz)) &&
		    !model_free(i))
			return false;
	return true;
}

static bool model_allowed(int cpu)
{
	if ((int)t.nr_cpus_allowed >= s.nr_cpus_possible)
		return true;
	return masks[t.slot][cpu / 64] >> (cpu % 64) & 1;
}

/* 0 = the same LLC, 1 = the same node, 2 = elsewhere. */
static int model_distance(int cpu, int prev)
{
	const struct scxu_cpu *a = &model.cpu[cpu], *b = prev < 0 ? NULL : &model.cpu[prev];

	if (!b || !b->sz)
		return 2;
	if (a->llc >= 0 && a->llc == b->llc)
		return 0;
	return a->node >= 0 && a->node == b->node ? 1 : 2;
}

/* How good a CPU is: least is best, INT_MAX will not do. */
static int model_rank(int cpu, int prev, uint64_t flags)
{
	int distance = model_distance(cpu, prev);
	bool whole;

	if (!model_free(cpu) || !model_allowed(cpu))
		return INT_MAX;
	if (s.opts.flags & SCXU_NUMA_LOCAL && prev >= 0)
		flags |= SCXU_SELECT_NODE;
	if (cpu != prev && ((flags & SCXU_SELECT_LLC && distance > 0) ||
			    (flags & SCXU_SELECT_NODE && distance > 1)))
		return INT_MAX;
	whole = model_whole(cpu);
	if (flags & SCXU_SELECT_CORE && !whole)
		return INT_MAX;
	if (cpu == prev)
		return whole ? 0 : 400000;
	return (whole ? 100000 : 500000) + distance * 10000 + 1024 - (int)model.cpu[cpu].capacity;
}

static int model_best_rank(int prev, uint64_t flags)
{
	int cpu, rank, best = INT_MAX;

	for (cpu = 0; cpu < s.nr_cpus; cpu++) {
		rank = model_rank(cpu, prev, flags);
		best = rank < best ? rank : best;
	}
	return best;
}

static void random_round(void)
{
	static const unsigned int density[] = { 0, 1, 5, 50, 90, 100 };
	unsigned int percent = density[rnd(ARRAY_SIZE(density))];
	int cpu;

	s.round++;
	memset(model.given, 0, sizeof(model.given));
	for (cpu = 0; cpu < s.nr_cpus; cpu++)
		fake.idle[cpu] = rnd(100) < percent;
	/* Offline CPUs are not idle, unless they came online. */
	for (cpu = 0; cpu < s.nr_cpus; cpu++)
		if (model.cpu[cpu].sz && !(model.cpu[cpu].flags & SCXU_CPU_ONLINE) && rnd(2))
			fake.idle[cpu] = false;
	do
		fake.own_cpu = (int)rnd(s.nr_cpus + 1) - 1;
	while (fake.own_cpu >= 0 && !model.cpu[fake.own_cpu].sz);
	s.opts.flags = rnd(4) ? 0 : SCXU_NUMA_LOCAL;
}

static void random_mask(void)
{
	unsigned int kind = rnd(4);
	uint64_t *mask;
	int i;

	allow_all();
	if (!kind)
		return;
	t.nr_cpus_allowed = rnd(s.nr_cpus_possible);
	t.slot = rnd(FAKE_MAX_SLOTS);
	mask = masks[t.slot];
	for (i = 0; i < NR_WORDS; i++)
		mask[i] = (uint64_t)rnd(UINT_MAX) << 32 | rnd(UINT_MAX);
	for (i = 0; kind > 1 && i < NR_WORDS; i++)
		mask[i] &= (uint64_t)rnd(UINT_MAX) << 32 | rnd(UINT_MAX);
	if (kind < 3)
		return;
	memset(mask, 0, sizeof(masks[0]));
	for (i = 0; i < 3; i++)
		mask[rnd(s.nr_cpus) / 64] |= UINT64_C(1) << rnd(64);
}

static bool random_step(void)
{
	int prev = (int)rnd(s.nr_cpus + 1) - 1, best, cpu;
	uint64_t flags = prev < 0 ? rnd(2) * SCXU_SELECT_CORE : rnd(2) * rnd(8);

	random_mask();
	best = model_best_rank(prev, flags);
	cpu = scxu_select_cpu(&s, &t, prev, flags);
	if (cpu < 0)
		return cpu == -EBUSY && best == INT_MAX;
	if (cpu >= s.nr_cpus || best == INT_MAX || model_rank(cpu, prev, flags) != best)
		return false;
	model.given[cpu] = true;
	return true;
}

static void test_random(const char *name, int nr_steps)
{
	int i, nr_bad = 0;

	use_machine(name);
	model_begin();
	for (i = 0; i < nr_steps && !nr_bad; i++) {
		if (!i || !rnd(s.nr_cpus < 64 ? 8 : s.nr_cpus / 4))
			random_round();
		nr_bad += !random_step();
	}
	is_int(nr_bad, 0, "%s: no difference to a naive model in %d steps", name, i);
}

/* CPUs become idle and busy in the midst of a round: what is given was idle then, and once. */
static void test_change(const char *name, int nr_steps)
{
	int i, j, prev, cpu, nr_bad = 0, nr_given = 0;
	uint64_t flags;

	use_machine(name);
	model_begin();
	for (i = 0; i < nr_steps && !nr_bad; i++) {
		if (!i || !rnd(32))
			random_round();
		for (j = 0; j < 4; j++) {
			cpu = rnd(s.nr_cpus);
			fake.idle[cpu] = !fake.idle[cpu];
		}
		random_mask();
		prev = rnd(s.nr_cpus);
		flags = rnd(8);
		cpu = scxu_select_cpu(&s, &t, prev, flags);
		if (cpu < 0)
			continue;
		nr_bad += model_rank(cpu, prev, flags & ~SCXU_SELECT_CORE) == INT_MAX;
		model.given[cpu] = true;
		nr_given++;
	}
	ok(!nr_bad && nr_given, "%s: %d CPUs that were idle when they were given", name, nr_given);
}

int main(void)
{
	use_flat_machine();
	test_round();
	test_all_busy();
	test_own_cpu();
	test_mask();
	test_bad_arguments();
	test_smt();
	test_distance();
	test_capacity();
	test_node_without_cpus();
	test_offline();
	test_questions();
	test_cost();
	test_random("one", 20000);
	test_random("desktop", 50000);
	test_random("laptop", 50000);
	test_random("server", 30000);
	test_random("phone", 50000);
	test_random("offline", 50000);
	test_random("chiplets", 10000);
	test_random("huge", 1000);
	test_change("desktop", 50000);
	test_change("chiplets", 20000);
	scxu_free_topology(&s);
	return done_testing();
}
