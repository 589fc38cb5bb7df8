// SPDX-License-Identifier: GPL-2.0-only
/* A periodic sleeper: how late does the scheduler let it wake up? */
#include "load.h"

#include <sched.h>

static const char usage[] =
	"usage: sleeper [-k] [-l MIN_MS] [-m BOUND_MS] PERIOD_MS SECONDS\n"
	"  -k           keep the scheduling class it is started with (SCHED_OTHER)\n"
	"  -l MIN_MS    also list each oversleep that was as long as that\n"
	"  -m BOUND_MS  exit with 1 when the longest oversleep was longer\n"
	"  SECONDS      how long to run; SIGTERM ends it earlier\n"
	"It prints how late it was, and when it was latest, by CLOCK_MONOTONIC.\n";

struct sleep {
	uint64_t late_ns, due_ns;
};

static volatile sig_atomic_t stop;

static void on_sigterm(int sig)
{
	(void)sig;
	stop = 1;
}

static int by_lateness(const void *a, const void *b)
{
	uint64_t x = ((const struct sleep *)a)->late_ns, y = ((const struct sleep *)b)->late_ns;

	return (x > y) - (x < y);
}

static void print_when(const struct sleep *s)
{
	printf("max_us=%ju from_ms=%ju to_ms=%ju\n", (uintmax_t)s->late_ns / 1000,
	       (uintmax_t)s->due_ns / 1000000, (uintmax_t)(s->due_ns + s->late_ns) / 1000000);
}

/* Whatever class the controlling shell has, this one measures what an ordinary task gets. */
static void become_ordinary(void)
{
	struct sched_param param = { 0 };

	if (sched_setscheduler(0, SCHED_OTHER, &param))
		die("sched_setscheduler");
}

/* Return: how many times it slept. */
static size_t sleep_often(struct sleep *sleeps, size_t nr_max, uint64_t period_ns, uint64_t run_ns)
{
	uint64_t start_ns = now_ns(), due_ns, woken_ns;
	size_t nr = 0;

	while (!stop && nr < nr_max && now_ns() - start_ns < run_ns) {
		due_ns = now_ns() + period_ns;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
				&(struct timespec){ due_ns / NSEC_PER_SEC, due_ns % NSEC_PER_SEC },
				NULL);
		woken_ns = now_ns();
		/* Only a signal makes it wake early. */
		sleeps[nr].late_ns = woken_ns > due_ns ? woken_ns - due_ns : 0;
		sleeps[nr++].due_ns = due_ns;
	}
	return nr;
}

int main(int argc, char **argv)
{
	uint64_t period_ns, run_ns, bound_ns = UINT64_MAX, list_ns = UINT64_MAX;
	size_t nr, nr_max, i;
	bool keep_class = false;
	struct sleep *sleeps;
	int opt;

	while ((opt = getopt(argc, argv, "kl:m:")) != -1) {
		if (opt == 'k')
			keep_class = true;
		else if (opt == 'l')
			list_ns = number("MIN_MS", optarg, 1, 3600000) * 1000000;
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
	sleeps = malloc(nr_max * sizeof(*sleeps));
	if (!sleeps)
		die("malloc");
	if (!keep_class)
		become_ordinary();
	signal(SIGTERM, on_sigterm);
	/* A page fault of its own would count as the scheduler's lateness. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");

	nr = sleep_often(sleeps, nr_max, period_ns, run_ns);
	if (nr == 0)
		return 1;
	for (i = 0; i < nr; i++)
		if (sleeps[i].late_ns >= list_ns)
			print_when(&sleeps[i]);
	qsort(sleeps, nr, sizeof(*sleeps), by_lateness);
	printf("nr_periods=%zu p50_us=%ju p99_us=%ju ", nr,
	       (uintmax_t)sleeps[nr / 2].late_ns / 1000,
	       (uintmax_t)sleeps[nr * 99 / 100].late_ns / 1000);
	print_when(&sleeps[nr - 1]);
	return sleeps[nr - 1].late_ns > bound_ns ? 1 : 0;
}
