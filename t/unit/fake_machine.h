/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake_machine.h - files and capabilities that the library finds in place of the machine's own.
 *
 * For programs linked with -Wl,--wrap=fopen,--wrap=syscall.
 */
#ifndef T_FAKE_MACHINE_H
#define T_FAKE_MACHINE_H

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tap.h"

#define CAP_WORDS 2

struct fake_file {
	const char *path;
	const char *content; /* NULL: there is no such file */
	size_t len;          /* 0: as long as the string */
};

static struct {
	bool on;                       /* else the machine is this one */
	const struct fake_file *files; /* ends with a path of NULL; others are the machine's own */
	uint32_t capabilities[CAP_WORDS];
	bool capget_fails;
} fake_machine;

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
long __real_syscall(long nr, struct __user_cap_header_struct *head,
		    struct __user_cap_data_struct *caps);
long __wrap_syscall(long nr, struct __user_cap_header_struct *head,
		    struct __user_cap_data_struct *caps);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const struct fake_file *file = fake_machine.on ? fake_machine.files : NULL;

	while (file && file->path && strcmp(file->path, path))
		file++;
	if (!file || !file->path)
		return __real_fopen(path, mode);
	if (!file->content) {
		errno = ENOENT;
		return NULL;
	}
	return fmemopen((char *)file->content, file->len ? file->len : strlen(file->content), "r");
}

/* capget() is the one system call that the library makes by its number. */
long __wrap_syscall(long nr, struct __user_cap_header_struct *head,
		    struct __user_cap_data_struct *caps)
{
	int i;

	if (nr != SYS_capget || head->version != _LINUX_CAPABILITY_VERSION_3 || head->pid)
		bail("system call %ld", nr);
	if (!fake_machine.on)
		return __real_syscall(nr, head, caps);
	if (fake_machine.capget_fails)
		return -1;
	for (i = 0; i < CAP_WORDS; i++)
		caps[i] = (struct __user_cap_data_struct){
			.effective = fake_machine.capabilities[i],
		};
	return 0;
}

static inline void fake_capability(int cap)
{
	fake_machine.capabilities[cap / 32] |= 1U << cap % 32;
}

#endif
