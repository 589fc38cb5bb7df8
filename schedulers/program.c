// SPDX-License-Identifier: GPL-2.0-only
/* program.c - what all reference schedulers share around their policy: options, signals, report. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { EXIT_USAGE = 2, EXIT_EVICTED = 70, EXIT_BUSY = 75, EXIT_DENIED = 77, EXIT_LACKING = 78 };

#define MAX_SLICE_US 100000
#define MAX_TIMEOUT_MS 30000
#define STATS_STACK (128 << 10) /* locked with the rest of our memory: keep it small */

static struct program *running; /* for the signal handler, which takes no argument */

static void print_help(const struct program *prog)
{
	printf("Usage: %s [OPTION]...\n"
	       "The Linux scheduler that %s.\n\n"
	       "  -s, --slice-us N   how long a task may run at a time: 100 to %d (default 5000)\n"
	       "  -p, --partial      schedule only tasks of class SCHED_EXT\n"
	       "      --full-user    decide every wake-up here, even if a CPU is idle\n"
	       "      --timeout-ms N the kernel evicts us when a task could not run for so long: 100\n"
	       "                     to %d (default 5000)\n"
	       "      --stats SEC    print a line of statistics each SEC seconds\n"
	       "      --histograms   measure how long tasks wait, for that line\n"
	       "  -v, --verbose      say more on standard error; twice for debugging\n"
	       "  -V, --version      print the version and exit\n"
	       "  -h, --help         print this and exit\n\n"
	       "Ends on SIGINT or SIGTERM. Exit status: 0 asked to stop, 2 usage, 70 evicted by the\n"
	       "kernel, 75 another scheduler is attached, 77 privilege or limit, 78 the kernel or a\n"
	       "library lacks something, 1 anything else.\n",
	       prog->name, prog->about, MAX_SLICE_US, MAX_TIMEOUT_MS);
}

static _Noreturn void bad_usage(const struct program *prog)
{
	fprintf(stderr, "%s: try '%s --help'\n", prog->name, prog->name);
	exit(EXIT_USAGE);
}

static unsigned int number(const struct program *prog, const char *option, const char *text,
			   unsigned long min, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && value >= min && value <= max)
		return value;
	fprintf(stderr, "%s: %s '%s': want a number from %lu to %lu\n", prog->name, option, text,
		min, max);
	bad_usage(prog);
}

