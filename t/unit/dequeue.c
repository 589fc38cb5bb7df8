// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/dequeue.c: tasks one by one and in batches. */
#include "../tap.h"
#include "fake_port.h"

int main(void)
{
	uint64_t claimed[1];
	struct scxu_task t[8];
	struct scxu s;

	fake_open(&s, claimed, 1);
	is_int(scxu_dequeue_task(&s, t), 0, "no task");
	is_int(scxu_dequeue_tasks(&s, t, 8), 0, "no batch");
	fake.nr_tasks = 6;
	is_int(scxu_dequeue_task(&s, t), 1, "one task");
	is_int(scxu_dequeue_tasks(&s, t, 3), 3, "a full batch");
	is_int(t[2].slot, 2, "of three");
	is_int(scxu_dequeue_tasks(&s, t, 0), 0, "an empty batch");
	is_int(scxu_dequeue_tasks(&s, t, 8), 2, "what is left");
	return done_testing();
}
