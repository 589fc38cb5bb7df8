// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/cpu.c: who runs where. */
#include "../tap.h"
#include "fake_port.h"

#define NR_CPUS 8

static struct scxu s;

static void test_cpu_pid(void)
{
	fake.pid[0] = 100;
	fake.pid[NR_CPUS - 1] = 107;
	fake.pid[NR_CPUS] = 108;
	is_int(scxu_get_cpu_pid(&s, 0), 100, "who runs on the first CPU");
	is_int(scxu_get_cpu_pid(&s, 1), 0, "nobody");
	fake.pid[2] = -ENODEV;
	is_int(scxu_get_cpu_pid(&s, 2), -ENODEV, "one that is offline");
	is_int(scxu_get_cpu_pid(&s, NR_CPUS - 1), 107, "on the last");
	is_int(scxu_get_cpu_pid(&s, NR_CPUS), -EINVAL, "beyond it");
	is_int(scxu_get_cpu_pid(&s, -1), -EINVAL, "on any");
	is_int(scxu_get_cpu_pid(&s, INT32_MIN), -EINVAL, "far below");
}

int main(void)
{
	fake_open(&s, NR_CPUS);
	test_cpu_pid();
	return done_testing();
}
