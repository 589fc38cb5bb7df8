// SPDX-License-Identifier: GPL-2.0-only
/* program.c - what all reference schedulers share around their policy: start, signals, the end. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { EXIT_EVICTED = 70, EXIT_BUSY = 75, EXIT_DENIED = 77, EXIT_LACKING = 78 };

#define HEAP_STEP_SIZE (256 << 10)

static struct program *running; /* for the signal handler, which takes no argument */

static void on_signal(int sig)
{
	(void)sig;
	running->stopping = 1;
	scxu_stop(running->s);
}

static void block_stop_signals(sigset_t *stop_signals, sigset_t *before)
{
	sigemptyset(stop_signals);
	sigaddset(stop_signals, SIGINT);
	sigaddset(stop_signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, stop_signals, before);
}

static void catch_signals(struct program *prog)
{
	struct sigaction action = { .sa_handler = on_signal };

	running = prog;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int exit_status(int err)
{
	switch (err) {
	case -EINVAL:
	case -E2BIG:
		return PROGRAM_EXIT_USAGE;
	case -EBUSY:
		return EXIT_BUSY;
	case -EOPNOTSUPP:
		return EXIT_LACKING;
	case -EPERM:
	case -EACCES:
	case -EAGAIN:
	case -ENOMEM:
		return EXIT_DENIED;
	default:
		return EXIT_FAILURE;
	}
}

static void open_or_exit(struct program *prog)
{
	int err = scxu_open(&prog->s, &prog->opts);

	if (err)
		exit(exit_status(err));
	prog->opened_ms = program_now_ms();
}

/* Kernels without CONFIG_EXT_GROUP_SCHED would refuse the policy. */
static void drop_cgroups(struct program *prog)
{
	if (prog->opts.sim || prog->opts.replay || scxu_has(NULL, SCXU_FEATURE_CGROUP))
		return;
	prog->policy->cgroup_set_weight = NULL;
	prog->opts.events = scxu_policy_events(prog->policy);
}

/* A signal that comes while we attach waits until there is somebody to stop. */
struct scxu *program_start(struct program *prog, int argc, char **argv)
{
	sigset_t stop_signals, before;

	prog->opts = (struct scxu_opts){
		.sz = sizeof(prog->opts),
		.name = prog->name,
		.events = prog->policy ? scxu_policy_events(prog->policy) : 0,
		.fields = prog->fields,
		.wakeup_preempt_us = prog->wakeup_preempt_us,
		.log = program_log,
		.log_arg = prog,
	};
	program_options(prog, argc, argv);
	if (prog->monitor_sec)
		exit(program_monitor(prog));
	if (prog->policy && prog->policy->cgroup_set_weight)
		drop_cgroups(prog);
	/* A second heap, for the statistics thread, would be 64 MiB more of locked address space. */
	mallopt(M_ARENA_MAX, 1);
	/* Let the heap grow by much and seldom: a page that is new to us is a fault. */
	mallopt(M_TOP_PAD, HEAP_STEP_SIZE);
	mallopt(M_TRIM_THRESHOLD, 4 * HEAP_STEP_SIZE);
	pthread_mutex_init(&prog->lock, NULL);
	block_stop_signals(&stop_signals, &before);
	open_or_exit(prog);
	catch_signals(prog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (prog->stats_sec)
		program_start_stats(prog);
	if (!prog->opts.sim && !prog->opts.replay)
		program_start_server(prog);
	return prog->s;
}

/* The stop signals are blocked: one that comes now ends the wait. */
static bool wait_to_restart(struct program *prog, const sigset_t *stop_signals)
{
	int delay_ms = restart_delay_ms(&prog->restart, program_now_ms(),
					program_now_ms() - prog->opened_ms);
	struct timespec delay = { delay_ms / 1000, delay_ms % 1000 * 1000000L };

	if (delay_ms < 0) {
		fprintf(stderr, "%s: the kernel asks for a restart too often: giving up\n",
			prog->name);
		return false;
	}
	if (prog->verbose)
		fprintf(stderr, "%s: the kernel asks for a restart: in %d ms\n", prog->name,
			delay_ms);
	prog->stopping = prog->stopping || sigtimedwait(stop_signals, NULL, &delay) > 0;
	return !prog->stopping;
}

/* What was recorded so far stays: FILE, FILE.2, FILE.3. */
static void name_next_recording(struct program *prog)
{
	char *name;

	if (!prog->opts.record)
		return;
	if (!prog->record)
		prog->record = prog->opts.record;
	if (asprintf(&name, "%s.%u", prog->record, ++prog->nr_restarts + 1) < 0) {
		fprintf(stderr, "%s: no memory for the name of a recording\n", prog->name);
		exit(EXIT_DENIED);
	}
	if (prog->opts.record != prog->record)
		free((char *)prog->opts.record);
	prog->opts.record = name;
}

static void open_anew(struct program *prog)
{
	pthread_mutex_lock(&prog->lock);
	scxu_close(prog->s);
	name_next_recording(prog);
	open_or_exit(prog);
	pthread_mutex_unlock(&prog->lock);
}

bool program_again(struct program *prog)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	sigset_t stop_signals, before;
	bool again;

	scxu_shutdown_and_report(prog->s, &info);
	if (info.kind != SCXU_EXIT_RESTART)
		return false;
	block_stop_signals(&stop_signals, &before);
	again = wait_to_restart(prog, &stop_signals);
	if (again)
		open_anew(prog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return again;
}

static int print_summary(struct program *prog)
{
	int err;

	fflush(stdout);
	err = scxu_write_summary(prog->s, STDOUT_FILENO, prog->summary);
	if (!err)
		return 0;
	fprintf(stderr, "%s: cannot write the summary: %s\n", prog->name, strerror(-err));
	return EXIT_FAILURE;
}

/* What could be read is told in any case. */
static int end_replay(struct program *prog, bool damaged, const struct scxu_exit_info *info)
{
	int status = print_summary(prog);

	if (damaged)
		fprintf(stderr, "%s: %s%s%s\n", prog->name, info->reason,
			info->message[0] ? ": " : "", info->message);
	return damaged ? EXIT_FAILURE : status;
}

int program_end(struct program *prog)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	int evicted = scxu_shutdown_and_report(prog->s, &info);

	if (prog->opts.replay)
		return end_replay(prog, evicted, &info);
	if (prog->opts.sim && !evicted)
		return print_summary(prog);

	if (!evicted || (prog->stopping && info.kind == SCXU_EXIT_RESTART)) {
		printf("%s: asked to stop, detached\n", prog->name);
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "%s: evicted by the %s: %s%s%s\n", prog->name,
		prog->opts.sim ? "simulator" : "kernel", info.reason, info.message[0] ? ": " : "",
		info.message);
	if (prog->verbose)
		fputs(scxu_get_dump(prog->s), stderr);
	return EXIT_EVICTED;
}

int program_select_cpu(struct scxu *s, const struct scxu_task *t)
{
	int cpu = scxu_select_cpu(s, t, t->cpu, 0);

	if (cpu < 0 && running->percpu_local && t->nr_cpus_allowed == 1)
		return t->cpu;
	return cpu >= 0 ? cpu : SCXU_CPU_ANY;
}

unsigned int program_nr_cpus(struct scxu *s)
{
	const struct scxu_topology *topology = scxu_get_topology(s);
	struct scxu_cpu info = { .sz = sizeof(info) };
	unsigned int nr = 0;
	int cpu;

	for (cpu = -1; (cpu = scxu_topology_next_cpu(topology, cpu)) >= 0;) {
		scxu_topology_get_cpu(topology, cpu, &info);
		nr += !!(info.flags & SCXU_CPU_ONLINE);
	}
	return nr;
}

int program_run(struct program *prog, void *arg)
{
	int err;

	do {
		err = scxu_run(prog->s, prog->policy, arg);
		if (err < 0) {
			fprintf(stderr, "%s: cannot start: %s\n", prog->name, strerror(-err));
			scxu_shutdown_and_report(prog->s, NULL);
			return exit_status(err);
		}
	} while (program_again(prog));
	return program_end(prog);
}
