// SPDX-License-Identifier: GPL-2.0-only
/* Runs a program as an ordinary user with the capabilities named and no others. */
#include "load.h"

#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	int nr;
} known[] = {
	{ "bpf", CAP_BPF },           { "perfmon", CAP_PERFMON },   { "sys_admin", CAP_SYS_ADMIN },
	{ "ipc_lock", CAP_IPC_LOCK }, { "sys_nice", CAP_SYS_NICE }, { "net_admin", CAP_NET_ADMIN },
};

static uint64_t parse_capabilities(char *list)
{
	uint64_t mask = 0;
	size_t i;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (strcmp(name, known[i].name) == 0)
				break;
		}
		if (i == sizeof(known) / sizeof(known[0])) {
			fprintf(stderr, "as_user: unknown capability \"%s\"\n", name);
			exit(2);
		}
		mask |= 1ULL << known[i].nr;
	}
	return mask;
}

/* Ambient, so that they survive the exec; that needs them to be inheritable as well. */
static void keep_only(uint64_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = mask >> (32 * i);
		data[i].permitted = mask >> (32 * i);
		data[i].inheritable = mask >> (32 * i);
	}
	if (syscall(SYS_capset, &header, data))
		die("capset");
	for (int i = 0; i < 64; i++) {
		if (mask >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			die("prctl");
	}
}

int main(int argc, char **argv)
{
	uint64_t mask;
	uid_t uid;

	if (argc < 4) {
		fputs("usage: as_user UID CAPABILITY,...|none PROGRAM [ARGUMENT]...\n", stderr);
		return 2;
	}
	uid = number("UID", argv[1], 1, 65534);
	mask = strcmp(argv[2], "none") ? parse_capabilities(argv[2]) : 0;
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		die("as_user");
	keep_only(mask);
	execvp(argv[3], argv + 3);
	die(argv[3]);
}
