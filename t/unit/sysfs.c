// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/sysfs.c: lines, numbers and lists, and what is none. */
#include "../../lib/internal.h"
#include "../../lib/sysfs.h"
#include "../tap.h"
#include "fixture.h"
#include "log_keeper.h"

static struct log_keeper kept;
static struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } };
static struct fixture fx;
static struct sysfs fs = { .root = fx.root, .log = &s };

static void count(struct sysfs_list *list, int *nr, int *last)
{
	int id;

	*nr = 0;
	*last = -1;
	while ((id = sysfs_next_id(list)) >= 0) {
		if (id <= *last)
			bail("%d comes after %d", id, *last);
		*last = id;
		++*nr;
	}
}

static void test_lists(void)
{
	static const struct {
		const char *text;
		int nr, last;
	} cases[] = {
		{ "", 0, -1 },
		{ "0", 1, 0 },
		{ "0-3", 4, 3 },
		{ "0-3,8-11", 8, 11 },
		{ "0,2,4", 3, 4 },
		{ "0,2-3,9", 4, 9 },
		{ "3", 1, 3 },
		{ "3-3", 1, 3 },
		{ "0-8191", 8192, 8191 },
		{ "0-1048575", 1048576, 1048575 },
		{ "1048575", 1, 1048575 },
	};
	struct sysfs_list list;
	int nr, last;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		is_int(sysfs_start_list(&list, cases[i].text), 0, "a list: \"%s\"", cases[i].text);
		count(&list, &nr, &last);
		is_int(nr, cases[i].nr, "so many ids");
		is_int(last, cases[i].last, "the last");
	}
	is_int(sysfs_next_id(&list), -1, "and no more");
	sysfs_make_list(&list, 3, 5);
	count(&list, &nr, &last);
	ok(nr == 3 && last == 5, "a list made of its ends");
}

static void test_no_lists(void)
{
	static const char *const cases[] = {
		"0-1048576",
		"1048576",
		"0-99999999999999999999999",
		"99999999999999999999999",
		"4294967296",
		"0-",
		"0-3,",
		",0-3",
		",",
		"-",
		"-3",
		"0--3",
		"0-3-5",
		"0-3;5",
		"0,,1",
		"3-0",
		"4-5,0-3",
		"0-3,3-5",
		"0,0",
		"(null)",
		" 0",
		"+0",
		"0 ",
		"0- 3",
		"0,a",
	};
	struct sysfs_list list;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		is_int(sysfs_start_list(&list, cases[i]), -EINVAL, "no list: \"%s\"", cases[i]);
}

/* A kernel with thousands of CPUs, each other of which is not possible. */
static void test_long_list(void)
{
	static char text[64 << 10];
	struct sysfs_list list;
	int id, len = 0, nr, last;

	for (id = 0; id < 9000; id += 2)
		len += sprintf(text + len, "%s%d", id ? "," : "", id);
	fixture_write(&fx, "cpu/possible", text);
	is_int(sysfs_read_list(&fs, &list, "devices/system/cpu/%s", "possible"), 0,
	       "a list of %d bytes is read", len);
	count(&list, &nr, &last);
	is_int(nr, 4500, "whole");
	is_int(last, 8998, "to its end");
	sysfs_end_list(&list);
}

static int read_list(const char *file)
{
	struct sysfs_list list = { 0 };
	int err;

	memset(&kept, 0, sizeof(kept));
	err = sysfs_read_list(&fs, &list, "devices/system/%s", file);
	if (!err)
		sysfs_end_list(&list);
	return err;
}

static void test_list_files(void)
{
	fixture_write(&fx, "cpu/none", "");
	is_int(read_list("cpu/none"), 0, "an empty line is an empty list");
	is_int(read_list("cpu/other"), -ENOENT, "no file");
	is_int(read_list("cpu/none/other"), -ENOENT, "a file where a folder should be");
	is_int(kept.nr_lines, 0, "of that nobody needs to hear");
	is_int(read_list("cpu"), -EISDIR, "a folder");
	ok(log_is_one_error(&kept, "/devices/system/cpu: Is a directory"), "one line says why");
	fixture_write(&fx, "cpu/bad", "0-3;5");
	is_int(read_list("cpu/bad"), -EINVAL, "a file that has no list");
	ok(log_is_one_error(&kept, "/devices/system/cpu/bad says \"0-3;5\""),
	   "one line says where, and what is there");
	fs.log = NULL;
	is_int(read_list("cpu/bad"), -EINVAL, "the same where nobody listens");
	is_int(kept.nr_lines, 0, "in silence");
	fs.log = &s;
}

