// SPDX-License-Identifier: GPL-2.0-only
/* program_table.c - statistics as a table on a terminal, over the one before. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "program_stats.h"

#define MAX_ROWS 64
#define CELL_SIZE 64

/* To the top; what is left of a longer line, or of a longer table. */
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

/* Gauges are in the left half, counters in the right one. */
struct table {
	char cell[2][MAX_ROWS][CELL_SIZE];
	int nr_rows[2];
	int max_rows, max_columns; /* of the terminal; the last row is for the cursor */
};

static void measure_terminal(struct table *t)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	t->max_rows = size.ws_row > 1 ? size.ws_row - 1 : 23;
	t->max_columns = size.ws_col ? size.ws_col : 80;
}

static char *next_cell(struct table *t, int half)
{
	static char spare[CELL_SIZE];

	return t->nr_rows[half] < MAX_ROWS ? t->cell[half][t->nr_rows[half]++] : spare;
}

static void add_gauge(struct table *t, const struct program_field *f, double value, double of)
{
	char number[24];

	if (isnan(of))
		snprintf(number, sizeof(number), "%.*f", f->nr_decimals, value);
	else
		snprintf(number, sizeof(number), "%.0f/%.0f", value, of);
	snprintf(next_cell(t, 0), CELL_SIZE, "%-17s %10s", f->name, number);
}

static void add_counter(struct table *t, const struct program_field *f, double value, double rate)
{
	char *cell = next_cell(t, 1);

	if (isnan(rate))
		snprintf(cell, CELL_SIZE, "%-17s %14.*f %10s", f->name, f->nr_decimals, value, "-");
	else
		snprintf(cell, CELL_SIZE, "%-17s %14.*f %10.0f", f->name, f->nr_decimals, value,
			 rate);
}

/* By how much it went up each second, if that is known. */
static double rate(const struct program_values *now, const struct program_values *before, int i)
{
	double sec = (now->at_ms - before->at_ms) / 1e3;
	double more = now->value[i] - before->value[i];

	return before->at_ms && sec > 0 && more >= 0 ? more / sec : NAN;
}

static void add(struct table *t, const struct program_values *now,
		const struct program_values *before, int i)
{
	const struct program_field *f = &program_fields[i];
	double value = now->value[i];

	if (isnan(value) || f->flags & PROGRAM_SLASH || (f->flags & PROGRAM_RARE && !value))
		return;
	if (f->flags & PROGRAM_COUNTER)
		add_counter(t, f, value, rate(now, before, i));
	else
		add_gauge(t, f, value, f[1].flags & PROGRAM_SLASH ? now->value[i + 1] : NAN);
}

static void print_row(const struct table *t, const char *left, const char *right)
{
	char row[2 * CELL_SIZE + 8];

	snprintf(row, sizeof(row), "%-28s     %s", left, right);
	printf("%.*s" CLEAR_LINE "\n", t->max_columns, row);
}

static const char *cell(const struct table *t, int half, int row)
{
	return row < t->nr_rows[half] ? t->cell[half][row] : "";
}

void program_print_table(const struct program_values *now, const struct program_values *before)
{
	struct table t = { .nr_rows = { 0 } };
	char head[CELL_SIZE];
	int i;

	measure_terminal(&t);
	for (i = 0; program_fields[i].name; i++)
		add(&t, now, before, i);
	printf(HOME);
	snprintf(head, sizeof(head), "%-17s %10s", now->name, "now");
	print_row(&t, head, "                       in all   a second");
	for (i = 0; i + 1 < t.max_rows && (i < t.nr_rows[0] || i < t.nr_rows[1]); i++)
		print_row(&t, cell(&t, 0, i), cell(&t, 1, i));
	printf(CLEAR_REST);
}
