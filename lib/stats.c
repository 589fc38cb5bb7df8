// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* stats.c - the counters, as far as the caller's struct knows them. */
#include <errno.h>
#include <string.h>

#include "internal.h"

SCXU_API int scxu_get_stats(struct scxu *s, struct scxu_stats *stats)
{
	struct scxu_stats all = { .sz = sizeof(all) };
	size_t sz = stats->sz;

	if (sz < sizeof(stats->sz))
		return -EINVAL;
	s->port->read_stats(s, &all);
	memset(stats, 0, sz);
	memcpy(stats, &all, sz < sizeof(all) ? sz : sizeof(all));
	stats->sz = sz;
	return 0;
}
