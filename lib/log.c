// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* log.c - lines for the handle's log callback. */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

void scxu_log(struct scxu *s, int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!s->opts.log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->opts.log(s->opts.log_arg, level, line);
}
