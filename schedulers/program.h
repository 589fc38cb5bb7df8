/* SPDX-License-Identifier: GPL-2.0-only */
/* program.h - what all reference schedulers share around their policy: options, signals, report. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <pthread.h>
#include <scxuser.h>
#include <signal.h>

#include "program_stats.h"
#include "restart.h"

#define NSEC_PER_MSEC UINT64_C(1000000)
#define PROGRAM_MAX_SLICE_NS (100 * NSEC_PER_MSEC)

/* Static in main(): the thread that prints statistics uses it to the last moment. */
struct program {
	const char *name;           /* set by the scheduler */
	const char *about;          /* one line for --help */
	struct scxu_policy *policy; /* set by the scheduler, for program_run(); what it wants to
					hear of cgroups goes where the kernel has none */
	uint32_t fields;            /* set by the scheduler: SCXU_FIELD_* that the policy reads */
	uint32_t wakeup_preempt_us; /* set by the scheduler: as in struct scxu_opts */
	uint64_t slice_min_ns;      /* set by the scheduler if it has --slice-us-min, then that */
	uint64_t slice_ns;          /* --slice-us */
	struct scxu *s;             /* not the same one after a restart */
	struct scxu_opts opts;
	struct scxu_sim_opts sim;   /* with a load: simulate */
	int summary;                /* enum scxu_summary_format */
	double stats_sec;           /* --stats; 0 = none */
	double monitor_sec;         /* --monitor; 0 = schedule */
	enum program_format format; /* of statistics */
	bool json, openmetrics;
	const char *stats_path; /* --stats-path */
	bool percpu_local;      /* --percpu-local */
	const char *record;     /* --record, after a restart; then opts.record is another name */
	unsigned int nr_restarts;
	int verbose;
	unsigned int nr_lines_lost;     /* of the log, since the last one that was written */
	volatile sig_atomic_t stopping; /* SIGINT or SIGTERM came */
	pthread_mutex_t lock;           /* other threads hold it while they use @s */
	struct restart restart;
	int64_t opened_ms;
};

enum { PROGRAM_EXIT_USAGE = 2 };

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* opts.log of @arg, the program. */
void program_log(void *arg, int level, const char *line);

/* Read the options into @prog; exits if they ask for that or are wrong. */
void program_options(struct program *prog, int argc, char **argv);

/* Read the options and attach. Returns only if the scheduler runs; else says why and exits. */
struct scxu *program_start(struct program *prog, int argc, char **argv);

/* At the end: true if the kernel asked for a restart, and there is a new handle in @prog->s. */
bool program_again(struct program *prog);

/* Detach, say why it ended. Return: the exit status. */
int program_end(struct program *prog);

/*
 * A CPU for @t: an idle one, near the one that it ran on last, or with --percpu-local the only one
 * that it may run on. Return: SCXU_CPU_ANY if it has to wait for whichever is free first.
 */
int program_select_cpu(struct scxu *s, const struct scxu_task *t);

void program_sleep(double sec);

/* How many CPUs were online when @s was opened. */
unsigned int program_nr_cpus(struct scxu *s);

/* All of that for @prog->policy: from program_start() on. Return: the exit status. */
int program_run(struct program *prog, void *arg);

#endif
