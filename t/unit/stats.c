// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/stats.c: counters for callers built against other versions of the struct. */
#include <sys/resource.h>

#include "../tap.h"
#include "fake_port.h"

/* Page faults of this process: as many as the test says. */
static long minor_faults, major_faults;
static int nr_getrusage;

int __wrap_getrusage(int who, struct rusage *usage);

int __wrap_getrusage(int who, struct rusage *usage)
{
	if (who != RUSAGE_SELF)
		bail("resources of %d", who);
	memset(usage, 0, sizeof(*usage));
	usage->ru_minflt = minor_faults;
	usage->ru_majflt = major_faults;
	nr_getrusage++;
	return 0;
}

struct later {
	struct scxu_stats stats;
	unsigned char more[40];
	unsigned char behind[8];
};

/* The whole of @got is its size, the counters as far as they go, 0 and, from @sz on, 0xee. */
static bool is_copy(const struct later *got, size_t sz)
{
	struct later want;

	memset(&want, 0, sizeof(want));
	want.stats = fake.stats;
	want.stats.sz = sz;
	want.stats.nr_minor_faults = minor_faults;
	want.stats.nr_major_faults = major_faults;
	memset((char *)&want + sz, 0xee, sizeof(want) - sz);
	return !memcmp(got, &want, sizeof(want));
}

static int get(struct scxu *s, struct later *got, size_t sz)
{
	memset(got, 0xee, sizeof(*got));
	got->stats.sz = sz;
	return scxu_get_stats(s, &got->stats);
}

static void test_sizes(void)
{
	uint64_t *counter = &fake.stats.nr_tasks;
	struct later got;
	struct scxu s;
	size_t sz, nr_bad = 0, i;

	fake_open(&s, 1);
	for (i = 0; i < sizeof(fake.stats) / 8 - 1; i++)
		counter[i] = 0x0123456789abcdef * (i + 1);

	is_int(get(&s, &got, sizeof(got.stats)), 0, "a struct of our size");
	ok(is_copy(&got, sizeof(got.stats)), "has all counters");
	is_int(got.stats.nr_kernel_sub_rescue, fake.stats.nr_kernel_sub_rescue, "to the last");
	is_int(get(&s, &got, offsetof(struct scxu_stats, nr_kernel)), 0, "a shorter struct");
	ok(is_copy(&got, offsetof(struct scxu_stats, nr_kernel)), "has what it has room for");
	is_int(get(&s, &got, offsetof(struct later, behind)), 0, "a longer struct");
	ok(is_copy(&got, offsetof(struct later, behind)), "has 0 in what we do not know");
	for (sz = sizeof(size_t); sz <= sizeof(got); sz++)
		nr_bad += get(&s, &got, sz) || !is_copy(&got, sz);
	is_int(nr_bad, 0, "any size, also one that cuts a counter");

	for (sz = 0; sz < sizeof(size_t); sz++)
		nr_bad += get(&s, &got, sz) != -EINVAL || got.stats.nr_tasks != 0xeeeeeeeeeeeeeeee;
	is_int(nr_bad, 0, "a size that does not even hold itself is refused");
}

static void test_faults(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct scxu s;

	fake_open(&s, 1);
	minor_faults = 1000;
	major_faults = 10;
	scxu_start_faults(&s);
	scxu_get_stats(&s, &stats);
	ok(!stats.nr_minor_faults && !stats.nr_major_faults, "page faults before do not count");
	minor_faults = 1007;
	major_faults = 13;
	scxu_get_stats(&s, &stats);
	is_int(stats.nr_minor_faults, 7, "page faults since, without a disk");
	is_int(stats.nr_major_faults, 3, "and with one");

	nr_getrusage = 0;
	stats.sz = offsetof(struct scxu_stats, nr_minor_faults);
	scxu_get_stats(&s, &stats);
	is_int(nr_getrusage, 0, "who has no room for them does not pay for them");
	is_int(fake.sz, stats.sz, "nor for what the port has behind them");
}

int main(void)
{
	minor_faults = 0x1234;
	major_faults = 0x5678;
	test_sizes();
	test_faults();
	return done_testing();
}
