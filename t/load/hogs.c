// SPDX-License-Identifier: GPL-2.0-only
/* Busy loops that count their turns: one that makes no progress was starved or lost. */
#include "load.h"

static uint64_t least_progress(volatile uint64_t *nr_turns, uint64_t *before, unsigned long nr_hogs)
{
	uint64_t least = UINT64_MAX;

	for (unsigned long i = 0; i < nr_hogs; i++) {
		uint64_t now = nr_turns[i];

		least = now - before[i] < least ? now - before[i] : least;
		before[i] = now;
	}
	return least;
}

static void print_counts(volatile uint64_t *nr_turns, unsigned long nr_hogs)
{
	printf("nr_turns=");
	for (unsigned long i = 0; i < nr_hogs; i++)
		printf("%s%ju", i ? "," : "", (uintmax_t)nr_turns[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	uint64_t half_ns, least[2], *before;
	volatile uint64_t *nr_turns;
	unsigned long nr_hogs, i;
	struct gate gate;
	pid_t *pid;

	if (argc != 3) {
		fputs("usage: hogs HOGS SECONDS\n", stderr);
		return 2;
	}
	nr_hogs = number("HOGS", argv[1], 1, 10000);
	half_ns = number("SECONDS", argv[2], 1, 86400) * NSEC_PER_SEC / 2;
	pid = calloc(nr_hogs, sizeof(*pid));
	before = calloc(nr_hogs, sizeof(*before));
	if (!pid || !before)
		die("calloc");
	nr_turns = shared(nr_hogs * sizeof(*nr_turns));
	gate_init(&gate);

	for (i = 0; i < nr_hogs; i++) {
		pid[i] = start_child();
		if (pid[i] == 0) {
			gate_wait(&gate);
			for (;;)
				nr_turns[i]++;
		}
	}
	gate_open(&gate);

	/* Two halves: a hog that ran once and was lost afterwards shows in the second. */
	for (i = 0; i < 2; i++) {
		sleep_ns(half_ns);
		least[i] = least_progress(nr_turns, before, nr_hogs);
	}
	for (i = 0; i < nr_hogs; i++)
		kill(pid[i], SIGKILL);

	printf("hogs=%lu least_first_half=%ju least_second_half=%ju ", nr_hogs, (uintmax_t)least[0],
	       (uintmax_t)least[1]);
	print_counts(nr_turns, nr_hogs);
	return least[0] > 0 && least[1] > 0 ? 0 : 1;
}
