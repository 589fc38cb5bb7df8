// SPDX-License-Identifier: GPL-2.0-only
/* program_monitor.c - --monitor: statistics of a scheduler that runs in another process. */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "program_stats.h"

#define MAX_ANSWER (64 << 10)
#define LIMIT_SEC 10

static const char request[] = "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n";

static int fail(const struct program *prog, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", prog->name, prog->stats_path, what);
	return EXIT_FAILURE;
}

static void leave(int sig)
{
	(void)sig;
	_exit(0);
}

static int connect_to(const struct program *prog)
{
	const struct timeval limit = { .tv_sec = LIMIT_SEC };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", prog->stats_path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			fail(prog, "no scheduler serves statistics there");
		else
			fail(prog, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* One line. Return: NULL, or what is wrong. */
static const char *ask(int fd, char *answer, size_t *size)
{
	ssize_t nr;

	*size = 0;
	nr = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
	while (nr > 0) {
		if (*size && answer[*size - 1] == '\n')
			return NULL;
		if (*size == MAX_ANSWER)
			return "the answer is too long";
		nr = recv(fd, answer + *size, MAX_ANSWER - *size, 0);
		*size += nr > 0 ? nr : 0;
	}
	if (nr && (errno == EAGAIN || errno == EWOULDBLOCK))
		return "the scheduler does not answer";
	return nr && errno != EPIPE && errno != ECONNRESET ? strerror(errno) :
							     "the scheduler has ended";
}

/* Return: as above. */
static const char *understand(struct json_object *answer, struct program_values *v)
{
	struct json_object *err, *args, *resp;

	if (!json_object_is_type(answer, json_type_object) ||
	    !json_object_object_get_ex(answer, "errno", &err) ||
	    !json_object_is_type(err, json_type_int) ||
	    !json_object_object_get_ex(answer, "args", &args) ||
	    !json_object_is_type(args, json_type_object) ||
	    !json_object_object_get_ex(args, "resp", &resp))
		return "the answer is not one of the scx_stats protocol";
	if (json_object_get_int(err))
		return "the scheduler does not want to say";
	if (!json_object_is_type(resp, json_type_object) || !program_json_to_values(resp, v))
		return "the scheduler there was not made with libscxuser";
	return NULL;
}

static const char *read_values(int fd, struct program_values *v)
{
	static char text[MAX_ANSWER];
	struct json_object *answer;
	const char *why;
	size_t size;

	why = ask(fd, text, &size);
	if (why)
		return why;
	answer = program_json_read(text, size, &why);
	if (!answer)
		return "the answer is no line of JSON";
	why = understand(answer, v);
	json_object_put(answer);
	return why;
}

int program_monitor(struct program *prog)
{
	struct program_printer printer;
	struct program_values values;
	const char *why;
	int fd = connect_to(prog);

	if (fd < 0)
		return EXIT_FAILURE;
	signal(SIGINT, leave);
	signal(SIGTERM, leave);
	program_printer_init(&printer, prog->format);
	for (;;) {
		why = read_values(fd, &values);
		if (why)
			break;
		program_print(&printer, &values);
		program_sleep(prog->monitor_sec);
	}
	close(fd);
	return fail(prog, why);
}
