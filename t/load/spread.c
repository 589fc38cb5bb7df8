// SPDX-License-Identifier: GPL-2.0-only
/*
 * Busy loops that begin one by one. Each sleeps on CPU 0 and is given all CPUs meanwhile: so where
 * it runs after that is where it was woken.
 */
#include "load.h"

#include <sched.h>

#define STEP_NS (200 * 1000000ULL)
#define LOOK_NS (5 * NSEC_PER_SEC)
#define POLL_NS (20 * 1000000ULL)
#define MAX_LOOPS 256

static void give_cpus(pid_t pid, long nr_cpus)
{
	cpu_set_t set;
	long cpu;

	CPU_ZERO(&set);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set))
		die("sched_setaffinity");
}

static pid_t start_loop(volatile int *cpu, long nr_cpus)
{
	pid_t pid = start_child();

	if (pid == 0) {
		give_cpus(0, 1);
		sleep_ns(2 * STEP_NS);
		for (;;)
			*cpu = sched_getcpu();
	}
	sleep_ns(STEP_NS);
	give_cpus(pid, nr_cpus);
	sleep_ns(2 * STEP_NS);
	return pid;
}

/* What a loop noted before it had to wait for a CPU says nothing: let each of them note it anew. */
static void look(volatile int *cpu, unsigned long nr_loops)
{
	uint64_t end_ns = now_ns() + LOOK_NS;
	unsigned long i;

	for (i = 0; i < nr_loops; i++)
		cpu[i] = -1;
	for (i = 0; i < nr_loops && now_ns() < end_ns;) {
		if (cpu[i] >= 0)
			i++;
		else
			sleep_ns(POLL_NS);
	}
}

int main(int argc, char **argv)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long nr_loops, i;
	pid_t pid[MAX_LOOPS];
	volatile int *cpu;

	if (argc != 2) {
		fputs("usage: spread LOOPS\n", stderr);
		return 2;
	}
	nr_loops = number("LOOPS", argv[1], 1, MAX_LOOPS);
	cpu = shared(nr_loops * sizeof(*cpu));
	for (i = 0; i < nr_loops; i++)
		pid[i] = start_loop(&cpu[i], nr_cpus);
	look(cpu, nr_loops);
	for (i = 0; i < nr_loops; i++)
		printf("%s%d", i ? " " : "", cpu[i]);
	putchar('\n');
	for (i = 0; i < nr_loops; i++)
		kill(pid[i], SIGKILL);
	return 0;
}
