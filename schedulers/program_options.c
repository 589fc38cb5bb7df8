// SPDX-License-Identifier: GPL-2.0-only
/* program_options.c - the command line of all reference schedulers. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "program.h"

#define MAX_SLICE_US (PROGRAM_MAX_SLICE_NS / 1000)
#define MAX_TIMEOUT_MS 30000

enum {
	OPT_FULL_USER = 256,
	OPT_FALLBACK,
	OPT_REPEATED,
	OPT_TIMEOUT,
	OPT_STATS,
	OPT_MONITOR,
	OPT_STATS_PATH,
	OPT_OPENMETRICS,
	OPT_HELP_STATS,
	OPT_HISTOGRAMS,
	OPT_SIMULATE,
	OPT_CPUS,
	OPT_MACHINE,
	OPT_DURATION,
	OPT_LATENCY,
	OPT_SEED,
	OPT_TRACE,
	OPT_JSON,
	OPT_RECORD,
	OPT_REPLAY,
	OPT_INJECT,
};

static const struct option options[] = {
	{ "slice-us-min", required_argument, NULL, 'S' }, /* first: not all have it */
	{ "slice-us", required_argument, NULL, 's' },
	{ "partial", no_argument, NULL, 'p' },
	{ "percpu-local", no_argument, NULL, 'l' },
	{ "numa-local", no_argument, NULL, 'n' },
	{ "full-user", no_argument, NULL, OPT_FULL_USER },
	{ "fallback-ms", required_argument, NULL, OPT_FALLBACK },
	{ "fallback-repeated", required_argument, NULL, OPT_REPEATED },
	{ "timeout-ms", required_argument, NULL, OPT_TIMEOUT },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "monitor", required_argument, NULL, OPT_MONITOR },
	{ "stats-path", required_argument, NULL, OPT_STATS_PATH },
	{ "histograms", no_argument, NULL, OPT_HISTOGRAMS },
	{ "simulate", required_argument, NULL, OPT_SIMULATE },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "machine", required_argument, NULL, OPT_MACHINE },
	{ "duration-ms", required_argument, NULL, OPT_DURATION },
	{ "latency-us", required_argument, NULL, OPT_LATENCY },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "openmetrics", no_argument, NULL, OPT_OPENMETRICS },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "replay", required_argument, NULL, OPT_REPLAY },
	{ "inject", required_argument, NULL, OPT_INJECT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "help-stats", no_argument, NULL, OPT_HELP_STATS },
	{ 0 },
};

