/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* sysfs.h - what the kernel's small text files say: lines, numbers, lists of ids. */
#ifndef SCXU_SYSFS_H
#define SCXU_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

struct scxu;

/* A folder that stands for /sys, and who hears of what is wrong in it: NULL = nobody. */
struct sysfs {
	const char *root;
	struct scxu *log;
};

/* Ids in ascending order, such as "0-3,8-11", which may be none, and of which there is no limit. */
struct sysfs_list {
	char *text; /* to be freed */
	const char *at;
	int id, last; /* the next one, of a range up to @last */
};

/* Ids are below this, which only keeps a senseless file from taking all memory. */
#define SYSFS_MAX_IDS (1 << 20)

/*
 * The number in a file, -1 to INT_MAX. Return: 0, -ENOENT if there is none that can be read, or
 * -EINVAL if it is no number.
 */
__attribute__((format(printf, 3, 4))) int sysfs_read_number(const struct sysfs *fs, int *number,
							    const char *path, ...);

/*
 * The list in a file; sysfs_end_list() frees it. Return: 0, -ENOENT if there is none, -EINVAL if
 * it is no list, or another error.
 */
__attribute__((format(printf, 3, 4))) int
sysfs_read_list(const struct sysfs *fs, struct sysfs_list *list, const char *path, ...);
void sysfs_end_list(struct sysfs_list *list);

/* All ids from @first to @last. */
void sysfs_make_list(struct sysfs_list *list, int first, int last);

/* Begin to walk @text. Return: 0, or -EINVAL if it is no list. */
int sysfs_start_list(struct sysfs_list *list, const char *text);

/* Return: the next id, or -1 after the last one. */
int sysfs_next_id(struct sysfs_list *list);

/* Whether there is such a file or folder. */
__attribute__((format(printf, 2, 3))) bool sysfs_exists(const struct sysfs *fs, const char *path,
							...);

/* For the log, if somebody hears it. */
__attribute__((format(printf, 2, 3))) void sysfs_error(const struct sysfs *fs, const char *fmt,
						       ...);

#endif
