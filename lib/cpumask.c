// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* cpumask.c - the CPUs that a task may run on. */
#include "internal.h"

SCXU_API int scxu_task_next_cpu(struct scxu *s, const struct scxu_task *t, int prev)
{
	const uint64_t *mask = s->port->task_cpumask(s, t->slot & (s->nr_slots - 1));
	int cpu = prev < 0 ? 0 : prev + 1;
	uint64_t word;

	while (cpu < s->nr_cpus) {
		word = __atomic_load_n(&mask[cpu / 64], __ATOMIC_RELAXED) >> (cpu % 64);
		if (word) {
			cpu += __builtin_ctzll(word);
			return cpu < s->nr_cpus ? cpu : -1;
		}
		cpu = (cpu / 64 + 1) * 64;
	}
	return -1;
}

SCXU_API bool scxu_task_may_run_on(struct scxu *s, const struct scxu_task *t, int cpu)
{
	const uint64_t *mask = s->port->task_cpumask(s, t->slot & (s->nr_slots - 1));

	return cpu >= 0 && cpu < s->nr_cpus &&
	       __atomic_load_n(&mask[cpu / 64], __ATOMIC_RELAXED) >> (cpu % 64) & 1;
}
