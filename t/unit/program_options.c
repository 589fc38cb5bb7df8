// SPDX-License-Identifier: GPL-2.0-only
/* The command line of the reference schedulers: what each option sets, and what is refused. */
#include <errno.h>
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../schedulers/program.h"
#include "../tap.h"

enum { MAX_ARGS = 16 };

static char said[16 << 10];

/* The words of @line, of which argv[0] is the program. */
static struct program parse(const char *line)
{
	struct program prog = { .name = "scx_test", .about = "is tested", .slice_min_ns = 500000 };
	static char words[512];
	char *argv[MAX_ARGS], *word;
	int argc = 0;

	snprintf(words, sizeof(words), "scx_test %s", line);
	for (word = strtok(words, " "); word && argc < MAX_ARGS - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	optind = 0;
	program_options(&prog, argc, argv);
	return prog;
}

/* In a process of its own, since it exits. Return: the exit status, and what it prints in @said. */
static int status_of(const char *line)
{
	int fds[2], status;
	size_t nr = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(fds))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		parse(line);
		_exit(99);
	}
	close(fds[1]);
	while ((got = read(fds[0], said + nr, sizeof(said) - 1 - nr)) > 0)
		nr += got;
	said[nr] = 0;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_good(void)
{
	struct program p = parse("");

	is_int(p.slice_ns, 5000000, "the default: --slice-us");
	is_int(p.slice_min_ns, 500000, "--slice-us-min");
	is_int(p.opts.flags, 0, "no flags");
	is_str(p.stats_path, "/var/run/scx/root/stats", "--stats-path");
	ok(!p.stats_sec && !p.monitor_sec && !p.percpu_local && !p.verbose, "and nothing else");

	p = parse("-s 20000 -S 1000 -p -l -n -v -v");
	is_int(p.slice_ns, 20000000, "-s");
	is_int(p.slice_min_ns, 1000000, "-S");
	is_int(p.opts.flags, SCXU_PARTIAL | SCXU_NUMA_LOCAL, "-p -n");
	ok(p.percpu_local, "-l");
	is_int(p.verbose, 2, "-v -v");

	p = parse("--slice-us=300 --partial --percpu-local --numa-local --full-user --histograms "
		  "--timeout-ms 100 --verbose");
	is_int(p.opts.flags, SCXU_PARTIAL | SCXU_NUMA_LOCAL | SCXU_FULL_USER | SCXU_HISTOGRAMS,
	       "the long ones");
	ok(p.percpu_local && p.verbose == 1, "and two more");
	is_int(p.slice_min_ns, 300000, "the least slice is not more than the slice");
	is_int(p.opts.timeout_ms, 100, "--timeout-ms");
	p = parse("--fallback-ms 50 --fallback-repeated back-off");
	ok(p.opts.fallback_ms == 50 && p.opts.fallback_repeated == SCXU_FALLBACK_BACK_OFF,
	   "--fallback-ms --fallback-repeated");
	p = parse("--fallback-ms 0");
	is_int(p.opts.flags, SCXU_NO_FALLBACK, "--fallback-ms 0");
	p = parse("--fallback-ms 0 --fallback-ms 1");
	ok(!p.opts.flags && p.opts.fallback_ms == 1, "--fallback-ms 0 --fallback-ms 1");

	p = parse("--stats 0.5 --openmetrics --stats-path /tmp/x");
	ok(p.stats_sec == 0.5 && p.format == PROGRAM_OPENMETRICS, "--stats --openmetrics");
	is_str(p.stats_path, "/tmp/x", "--stats-path");
	p = parse("--monitor 2 --json");
	ok(p.monitor_sec == 2 && p.format == PROGRAM_JSON, "--monitor --json");
	p = parse("--inject lose=5");
	is_str(p.opts.inject, "lose=5", "--inject");
	p = parse("--simulate load.json --json");
	ok(!p.opts.inject, "no --inject");
	is_int(p.summary, SCXU_SUMMARY_JSON, "--simulate --json");
}

static void test_bad(void)
{
	static const char *const bad[][2] = {
		{ "--slice-us 99", "--slice-us '99': want a number from 100 to 100000" },
		{ "-s 5000x", "--slice-us '5000x'" },
		{ "-S 6000", "--slice-us-min '6000': want at most --slice-us, which is 5000" },
		{ "--timeout-ms 30001", "--timeout-ms '30001'" },
		{ "--fallback-ms 1001", "--fallback-ms '1001': want a number from 0 to 1000" },
		{ "--fallback-repeated no", "--fallback-repeated 'no': want stay, back-off or" },
		{ "--stats 0", "--stats '0': want seconds, from 0.1 to 86400" },
		{ "--stats 1.5.2", "--stats '1.5.2'" },
		{ "--stats nan", "--stats 'nan'" },
		{ "--stats 1e1", "--stats '1e1'" },
		{ "--monitor -1", "--monitor '-1'" },
		{ "--monitor 86401", "--monitor '86401'" },
		{ "--stats 1 --monitor 1", "--stats or --monitor, not both" },
		{ "--stats 1 --json --openmetrics", "--json or --openmetrics, not both" },
		{ "--json", "--json goes with --stats, --monitor, --simulate or --replay" },
		{ "--replay x --record y", "--replay or --record, not both" },
		{ "--replay x --simulate y", "--replay or --simulate, not both" },
		{ "--replay x --stats 1", "--replay or --stats, not both" },
		{ "--replay x --monitor 1", "--replay or --monitor, not both" },
		{ "--record x --monitor 1", "--record or --monitor, not both" },
		{ "--replay x --inject lose=5", "--replay or --inject, not both" },
		{ "--inject lose=5 --monitor 1", "--inject or --monitor, not both" },
		{ "--replay x --cpus 2", "go with --simulate" },
		{ "--openmetrics", "--openmetrics goes with --stats or --monitor" },
		{ "--simulate x --openmetrics", "--openmetrics goes with --stats or --monitor" },
		{ "--simulate x --stats 1", "do not go with --simulate" },
		{ "--simulate x -p", "--partial, --histograms, --stats" },
		{ "--simulate x --histograms", "do not go with --simulate" },
		{ "--cpus 2", "go with --simulate" },
		{ "--stats-path=", "--stats-path '': want a file name of 1 to 107 bytes" },
		{ "--nonsense", "unrecognized option '--nonsense'" },
		{ "nonsense", "unknown argument 'nonsense'" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_int(status_of(bad[i][0]), 2, "%s: exit status", bad[i][0]);
		ok(strstr(said, bad[i][1]) && strstr(said, "try 'scx_test --help'"), "and says so");
		diag("%s", said);
	}
}

static void test_help(void)
{
	is_int(status_of("--help"), 0, "--help: exit status");
	ok(strstr(said, "Usage: scx_test") && strstr(said, "Exit status:"), "and helps");
	is_int(status_of("--version"), 0, "--version: exit status");
	ok(strstr(said, scxu_version()), "and says it");
	is_int(status_of("--help-stats"), 0, "--help-stats: exit status");
	ok(strstr(said, "max_fallback_ms (gauge, ms)\n") && strstr(said, "stale (counter)\n"),
	   "and tells kinds and units");
}

int main(void)
{
	test_good();
	test_bad();
	test_help();
	return done_testing();
}
