// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* dispatch.c - step 5: the policy gives tasks back to run. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "internal.h"

SCXU_API void scxu_dispatch_init(struct scxu_dispatch *d, const struct scxu_task *t)
{
	d->slot = t->slot;
	d->generation = t->generation;
	d->cpu = SCXU_CPU_ANY;
	d->flags = 0;
	d->slice_ns = 0;
	d->vtime = 0;
	d->cookie = t->cookie;
	d->queue = 0;
	d->reserved32 = 0;
	memset(d->reserved, 0, sizeof(d->reserved));
}

/* To a queue of the policy's own, or with flags. */
static bool is_special(const struct scxu_dispatch *d)
{
	return d->flags || d->queue;
}

static bool special_is_valid(struct scxu *s, const struct scxu_dispatch *d)
{
	if (d->flags & ~(SCXU_DISPATCH_HEAD | SCXU_DISPATCH_PREEMPT))
		return false;
	if (d->queue && (d->queue > s->nr_queues || d->cpu != SCXU_CPU_ANY))
		return false;
	return !(d->flags & SCXU_DISPATCH_PREEMPT) || d->cpu >= 0;
}

static int check(struct scxu *s, const struct scxu_dispatch *d)
{
	return d->slot < s->nr_slots && (!is_special(d) || special_is_valid(s, d)) ? 0 : -EINVAL;
}

/*
 * When the ring is full the kernel half must run to empty it, and it does so when we give up the
 * CPU. Once is enough, unless it is not there any more.
 */
static int give(struct scxu *s, const struct scxu_dispatch *d)
{
	if (s->port->submit(s, d))
		return 0;
	s->port->wait(s, -1, true);
	return s->port->submit(s, d) ? 0 : -EAGAIN;
}

SCXU_API int scxu_dispatch_task(struct scxu *s, const struct scxu_dispatch *d)
{
	int err = check(s, d);

	return err ? err : give(s, d);
}

SCXU_API int scxu_dispatch_tasks(struct scxu *s, const struct scxu_dispatch *d, unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = scxu_dispatch_task(s, &d[i]);
		if (err)
			return i ? (int)i : err;
	}
	return nr;
}
