// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_log.c - libbpf's words go to the log of the handle that made it speak. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port_bpf.h"

/*
 * libbpf has one print function for the whole process. Ours is in its place only while a handle is
 * opened, and only for one at a time, or one of two threads would put back the other's in the end.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static libbpf_print_fn_t before;
static __thread struct scxu *user;

/* The verifier's log is one message of many lines. */
static void log_lines(struct scxu *s, char *text)
{
	char *line, *rest = NULL;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		scxu_debug(s, "%s", line);
}

/* Other threads of the process may use libbpf at the same time: their words go where they went. */
static int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	libbpf_print_fn_t others = __atomic_load_n(&before, __ATOMIC_RELAXED);
	char *text;

	if (!user)
		return others ? others(level, fmt, ap) : 0;
	/* Thousands of lines, that help only whoever works on libbpf. */
	if (level == LIBBPF_DEBUG)
		return 0;
	if (vasprintf(&text, fmt, ap) < 0)
		return 0;
	log_lines(user, text);
	free(text);
	return 0;
}

void libbpf_log_begin(struct scxu *s)
{
	libbpf_print_fn_t others;

	pthread_mutex_lock(&lock);
	user = s;
	others = libbpf_set_print(print);
	/* Ours, if somebody found it in place and has put it back since. */
	if (others != print)
		__atomic_store_n(&before, others, __ATOMIC_RELAXED);
}

void libbpf_log_end(void)
{
	libbpf_print_fn_t now = libbpf_set_print(before);

	if (now != print)
		libbpf_set_print(now); /* somebody has set another one meanwhile */
	user = NULL;
	pthread_mutex_unlock(&lock);
}
