// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/cpu.c: finding an idle one, who runs where. */
#include "../tap.h"
#include "fake_port.h"

#define NR_CPUS 8

static uint64_t claimed[NR_CPUS];
static struct scxu s;
static struct scxu_task t;

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
