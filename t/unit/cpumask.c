// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/cpumask.c: the CPUs of a task, with holes, at the edges of words, and many. */
#include "../tap.h"
#include "fake_port.h"

#define MAX_CPUS 2100
#define WORDS ((MAX_CPUS + 63) / 64)
#define SLOT 1

static uint64_t masks[4 * WORDS];
static struct scxu s;
static struct scxu_task t = { .slot = SLOT };

static void set_bit(uint64_t *mask, int cpu)
{
	mask[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

/* Only the task's own mask has these; those beside it have all. */
static void open_with(int nr_cpus, const int *cpus, int nr)
{
	int i;

	fake_open(&s, nr_cpus);
	fake.masks = masks;
	fake.mask_words = (nr_cpus + 63) / 64;
	memset(masks, 0xff, sizeof(masks));
	memset(masks + SLOT * fake.mask_words, 0, fake.mask_words * sizeof(*masks));
	for (i = 0; i < nr; i++)
		set_bit(masks + SLOT * fake.mask_words, cpus[i]);
}

static int nr_wrong(const int *cpus, int nr)
{
	int i, cpu = -1, wrong = 0;

	for (i = 0; i < nr; i++) {
		cpu = scxu_task_next_cpu(&s, &t, cpu);
		wrong += cpu != cpus[i];
	}
	return wrong + (scxu_task_next_cpu(&s, &t, cpu) != -1);
}

static int nr_allowed(int nr_cpus)
{
	int cpu, nr = 0;

	for (cpu = -2; cpu < nr_cpus + 130; cpu++)
		nr += scxu_task_may_run_on(&s, &t, cpu);
	return nr;
}

static void walk(int nr_cpus, const int *cpus, int nr, const char *what)
{
	int i, nr_missing = 0;

	open_with(nr_cpus, cpus, nr);
	is_int(nr_wrong(cpus, nr), 0, "%s: each in turn, then none", what);
	for (i = 0; i < nr; i++)
		nr_missing += !scxu_task_may_run_on(&s, &t, cpus[i]);
	is_int(nr_missing, 0, "%s: each is allowed", what);
	is_int(nr_allowed(nr_cpus), nr, "%s: and no other", what);
}

#define WALK(nr_cpus, what, ...)                                  \
	do {                                                      \
		static const int cpus[] = { __VA_ARGS__ };        \
                                                                  \
		walk(nr_cpus, cpus, (int)ARRAY_SIZE(cpus), what); \
	} while (0)

static void test_edges(void)
{
	uint64_t *mask;

	walk(8, NULL, 0, "no CPU");
	open_with(8, NULL, 0);
	mask = masks + SLOT * fake.mask_words;
	mask[0] = ~UINT64_C(0);
	is_int(nr_allowed(8), 8, "bits beyond the last CPU are none");
	is_int(scxu_task_next_cpu(&s, &t, 7), -1, "nor are they walked");
	mask[0] = 1 | 1 << 9;
	is_int(scxu_task_next_cpu(&s, &t, 0), -1, "though they come after a gap");
	is_int(scxu_task_next_cpu(&s, &t, 100), -1,
	       "after a CPU that does not exist there is none");
	is_int(scxu_task_next_cpu(&s, &t, INT32_MAX - 1), -1, "nor after the highest but one");
}

int main(void)
{
	WALK(1, "one CPU", 0);
	WALK(8, "holes", 0, 3, 4, 7);
	WALK(64, "a full word", 0, 62, 63);
	WALK(65, "one more than a word", 63, 64);
	WALK(128, "edges of words", 0, 63, 64, 127);
	WALK(128, "low in the next word", 5, 64);
	WALK(192, "an empty word between", 1, 190);
	WALK(2100, "many CPUs", 5, 1023, 1024, 1025, 2047, 2048, 2099);
	test_edges();
	return done_testing();
}
