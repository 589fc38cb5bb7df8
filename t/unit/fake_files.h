/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake_files.h - files that the library finds in place of the machine's own.
 *
 * For programs linked with -Wl,--wrap=fopen.
 */
#ifndef T_FAKE_FILES_H
#define T_FAKE_FILES_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct fake_file {
	const char *path;
	const char *content; /* NULL: there is no such file */
	size_t len;          /* 0: as long as the string */
};

/* Ends with a path of NULL. A file that is not in the list is the machine's. */
static const struct fake_file *fake_files;

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const struct fake_file *file = fake_files;

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

#endif
