// SPDX-License-Identifier: GPL-2.0-only
/* program_log.c - a reader of standard error that does not read does not hold the policy up. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../schedulers/program.h"
#include "../tap.h"

static struct program prog = { .name = "scx_test" };
static int to_us[2];

static void use_pipe(void)
{
	if (pipe(to_us) || dup2(to_us[1], STDERR_FILENO) < 0 ||
	    fcntl(to_us[0], F_SETFL, O_NONBLOCK) < 0)
		bail("no pipe");
}

/* What was written since the last time; the rest of a long text is dropped. */
static const char *said(void)
{
	static char text[8192];
	ssize_t size = read(to_us[0], text, sizeof(text) - 1);

	text[size < 0 ? 0 : size] = '\0';
	return text;
}

static void test_lines(void)
{
	static char line[2 * 4096];

	program_log(&prog, SCXU_LOG_WARNING, "too late");
	is_str(said(), "scx_test: too late\n", "a warning is written");
	program_log(&prog, SCXU_LOG_INFO, "by the way");
	is_str(said(), "", "more is not");
	prog.verbose = 1;
	program_log(&prog, SCXU_LOG_INFO, "by the way");
	is_str(said(), "scx_test: by the way\n", "but with -v");
	memset(line, 'x', sizeof(line) - 1);
	program_log(&prog, SCXU_LOG_INFO, line);
	is_int(strlen(said()), 4095, "a long line is cut");
}

/* The alarm kills us if it waits. */
static void test_no_reader(void)
{
	unsigned int nr, nr_lines = 0;

	alarm(10);
	for (nr = 0; nr < 10000; nr++)
		program_log(&prog, SCXU_LOG_WARNING, "nobody reads this line, whatever it may say");
	alarm(0);
	ok(prog.nr_lines_lost > 0 && prog.nr_lines_lost < nr,
	   "lines that nobody reads are dropped, once the pipe is full");
	nr -= prog.nr_lines_lost;
	for (const char *text = said(); *text; text = said())
		for (; *text; text++)
			nr_lines += *text == '\n';
	is_int(nr_lines, nr, "the others are whole");
	nr = prog.nr_lines_lost;
	program_log(&prog, SCXU_LOG_WARNING, "again");
	ok(strtoul(said() + strlen("scx_test: "), NULL, 10) == nr,
	   "and it says how many were lost");
	program_log(&prog, SCXU_LOG_WARNING, "again");
	is_str(said(), "scx_test: again\n", "once");
}

static void test_file(void)
{
	char path[] = "/tmp/scxuser-log.XXXXXX", text[64] = "";
	int fd = mkstemp(path);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		bail("no file");
	unlink(path);
	program_log(&prog, SCXU_LOG_WARNING, "into a file");
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		bail("cannot read it");
	is_str(text, "scx_test: into a file\n", "a file is written");
}

int main(void)
{
	use_pipe();
	test_lines();
	test_no_reader();
	test_file();
	return done_testing();
}
