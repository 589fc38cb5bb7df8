// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* dequeue.c - step 3: the policy takes the tasks that want to run. */
#include "internal.h"

SCXU_API int scxu_dequeue_task(struct scxu *s, struct scxu_task *t)
{
	return s->port->read_tasks(s, t, 1);
}

SCXU_API int scxu_dequeue_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	return s->port->read_tasks(s, tasks, nr);
}