static void print_help(const struct program *prog)
{
	printf("Usage: %s [OPTION]...\n"
	       "The Linux scheduler that %s.\n\n"
	       "  -s, --slice-us N   how long a task may run at a time: 100 to %d\n"
	       "                     (default 5000)\n",
	       prog->name, prog->about, (int)MAX_SLICE_US);
	if (prog->slice_min_ns)
		printf("  -S, --slice-us-min N\n"
		       "                     the least of that, however many wait: 100 to\n"
		       "                     --slice-us (default %d)\n",
		       (int)(prog->slice_min_ns / 1000));
	printf("  -p, --partial      schedule only tasks of class SCHED_EXT: see scxuser(8)\n"
	       "  -l, --percpu-local a task that may run on one CPU only waits in its queue\n"
	       "  -n, --numa-local   look for an idle CPU in the NUMA node of the last one\n"
	       "      --full-user    decide every wake-up here, even if a CPU is idle\n"
	       "      --fallback-ms N\n"
	       "                     the kernel half decides about a task that has waited so\n"
	       "                     long for us: 1 to 1000 (default 20), 0 = never\n"
	       "      --fallback-repeated WHAT\n"
	       "                     if it had to three times in a row: stay, back-off or\n"
	       "                     detach (default stay)\n"
	       "      --timeout-ms N the kernel evicts us when a task could not run for so\n"
	       "                     long: 100 to %d (default 5000)\n\n",
	       MAX_TIMEOUT_MS);
	printf("Statistics, which are also served at a socket:\n"
	       "      --stats SEC    schedule, and print them each SEC seconds\n"
	       "      --monitor SEC  do not schedule, but print those of the scheduler that\n"
	       "                     runs\n"
	       "      --json         print them for programs; also with --simulate and\n"
	       "                     --replay\n"
	       "      --openmetrics  print them for Prometheus and its kin\n"
	       "      --histograms   measure how long tasks wait, and tell that too\n"
	       "      --stats-path FILE\n"
	       "                     the socket (default %s)\n"
	       "      --help-stats   say what each of them means, and exit\n\n",
	       PROGRAM_STATS_PATH);
	printf("Simulation:\n"
	       "      --simulate FILE\n"
	       "                     run the tasks that FILE describes, on simulated CPUs, and\n"
	       "                     print how they fared; needs no privilege and touches no\n"
	       "                     kernel\n"
	       "      --cpus N       so many CPUs: 1 to 4096 (default 4)\n"
	       "      --machine DIR  or those of a copy of another machine's /sys\n"
	       "      --duration-ms N\n"
	       "                     for so long, rather than as FILE says\n"
	       "      --latency-us N it decides up to so much later, by chance: 0 to 1000000\n"
	       "      --seed N       what chance begins with (default 0)\n"
	       "      --trace FILE   write a timeline, for Perfetto and chrome://tracing\n\n"
	       "Recordings:\n"
	       "      --record FILE  write what happens and what is decided to FILE\n"
	       "      --replay FILE  decide about what is recorded in FILE instead, and print\n"
	       "                     what is decided otherwise; needs no privilege and touches\n"
	       "                     no kernel\n\n"
	       "Others:\n"
	       "      --inject TEXT  be late or wrong on purpose, for tests: delay=50@10 and\n"
	       "                     more, see scxu_inject(7); for root, or with --simulate\n"
	       "  -v, --verbose      say more on standard error; twice for debugging\n"
	       "  -V, --version      print the version and exit\n"
	       "  -h, --help         print this and exit\n\n"
	       "Ends on SIGINT or SIGTERM. Exit status: 0 asked to stop, 2 usage, 70 evicted\n"
	       "by the kernel, 75 another scheduler is attached, 77 privilege or limit, 78 the\n"
	       "kernel or a library lacks something, 1 anything else.\n");
}

static _Noreturn void bad_usage(const struct program *prog)
{
	fprintf(stderr, "%s: try '%s --help'\n", prog->name, prog->name);
	exit(PROGRAM_EXIT_USAGE);
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

static void set_fallback(struct program *prog, const char *text)
{
	prog->opts.fallback_ms = number(prog, "--fallback-ms", text, 0, 1000);
	prog->opts.flags &= ~(uint32_t)SCXU_NO_FALLBACK;
	if (!prog->opts.fallback_ms)
		prog->opts.flags |= SCXU_NO_FALLBACK;
}

static uint32_t repeated(const struct program *prog, const char *text)
{
	static const char *const words[] = {
		[SCXU_FALLBACK_STAY] = "stay",
		[SCXU_FALLBACK_BACK_OFF] = "back-off",
		[SCXU_FALLBACK_DETACH] = "detach",
	};
	uint32_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i]))
			return i;
	fprintf(stderr, "%s: --fallback-repeated '%s': want stay, back-off or detach\n", prog->name,
		text);
	bad_usage(prog);
}

/* In seconds; a tenth of one is the least. */
static double interval(const struct program *prog, const char *option, const char *text)
{
	double sec;
	char *end;

	errno = 0;
	sec = strtod(text, &end);
	if (text[0] && !text[strspn(text, "0123456789.")] && !*end && !errno && sec >= 0.1 &&
	    sec <= 86400)
		return sec;
	fprintf(stderr, "%s: %s '%s': want seconds, from 0.1 to 86400\n", prog->name, option, text);
	bad_usage(prog);
}

