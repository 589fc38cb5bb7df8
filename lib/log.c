// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* log.c - lines for the handle's log callback, and what they may contain. */
#include <ctype.h>
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

void scxu_make_printable(char *text, size_t size)
{
	for (; size && *text; text++, size--)
		if (!isprint((unsigned char)*text))
			*text = '?';
}
