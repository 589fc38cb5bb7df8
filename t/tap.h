/* SPDX-License-Identifier: GPL-2.0-only */

/*
 * TAP for tests in C.
 *
 *	int main(void)
 *	{
 *		plan(2);
 *		ok(ring_empty(&r), "a new ring is empty");
 *		is_int(ring_size(&r), 64, "size of ring %d", 0);
 *		return done_testing();
 *	}
 *
 * Without plan(), done_testing() prints the plan. A test program returns 0
 * also when a test has failed: the harness counts the "not ok" lines, and would
 * count another exit status as one more failure.
 */
#ifndef T_TAP_H
#define T_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_UNUSED __attribute__((unused))
#define TAP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args), unused))

static int tap_nr_run, tap_nr_planned = -1;

static TAP_UNUSED void plan(int nr_tests)
{
	tap_nr_planned = nr_tests;
	printf("1..%d\n", nr_tests);
	fflush(stdout);
}

static TAP_PRINTF(1, 2) void diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
}

/* Nothing of this program makes sense here: no root, no such kernel, ... */
static TAP_PRINTF(1, 2) void skip_all(const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	fputs("1..0 # SKIP ", stdout);
	vprintf(why, ap);
	putchar('\n');
	va_end(ap);
	exit(0);
}

/* The rest of this run makes no sense: the harness stops. */
static TAP_PRINTF(1, 2) void bail(const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	fputs("Bail out! ", stdout);
	vprintf(why, ap);
	putchar('\n');
	va_end(ap);
	exit(255);
}

/* Instead of the next @nr_tests tests. */
static TAP_PRINTF(2, 3) void skip(int nr_tests, const char *why, ...)
{
	va_list ap;

	while (nr_tests-- > 0) {
		printf("ok %d # SKIP ", ++tap_nr_run);
		va_start(ap, why);
		vprintf(why, ap);
		va_end(ap);
		putchar('\n');
	}
	fflush(stdout);
}

static bool tap_result(const char *where, bool pass, const char *fmt, va_list ap)
{
	printf("%sok %d - ", pass ? "" : "not ", ++tap_nr_run);
	vprintf(fmt, ap);
	putchar('\n');
	if (!pass)
		printf("#   at %s\n", where);
	fflush(stdout);
	return pass;
}

static TAP_PRINTF(3, 4) bool tap_ok(const char *where, bool pass, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_result(where, pass, fmt, ap);
	va_end(ap);
	return pass;
}

static TAP_PRINTF(4, 5) bool tap_is_int(const char *where, long long got, long long want,
					const char *fmt, ...)
{
	bool pass = got == want;
	va_list ap;

	va_start(ap, fmt);
	tap_result(where, pass, fmt, ap);
	va_end(ap);
	if (!pass)
		diag("  got %lld, want %lld", got, want);
	return pass;
}

static TAP_PRINTF(4, 5) bool tap_is_str(const char *where, const char *got, const char *want,
					const char *fmt, ...)
{
	bool pass = got == want || (got && want && !strcmp(got, want));
	va_list ap;

	va_start(ap, fmt);
	tap_result(where, pass, fmt, ap);
	va_end(ap);
	if (!pass)
		diag("  got \"%s\", want \"%s\"", got ? got : "(null)", want ? want : "(null)");
	return pass;
}

#define TAP_STR_(x) #x
#define TAP_STR(x) TAP_STR_(x)
#define TAP_HERE __FILE__ ":" TAP_STR(__LINE__)

/* Each returns whether the test has passed; the last arguments are its name, as for printf(). */
#define ok(pass, ...) tap_ok(TAP_HERE, pass, __VA_ARGS__)
#define is_int(got, want, ...) tap_is_int(TAP_HERE, got, want, __VA_ARGS__)
#define is_str(got, want, ...) tap_is_str(TAP_HERE, got, want, __VA_ARGS__)

static TAP_UNUSED int done_testing(void)
{
	if (tap_nr_planned < 0)
		plan(tap_nr_run);
	return 0;
}

#endif
