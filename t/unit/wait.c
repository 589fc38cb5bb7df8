// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/wait.c: the end of a round, and what the port is asked for. */
#include "../tap.h"
#include "fake_port.h"

int main(void)
{
	uint64_t claimed[1];
	struct scxu s;

	fake_open(&s, claimed, 1);
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
	return done_testing();
}