/* As fixture_write(), without the newline. */
static void write_raw(const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/devices/system/%s", fx.root, file);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", path);
}

static void test_raw_files(void)
{
	write_raw("raw", "");
	is_int(read_list("raw"), 0, "an empty file is an empty list");
	write_raw("raw", "0-3");
	is_int(read_list("raw"), 0, "a list without newline");
	write_raw("raw", "0-3\n5-4\n");
	is_int(read_list("raw"), 0, "only the first line counts");
}

static int read_number(const char *text)
{
	int number = -2, err;

	memset(&kept, 0, sizeof(kept));
	fixture_write(&fx, "number", text);
	err = sysfs_read_number(&fs, &number, "devices/system/%s", "number");
	return err ?: number;
}

static void test_numbers(void)
{
	static const char *const bad[] = { "a",   "1a",       "0x10",       "1 2",
					   "-2",  "-",        "2147483648", "99999999999999999999",
					   "1.5", "<unknown>" };
	int number;
	size_t i;

	is_int(read_number("0"), 0, "0");
	is_int(read_number("5050000"), 5050000, "a number");
	is_int(read_number("-1"), -1, "-1");
	is_int(read_number("2147483647"), INT_MAX, "the largest");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		is_int(read_number(bad[i]), -EINVAL, "no number: \"%s\"", bad[i]);
		ok(log_is_one_error(&kept, bad[i]), "one line says so");
	}
	memset(&kept, 0, sizeof(kept));
	is_int(read_number(""), -EINVAL, "an empty line is no number");
	memset(&kept, 0, sizeof(kept));
	is_int(sysfs_read_number(&fs, &number, "devices/system/nothing"), -ENOENT, "no file");
	is_int(sysfs_read_number(&fs, &number, "devices/system"), -ENOENT, "a folder");
	is_int(kept.nr_lines, 0, "of that nobody needs to hear");
}

static void test_exists(void)
{
	ok(sysfs_exists(&fs, "devices/%s", "system"), "there is a folder");
	ok(!sysfs_exists(&fs, "devices/%s", "nothing"), "and another one is not");
}

static void test_long_root(void)
{
	static char root[PATH_MAX + 1];
	struct sysfs far = { .root = root };
	struct sysfs_list list;
	int number;
	size_t len;

	for (len = PATH_MAX; len > PATH_MAX - 20; len--) {
		memset(root, 0, sizeof(root));
		memset(root, '/', len);
		if (sysfs_read_list(&far, &list, "devices/system/cpu/possible") != -ENAMETOOLONG ||
		    sysfs_read_number(&far, &number, "devices/system/cpu/possible") !=
			    -ENAMETOOLONG ||
		    sysfs_exists(&far, "devices/system/cpu/possible"))
			break;
	}
	is_int(len, PATH_MAX - 20, "a root that is too long for a path");
}

static void test_read_line(void)
{
	char path[PATH_MAX], line[8] = "before";

	snprintf(path, sizeof(path), "%s/devices/system/line", fx.root);
	fixture_write(&fx, "line", "0-3\nmore");
	is_int(scxu_read_line(path, line, sizeof(line)), 0, "a file is read");
	is_str(line, "0-3", "up to its first newline");
	fixture_write(&fx, "line", "0123456789");
	scxu_read_line(path, line, sizeof(line));
	is_int(strlen(line), sizeof(line) - 1, "a long line is cut off");
	write_raw("line", "0-7");
	is_int(scxu_read_line(path, line, sizeof(line)), 0, "a file without newline is read");
	is_str(line, "0-7", "whole");
	write_raw("line", "");
	is_int(scxu_read_line(path, line, sizeof(line)), -EIO, "an empty file has no line");
	is_int(scxu_read_line("/nothing/there", line, sizeof(line)), -ENOENT, "no file");
}

int main(void)
{
	test_lists();
	test_no_lists();
	fixture_begin(&fx);
	test_long_list();
	test_list_files();
	test_raw_files();
	test_numbers();
	test_exists();
	test_long_root();
	test_read_line();
	fixture_end(&fx);
	return done_testing();
}
