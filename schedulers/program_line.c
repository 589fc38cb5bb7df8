// SPDX-License-Identifier: GPL-2.0-only
/* program_line.c - statistics as a line, for pipes, files and those who search in them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program_stats.h"

void program_print_line(const struct program_values *v)
{
	const struct program_field *f;
	const char *space = "";
	double value;

	for (f = program_fields; f->name; f++) {
		value = v->value[f - program_fields];
		if (isnan(value) || f->flags & PROGRAM_MORE || (f->flags & PROGRAM_RARE && !value))
			continue;
		if (f->flags & PROGRAM_SLASH)
			printf("/%.*f", f->nr_decimals, value);
		else
			printf("%s%s=%.*f", space, f->name, f->nr_decimals, value);
		space = " ";
	}
	putchar('\n');
}

static bool can_move_the_cursor(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

void program_printer_init(struct program_printer *p, enum program_format format)
{
	*p = (struct program_printer){ .format = format, .table = can_move_the_cursor() };
}
