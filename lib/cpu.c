// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* cpu.c - which CPUs are idle, who runs on the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int scxu_read_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	char *line;

	if (!f)
		return -errno;
	line = fgets(buf, len, f);
	fclose(f);
	if (!line)
		return -EIO;
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

/* @possible: a list of ranges in ascending order, such as "0-3,8-11", which makes 12. */
int scxu_count_cpu_ids(const char *possible)
{
	size_t start = strlen(possible);
	char *end;
	long last;

	while (start > 0 && possible[start - 1] >= '0' && possible[start - 1] <= '9')
		start--;
	last = strtol(possible + start, &end, 10);
	if (end == possible + start || last < 0 || last >= 1 << 20)
		return -EINVAL;
	return last + 1;
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
	if (is_free(s, prev_cpu))
		return claim(s, prev_cpu);
	if (t->nr_cpus_allowed < (unsigned int)s->nr_cpus)
		return -EBUSY;
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (is_free(s, cpu))
			return claim(s, cpu);
	return -EBUSY;
}

SCXU_API pid_t scxu_get_cpu_pid(struct scxu *s, int cpu)
{
	if (cpu < 0 || cpu >= s->nr_cpus)
		return -EINVAL;
	return s->port->cpu_pid(s, cpu);
}
