/* SPDX-License-Identifier: GPL-2.0-only */
/* program.h - what all reference schedulers share around their policy: options, signals, report. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <scxuser.h>

struct program {
	const char *name;  /* set by the scheduler */
	const char *about; /* one line for --help */
	uint64_t slice_ns; /* --slice-us */
	struct scxu *s;
	struct scxu_opts opts;
	unsigned int stats_sec;
	int verbose;
};

/* Read the options and attach. Returns only if the scheduler runs; else says why and exits. */
struct scxu *program_start(struct program *prog, int argc, char **argv);

/* Detach, say why it ended. Return: the exit status. */
int program_end(struct program *prog);

#endif
