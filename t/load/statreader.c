// SPDX-License-Identifier: GPL-2.0-only
/* scx_fifo with a thread beside it that reads all statistics, all the time. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../schedulers/program.h"

static void *read_all(void *arg)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct scxu_histograms waits = { .sz = sizeof(waits) };

	for (;;) {
		if (scxu_get_stats(arg, &stats) || scxu_get_histograms(arg, &waits))
			abort();
	}
	return NULL;
}

static struct scxu *start_and_read(struct program *prog, int argc, char **argv)
{
	struct scxu *s = program_start(prog, argc, argv);
	pthread_t thread;

	if (pthread_create(&thread, NULL, read_all, s))
		abort();
	return s;
}

#define program_start start_and_read
#include "../../schedulers/scx_fifo.c"
