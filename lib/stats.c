// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* stats.c - the counters, as far as the caller's struct knows them. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "internal.h"

static void read_faults(uint64_t *minor, uint64_t *major)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	*minor = usage.ru_minflt;
	*major = usage.ru_majflt;
}

void scxu_start_faults(struct scxu *s)
{
	read_faults(&s->minor_faults, &s->major_faults);
}

static void count_faults(struct scxu *s, struct scxu_stats *stats)
{
	read_faults(&stats->nr_minor_faults, &stats->nr_major_faults);
	stats->nr_minor_faults -= s->minor_faults;
	stats->nr_major_faults -= s->major_faults;
}

/* What costs a system call is read only if there is room for it. */
SCXU_API int scxu_get_stats(struct scxu *s, struct scxu_stats *stats)
{
	struct scxu_stats all = { .sz = sizeof(all) };
	size_t sz = stats->sz;

	if (sz < sizeof(stats->sz))
		return -EINVAL;
	if (sz < all.sz)
		all.sz = sz;
	s->port->read_stats(s, &all);
	if (sz > offsetof(struct scxu_stats, nr_minor_faults))
		count_faults(s, &all);
	memset(stats, 0, sz);
	memcpy(stats, &all, all.sz);
	stats->sz = sz;
	return 0;
}
