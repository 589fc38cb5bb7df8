// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * kernel_events.c - what the kernel itself counts of a scheduler, from the text in its sysfs.
 *
 * By name, since the kernel adds and moves them from version to version.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define PREFIX "SCX_EV_"

/* In the order of struct scxu_stats. */
static const char *const names[] = {
	"SELECT_CPU_FALLBACK",
	"DISPATCH_LOCAL_DSQ_OFFLINE",
	"DISPATCH_KEEP_LAST",
	"ENQ_SKIP_EXITING",
	"ENQ_SKIP_MIGRATION_DISABLED",
	"REENQ_IMMED",
	"REENQ_REPEAT",
	"REFILL_SLICE_DFL",
	"SLICE_CLAMPED",
	"SLICE_DENIED",
	"BYPASS_DURATION",
	"BYPASS_DISPATCH",
	"BYPASS_ACTIVATE",
	"INSERT_NOT_OWNED",
	"SUB_BYPASS_DISPATCH",
	"SUB_FORCED_ADMIT",
	"SUB_PREEMPT_DENIED",
	"SUB_KICK_DENIED",
	"SUB_REENQ_DENIED",
	"SUB_CIDPERF_DENIED",
	"SUB_RESCUE",
};

_Static_assert(ARRAY_SIZE(names) == SCXU_NR_KERNEL_EVENTS, "struct scxu_stats has them all");

/* One line: a name, a blank, a number. */
static void read_event(const char *line, uint64_t *last)
{
	size_t len, i;

	if (strncmp(line, PREFIX, strlen(PREFIX)))
		return;
	line += strlen(PREFIX);
	len = strcspn(line, " \n");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(line, names[i], len) && !names[i][len])
			__atomic_store_n(&last[i], strtoull(line + len, NULL, 10),
					 __ATOMIC_RELAXED);
}

void scxu_read_kernel_events(int fd, uint64_t *last)
{
	char text[4096], *line, *end;
	ssize_t len = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : 0;

	text[len > 0 ? len : 0] = '\0';
	for (line = text; (end = strchr(line, '\n')); line = end + 1)
		read_event(line, last);
}

void scxu_copy_kernel_events(struct scxu_stats *stats, const uint64_t *last)
{
	uint64_t *to = &stats->nr_kernel_select_cpu_fallback;
	size_t i;

	for (i = 0; i < SCXU_NR_KERNEL_EVENTS; i++)
		to[i] = __atomic_load_n(&last[i], __ATOMIC_RELAXED);
}
