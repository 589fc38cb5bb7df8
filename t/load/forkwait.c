// SPDX-License-Identifier: GPL-2.0-only
/* Fork and wait: each child is a new task that is born, runs once and exits. */
#include "load.h"

int main(int argc, char **argv)
{
	uint64_t start_ns, took_ns;
	unsigned long nr_forks, i;

	if (argc != 2) {
		fputs("usage: forkwait FORKS\n", stderr);
		return 2;
	}
	nr_forks = number("FORKS", argv[1], 1, UINT32_MAX);

	start_ns = now_ns();
	for (i = 0; i < nr_forks; i++) {
		pid_t pid = start_child();

		if (pid == 0)
			_exit(0);
		if (!child_succeeded(pid))
			return 1;
	}
	took_ns = now_ns() - start_ns;

	printf("nr_forks=%lu total_ns=%ju ns_per_fork=%ju\n", nr_forks, (uintmax_t)took_ns,
	       (uintmax_t)(took_ns / nr_forks));
	return 0;
}
