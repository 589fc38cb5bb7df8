// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/dequeue.c: tasks one by one and in batches, also from between events. */
#include "../tap.h"
#include "fake_port.h"

static struct scxu_task t[8];
static struct scxu s;

static void test_tasks(void)
{
	fake_open(&s, 1);
	is_int(scxu_dequeue_task(&s, t), 0, "no task");
	is_int(scxu_dequeue_tasks(&s, t, 8), 0, "no batch");
	fake.nr_tasks = 6;
	is_int(scxu_dequeue_task(&s, t), 1, "one task");
	is_int(scxu_dequeue_tasks(&s, t, 3), 3, "a full batch");
	is_int(t[2].slot, 2, "of three");
	is_int(scxu_dequeue_tasks(&s, t, 0), 0, "an empty batch");
	is_int(scxu_dequeue_tasks(&s, t, 8), 2, "what is left");
}

static void put_event(uint32_t type, uint32_t slot)
{
	fake.events[fake.nr_events++] =
		(struct scxu_event){ .type = type, .task = { .slot = slot, .cpu = 3 } };
}

/* Enqueues of slots 10, 12 and 15, an exit of slot 13, and what is neither. */
static void put_events(void)
{
	fake.nr_events = 0;
	put_event(SCXU_EVENT_ENQUEUE, 10);
	put_event(SCXU_EVENT_SLEEP, 11);
	put_event(SCXU_EVENT_ENQUEUE, 12);
	put_event(SCXU_EVENT_EXIT, 13);
	put_event(SCXU_EVENT_LOST, 14);
	put_event(SCXU_EVENT_ENQUEUE, 15);
}

static void test_among_events(void)
{
	fake_open(&s, 1);
	s.opts.events = SCXU_EVENT_BIT(SCXU_EVENT_EXIT) | SCXU_EVENT_BIT(SCXU_EVENT_SLEEP);
	fake.nr_tasks = 4;
	put_events();
	is_int(scxu_dequeue_tasks(&s, t, 8), 3, "tasks from between events");
	ok(t[0].slot == 10 && t[1].slot == 12 && t[2].slot == 15, "are those that want to run");
	is_int(t[0].cpu, 3, "as they were announced");
	is_int(fake.nr_tasks, 4, "and the port is asked for the one stream only");

	put_events();
	is_int(scxu_dequeue_tasks(&s, t, 2), 2, "a full batch");
	is_int(fake.nr_events, 3, "leaves what comes after it");
	is_int(scxu_dequeue_tasks(&s, t, 0), 0, "an empty batch");
	is_int(fake.nr_events, 3, "leaves all");
	is_int(scxu_dequeue_task(&s, t), 1, "one task");
	is_int(t[0].slot, 15, "is the next");
	is_int(scxu_dequeue_task(&s, t), 0, "then none");
}

static void test_exits(void)
{
	fake_open(&s, 1);
	s.opts.flags = SCXU_EXIT_TASKS;
	s.opts.events = SCXU_EVENT_BIT(SCXU_EVENT_EXIT);
	put_events();
	is_int(scxu_dequeue_tasks(&s, t, 8), 4, "tasks, and those that left");
	is_int(t[2].slot, 13, "which come in their turn");
	is_int(t[2].cpu, -1, "with no CPU");
	ok(t[1].cpu == 3 && t[3].cpu == 3, "as the others have");
}

int main(void)
{
	test_tasks();
	test_among_events();
	test_exits();
	return done_testing();
}
