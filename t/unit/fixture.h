/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture.h - a folder that stands for /sys, made from a file in t/unit/fixtures.
 *
 * Such a file has one of these in each line; LIST is a list of CPUs, and paths begin at
 * devices/system, or at the folder of each CPU in LIST:
 *
 *	file PATH TEXT		the file says TEXT
 *	each LIST PATH TEXT	that of each CPU says TEXT
 *	run LIST SIZE PATH	LIST is cut into runs of SIZE; that of each CPU lists its run
 *	stride LIST STEP PATH	that of each CPU lists every STEP-th one of LIST, itself included
 */
#ifndef T_FIXTURE_H
#define T_FIXTURE_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tap.h"

#define FIXTURE_MAX_CPUS 4096
/* In memory, if there is room: a large machine has ten thousand files. */
#define FIXTURE_ROOT "/dev/shm/scxuser-sys-XXXXXX"
#define FIXTURE_ROOT_ON_DISK "/tmp/scxuser-sys-XXXXXX"

struct fixture {
	char root[sizeof(FIXTURE_ROOT)];
};

struct fixture_list {
	int cpu[FIXTURE_MAX_CPUS];
	int nr;
};

static inline void fixture_make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			bail("cannot make %s: %s", path, strerror(errno));
		*slash = '/';
	}
}

static inline void fixture_write(const struct fixture *fx, const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/devices/system/%s", fx->root, file);
	f = fopen(path, "w");
	if (!f) {
		fixture_make_folders(path);
		f = fopen(path, "w");
	}
	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f))
		bail("cannot write %s: %s", path, strerror(errno));
}

static inline void fixture_write_cpu(const struct fixture *fx, int cpu, const char *file,
				     const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "cpu/cpu%d/%s", cpu, file);
	fixture_write(fx, path, text);
}

static inline void fixture_parse_list(struct fixture_list *list, const char *text)
{
	int cpu, last, len;

	list->nr = 0;
	for (; *text; text += *text == ',') {
		if (sscanf(text, "%d-%d%n", &cpu, &last, &len) != 2) {
			if (sscanf(text, "%d%n", &cpu, &len) != 1)
				bail("fixture: no list: %s", text);
			last = cpu;
		}
		text += len;
		for (; cpu <= last && list->nr < FIXTURE_MAX_CPUS; cpu++)
			list->cpu[list->nr++] = cpu;
	}
}

/* What the kernel would write for the @nr CPUs of @list from @first on, each @step places. */
static inline const char *fixture_list_text(const struct fixture_list *list, int first, int step,
					    int nr)
{
	static char text[FIXTURE_MAX_CPUS * 5];
	int i, from, to, len = 0;

	text[0] = '\0';
	for (i = 0; i < nr && first + i * step < list->nr; i++) {
		from = to = list->cpu[first + i * step];
		while (i + 1 < nr && first + (i + 1) * step < list->nr &&
		       list->cpu[first + (i + 1) * step] == to + 1) {
			to++;
			i++;
		}
		len += snprintf(text + len, sizeof(text) - len, from == to ? "%s%d" : "%s%d-%d",
				len ? "," : "", from, to);
	}
	return text;
}

static inline void fixture_line(const struct fixture *fx, const char *line)
{
	char list_text[1024], path[256], text[1024];
	struct fixture_list list;
	int i, nr;

	if (sscanf(line, "file %255s %1023s", path, text) == 2) {
		fixture_write(fx, path, text);
	} else if (sscanf(line, "each %1023s %255s %1023s", list_text, path, text) == 3) {
		fixture_parse_list(&list, list_text);
		for (i = 0; i < list.nr; i++)
			fixture_write_cpu(fx, list.cpu[i], path, text);
	} else if (sscanf(line, "run %1023s %d %255s", list_text, &nr, path) == 3) {
		fixture_parse_list(&list, list_text);
		for (i = 0; i < list.nr; i++)
			fixture_write_cpu(fx, list.cpu[i], path,
					  fixture_list_text(&list, i / nr * nr, 1, nr));
	} else if (sscanf(line, "stride %1023s %d %255s", list_text, &nr, path) == 3) {
		fixture_parse_list(&list, list_text);
		for (i = 0; i < list.nr; i++)
			fixture_write_cpu(fx, list.cpu[i], path,
					  fixture_list_text(&list, i % nr, nr, list.nr / nr));
	} else if (line[0] != '#') {
		bail("fixture: cannot make sense of: %s", line);
	}
}

/* An empty machine. */
static inline void fixture_begin(struct fixture *fx)
{
	strcpy(fx->root, FIXTURE_ROOT);
	if (mkdtemp(fx->root))
		return;
	strcpy(fx->root, FIXTURE_ROOT_ON_DISK);
	if (!mkdtemp(fx->root))
		bail("cannot make a folder in /tmp: %s", strerror(errno));
}

static inline void fixture_unpack(struct fixture *fx, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[PATH_MAX], line[2048];
	FILE *f;

	snprintf(path, sizeof(path), "%s/t/unit/fixtures/%s", srcdir ? srcdir : ".", name);
	f = fopen(path, "r");
	if (!f)
		bail("cannot read %s: %s; is $srcdir the source folder?", path, strerror(errno));
	fixture_begin(fx);
	while (fgets(line, sizeof(line), f))
		fixture_line(fx, line);
	fclose(f);
}

/* A machine of which nothing is known but that it has @nr_cpus CPUs. */
static inline void fixture_flat(struct fixture *fx, int nr_cpus)
{
	char list[32];

	snprintf(list, sizeof(list), "0-%d", nr_cpus - 1);
	fixture_begin(fx);
	fixture_write(fx, "cpu/possible", list);
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	return remove(path);
}

/* Remove a file or folder; "" = all of the machine. */
static inline void fixture_remove(const struct fixture *fx, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), *file ? "%s/devices/system/%s" : "%s", fx->root, file);
	if (nftw(path, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS))
		bail("cannot remove %s: %s", path, strerror(errno));
}

static inline void fixture_end(const struct fixture *fx)
{
	fixture_remove(fx, "");
}

#endif
