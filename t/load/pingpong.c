// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of processes pass one byte to and fro through pipes: two wake-ups per round trip. */
#include "load.h"

static const char usage[] =
	"usage: pingpong [-t SECONDS] PAIRS ROUND_TRIPS [HOGS]\n"
	"  PAIRS        pairs of processes, each with two pipes between them\n"
	"  ROUND_TRIPS  round trips of each pair; 0 = until SECONDS have passed\n"
	"  HOGS         busy loops beside the pairs\n";

static void ping(struct gate *gate, int from, int to, uint64_t max, uint64_t run_ns,
		 volatile uint64_t *nr_done)
{
	uint64_t end_ns;
	char c = 0;

	gate_wait(gate);
	end_ns = run_ns ? now_ns() + run_ns : UINT64_MAX;
	while (max == 0 || *nr_done < max) {
		if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
			_exit(1);
		++*nr_done;
		/* Without a time limit the clock is not read: it would be part of the figure. */
		if (run_ns && now_ns() >= end_ns)
			break;
	}
	_exit(0);
}

/* The echoing half ends with the end-of-file that its partner leaves behind. */
static void pong(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1) {
		if (write(to, &c, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void start_pair(struct gate *gate, pid_t pid[2], uint64_t max, uint64_t run_ns,
		       volatile uint64_t *nr_done)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		die("pipe");
	pid[0] = start_child();
	if (pid[0] == 0) {
		close(there[0]);
		close(back[1]);
		ping(gate, back[0], there[1], max, run_ns, nr_done);
	}
	pid[1] = start_child();
	if (pid[1] == 0) {
		gate_open(gate);
		close(there[1]);
		close(back[0]);
		pong(there[0], back[1]);
	}
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

int main(int argc, char **argv)
{
	uint64_t run_ns = 0, max, start_ns, took_ns, sum = 0, least = UINT64_MAX;
	unsigned long nr_pairs, nr_hogs, i;
	volatile uint64_t *nr_done;
	pid_t(*pair)[2], *hog;
	struct gate gate;
	bool ok = true;
	int opt;

	while ((opt = getopt(argc, argv, "t:")) == 't')
		run_ns = number("SECONDS", optarg, 1, 86400) * NSEC_PER_SEC;
	if (opt != -1 || argc - optind < 2 || argc - optind > 3) {
		fputs(usage, stderr);
		return 2;
	}
	nr_pairs = number("PAIRS", argv[optind], 1, 10000);
	max = number("ROUND_TRIPS", argv[optind + 1], run_ns ? 0 : 1, UINT32_MAX);
	nr_hogs = argc - optind == 3 ? number("HOGS", argv[optind + 2], 0, 10000) : 0;

	pair = calloc(nr_pairs, sizeof(*pair));
	hog = calloc(nr_hogs + 1, sizeof(*hog));
	if (!pair || !hog)
		die("calloc");
	nr_done = shared(nr_pairs * sizeof(*nr_done));
	gate_init(&gate);

	for (i = 0; i < nr_pairs; i++)
		start_pair(&gate, pair[i], max, run_ns, &nr_done[i]);
	for (i = 0; i < nr_hogs; i++) {
		hog[i] = start_child();
		if (hog[i] == 0) {
			gate_wait(&gate);
			for (;;)
				;
		}
	}

	/* Give every child the time to reach the gate. */
	sleep_ns(NSEC_PER_SEC / 20);
	start_ns = now_ns();
	gate_open(&gate);
	for (i = 0; i < nr_pairs; i++) {
		ok &= child_succeeded(pair[i][0]);
		ok &= child_succeeded(pair[i][1]);
	}
	took_ns = now_ns() - start_ns;

	for (i = 0; i < nr_hogs; i++)
		kill(hog[i], SIGKILL);
	for (i = 0; i < nr_pairs; i++) {
		sum += nr_done[i];
		least = nr_done[i] < least ? nr_done[i] : least;
	}
	printf("pairs=%lu hogs=%lu nr_round_trips=%ju least=%ju total_ns=%ju ns_per_round_trip=%ju\n",
	       nr_pairs, nr_hogs, (uintmax_t)sum, (uintmax_t)least, (uintmax_t)took_ns,
	       (uintmax_t)(sum ? took_ns / sum : 0));
	return ok && least > 0 ? 0 : 1;
}
