// SPDX-License-Identifier: GPL-2.0-only
/* program_openmetrics.c - statistics as OpenMetrics text, for Prometheus and its kin. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program_stats.h"

/* The unit is in the name, and a base unit: "max_fallback_ms" is "max_fallback_seconds". */
static void print_name(const struct program_field *f)
{
	if (f->unit)
		printf("scxuser_%.*s_seconds", (int)(strlen(f->name) - strlen(f->unit) - 1),
		       f->name);
	else
		printf("scxuser_%s", f->name);
}

static double base_value(const struct program_field *f, double value)
{
	if (!f->unit)
		return value;
	return value / (strcmp(f->unit, "ms") ? 1e6 : 1e3);
}

static void print_head(const char *what, const struct program_field *f, const char *text)
{
	printf("# %s ", what);
	print_name(f);
	printf(" %s\n", text);
}

void program_print_openmetrics(const struct program_values *v)
{
	const struct program_field *f;
	double value;

	for (f = program_fields; f->name; f++) {
		value = base_value(f, v->value[f - program_fields]);
		if (isnan(value))
			continue;
		print_head("TYPE", f, f->flags & PROGRAM_COUNTER ? "counter" : "gauge");
		if (f->unit)
			print_head("UNIT", f, "seconds");
		print_head("HELP", f, f->about);
		print_name(f);
		printf("%s{scheduler=\"%s\"} %.15g\n", f->flags & PROGRAM_COUNTER ? "_total" : "",
		       v->name, value);
	}
	puts("# EOF");
}
