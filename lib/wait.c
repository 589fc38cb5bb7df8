// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* wait.c - the end of a round: the policy gives up the CPU until there is something to decide. */
#include "internal.h"

static int end_round(struct scxu *s, int64_t timeout_ns, bool pending)
{
	scxu_disarm(s);
	s->round++;
	return s->port->wait(s, timeout_ns, pending);
}

SCXU_API int scxu_notify_complete(struct scxu *s, uint64_t nr_pending)
{
	return end_round(s, -1, nr_pending > 0);
}

SCXU_API int scxu_wait(struct scxu *s, int timeout_ms)
{
	return end_round(s, timeout_ms < 0 ? -1 : timeout_ms * (int64_t)NSEC_PER_MSEC, false);
}

SCXU_API int scxu_get_fd(struct scxu *s)
{
	return s->port->fd(s);
}

/* The descriptor stays readable after a stop; to say so here saves the caller a system call. */
SCXU_API int scxu_arm(struct scxu *s)
{
	scxu_disarm(s);
	s->round++;
	s->armed = s->port->arm(s);
	return !s->armed || scxu_exited(s);
}