static void read_options(struct program *prog, int argc, char **argv)
{
	enum { OPT_FULL_USER = 256, OPT_TIMEOUT, OPT_STATS, OPT_HISTOGRAMS };
	static const struct option options[] = {
		{ "slice-us", required_argument, NULL, 's' },
		{ "partial", no_argument, NULL, 'p' },
		{ "full-user", no_argument, NULL, OPT_FULL_USER },
		{ "timeout-ms", required_argument, NULL, OPT_TIMEOUT },
		{ "stats", required_argument, NULL, OPT_STATS },
		{ "histograms", no_argument, NULL, OPT_HISTOGRAMS },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;

	prog->opts.slice_us = 5000;
	while ((opt = getopt_long(argc, argv, "s:pvVh", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			prog->opts.slice_us = number(prog, "--slice-us", optarg, 100, MAX_SLICE_US);
			break;
		case 'p':
			prog->opts.flags |= SCXU_PARTIAL;
			break;
		case OPT_FULL_USER:
			prog->opts.flags |= SCXU_FULL_USER;
			break;
		case OPT_TIMEOUT:
			prog->opts.timeout_ms =
				number(prog, "--timeout-ms", optarg, 100, MAX_TIMEOUT_MS);
			break;
		case OPT_STATS:
			prog->stats_sec = number(prog, "--stats", optarg, 1, 86400);
			break;
		case OPT_HISTOGRAMS:
			prog->opts.flags |= SCXU_HISTOGRAMS;
			break;
		case 'v':
			prog->verbose++;
			break;
		case 'V':
			printf("%s (libscxuser) %s\n", prog->name, scxu_version());
			exit(0);
		case 'h':
			print_help(prog);
			exit(0);
		default:
			bad_usage(prog);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unknown argument '%s'\n", prog->name, argv[optind]);
		bad_usage(prog);
	}
}

static void print_log(void *arg, int level, const char *line)
{
	struct program *prog = arg;

	if (level <= SCXU_LOG_WARNING + prog->verbose)
		fprintf(stderr, "%s: %s\n", prog->name, line);
}

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

/* All statistics, at one moment. */
struct reading {
	struct scxu_stats stats;
	struct scxu_histograms waits; /* all 0 without --histograms */
};

/* Most of what the kernel counts never moves: print what did. */
static void print_kernel_events(const struct scxu_stats *now)
{
#define EVENT(name) { #name, offsetof(struct scxu_stats, nr_kernel_##name) }
	static const struct {
		const char *name;
		size_t offset;
	} events[] = {
		EVENT(select_cpu_fallback),
		EVENT(dispatch_local_dsq_offline),
		EVENT(dispatch_keep_last),
		EVENT(enq_skip_exiting),
		EVENT(enq_skip_migration_disabled),
		EVENT(reenq_immed),
		EVENT(reenq_repeat),
		EVENT(refill_slice_dfl),
		EVENT(slice_clamped),
		EVENT(slice_denied),
		EVENT(bypass_dispatch),
		EVENT(bypass_activate),
		EVENT(insert_not_owned),
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		memcpy(&value, (const char *)now + events[i].offset, sizeof(value));
		if (value)
			printf(" kernel_%s=%llu", events[i].name, (unsigned long long)value);
	}
	if (now->kernel_bypass_ns)
		printf(" kernel_bypass_ms=%.1f", now->kernel_bypass_ns / 1e6);
#undef EVENT
}

/* Of the waits since @before. */
static void print_percentiles(const char *stage, const uint64_t *now, const uint64_t *before)
{
	uint64_t buckets[SCXU_NR_BUCKETS];
	int i;

	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		buckets[i] = now[i] - before[i];
	printf(" %s_p50_us=%.1f %s_p99_us=%.1f", stage,
	       scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, 50) / 1000.0, stage,
	       scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, 99) / 1000.0);
}

static void print_histograms(const struct scxu_histograms *now,
			     const struct scxu_histograms *before)
{
	print_percentiles("seen", now->enqueue_to_seen, before->enqueue_to_seen);
	print_percentiles("dispatched", now->seen_to_dispatched, before->seen_to_dispatched);
	print_percentiles("running", now->dispatched_to_running, before->dispatched_to_running);
}

static void print_stats(const struct scxu_stats *now, const struct scxu_stats *before,
			unsigned int sec)
{
	printf("tasks=%llu queued=%llu decisions=%llu per_s=%llu rounds=%llu syscalls=%llu "
	       "idle_cpus=%llu/%llu kernel=%llu idle_shortcut=%llu stale=%llu bounced=%llu "
	       "refused=%llu nr_fallback=%llu nr_rescued=%llu nr_fallbacks=%llu "
	       "max_fallback_ms=%llu in_fallback=%llu minor_faults=%llu major_faults=%llu",
	       (unsigned long long)now->nr_tasks, (unsigned long long)now->nr_queued,
	       (unsigned long long)now->nr_dispatched,
	       (unsigned long long)(now->nr_dispatched - before->nr_dispatched) / sec,
	       (unsigned long long)now->nr_rounds, (unsigned long long)now->nr_syscalls,
	       (unsigned long long)now->nr_cpus_idle, (unsigned long long)now->nr_cpus,
	       (unsigned long long)now->nr_kernel, (unsigned long long)now->nr_idle_shortcut,
	       (unsigned long long)now->nr_stale, (unsigned long long)now->nr_bounced,
	       (unsigned long long)now->nr_refused, (unsigned long long)now->nr_fallback,
	       (unsigned long long)now->nr_rescued, (unsigned long long)now->nr_fallbacks,
	       (unsigned long long)(now->max_fallback_ns / 1000000),
	       (unsigned long long)now->in_fallback, (unsigned long long)now->nr_minor_faults,
	       (unsigned long long)now->nr_major_faults);
	print_kernel_events(now);
}

static void read_all(struct program *prog, struct reading *r)
{
	*r = (struct reading){ .stats.sz = sizeof(r->stats), .waits.sz = sizeof(r->waits) };
	pthread_mutex_lock(&prog->lock);
	scxu_get_stats(prog->s, &r->stats);
	scxu_get_histograms(prog->s, &r->waits);
	pthread_mutex_unlock(&prog->lock);
}

static void print_line(const struct program *prog, const struct reading *now,
		       const struct reading *before)
{
	print_stats(&now->stats, &before->stats, prog->stats_sec);
	if (prog->opts.flags & SCXU_HISTOGRAMS)
		print_histograms(&now->waits, &before->waits);
	putchar('\n');
	fflush(stdout);
}

/* A thread of its own, since a write may block and the policy must not. */
static void *stats_loop(void *arg)
{
	struct program *prog = arg;
	struct reading before, now;

	for (;;) {
		read_all(prog, &before);
		sleep(prog->stats_sec);
		read_all(prog, &now);
		if (now.stats.nr_dispatched < before.stats.nr_dispatched)
			before = (struct reading){ 0 }; /* a restart */
		print_line(prog, &now, &before);
	}
	return NULL;
}

/* Signals are for the thread that runs the policy. */
static void start_stats(struct program *prog)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STATS_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, stats_loop, prog);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		fprintf(stderr, "%s: no statistics: %s\n", prog->name, strerror(err));
}

