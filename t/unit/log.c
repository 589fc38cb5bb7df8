// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/log.c: lines reach the callback, whole or cut. */
#include "../../lib/internal.h"
#include "../tap.h"
#include "log_keeper.h"

int main(void)
{
	struct log_keeper kept = { 0 };
	struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } }, quiet = { 0 };
	char text[4000];

	scxu_error(&s, "%s %d", "line", 1);
	ok(log_is_one_error(&kept, "line 1"), "an error");
	scxu_debug(&s, "%s", "%d%s%n");
	ok(kept.level == SCXU_LOG_DEBUG && !strcmp(kept.line, "%d%s%n"), "a debug line");
	scxu_log(&s, SCXU_LOG_WARNING, "careful");
	ok(kept.level == SCXU_LOG_WARNING && !strcmp(kept.line, "careful"), "a warning");

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	scxu_error(&s, "begin %s", text);
	is_int(strspn(kept.line, "begin x"), 1023, "a line too long is cut");
	is_int(kept.nr_lines, 4, "each comes once");
	scxu_error(&quiet, "%s", text);
	is_int(kept.nr_lines, 4, "nobody listens");
	return done_testing();
}
