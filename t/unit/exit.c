// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/exit.c: stopping, and the report for callers of other versions of the struct. */
#include "../tap.h"
#include "fake_port.h"

struct later {
	struct scxu_exit_info info;
	unsigned char more[40];
	unsigned char behind[8];
};

static struct scxu s;

static void test_stop(void)
{
	fake_open(&s, 1);
	ok(!scxu_exited(&s), "a scheduler has not exited");
	fake.exited = true;
	ok(scxu_exited(&s), "it has when the kernel says so");

	fake_open(&s, 1);
	errno = ENOTTY;
	scxu_stop(&s);
	is_int(errno, ENOTTY, "scxu_stop() leaves errno alone, as a signal handler must");
	ok(scxu_exited(&s), "then it is time to leave");
	is_int(fake.nr_wake, 1, "a wait ends");
	is_int(fake.nr_detach, 0, "and it is still attached");
	scxu_stop(&s);
	ok(scxu_exited(&s) && fake.nr_wake == 2, "twice is not too often");
}

/* The whole of @got is its size, the report as far as it goes, 0 and, from @sz on, 0xee. */
static bool is_copy(const struct later *got, size_t sz)
{
	struct later want;

	memset(&want, 0, sizeof(want));
	want.info = fake.exit;
	want.info.sz = sz;
	memset((char *)&want + sz, 0xee, sizeof(want) - sz);
	return !memcmp(got, &want, sizeof(want));
}

static int report(struct later *got, size_t sz)
{
	memset(got, 0xee, sizeof(*got));
	got->info.sz = sz;
	return scxu_shutdown_and_report(&s, &got->info);
}

static void test_report_sizes(void)
{
	size_t sz, nr_bad = 0;
	struct later got;

	fake_open(&s, 1);
	fake.exit = (struct scxu_exit_info){ .kind = SCXU_EXIT_DETACHED,
					     .kernel_kind = 64,
					     .code = -5 };
	memset(fake.exit.reason, 'r', sizeof(fake.exit.reason) - 1);
	memset(fake.exit.message, 'm', sizeof(fake.exit.message) - 1);
	is_int(report(&got, sizeof(got.info)), 0, "a struct of our size");
	ok(is_copy(&got, sizeof(got.info)), "has the whole report");
	is_int(fake.nr_detach, 1, "the port is told to detach");
	for (sz = sizeof(size_t); sz <= sizeof(got); sz++)
		nr_bad += report(&got, sz) || !is_copy(&got, sz);
	is_int(nr_bad, 0, "any shorter or longer struct has what it has room for, and then 0");

	fake.nr_detach = 0;
	for (sz = 0; sz < sizeof(size_t); sz++)
		nr_bad += report(&got, sz) != -EINVAL || got.info.kind != (int32_t)0xeeeeeeee;
	is_int(nr_bad, 0, "a size that does not even hold itself is refused");
	is_int(fake.nr_detach, 0, "before anything is done");
	is_int(scxu_shutdown_and_report(&s, NULL), 0, "no struct");
	is_int(fake.nr_detach, 1, "detaches all the same");
}

static void test_kinds(void)
{
	static const struct {
		const char *name;
		int kind, result;
	} cases[] = {
		{ "we left", SCXU_EXIT_DETACHED, 0 },
		{ "the kernel threw us out", SCXU_EXIT_EVICTED, 1 },
		{ "an operator did", SCXU_EXIT_REQUESTED, 1 },
		{ "the kernel asks for a restart", SCXU_EXIT_RESTART, 1 },
	};
	size_t i;

	fake_open(&s, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fake.exit.kind = cases[i].kind;
		is_int(scxu_shutdown_and_report(&s, NULL), cases[i].result, "%s", cases[i].name);
	}
	is_str(scxu_get_dump(&s), "the dump", "the dump is the port's");
}

int main(void)
{
	test_stop();
	test_report_sizes();
	test_kinds();
	return done_testing();
}
