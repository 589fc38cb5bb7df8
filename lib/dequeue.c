// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* dequeue.c - step 3: the policy takes the tasks that want to run. */
#include "internal.h"

/* With events the tasks stand among them; the other ones are dropped, but for exits if asked for. */
static int dequeue_among_events(struct scxu *s, struct scxu_task *t)
{
	struct scxu_event ev;

	while (s->port->read_events(s, &ev, 1)) {
		if (ev.type == SCXU_EVENT_EXIT && s->opts.flags & SCXU_EXIT_TASKS)
			ev.task.cpu = -1;
		else if (ev.type != SCXU_EVENT_ENQUEUE)
			continue;
		*t = ev.task;
		return 1;
	}
	return 0;
}

SCXU_API int scxu_dequeue_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	unsigned int i;

	scxu_disarm(s);
	if (!s->opts.events)
		return s->port->read_tasks(s, tasks, nr);
	for (i = 0; i < nr && dequeue_among_events(s, &tasks[i]); i++)
		;
	return i;
}

SCXU_API int scxu_dequeue_task(struct scxu *s, struct scxu_task *t)
{
	if (s->armed || s->opts.events)
		return scxu_dequeue_tasks(s, t, 1);
	return s->port->read_tasks(s, t, 1);
}
