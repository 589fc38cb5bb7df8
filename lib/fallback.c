// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* fallback.c - what the library says of a fallback that is over. */
#include "internal.h"

static const char *const causes[SCXU_NR_FALLBACK_CAUSES] = {
	[SCXU_FALLBACK_BUSY] = "its round took too long",
	[SCXU_FALLBACK_KEPT] = "it ended its round without an answer",
	[SCXU_FALLBACK_NO_CPU] = "it, or its answer, waited for a CPU",
	[SCXU_FALLBACK_ASLEEP] = "it slept, on a lock, a page or a descriptor",
	[SCXU_FALLBACK_STOPPED] = "it was stopped by a signal or a debugger",
	[SCXU_FALLBACK_FROZEN] = "its cgroup was frozen",
	[SCXU_FALLBACK_GONE] = "it was on its way out",
};

const char *scxu_cause_text(uint32_t cause)
{
	return cause < SCXU_NR_FALLBACK_CAUSES ? causes[cause] : "for an unknown cause";
}

/*
 * From the policy's thread: before, it could not say anything. What happens many times a second is said
 * once a second.
 */
void scxu_tell_of_fallbacks(struct scxu *s, uint64_t now_ns, uint32_t nr, uint32_t cause,
			    uint64_t lasted_ns)
{
	struct scxu_late *late = &s->late;
	const char *why = scxu_cause_text(cause);
	unsigned long long total_us;

	late->nr += nr;
	late->total_ns += lasted_ns;
	if (late->told_ns && now_ns - late->told_ns < NSEC_PER_SEC)
		return;
	total_us = late->total_ns / NSEC_PER_USEC;
	if (late->nr == 1)
		scxu_log(s, SCXU_LOG_WARNING,
			 "the policy was late, and the fallback in charge for %llu.%03llu ms: %s",
			 total_us / 1000, total_us % 1000, why);
	else
		scxu_log(
			s, SCXU_LOG_WARNING,
			"the policy was late %u times, and the fallback in charge for %llu.%03llu ms "
			"in all; the last time %s",
			late->nr, total_us / 1000, total_us % 1000, why);
	*late = (struct scxu_late){ .told_ns = now_ns };
}
