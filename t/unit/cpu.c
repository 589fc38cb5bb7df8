// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/cpu.c: counting CPUs, finding an idle one, who runs where. */
#include <unistd.h>

#include "../tap.h"
#include "fake_port.h"

#define NR_CPUS 8

static uint64_t claimed[NR_CPUS];
static struct scxu s;
static struct scxu_task t;

static void test_lists(void)
{
	static const struct {
		const char *list;
		int nr_ids, nr_cpus;
	} cases[] = {
		{ "0", 1, 1 },
		{ "0-3", 4, 4 },
		{ "0-3,8-11", 12, 8 },
		{ "0,2,4", 5, 3 },
		{ "0,2-3,9", 10, 4 },
		{ "3", 4, 1 },
		{ "3-3", 4, 1 },
		{ "0-1023", 1024, 1024 },
		{ "0-8191", 8192, 8192 },
		{ "0-1048575", 1048576, 1048576 },
		{ "1048575", 1048576, 1 },
		{ "0-1048576", -EINVAL, -EINVAL },
		{ "1048576", -EINVAL, -EINVAL },
		{ "0-99999999999999999999999", -EINVAL, -EINVAL },
		{ "99999999999999999999999", -EINVAL, -EINVAL },
		{ "", -EINVAL, -EINVAL },
		{ "0-", -EINVAL, -EINVAL },
		{ "0-3,", -EINVAL, -EINVAL },
		{ ",0-3", -EINVAL, -EINVAL },
		{ "-3", -EINVAL, -EINVAL },
		{ "0--3", -EINVAL, -EINVAL },
		{ "0-3-5", -EINVAL, -EINVAL },
		{ "0-3;5", -EINVAL, -EINVAL },
		{ "3-0", -EINVAL, -EINVAL },
		{ "4-5,0-3", -EINVAL, -EINVAL },
		{ "0-3,3-5", -EINVAL, -EINVAL },
		{ "(null)", -EINVAL, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		is_int(scxu_count_cpu_ids(cases[i].list), cases[i].nr_ids, "CPU ids in \"%s\"",
		       cases[i].list);
		is_int(scxu_count_cpus(cases[i].list), cases[i].nr_cpus, "CPUs in \"%s\"",
		       cases[i].list);
	}
}

static void write_file(const char *path, const char *content)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(content, f) < 0 || fclose(f))
		bail("cannot write %s", path);
}

static void test_read_line(void)
{
	char path[] = "/tmp/scxuser-unit-XXXXXX", line[8] = "before";
	int fd = mkstemp(path);

	if (fd < 0)
		bail("cannot make a file in /tmp");
	close(fd);
	is_int(scxu_read_line(path, line, sizeof(line)), -EIO, "an empty file has no line");
	write_file(path, "0-3\nmore\n");
	is_int(scxu_read_line(path, line, sizeof(line)), 0, "a file is read");
	is_str(line, "0-3", "up to its first newline");
	write_file(path, "0-7");
	is_int(scxu_read_line(path, line, sizeof(line)), 0, "a file without newline is read");
	is_str(line, "0-7", "whole");
	write_file(path, "0123456789\n");
	scxu_read_line(path, line, sizeof(line));
	ok(strlen(line) < sizeof(line), "a long line does not go beyond the buffer");
	unlink(path);
	is_int(scxu_read_line(path, line, sizeof(line)), -ENOENT, "no file");
}

static int select_cpu(int prev_cpu)
{
	return scxu_select_cpu(&s, &t, prev_cpu, 0);
}

static void new_round(void)
{
	fake.own_cpu = -1;
	memset(fake.idle, 0, sizeof(fake.idle));
	s.round++;
}

static void test_select(void)
{
	fake.idle[2] = fake.idle[5] = fake.idle[7] = true;
	is_int(select_cpu(5), 5, "the preferred CPU, if it is idle");
	is_int(select_cpu(5), 2, "it is given once in a round, then another");
	is_int(select_cpu(SCXU_CPU_ANY), 7, "no CPU is preferred");
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "all are given");
	scxu_notify_complete(&s, 0);
	is_int(select_cpu(7), 7, "they are there again in the next round");
	scxu_wait(&s, 0);
	is_int(select_cpu(7), 7, "also when a wait ended it");

	new_round();
	fake.idle[0] = true;
	is_int(select_cpu(7), 0, "the first CPU");
	new_round();
	fake.idle[NR_CPUS - 1] = true;
	is_int(select_cpu(0), NR_CPUS - 1, "the last CPU");
}

