// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/fallback.c: what is said of a policy that is late, and how often. */
#include "../../lib/internal.h"
#include "../tap.h"
#include "log_keeper.h"

static struct log_keeper kept;
static struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } };

static bool said(const char *line)
{
	bool as_wanted =
		kept.nr_lines == 1 && kept.level == SCXU_LOG_WARNING && !strcmp(kept.line, line);

	if (!as_wanted)
		diag("  %d lines, the last \"%s\"", kept.nr_lines, kept.line);
	kept.nr_lines = 0;
	return as_wanted;
}

int main(void)
{
	uint64_t now_ns = 5;

	scxu_tell_of_fallbacks(&s, now_ns, 1, SCXU_FALLBACK_STOPPED, 1234567);
	ok(said("the policy was late, and the fallback in charge for 1.234 ms: it was stopped by a "
		"signal or a debugger"),
	   "one");
	scxu_tell_of_fallbacks(&s, now_ns + NSEC_PER_SEC - 1, 1, SCXU_FALLBACK_BUSY, NSEC_PER_MSEC);
	is_int(kept.nr_lines, 0, "not twice in a second");
	now_ns += NSEC_PER_SEC;
	scxu_tell_of_fallbacks(&s, now_ns, 3, SCXU_FALLBACK_KEPT, 2 * NSEC_PER_SEC);
	ok(said("the policy was late 4 times, and the fallback in charge for 2001.000 ms in all; the "
		"last time it ended its round without an answer"),
	   "then all of them");
	now_ns += NSEC_PER_SEC;
	scxu_tell_of_fallbacks(&s, now_ns, 1, SCXU_NR_FALLBACK_CAUSES, 0);
	ok(said("the policy was late, and the fallback in charge for 0.000 ms: for an unknown cause"),
	   "and it begins anew; a cause that nobody knows does no harm");
	return done_testing();
}
