// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* exit.c - whether, how and why a scheduler ended. */
#include <errno.h>
#include <string.h>

#include "internal.h"

SCXU_API bool scxu_exited(struct scxu *s)
{
	return __atomic_load_n(&s->stopped, __ATOMIC_RELAXED) || s->port->exited(s);
}

SCXU_API void scxu_stop(struct scxu *s)
{
	int saved_errno = errno;

	__atomic_store_n(&s->stopped, true, __ATOMIC_RELAXED);
	s->port->wake(s);
	errno = saved_errno;
}

SCXU_API int scxu_shutdown_and_report(struct scxu *s, struct scxu_exit_info *info)
{
	struct scxu_exit_info all = { .sz = sizeof(all) };
	size_t sz = info ? info->sz : 0;

	if (info && sz < sizeof(info->sz))
		return -EINVAL;
	s->port->detach(s);
	s->port->read_exit(s, &all);
	if (info) {
		memset(info, 0, sz);
		memcpy(info, &all, sz < sizeof(all) ? sz : sizeof(all));
		info->sz = sz;
	}
	return all.kind != SCXU_EXIT_DETACHED;
}

SCXU_API const char *scxu_get_dump(struct scxu *s)
{
	return s->port->dump(s);
}
