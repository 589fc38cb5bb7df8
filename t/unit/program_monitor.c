// SPDX-License-Identifier: GPL-2.0-only
/* --monitor, and what it says of schedulers that answer wrongly, late or not at all. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../schedulers/program.h"
#include "../tap.h"

#define WANT "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n"
#define ANSWER(resp) "{\"errno\":0,\"args\":{\"resp\":" resp "}}\n"

static char folder[] = "/tmp/scxuser-monitor.XXXXXX";
static char path[64], printed[4096];
static struct program prog = { .name = "scx_test", .stats_path = path, .monitor_sec = 0.1 };
static int status;

static int listen_there(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		bail("bind: %s", strerror(errno));
	return fd;
}

/* The monitor in a process of its own; what it prints comes from the pipe that is returned. */
static int start_monitor(pid_t *pid)
{
	int fds[2];

	if (pipe(fds))
		bail("pipe");
	*pid = fork();
	if (!*pid) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		_exit(program_monitor(&prog));
	}
	close(fds[1]);
	return fds[0];
}

static void read_to_the_end(int fd, pid_t pid)
{
	size_t nr = 0;
	ssize_t got;

	while ((got = read(fd, printed + nr, sizeof(printed) - 1 - nr)) > 0)
		nr += got;
	printed[nr] = 0;
	close(fd);
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_request(int fd, char *request, size_t size)
{
	size_t nr = 0;

	while (nr < size - 1 && read(fd, request + nr, 1) == 1 && request[nr++] != '\n')
		;
	request[nr] = 0;
}

/* Give each request the next of @answers, then end. */
static void monitor(const char *const answers[], char *request, size_t size)
{
	int listener = listen_there(), out, fd;
	pid_t pid;

	out = start_monitor(&pid);
	fd = accept(listener, NULL, NULL);
	for (; *answers; answers++) {
		read_request(fd, request, size);
		send(fd, *answers, strlen(*answers), MSG_NOSIGNAL);
	}
	close(fd);
	close(listener);
	read_to_the_end(out, pid);
}

static void test_good(void)
{
	static const char *const answers[] = { ANSWER("{\"name\":\"scx_one\",\"tasks\":1}"),
					       ANSWER("{\"tasks\":2,\"unknown\":[{}]}"), NULL };
	char request[256];

	monitor(answers, request, sizeof(request));
	is_str(request, WANT, "what it asks");
	ok(!strncmp(printed, "tasks=1\ntasks=2\n", 16), "and prints");
	ok(strstr(printed, "scx_test: ") && strstr(printed, ": the scheduler has ended\n"),
	   "and says at the end");
	is_int(status, 1, "the exit status then");
	diag("%s", printed);
}

static void test_bad(void)
{
	static char endless[70 << 10];
	static const char *const bad[][2] = {
		{ "hello\n", "no line of JSON" },
		{ "\n", "no line of JSON" },
		{ "[]\n", "not one of the scx_stats protocol" },
		{ "{\"errno\":0}\n", "not one of the scx_stats protocol" },
		{ "{\"errno\":\"0\",\"args\":{\"resp\":{}}}\n",
		  "not one of the scx_stats protocol" },
		{ "{\"errno\":0,\"args\":[]}\n", "not one of the scx_stats protocol" },
		{ "{\"errno\":1,\"args\":{\"resp\":\"no\"}}\n", "does not want to say" },
		{ ANSWER("null"), "was not made with libscxuser" },
		{ ANSWER("{\"at\":12345,\"bitmap\":[1]}"), "was not made with libscxuser" },
		{ "{\"errno\":0,", "the scheduler has ended" },
		{ endless, "the answer is too long" },
	};
	const char *answers[2] = { NULL };
	char request[256];
	unsigned int i;

	memset(endless, ' ', sizeof(endless) - 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answers[0] = bad[i][0];
		monitor(answers, request, sizeof(request));
		ok(status == 1 && strstr(printed, bad[i][1]), "an answer: %s", bad[i][1]);
		diag("%s", printed);
	}
}

static void test_nobody(void)
{
	pid_t pid;
	int out;

	unlink(path);
	out = start_monitor(&pid);
	read_to_the_end(out, pid);
	ok(status == 1 && strstr(printed, "no scheduler serves statistics there"), "nobody there");
	close(listen_there());
	out = start_monitor(&pid);
	read_to_the_end(out, pid);
	ok(status == 1 && strstr(printed, "no scheduler serves statistics there"), "nor behind it");
}

static void test_signal(void)
{
	int listener = listen_there(), out, fd;
	char request[256];
	pid_t pid;

	out = start_monitor(&pid);
	fd = accept(listener, NULL, NULL);
	read_request(fd, request, sizeof(request));
	kill(pid, SIGINT);
	read_to_the_end(out, pid);
	is_int(status, 0, "SIGINT: the exit status");
	is_str(printed, "", "and not a word");
	close(fd);
	close(listener);
}

int main(void)
{
	if (!mkdtemp(folder))
		bail("mkdtemp: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/stats", folder);
	test_good();
	test_bad();
	test_nobody();
	test_signal();
	unlink(path);
	rmdir(folder);
	return done_testing();
}
