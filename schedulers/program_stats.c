// SPDX-License-Identifier: GPL-2.0-only
/* program_stats.c - statistics each few seconds, from a thread of its own. */
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "program.h"
#include "program_stats.h"

#define STACK_SIZE (128 << 10) /* locked with the rest of our memory: keep it small */

void program_read(struct program *prog, struct program_reading *r)
{
	*r = (struct program_reading){ .stats.sz = sizeof(r->stats),
				       .waits.sz = sizeof(r->waits),
				       .has_waits = prog->opts.flags & SCXU_HISTOGRAMS };
	pthread_mutex_lock(&prog->lock);
	scxu_get_stats(prog->s, &r->stats);
	scxu_get_histograms(prog->s, &r->waits);
	pthread_mutex_unlock(&prog->lock);
	r->at_ms = program_now_ms();
}

void program_sleep(double sec)
{
	struct timespec ts = { (time_t)sec, (long)((sec - (time_t)sec) * 1e9) };

	nanosleep(&ts, NULL);
}

static void print_json(const struct program_values *v)
{
	struct json_object *object = program_json_values(v);

	if (object)
		puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

void program_print(struct program_printer *p, const struct program_values *v)
{
	if (p->format == PROGRAM_JSON)
		print_json(v);
	else if (p->format == PROGRAM_OPENMETRICS)
		program_print_openmetrics(v);
	else if (p->table)
		program_print_table(v, &p->before);
	else
		program_print_line(v);
	p->before = *v;
	fflush(stdout);
}

/* A thread of its own, since a write may block and the policy must not. */
static void *stats_loop(void *arg)
{
	struct program *prog = arg;
	struct program_reading before, now;
	struct program_printer printer;
	struct program_values values;

	program_printer_init(&printer, prog->format);
	for (;;) {
		program_read(prog, &before);
		program_sleep(prog->stats_sec);
		program_read(prog, &now);
		program_fill(&values, prog->name, &now, &before);
		program_print(&printer, &values);
	}
	return NULL;
}

/* Signals are for the thread that runs the policy. */
void program_start_thread(struct program *prog, void *(*run)(void *), const char *what)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, run, prog);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		fprintf(stderr, "%s: no %s: %s\n", prog->name, what, strerror(err));
}

void program_start_stats(struct program *prog)
{
	program_start_thread(prog, stats_loop, "statistics");
}
