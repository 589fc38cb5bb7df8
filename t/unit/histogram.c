// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/histogram.c: percentiles, and callers built against other versions of the struct. */
#include "../tap.h"
#include "fake_port.h"

struct later {
	struct scxu_histograms histograms;
	unsigned char more[40];
	unsigned char behind[8];
};

/* The whole of @got is its size, the buckets as far as they go, 0 and, from @sz on, 0xee. */
static bool is_copy(const struct later *got, size_t sz)
{
	struct later want;

	memset(&want, 0, sizeof(want));
	want.histograms = fake.histograms;
	want.histograms.sz = sz;
	memset((char *)&want + sz, 0xee, sizeof(want) - sz);
	return !memcmp(got, &want, sizeof(want));
}

static int get(struct scxu *s, struct later *got, size_t sz)
{
	memset(got, 0xee, sizeof(*got));
	got->histograms.sz = sz;
	return scxu_get_histograms(s, &got->histograms);
}

static void test_get(void)
{
	uint64_t *bucket = fake.histograms.enqueue_to_seen;
	size_t sz, nr_bad = 0, i;
	struct later got;
	struct scxu s;

	fake_open(&s, 1);
	for (i = 0; i < 3 * SCXU_NR_BUCKETS; i++)
		bucket[i] = 0x0123456789abcdef * (i + 1);

	is_int(get(&s, &got, sizeof(got.histograms)), -ENODATA, "nobody asked for histograms");
	is_int(got.histograms.enqueue_to_seen[0], 0xeeeeeeeeeeeeeeee, "nothing is written");
	s.opts.flags = SCXU_HISTOGRAMS;
	is_int(get(&s, &got, sizeof(got.histograms)), 0, "somebody did");
	is_int(got.histograms.dispatched_to_running[SCXU_NR_BUCKETS - 1],
	       fake.histograms.dispatched_to_running[SCXU_NR_BUCKETS - 1],
	       "all are there, to the last bucket");
	for (sz = sizeof(size_t); sz <= sizeof(got); sz++)
		nr_bad += get(&s, &got, sz) || !is_copy(&got, sz);
	is_int(nr_bad, 0, "any size has what there is room for, and 0 in what we do not know");
	for (sz = 0; sz < sizeof(size_t); sz++)
		nr_bad += get(&s, &got, sz) != -EINVAL;
	is_int(nr_bad, 0, "a size that does not even hold itself is refused");
}

static uint64_t percentile(const uint64_t *buckets, double percent)
{
	return scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, percent);
}

static void test_few(void)
{
	uint64_t b[SCXU_NR_BUCKETS] = { 0 };

	is_int(percentile(b, 50), 0, "an empty histogram has no percentile");
	is_int(scxu_histogram_percentile(b, 0, 50), 0, "nor has one without buckets");
	b[0] = 1;
	is_int(percentile(b, 0.001), 2, "one that waited 0 or 1 ns waited less than 2");
	is_int(percentile(b, 100), 2, "and it is all of them");
	b[0] = 0;
	b[20] = 1;
	is_int(percentile(b, 0.001), 1 << 21, "one that waited 2^20 ns waited less than 2^21");
	is_int(percentile(b, 50), 1 << 21, "and is the median");
	b[20] = 0;
	b[38] = 1;
	is_int(percentile(b, 50), 1LL << 39, "the last bucket but one has a bound");
	b[39] = 1;
	is_int(percentile(b, 50), 1LL << 39, "half of two is one");
	ok(percentile(b, 50.001) == UINT64_MAX, "the last bucket has none");
	b[38] = b[39] = 0;
	is_int(scxu_histogram_percentile(b, 1, 50), 0, "buckets beyond nr are not looked at");
}

static void test_many(void)
{
	uint64_t b[SCXU_NR_BUCKETS] = { [10] = 500, [12] = 490, [15] = 9, [30] = 1 };
	uint64_t huge[SCXU_NR_BUCKETS] = { [3] = UINT64_MAX / 4, [5] = UINT64_MAX / 4 };

	is_int(percentile(b, 50), 1 << 11, "500 of 1000 are 50 %%");
	is_int(percentile(b, 50.1), 1 << 13, "501 are in the next bucket that is not empty");
	is_int(percentile(b, 99), 1 << 13, "990 are 99 %%");
	is_int(percentile(b, 99.9), 1 << 16, "999 are 99.9 %%");
	is_int(percentile(b, 99.91), 1LL << 31, "and then there is one more");
	is_int(percentile(b, 100), 1LL << 31, "which is the longest");
	is_int(percentile(huge, 49), 1 << 4, "half of 2^63");
	is_int(percentile(huge, 51), 1 << 6, "and the other half");
}

int main(void)
{
	test_get();
	test_few();
	test_many();
	return done_testing();
}
