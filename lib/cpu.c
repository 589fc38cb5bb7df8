// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* cpu.c - who runs on a CPU. */
#include <errno.h>

#include "internal.h"

SCXU_API pid_t scxu_get_cpu_pid(struct scxu *s, int cpu)
{
	if (cpu < 0 || cpu >= s->nr_cpus)
		return -EINVAL;
	return s->port->cpu_pid(s, cpu);
}
