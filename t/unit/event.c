// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/event.c: the stream of events, and the walk through all tasks. */
#include "../tap.h"
#include "fake_port.h"

static struct scxu s;

/* All bytes of @ev but its task are those of @want. */
static bool is_like(const struct scxu_event *ev, const struct scxu_event *want)
{
	struct scxu_event copy = *ev;

	copy.task = want->task;
	return !memcmp(&copy, want, sizeof(copy));
}

static void test_without_events(void)
{
	const struct scxu_event want = { .type = SCXU_EVENT_ENQUEUE, .cpu = 3, .time_ns = 7002 };
	struct scxu_event ev;

	fake_open(&s, 1);
	is_int(scxu_next_event(&s, &ev), 0, "no event was asked for and no task is there: none");
	fake.nr_tasks = 3;
	memset(&ev, 0xee, sizeof(ev));
	is_int(scxu_next_event(&s, &ev), 1, "a task that wants to run");
	is_int(fake.nr_tasks, 2, "and only that one");
	fake.enqueue_ns = 7002;
	scxu_next_event(&s, &ev);
	ok(is_like(&ev, &want), "is an enqueue, without a number, when and where it was enqueued");
	is_int(ev.task.enqueue_ns, 7002, "and has the task");
}

static void test_with_events(void)
{
	struct scxu_event ev, want;

	fake_open(&s, 1);
	s.opts.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP);
	is_int(scxu_next_event(&s, &ev), 0, "no event is there");
	fake.nr_tasks = 5;
	memset(&fake.events[0], 1, sizeof(ev));
	memset(&fake.events[1], 2, sizeof(ev));
	fake.nr_events = 2;
	want = fake.events[0];
	is_int(scxu_next_event(&s, &ev), 1, "an event");
	ok(!memcmp(&ev, &want, sizeof(ev)), "is the port's, to the last byte");
	is_int(scxu_next_event(&s, &ev), 1, "the next one");
	is_int(ev.cpu, 0x02020202, "comes after it");
	is_int(scxu_next_event(&s, &ev), 0, "then none");
	is_int(fake.nr_tasks, 5, "tasks are not taken from beside the events");
}

static void test_walk(void)
{
	struct scxu_task t = { 0 };
	uint32_t iter = 0, pids[4];
	unsigned int nr = 0;

	fake_open(&s, 1);
	s.opts.events = SCXU_EVENT_BIT(SCXU_EVENT_NEW);
	fake.nr_events = 9;
	fake.in_slot[0] = fake.in_slot[17] = fake.in_slot[FAKE_MAX_SLOTS - 1] = true;
	while (nr < 4 && scxu_next_task(&s, &iter, &t))
		pids[nr++] = t.pid;
	is_int(nr, 3, "the walk meets all tasks");
	ok(pids[0] == 1000 && pids[1] == 1017 && pids[2] == 1000 + FAKE_MAX_SLOTS - 1,
	   "each in its slot");
	is_int(fake.nr_drop, 1, "what was to be read before is dropped, once");
	is_int(fake.nr_events, 0, "all of it");
	is_int(scxu_next_task(&s, &iter, &t), 0, "the end is the end");
	is_int(fake.nr_drop, 1, "and drops nothing");

	memset(fake.in_slot, 0, sizeof(fake.in_slot));
	iter = 0;
	is_int(scxu_next_task(&s, &iter, &t), 0, "no task, no step");
	is_int(fake.nr_drop, 2, "but a new start");
}

int main(void)
{
	test_without_events();
	test_with_events();
	test_walk();
	return done_testing();
}