static const char *socket_path(const struct program *prog, const char *text)
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (text[0] && strlen(text) <= max)
		return text;
	fprintf(stderr, "%s: --stats-path '%.200s': want a file name of 1 to %zu bytes\n",
		prog->name, text, max);
	bad_usage(prog);
}

static void finish_slices(struct program *prog, unsigned int slice_min_us)
{
	prog->slice_ns = prog->opts.slice_us * UINT64_C(1000);
	if (slice_min_us > prog->opts.slice_us) {
		fprintf(stderr, "%s: --slice-us-min '%u': want at most --slice-us, which is %u\n",
			prog->name, slice_min_us, prog->opts.slice_us);
		bad_usage(prog);
	}
	if (slice_min_us)
		prog->slice_min_ns = slice_min_us * UINT64_C(1000);
	else if (prog->slice_min_ns > prog->slice_ns)
		prog->slice_min_ns = prog->slice_ns;
}

static void finish_simulation(struct program *prog)
{
	const struct scxu_sim_opts *sim = &prog->sim;

	if (sim->load) {
		prog->sim.sz = sizeof(prog->sim);
		prog->opts.sim = sim;
	} else if (sim->nr_cpus || sim->root || sim->duration_ms || sim->jitter_ns || sim->seed ||
		   sim->trace) {
		fprintf(stderr,
			"%s: --cpus, --machine, --duration-ms, --latency-us, --seed and --trace go "
			"with --simulate\n",
			prog->name);
		bad_usage(prog);
	}
	if (sim->root && sim->nr_cpus) {
		fprintf(stderr, "%s: --cpus or --machine, not both\n", prog->name);
		bad_usage(prog);
	}
	if (sim->load && (prog->stats_sec || prog->monitor_sec ||
			  prog->opts.flags & (SCXU_PARTIAL | SCXU_HISTOGRAMS))) {
		fprintf(stderr,
			"%s: --partial, --histograms, --stats and --monitor do not go with "
			"--simulate\n",
			prog->name);
		bad_usage(prog);
	}
}

static void finish_stats(struct program *prog)
{
	const char *what = NULL;

	if (!prog->stats_path)
		prog->stats_path = PROGRAM_STATS_PATH;
	if (prog->stats_sec && prog->monitor_sec)
		what = "--stats or --monitor, not both";
	else if (prog->json && prog->openmetrics)
		what = "--json or --openmetrics, not both";
	else if (prog->openmetrics && !prog->stats_sec && !prog->monitor_sec)
		what = "--openmetrics goes with --stats or --monitor";
	else if (prog->json && !prog->stats_sec && !prog->monitor_sec && !prog->sim.load &&
		 !prog->opts.replay)
		what = "--json goes with --stats, --monitor, --simulate or --replay";
	if (what) {
		fprintf(stderr, "%s: %s\n", prog->name, what);
		bad_usage(prog);
	}
	if (prog->json) {
		prog->format = PROGRAM_JSON;
		prog->summary = SCXU_SUMMARY_JSON;
	} else if (prog->openmetrics) {
		prog->format = PROGRAM_OPENMETRICS;
	}
}

/* Those that tell statistics. */
static bool stats_option(struct program *prog, int opt)
{
	switch (opt) {
	case OPT_STATS:
		prog->stats_sec = interval(prog, "--stats", optarg);
		break;
	case OPT_MONITOR:
		prog->monitor_sec = interval(prog, "--monitor", optarg);
		break;
	case OPT_STATS_PATH:
		prog->stats_path = socket_path(prog, optarg);
		break;
	case OPT_HISTOGRAMS:
		prog->opts.flags |= SCXU_HISTOGRAMS;
		break;
	case OPT_JSON:
		prog->json = true;
		break;
	case OPT_OPENMETRICS:
		prog->openmetrics = true;
		break;
	case OPT_HELP_STATS:
		program_print_fields();
		exit(0);
	default:
		return false;
	}
	return true;
}

