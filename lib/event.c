// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* event.c - step 3 for a policy that wants to know more: events, and a walk through all tasks. */
#include "internal.h"

/* Without events every one is an enqueue. */
static int next_enqueue(struct scxu *s, struct scxu_event *ev)
{
	*ev = (struct scxu_event){ .type = SCXU_EVENT_ENQUEUE };
	if (!s->port->read_tasks(s, &ev->task, 1))
		return 0;
	ev->cpu = ev->task.cpu;
	ev->time_ns = ev->task.enqueue_ns;
	return 1;
}

SCXU_API int scxu_next_event(struct scxu *s, struct scxu_event *ev)
{
	scxu_disarm(s);
	if (!s->opts.events)
		return next_enqueue(s, ev);
	return s->port->read_events(s, ev, 1);
}

SCXU_API int scxu_next_task(struct scxu *s, uint32_t *iter, struct scxu_task *t)
{
	if (!*iter)
		s->port->drop_events(s);
	while (*iter < s->nr_slots)
		if (s->port->read_slot(s, (*iter)++, t))
			return 1;
	return 0;
}
