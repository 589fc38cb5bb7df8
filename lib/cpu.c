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

#define MAX_CPU_IDS (1 << 20)

/* Walk the ranges. Return: the last id plus one, or -EINVAL; @nr receives how many there are. */
static int walk_list(const char *list, int *nr)
{
	long first, last = -1;
	char *end;

	*nr = 0;
	do {
		first = strtol(list, &end, 10);
		if (end == list || first <= last || first >= MAX_CPU_IDS)
			return -EINVAL;
		last = first;
		if (*end == '-') {
			list = end + 1;
			last = strtol(list, &end, 10);
			if (end == list || last < first || last >= MAX_CPU_IDS)
				return -EINVAL;
		}
		*nr += last - first + 1;
		list = end + 1;
	} while (*end == ',');
	return *end ? -EINVAL : last + 1;
}

int scxu_count_cpu_ids(const char *list)
{
	int nr;

	return walk_list(list, &nr);
}

int scxu_count_cpus(const char *list)
{
	int nr, err = walk_list(list, &nr);

	return err < 0 ? err : nr;
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
