// SPDX-License-Identifier: GPL-2.0-only
/* Tests of schedulers/restart.h: the delays grow, and there is an end to them. */
#include "../../schedulers/restart.h"
#include "../tap.h"

static void test_breaker(void)
{
	static const int want_ms[] = { 100, 200, 400, 800, 1600 };
	struct restart r = { 0 };
	int64_t now_ms = 5000;
	int i, delay_ms;

	for (i = 0; i < 5; i++) {
		delay_ms = restart_delay_ms(&r, now_ms, 10);
		is_int(delay_ms, want_ms[i], "restart %d of a row waits %d ms", i + 1, want_ms[i]);
		now_ms += delay_ms;
	}
	is_int(restart_delay_ms(&r, now_ms, 10), -1, "a sixth within a minute is one too many");
	is_int(restart_delay_ms(&r, 64999, 10), -1, "also just before the minute is over");
	is_int(restart_delay_ms(&r, 65000, 10), 3200, "a minute after the first there is room");
	is_int(restart_delay_ms(&r, 65000, 10), -1, "for one");
}

static void test_limit(void)
{
	struct restart r = { 0 };
	int64_t now_ms = 1;
	int i, delay_ms = 0, last_ms = 0, nr_bad = 0;

	for (i = 0; i < 1000; i++) {
		delay_ms = restart_delay_ms(&r, now_ms, 59999);
		nr_bad += delay_ms < last_ms || delay_ms > 60000;
		last_ms = delay_ms;
		now_ms += delay_ms + 59999;
	}
	is_int(nr_bad, 0, "with a minute between them they go on, and the delays only grow");
	is_int(delay_ms, 60000, "up to a minute");
	is_int(restart_delay_ms(&r, now_ms, 60000), 100, "after a good run they begin anew");
}

int main(void)
{
	test_breaker();
	test_limit();
	return done_testing();
}
