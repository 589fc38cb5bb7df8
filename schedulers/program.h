/* SPDX-License-Identifier: GPL-2.0-only */
/* program.h - what all reference schedulers share around their policy: options, signals, report. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <pthread.h>
#include <scxuser.h>
#include <signal.h>

#include "restart.h"

/* Static in main(): the thread that prints statistics uses it to the last moment. */
struct program {
	const char *name;  /* set by the scheduler */
	const char *about; /* one line for --help */
	uint64_t slice_ns; /* --slice-us */
	struct scxu *s;    /* not the same one after a restart */
	struct scxu_opts opts;
	unsigned int stats_sec;
	int verbose;
	volatile sig_atomic_t stopping; /* SIGINT or SIGTERM came */
	pthread_mutex_t lock;           /* other threads hold it while they use @s */
	struct restart restart;
	int64_t opened_ms;
};

/* Read the options and attach. Returns only if the scheduler runs; else says why and exits. */
struct scxu *program_start(struct program *prog, int argc, char **argv);

/* At the end: true if the kernel asked for a restart, and there is a new handle in @prog->s. */
bool program_again(struct program *prog);

/* Detach, say why it ended. Return: the exit status. */
int program_end(struct program *prog);

#endif