static int exit_status(int err)
{
	switch (err) {
	case -EINVAL:
	case -E2BIG:
		return EXIT_USAGE;
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

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void open_or_exit(struct program *prog)
{
	int err = scxu_open(&prog->s, &prog->opts);

	if (err)
		exit(exit_status(err));
	prog->opened_ms = now_ms();
}

/* A signal that comes while we attach waits until there is somebody to stop. */
struct scxu *program_start(struct program *prog, int argc, char **argv)
{
	sigset_t stop_signals, before;

	prog->opts = (struct scxu_opts){
		.sz = sizeof(prog->opts),
		.name = prog->name,
		.log = print_log,
		.log_arg = prog,
	};
	read_options(prog, argc, argv);
	/* A second heap, for the statistics thread, would be 64 MiB more of locked address space. */
	mallopt(M_ARENA_MAX, 1);
	prog->slice_ns = prog->opts.slice_us * 1000ULL;
	pthread_mutex_init(&prog->lock, NULL);
	block_stop_signals(&stop_signals, &before);
	open_or_exit(prog);
	catch_signals(prog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (prog->stats_sec)
		start_stats(prog);
	return prog->s;
}

/* The stop signals are blocked: one that comes now ends the wait. */
static bool wait_to_restart(struct program *prog, const sigset_t *stop_signals)
{
	int delay_ms = restart_delay_ms(&prog->restart, now_ms(), now_ms() - prog->opened_ms);
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

static void open_anew(struct program *prog)
{
	pthread_mutex_lock(&prog->lock);
	scxu_close(prog->s);
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

int program_end(struct program *prog)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	int evicted = scxu_shutdown_and_report(prog->s, &info);

	if (!evicted || (prog->stopping && info.kind == SCXU_EXIT_RESTART)) {
		printf("%s: asked to stop, detached\n", prog->name);
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "%s: evicted by the kernel: %s%s%s\n", prog->name, info.reason,
		info.message[0] ? ": " : "", info.message);
	if (prog->verbose)
		fputs(scxu_get_dump(prog->s), stderr);
	return EXIT_EVICTED;
}
