// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/dispatch.c: decisions made, checked and given to a port that may be full. */
#include "../tap.h"
#include "fake_port.h"

static struct scxu s;

static void open_with_room(unsigned int room, unsigned int room_after_wait)
{
	fake_open(&s, 4);
	fake.room = room;
	fake.room_after_wait = room_after_wait;
}

static void test_init(void)
{
	struct scxu_task t;
	struct scxu_dispatch d, want;

	memset(&t, 0x55, sizeof(t));
	memset(&d, 0xaa, sizeof(d));
	memset(&want, 0, sizeof(want));
	t.slot = 7;
	t.generation = 9;
	t.cookie = 0x123456789abcdef0;
	want.slot = 7;
	want.generation = 9;
	want.cookie = 0x123456789abcdef0;
	want.cpu = SCXU_CPU_ANY;
	scxu_dispatch_init(&d, &t);
	ok(!memcmp(&d, &want, sizeof(d)),
	   "a new decision has the task's slot, generation and cookie, any CPU, and else 0");
}

static void test_check(void)
{
	struct scxu_dispatch d = { .slot = 63, .generation = 5, .cpu = 2, .slice_ns = 3 };

	open_with_room(8, 0);
	is_int(scxu_dispatch_task(&s, &d), 0, "the last slot is good");
	ok(fake.nr_taken == 1 && !memcmp(&fake.taken[0], &d, sizeof(d)), "the decision is given");
	d.slot = 64;
	is_int(scxu_dispatch_task(&s, &d), -EINVAL, "one beyond it is not");
	d.slot = UINT32_MAX;
	is_int(scxu_dispatch_task(&s, &d), -EINVAL, "nor the highest");
	d.slot = 0;
	d.flags = 1U << 2;
	is_int(scxu_dispatch_task(&s, &d), -EINVAL, "an unknown flag is refused");
	d.flags = 1U << 31;
	is_int(scxu_dispatch_task(&s, &d), -EINVAL, "the highest too");
	is_int(fake.nr_taken, 1, "none of these is given");
	is_int(fake.nr_wait, 0, "nor waited for");
}

static void test_special(void)
{
	static const struct {
		struct scxu_dispatch d;
		int result;
		const char *what;
	} cases[] = {
		{ { .cpu = 2, .flags = SCXU_DISPATCH_HEAD }, 0, "head, on a CPU" },
		{ { .cpu = -1, .flags = SCXU_DISPATCH_HEAD }, 0, "head, on any" },
		{ { .cpu = 2, .flags = SCXU_DISPATCH_PREEMPT }, 0, "preempt, on a CPU" },
		{ { .cpu = 0, .flags = SCXU_DISPATCH_HEAD | SCXU_DISPATCH_PREEMPT },
		  0,
		  "both, on CPU 0" },
		{ { .cpu = -1, .flags = SCXU_DISPATCH_PREEMPT }, -EINVAL, "preempt, on any CPU" },
		{ { .cpu = -1, .queue = 1 }, 0, "the first queue" },
		{ { .cpu = -1, .queue = 3 }, 0, "the last queue" },
		{ { .cpu = -1, .queue = 3, .flags = SCXU_DISPATCH_HEAD }, 0, "head, in a queue" },
		{ { .cpu = -1, .queue = 4 }, -EINVAL, "one that was not made" },
		{ { .cpu = -1, .queue = UINT32_MAX }, -EINVAL, "the highest" },
		{ { .cpu = -1, .queue = 0x10000 }, -EINVAL, "one whose low half is 0" },
		{ { .cpu = 0, .queue = 1 }, -EINVAL, "a queue and a CPU" },
		{ { .cpu = -2, .queue = 1 }, -EINVAL, "a queue and no CPU at all" },
		{ { .cpu = -1, .queue = 1, .flags = SCXU_DISPATCH_PREEMPT },
		  -EINVAL,
		  "preempt, in a queue" },
		{ { .cpu = 2, .flags = SCXU_DISPATCH_HEAD | 1U << 8 }, -EINVAL, "head and more" },
	};
	unsigned int i, nr_good = 0;

	open_with_room(ARRAY_SIZE(cases), 0);
	s.nr_queues = 3;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		is_int(scxu_dispatch_task(&s, &cases[i].d), cases[i].result, "%s", cases[i].what);
		nr_good += !cases[i].result;
	}
	is_int(fake.nr_taken, nr_good, "only what is good is given");
}

static void test_full(void)
{
	struct scxu_dispatch d = { .slot = 1, .generation = 1 };

	open_with_room(0, 1);
	is_int(scxu_dispatch_task(&s, &d), 0, "a decision that does not fit is given after a wait");
	is_int(fake.nr_taken, 1, "once");
	is_int(fake.nr_wait, 1, "the CPU was given up once");
	ok(fake.timeout_ns == -1 && fake.pending, "with more to do, so that it comes back soon");

	open_with_room(0, 0);
	is_int(scxu_dispatch_task(&s, &d), -EAGAIN, "the kernel half takes none");
	is_int(fake.nr_wait, 1, "the CPU was given up once and no more");
	is_int(fake.nr_taken, 0, "nothing is given");
}

static void test_many(void)
{
	struct scxu_dispatch d[6];
	unsigned int i, nr_bad = 0;

	for (i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = (struct scxu_dispatch){ .slot = i, .generation = 10 + i };
	open_with_room(8, 0);
	is_int(scxu_dispatch_tasks(&s, d, 0), 0, "no decision");
	is_int(scxu_dispatch_tasks(&s, d, 6), 6, "six decisions");
	for (i = 0; i < ARRAY_SIZE(d); i++)
		nr_bad += fake.taken[i].slot != i || fake.taken[i].generation != 10 + i;
	is_int(nr_bad, 0, "in order");
	is_int(fake.nr_taken, 6, "each once");

	open_with_room(2, 3);
	is_int(scxu_dispatch_tasks(&s, d, 5), 5, "five where there is room for two, then three");
	is_int(fake.nr_wait, 1, "with one wait");
	open_with_room(2, 0);
	is_int(scxu_dispatch_tasks(&s, d, 5), 2, "two where there is room for two, then none");
	is_int(scxu_dispatch_tasks(&s, d, 5), -EAGAIN, "none where there is room for none");

	d[3].flags = 1U << 2;
	open_with_room(8, 0);
	is_int(scxu_dispatch_tasks(&s, d, 6), 3, "those before a bad one");
	is_int(fake.nr_taken, 3, "and not those after it");
	is_int(scxu_dispatch_tasks(&s, d + 3, 3), -EINVAL, "the error of the first");
}

int main(void)
{
	test_init();
	test_check();
	test_special();
	test_full();
	test_many();
	return done_testing();
}
