// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* cpu.c - which CPUs are idle, who runs on the others. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

int scxu_set_topology(struct scxu *s, struct scxu_topology *t)
{
	int cpu;

	s->topology = t;
	s->nr_cpus = scxu_topology_nr_cpus(t);
	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;)
		s->nr_cpus_possible++;
	s->claimed = calloc(s->nr_cpus, sizeof(*s->claimed));
	return s->claimed ? 0 : -ENOMEM;
}

static bool is_free(struct scxu *s, int cpu)
{
	return cpu >= 0 && cpu < s->nr_cpus && s->claimed[cpu] != s->round &&
	       (s->port->cpu_is_idle(s, cpu) || cpu == s->port->own_cpu(s));
}

static int claim(struct scxu *s, int cpu)
{
	s->claimed[cpu] = s->round;
	return cpu;
}

SCXU_API int scxu_select_cpu(struct scxu *s, const struct scxu_task *t, int prev_cpu,
			     uint64_t flags)
{
	int cpu;

	if (flags || prev_cpu < SCXU_CPU_ANY || prev_cpu >= s->nr_cpus)
		return -EINVAL;
	if (s->all_busy_round == s->round)
		return -EBUSY;
	if (is_free(s, prev_cpu))
		return claim(s, prev_cpu);
	if (t->nr_cpus_allowed < (unsigned int)s->nr_cpus_possible)
		return -EBUSY;
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (is_free(s, cpu))
			return claim(s, cpu);
	/* One look at all CPUs is enough for a round, however many tasks it handles. */
	s->all_busy_round = s->round;
	return -EBUSY;
}

SCXU_API pid_t scxu_get_cpu_pid(struct scxu *s, int cpu)
{
	if (cpu < 0 || cpu >= s->nr_cpus)
		return -EINVAL;
	return s->port->cpu_pid(s, cpu);
}