/* Only one kernel, or what stands for it, is there to be told of. */
static void finish_replay(struct program *prog)
{
	const struct scxu_opts *o = &prog->opts;
	const char *what = o->replay ? "--replay" : o->record ? "--record" : "--inject";
	const char *other = NULL;

	if (o->replay && o->record)
		other = "--record";
	else if (o->replay && o->inject)
		other = "--inject";
	else if (o->replay && prog->sim.load)
		other = "--simulate";
	else if (o->replay && prog->stats_sec)
		other = "--stats";
	else if ((o->replay || o->record || o->inject) && prog->monitor_sec)
		other = "--monitor";
	if (!other)
		return;
	fprintf(stderr, "%s: %s or %s, not both\n", prog->name, what, other);
	bad_usage(prog);
}

/* Those that go with --simulate, the recordings, and faults. */
static bool simulation_option(struct program *prog, int opt)
{
	switch (opt) {
	case OPT_SIMULATE:
		prog->sim.load = optarg;
		break;
	case OPT_CPUS:
		prog->sim.nr_cpus = number(prog, "--cpus", optarg, 1, 4096);
		break;
	case OPT_MACHINE:
		prog->sim.root = optarg;
		break;
	case OPT_DURATION:
		prog->sim.duration_ms = number(prog, "--duration-ms", optarg, 1, 86400000);
		break;
	case OPT_LATENCY:
		prog->sim.jitter_ns = number(prog, "--latency-us", optarg, 0, 1000000) * 1000;
		break;
	case OPT_SEED:
		prog->sim.seed = number(prog, "--seed", optarg, 0, UINT_MAX);
		break;
	case OPT_TRACE:
		prog->sim.trace = optarg;
		break;
	case OPT_RECORD:
		prog->opts.record = optarg;
		break;
	case OPT_REPLAY:
		prog->opts.replay = optarg;
		break;
	case OPT_INJECT:
		prog->opts.inject = optarg;
		break;
	default:
		return false;
	}
	return true;
}

void program_options(struct program *prog, int argc, char **argv)
{
	unsigned int slice_min_us = 0;
	int opt;

	prog->opts.slice_us = 5000;
	while ((opt = getopt_long(argc, argv, prog->slice_min_ns ? "s:S:plnvVh" : "s:plnvVh",
				  options + !prog->slice_min_ns, NULL)) != -1) {
		switch (opt) {
		case 's':
			prog->opts.slice_us = number(prog, "--slice-us", optarg, 100, MAX_SLICE_US);
			break;
		case 'S':
			slice_min_us = number(prog, "--slice-us-min", optarg, 100, MAX_SLICE_US);
			break;
		case 'p':
			prog->opts.flags |= SCXU_PARTIAL;
			break;
		case OPT_FULL_USER:
			prog->opts.flags |= SCXU_FULL_USER;
			break;
		case OPT_FALLBACK:
			set_fallback(prog, optarg);
			break;
		case OPT_REPEATED:
			prog->opts.fallback_repeated = repeated(prog, optarg);
			break;
		case OPT_TIMEOUT:
			prog->opts.timeout_ms =
				number(prog, "--timeout-ms", optarg, 100, MAX_TIMEOUT_MS);
			break;
		case 'l':
			prog->percpu_local = true;
			break;
		case 'n':
			prog->opts.flags |= SCXU_NUMA_LOCAL;
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
			if (!simulation_option(prog, opt) && !stats_option(prog, opt))
				bad_usage(prog);
		}
	}
	finish_slices(prog, slice_min_us);
	finish_simulation(prog);
	finish_replay(prog);
	finish_stats(prog);
	if (optind < argc) {
		fprintf(stderr, "%s: unknown argument '%s'\n", prog->name, argv[optind]);
		bad_usage(prog);
	}
}
