/* SPDX-License-Identifier: GPL-2.0-only */
/* log_keeper.h - keeps the log lines of a handle, so that a test can ask what they said. */
#ifndef T_LOG_KEEPER_H
#define T_LOG_KEEPER_H

#include <stdio.h>
#include <string.h>

struct log_keeper {
	int nr_lines, nr_errors;
	int level;       /* of the last line */
	char line[1200]; /* the last line */
};

static inline void log_keep(void *arg, int level, const char *line)
{
	struct log_keeper *kept = arg;

	kept->nr_lines++;
	kept->nr_errors += level == SCXU_LOG_ERROR;
	kept->level = level;
	snprintf(kept->line, sizeof(kept->line), "%s", line);
}

/* One line was logged, an error, and it speaks of @what. */
static inline bool log_is_one_error(const struct log_keeper *kept, const char *what)
{
	if (kept->nr_lines == 1 && kept->nr_errors == 1 && strstr(kept->line, what))
		return true;
	diag("  log: %d lines, %d errors, the last \"%s\"", kept->nr_lines, kept->nr_errors,
	     kept->line);
	return false;
}

#endif
