// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sysfs.c - what the kernel's small text files say: lines, numbers, lists of ids. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "sysfs.h"

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

void sysfs_error(const struct sysfs *fs, const char *fmt, ...)
{
	char line[PATH_MAX + 256];
	va_list ap;

	if (!fs->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	scxu_error(fs->log, "%s", line);
}

static int make_path(const struct sysfs *fs, char *path, const char *fmt, va_list ap)
{
	size_t len = strlen(fs->root);
	int nr;

	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, fs->root, len);
	path[len++] = '/';
	nr = vsnprintf(path + len, PATH_MAX - len, fmt, ap);
	return nr < 0 || (size_t)nr >= PATH_MAX - len ? -ENAMETOOLONG : 0;
}

/* The first line of a file, however long it is; "" if the file is empty. */
static int read_whole_line(const char *path, char **line)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	int err = 0;

	*line = NULL;
	if (!f)
		return -errno;
	errno = 0;
	if (getline(line, &size, f) < 0) {
		err = -errno;
		free(*line);
		*line = err ? NULL : strdup("");
		if (!err && !*line)
			err = -ENOMEM;
	}
	fclose(f);
	if (!err)
		(*line)[strcspn(*line, "\n")] = '\0';
	return err;
}

bool sysfs_exists(const struct sysfs *fs, const char *path, ...)
{
	char name[PATH_MAX];
	va_list ap;
	int err;

	va_start(ap, path);
	err = make_path(fs, name, path, ap);
	va_end(ap);
	return !err && !access(name, F_OK);
}

static bool parse_number(const char *text, int *number)
{
	long long value;
	char *end;

	value = strtoll(text, &end, 10);
	if (end == text || *end || value < -1 || value > INT_MAX)
		return false;
	*number = value;
	return true;
}

int sysfs_read_number(const struct sysfs *fs, int *number, const char *path, ...)
{
	char name[PATH_MAX], line[64];
	va_list ap;
	int err;

	va_start(ap, path);
	err = make_path(fs, name, path, ap);
	va_end(ap);
	if (err || scxu_read_line(name, line, sizeof(line)))
		return err ?: -ENOENT;
	if (parse_number(line, number))
		return 0;
	sysfs_error(fs, "%s says \"%s\", which is no number", name, line);
	return -EINVAL;
}

/* Digits only: strtol() would take blanks and signs too. */
static bool parse_id(const char **at, int *id)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)**at))
		return false;
	value = strtol(*at, &end, 10);
	*at = end;
	*id = value;
	return value < SYSFS_MAX_IDS;
}

/* At the start of a range: have it in @list->id and @list->last. */
static bool parse_range(struct sysfs_list *list)
{
	int before = list->last;

	if (!parse_id(&list->at, &list->id) || list->id <= before)
		return false;
	list->last = list->id;
	if (*list->at == '-') {
		list->at++;
		if (!parse_id(&list->at, &list->last) || list->last < list->id)
			return false;
	}
	if (*list->at == ',')
		return *++list->at;
	return !*list->at;
}

static void rewind_list(struct sysfs_list *list, const char *text)
{
	list->at = text;
	list->id = 0;
	list->last = -1;
}

int sysfs_start_list(struct sysfs_list *list, const char *text)
{
	rewind_list(list, text);
	while (*list->at)
		if (!parse_range(list))
			return -EINVAL;
	rewind_list(list, text);
	list->text = NULL;
	return 0;
}

int sysfs_next_id(struct sysfs_list *list)
{
	if (list->id > list->last && (!*list->at || !parse_range(list)))
		return -1;
	return list->id++;
}

void sysfs_make_list(struct sysfs_list *list, int first, int last)
{
	*list = (struct sysfs_list){ .at = "", .id = first, .last = last };
}

int sysfs_read_list(const struct sysfs *fs, struct sysfs_list *list, const char *path, ...)
{
	char name[PATH_MAX], *text = NULL;
	va_list ap;
	int err;

	va_start(ap, path);
	err = make_path(fs, name, path, ap);
	va_end(ap);
	err = err ?: read_whole_line(name, &text);
	/* A CPU that goes offline while we read takes its files along. */
	if (err == -ENOENT || err == -ENOTDIR || err == -ENODEV)
		return -ENOENT;
	if (err) {
		sysfs_error(fs, "cannot read %s: %s", name, strerror(-err));
		return err;
	}
	if (sysfs_start_list(list, text)) {
		sysfs_error(fs, "%s says \"%s\", which is no list", name, text);
		free(text);
		return -EINVAL;
	}
	list->text = text;
	return 0;
}

void sysfs_end_list(struct sysfs_list *list)
{
	free(list->text);
	list->text = NULL;
}
