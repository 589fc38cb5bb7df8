// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/stats.c: counters for callers built against other versions of the struct. */
#include "../tap.h"
#include "fake_port.h"

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
	memset((char *)&want + sz, 0xee, sizeof(want) - sz);
	return !memcmp(got, &want, sizeof(want));
}

static int get(struct scxu *s, struct later *got, size_t sz)
{
	memset(got, 0xee, sizeof(*got));
	got->stats.sz = sz;
	return scxu_get_stats(s, &got->stats);
}

int main(void)
{
	uint64_t claimed[1], *counter = &fake.stats.nr_tasks;
	struct later got;
	struct scxu s;
	size_t sz, nr_bad = 0, i;

	fake_open(&s, claimed, 1);
	for (i = 0; i < sizeof(fake.stats) / 8 - 1; i++)
		counter[i] = 0x0123456789abcdef * (i + 1);

	is_int(get(&s, &got, sizeof(got.stats)), 0, "a struct of our size");
	ok(is_copy(&got, sizeof(got.stats)), "has all counters");
	is_int(got.stats.nr_cpus_idle, fake.stats.nr_cpus_idle, "to the last");
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
	return done_testing();
}
