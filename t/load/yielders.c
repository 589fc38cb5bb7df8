// SPDX-License-Identifier: GPL-2.0-only
/* Processes that only give up the CPU: one decision of the scheduler per yield. */
#include "load.h"

#include <sched.h>

int main(int argc, char **argv)
{
	unsigned long nr_processes, nr_yields, i;
	uint64_t start_ns, took_ns;
	struct gate gate;
	bool ok = true;
	pid_t *pid;

	if (argc != 3) {
		fputs("usage: yielders PROCESSES YIELDS\n", stderr);
		return 2;
	}
	nr_processes = number("PROCESSES", argv[1], 1, 10000);
	nr_yields = number("YIELDS", argv[2], 1, UINT32_MAX);
	pid = calloc(nr_processes, sizeof(*pid));
	if (!pid)
		die("calloc");
	gate_init(&gate);

	for (i = 0; i < nr_processes; i++) {
		pid[i] = start_child();
		if (pid[i] == 0) {
			gate_wait(&gate);
			while (nr_yields--)
				sched_yield();
			_exit(0);
		}
	}

	/* Give every child the time to reach the gate. */
	sleep_ns(NSEC_PER_SEC / 20);
	start_ns = now_ns();
	gate_open(&gate);
	for (i = 0; i < nr_processes; i++)
		ok &= child_succeeded(pid[i]);
	took_ns = now_ns() - start_ns;

	printf("processes=%lu nr_yields=%lu total_ns=%ju ns_per_yield=%ju\n", nr_processes,
	       nr_processes * nr_yields, (uintmax_t)took_ns,
	       (uintmax_t)(took_ns / (nr_processes * nr_yields)));
	return ok ? 0 : 1;
}
