// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/wait.c: the end of a round, and what the port is asked for. */
#include "../tap.h"
#include "fake_port.h"

static struct scxu s;

static void test_rounds(void)
{
	fake_open(&s, 1);
	is_int(scxu_notify_complete(&s, 0), 0, "a round ends");
	ok(fake.timeout_ns == -1 && !fake.pending, "until there is something to decide");
	is_int(scxu_notify_complete(&s, 1), 0, "a round ends with a task left");
	ok(fake.timeout_ns == -1 && fake.pending, "for a moment");
	scxu_notify_complete(&s, 1ULL << 32);
	ok(fake.pending, "also with 2^32 tasks left");
	is_int(s.round, 4, "each has its number");

	is_int(scxu_wait(&s, 100), 0, "a wait");
	ok(fake.timeout_ns == 100000000 && !fake.pending, "of 100 ms");
	scxu_wait(&s, 0);
	is_int(fake.timeout_ns, 0, "of no time");
	scxu_wait(&s, INT32_MAX);
	is_int(fake.timeout_ns, INT32_MAX * 1000000LL, "of 24 days");
	scxu_wait(&s, -1);
	is_int(fake.timeout_ns, -1, "without limit");
	scxu_wait(&s, INT32_MIN);
	is_int(fake.timeout_ns, -1, "also below -1");
	is_int(s.round, 9, "each ends a round");
	is_int(fake.nr_wait, 8, "and gives up the CPU once");

	fake.wait_result = -EINTR;
	is_int(scxu_notify_complete(&s, 0), -EINTR, "a signal ends a round");
	is_int(scxu_wait(&s, 5), -EINTR, "and a wait");
	is_int(fake.nr_disarm, 0, "what was not armed is not disarmed");
}

static void test_arm(void)
{
	fake_open(&s, 1);
	fake.fd = 17;
	is_int(scxu_get_fd(&s), 17, "the descriptor is the port's");
	is_int(scxu_arm(&s), 0, "nothing to do: it is safe to sleep");
	is_int(s.round, 2, "a round has ended");
	is_int(fake.nr_wait, 0, "without a wait");
	is_int(scxu_arm(&s), 0, "again");
	ok(fake.nr_arm == 2 && fake.nr_disarm == 1, "arms anew");

	fake.busy = true;
	is_int(scxu_arm(&s), 1, "something to do: it is not safe");
	is_int(s.round, 4, "though a round has ended");
	fake.nr_disarm = 0;
	scxu_wait(&s, 0);
	is_int(fake.nr_disarm, 0, "and it is not armed");
}

static void test_disarm(void)
{
	struct scxu_event ev;
	struct scxu_task t;

	fake_open(&s, 1);
	scxu_arm(&s);
	scxu_get_fd(&s);
	is_int(fake.nr_disarm, 0, "what looks at nothing leaves it armed");
	scxu_dequeue_task(&s, &t);
	is_int(fake.nr_disarm, 1, "scxu_dequeue_task() disarms");
	scxu_dequeue_task(&s, &t);
	is_int(fake.nr_disarm, 1, "once");
	scxu_arm(&s);
	scxu_dequeue_tasks(&s, &t, 1);
	is_int(fake.nr_disarm, 2, "so does scxu_dequeue_tasks()");
	scxu_arm(&s);
	scxu_next_event(&s, &ev);
	is_int(fake.nr_disarm, 3, "and scxu_next_event()");
	scxu_arm(&s);
	scxu_wait(&s, 5);
	is_int(fake.nr_disarm, 4, "and scxu_wait()");
	scxu_arm(&s);
	scxu_notify_complete(&s, 0);
	is_int(fake.nr_disarm, 5, "and scxu_notify_complete()");
}

static void test_arm_at_the_end(void)
{
	fake_open(&s, 1);
	scxu_stop(&s);
	is_int(scxu_arm(&s), 1, "who was asked to leave does not sleep");
	fake_open(&s, 1);
	fake.exited = true;
	is_int(scxu_arm(&s), 1, "nor does who was thrown out");
}

int main(void)
{
	test_rounds();
	test_arm();
	test_disarm();
	test_arm_at_the_end();
	return done_testing();
}
