// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* histogram.c - how long tasks wait, for the caller's struct, and what can be said of a histogram. */
#include <errno.h>
#include <string.h>

#include "internal.h"

SCXU_API int scxu_get_histograms(struct scxu *s, struct scxu_histograms *h)
{
	struct scxu_histograms all = { .sz = sizeof(all) };
	size_t sz = h->sz;

	if (sz < sizeof(h->sz))
		return -EINVAL;
	if (!(s->opts.flags & SCXU_HISTOGRAMS))
		return -ENODATA;
	s->port->read_histograms(s, &all);
	memset(h, 0, sz);
	memcpy(h, &all, sz < sizeof(all) ? sz : sizeof(all));
	h->sz = sz;
	return 0;
}

SCXU_API uint64_t scxu_histogram_percentile(const uint64_t *buckets, unsigned int nr,
					    double percent)
{
	uint64_t sum = 0, below = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		sum += buckets[i];
	if (!sum)
		return 0;
	for (i = 0; i < nr - 1; i++) {
		below += buckets[i];
		if (below >= (double)sum * percent / 100)
			return UINT64_C(2) << i;
	}
	return UINT64_MAX;
}
