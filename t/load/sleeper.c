// SPDX-License-Identifier: GPL-2.0-only
/* A periodic sleeper: how late does the scheduler let it wake up? */
#include "load.h"

#include <sched.h>

static const char usage[] =
	"usage: sleeper [-k] [-m BOUND_MS] PERIOD_MS SECONDS\n"
	"  -k           keep the scheduling class it is started with (SCHED_OTHER)\n"
	"  -m BOUND_MS  exit with 1 when the longest oversleep was longer\n"
	"  SECONDS      how long to run; SIGTERM ends it earlier\n"
	"It prints how late it was, and when it was latest, by CLOCK_MONOTONIC.\n";

static volatile sig_atomic_t stop;

static void on_sigterm(int sig)
{
	(void)sig;
	stop = 1;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whatever class the controlling shell has, this one measures what an ordinary task gets. */
static void become_ordinary(void)
{
	struct sched_param param = { 0 };

	if (sched_setscheduler(0, SCHED_OTHER, &param))
		die("sched_setscheduler");
}

int main(int argc, char **argv)
{
	uint64_t period_ns, run_ns, bound_ns = UINT64_MAX, start_ns, wake_ns, late_ns, due_ns = 0;
	uint64_t *late, max_ns = 0;
	size_t nr = 0, nr_max;
	bool keep_class = false;
	int opt;

	while ((opt = getopt(argc, argv, "km:")) != -1) {
		if (opt == 'k')
			keep_class = true;
		else if (opt == 'm')
			bound_ns = number("BOUND_MS", optarg, 1, 3600000) * 1000000;
		else
			break;
	}
	if (opt != -1 || argc - optind != 2) {
		fputs(usage, stderr);
		return 2;
	}
	period_ns = number("PERIOD_MS", argv[optind], 1, 60000) * 1000000;
	run_ns = number("SECONDS", argv[optind + 1], 1, 86400) * NSEC_PER_SEC;

	nr_max = run_ns / period_ns + 1;
	late = malloc(nr_max * sizeof(*late));
	if (!late)
		die("malloc");
	if (!keep_class)
		become_ordinary();
	signal(SIGTERM, on_sigterm);
	/* A page fault of its own would count as the scheduler's lateness. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");

	start_ns = now_ns();
	while (!stop && nr < nr_max && now_ns() - start_ns < run_ns) {
		wake_ns = now_ns() + period_ns;
		clock_nanosleep(
			CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){ wake_ns / NSEC_PER_SEC, wake_ns % NSEC_PER_SEC }, NULL);
		late_ns = now_ns();
		/* Only a signal makes it wake early. */
		late_ns = late_ns > wake_ns ? late_ns - wake_ns : 0;
		late[nr++] = late_ns;
		if (late_ns > max_ns) {
			max_ns = late_ns;
			due_ns = wake_ns;
		}
	}

	if (nr == 0)
		return 1;
	qsort(late, nr, sizeof(*late), by_value);
	printf("nr_periods=%zu p50_us=%ju p99_us=%ju max_us=%ju from_ms=%ju to_ms=%ju\n", nr,
	       (uintmax_t)late[nr / 2] / 1000, (uintmax_t)late[nr * 99 / 100] / 1000,
	       (uintmax_t)max_ns / 1000, (uintmax_t)due_ns / 1000000,
	       (uintmax_t)(due_ns + max_ns) / 1000000);
	return max_ns > bound_ns ? 1 : 0;
}
