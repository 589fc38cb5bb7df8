// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/preflight.c: machines that lack something, and the sentence that says what. */
#include "../../lib/internal.h"
#include "../tap.h"
#include "fake_machine.h"
#include "log_keeper.h"

/* As good a machine as there is: a test takes one thing away. */
static struct fake_file files[4];

static void new_machine(void)
{
	files[0] = (struct fake_file){ .path = "/sys/kernel/sched_ext/state",
				       .content = "disabled\n" };
	files[1] = (struct fake_file){ .path = "/sys/kernel/sched_ext/root/ops" };
	files[2] = (struct fake_file){ .path = "/sys/kernel/btf/vmlinux",
				       .content = "\x9f\xeb\x01\x00",
				       .len = 4 };
	memset(&fake_machine, 0, sizeof(fake_machine));
	fake_machine.on = true;
	fake_machine.files = files;
	fake_capability(CAP_SYS_ADMIN);
}

/* @says: a part of the one line, or NULL if all is well. */
static void is_preflight(int result, const char *says, const char *what)
{
	struct log_keeper kept = { 0 };
	struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } };
	int err = scxu_preflight(&s);

	is_int(err, result, "%s", what);
	if (says)
		ok(log_is_one_error(&kept, says), "%s: one line says \"%s\"", what, says);
	else
		is_int(kept.nr_lines, 0, "%s: nothing is logged", what);
}

static void test_kernel(void)
{
	new_machine();
	is_preflight(0, NULL, "a good machine");
	files[0].content = NULL;
	is_preflight(-EOPNOTSUPP, "no sched_ext: boot Linux 6.12 or newer", "no sched_ext");

	new_machine();
	files[2].content = NULL;
	is_preflight(-EOPNOTSUPP, "no BTF", "no BTF");
	files[2] = (struct fake_file){ .path = files[2].path, .content = "ELF?" };
	is_preflight(-EOPNOTSUPP, "no BTF", "BTF that is none");
	files[2] = (struct fake_file){ .path = files[2].path, .content = "\x9f", .len = 1 };
	is_preflight(-EOPNOTSUPP, "no BTF", "BTF of one byte");
}

static void test_other_scheduler(void)
{
	new_machine();
	files[0].content = "enabled\n";
	files[1].content = "scx_other_1.0\n";
	is_preflight(-EBUSY, "another scheduler, \"scx_other_1.0\", is attached (enabled)",
		     "another scheduler");
	files[0].content = "enabling\n";
	is_preflight(-EBUSY, "is attached (enabling)", "another one that comes");
	files[1].content = NULL;
	is_preflight(-EBUSY, "another scheduler, \"unknown\"", "another one without name");
}

static void test_capabilities(void)
{
	uint32_t *caps = fake_machine.capabilities;

	new_machine();
	memset(caps, 0, CAP_WORDS * sizeof(*caps));
	is_preflight(-EPERM, "missing CAP_BPF and CAP_PERFMON;", "no capability");
	fake_capability(CAP_BPF);
	is_preflight(-EPERM, "missing CAP_PERFMON;", "CAP_BPF alone");
	fake_capability(CAP_PERFMON);
	is_preflight(0, NULL, "CAP_BPF and CAP_PERFMON");
	memset(caps, 0, CAP_WORDS * sizeof(*caps));
	fake_capability(CAP_PERFMON);
	is_preflight(-EPERM, "missing CAP_BPF;", "CAP_PERFMON alone");
	memset(caps, 0xff, CAP_WORDS * sizeof(*caps));
	caps[CAP_SYS_ADMIN / 32] &= ~(1U << CAP_SYS_ADMIN % 32);
	caps[CAP_BPF / 32] &= ~(1U << CAP_BPF % 32);
	is_preflight(-EPERM, "missing CAP_BPF;", "all but CAP_SYS_ADMIN and CAP_BPF");
	memset(caps, 0, CAP_WORDS * sizeof(*caps));
	fake_machine.capget_fails = true;
	is_preflight(0, NULL, "capabilities that cannot be read are the kernel's to judge");
}

int main(void)
{
	test_kernel();
	test_other_scheduler();
	test_capabilities();
	return done_testing();
}
