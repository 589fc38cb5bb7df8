// SPDX-License-Identifier: GPL-2.0-only
/* Busy loops on one CPU, half of them of nice 0 and half of another: what do the latter get of it? */
#include "load.h"

#include <sched.h>
#include <sys/resource.h>

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static pid_t start_loop(struct gate *gate, int nice)
{
	volatile uint64_t nr_turns = 0;
	pid_t pid = start_child();

	if (pid)
		return pid;
	stay_on(0);
	if (setpriority(PRIO_PROCESS, 0, nice))
		die("setpriority");
	gate_wait(gate);
	for (;;)
		nr_turns++;
}

static uint64_t end_loop(pid_t pid)
{
	struct rusage usage;

	kill(pid, SIGKILL);
	if (wait4(pid, NULL, 0, &usage) != pid)
		die("wait4");
	return usage.ru_utime.tv_sec * 1000000ULL + usage.ru_utime.tv_usec;
}

int main(int argc, char **argv)
{
	unsigned long nr_pairs, nice, seconds, i;
	uint64_t run_us[2] = { 0 };
	struct gate gate;
	pid_t *pid;

	if (argc != 4) {
		fputs("usage: shares PAIRS NICE SECONDS\n", stderr);
		return 2;
	}
	nr_pairs = number("PAIRS", argv[1], 1, 1000);
	nice = number("NICE", argv[2], 0, 19);
	seconds = number("SECONDS", argv[3], 1, 86400);
	pid = calloc(2 * nr_pairs, sizeof(*pid));
	if (!pid)
		die("calloc");
	gate_init(&gate);
	for (i = 0; i < 2 * nr_pairs; i++)
		pid[i] = start_loop(&gate, i % 2 ? nice : 0);
	gate_open(&gate);
	sleep_ns(seconds * NSEC_PER_SEC);
	/* All stop first, so that the last ones do not have the CPU to themselves. */
	for (i = 0; i < 2 * nr_pairs; i++)
		kill(pid[i], SIGSTOP);
	for (i = 0; i < 2 * nr_pairs; i++)
		run_us[i % 2] += end_loop(pid[i]);
	printf("loops=%lu nice0_us=%ju nice%lu_us=%ju percent=%ju\n", 2 * nr_pairs,
	       (uintmax_t)run_us[0], nice, (uintmax_t)run_us[1],
	       (uintmax_t)(100 * run_us[1] / (run_us[0] + run_us[1] ?: 1)));
	return 0;
}
