// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* preflight.c - what this machine lacks, in one sentence, before anything is tried. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define BTF_MAGIC 0xeb9f

static int check_sched_ext(struct scxu *s)
{
	char line[128];

	if (!scxu_read_line("/sys/kernel/sched_ext/state", line, sizeof(line)))
		return 0;
	scxu_error(s, "this kernel has no sched_ext: boot Linux 6.12 or newer with "
		      "CONFIG_SCHED_CLASS_EXT=y");
	return -EOPNOTSUPP;
}

static int check_btf(struct scxu *s)
{
	uint16_t magic = 0;
	FILE *f = fopen("/sys/kernel/btf/vmlinux", "re");
	size_t nr = 0;

	if (f) {
		nr = fread(&magic, sizeof(magic), 1, f);
		fclose(f);
	}
	if (nr == 1 && magic == BTF_MAGIC)
		return 0;
	scxu_error(s, "this kernel has no BTF in /sys/kernel/btf/vmlinux: boot one with "
		      "CONFIG_DEBUG_INFO_BTF=y");
	return -EOPNOTSUPP;
}

static int check_other(struct scxu *s)
{
	char state[64], name[SCXU_NAME_LEN];

	if (scxu_read_line("/sys/kernel/sched_ext/state", state, sizeof(state)) ||
	    !strcmp(state, "disabled"))
		return 0;
	if (scxu_read_line("/sys/kernel/sched_ext/root/ops", name, sizeof(name)))
		strcpy(name, "unknown");
	scxu_error(s, "another scheduler, \"%s\", is attached (%s): stop it first", name, state);
	return -EBUSY;
}

static int check_capabilities(struct scxu *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };
	bool admin, bpf, perfmon;

	if (syscall(SYS_capget, &head, caps))
		return 0; /* the kernel will tell */
	admin = caps[CAP_SYS_ADMIN / 32].effective & (1U << (CAP_SYS_ADMIN % 32));
	bpf = caps[CAP_BPF / 32].effective & (1U << (CAP_BPF % 32));
	perfmon = caps[CAP_PERFMON / 32].effective & (1U << (CAP_PERFMON % 32));
	if (admin || (bpf && perfmon))
		return 0;
	scxu_error(s, "not privileged: missing %s%s%s; run as root, or with these capabilities",
		   bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
		   perfmon ? "" : "CAP_PERFMON");
	return -EPERM;
}

int scxu_preflight(struct scxu *s)
{
	int err = check_sched_ext(s);

	if (!err)
		err = check_btf(s);
	if (!err)
		err = check_capabilities(s);
	if (!err)
		err = check_other(s);
	return err;
}