/* Many tasks in a round must not cost as many looks at all CPUs. */
static void test_all_busy(void)
{
	new_round();
	fake.nr_asked_idle = 0;
	is_int(select_cpu(3), -EBUSY, "no CPU is idle");
	ok(fake.nr_asked_idle >= NR_CPUS, "all were asked");
	fake.nr_asked_idle = 0;
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "whichever is preferred");
	is_int(select_cpu(4), -EBUSY, "however often");
	is_int(fake.nr_asked_idle, 0, "without asking again in this round");
	fake.idle[4] = true;
	scxu_notify_complete(&s, 0);
	is_int(select_cpu(4), 4, "but in the next one");
}

static void test_own_cpu(void)
{
	new_round();
	fake.own_cpu = 4;
	is_int(select_cpu(1), 4, "the policy's own CPU counts as idle");
	is_int(select_cpu(4), -EBUSY, "once");
	new_round();
	fake.own_cpu = 4;
	is_int(select_cpu(4), 4, "and may be the preferred one");
	new_round();
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "no preference and no own CPU are not the same");
}

static void test_restricted(void)
{
	new_round();
	t.nr_cpus_allowed = NR_CPUS - 1;
	fake.idle[2] = fake.idle[5] = true;
	is_int(select_cpu(3), -EBUSY, "a restricted task gets no other CPU than it prefers");
	is_int(select_cpu(SCXU_CPU_ANY), -EBUSY, "none if it prefers none");
	is_int(select_cpu(5), 5, "and that one if it is idle");
	is_int(select_cpu(5), -EBUSY, "once in a round");
	t.nr_cpus_allowed = NR_CPUS;
	is_int(select_cpu(5), 2, "what was refused is there for others");

	new_round();
	s.nr_cpus_possible = NR_CPUS - 2;
	t.nr_cpus_allowed = NR_CPUS - 2;
	fake.idle[6] = true;
	is_int(select_cpu(3), 6, "a task that may run on all CPUs but the holes is not restricted");
	s.nr_cpus_possible = NR_CPUS;
	t.nr_cpus_allowed = NR_CPUS;
}

static void test_bad_arguments(void)
{
	new_round();
	memset(fake.idle, true, sizeof(fake.idle));
	is_int(select_cpu(NR_CPUS), -EINVAL, "a preferred CPU beyond the last");
	is_int(select_cpu(INT32_MAX), -EINVAL, "far beyond");
	is_int(select_cpu(-2), -EINVAL, "a preferred CPU of -2");
	is_int(select_cpu(INT32_MIN), -EINVAL, "far below");
	is_int(scxu_select_cpu(&s, &t, 1, 1), -EINVAL, "an unknown flag");
	is_int(scxu_select_cpu(&s, &t, 1, 1ULL << 63), -EINVAL, "the highest");
	is_int(select_cpu(1), 1, "no CPU is lost by that");
}

static void test_cpu_pid(void)
{
	fake.pid[0] = 100;
	fake.pid[NR_CPUS - 1] = 107;
	fake.pid[NR_CPUS] = 108;
	is_int(scxu_get_cpu_pid(&s, 0), 100, "who runs on the first CPU");
	is_int(scxu_get_cpu_pid(&s, 1), 0, "nobody");
	is_int(scxu_get_cpu_pid(&s, NR_CPUS - 1), 107, "on the last");
	is_int(scxu_get_cpu_pid(&s, NR_CPUS), -EINVAL, "beyond it");
	is_int(scxu_get_cpu_pid(&s, -1), -EINVAL, "on any");
	is_int(scxu_get_cpu_pid(&s, INT32_MIN), -EINVAL, "far below");
}

int main(void)
{
	test_lists();
	test_read_line();
	fake_open(&s, claimed, NR_CPUS);
	t.nr_cpus_allowed = NR_CPUS;
	test_select();
	test_all_busy();
	test_own_cpu();
	test_restricted();
	test_bad_arguments();
	test_cpu_pid();
	return done_testing();
}
