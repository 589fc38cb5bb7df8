// SPDX-License-Identifier: GPL-2.0-only
/*
 * program_log.c - what the library says, on standard error, from the thread of the policy. Whoever reads
 * that, a pager or a log daemon, may wait for a CPU from us, so we never wait for him.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "program.h"

static bool has_room(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) != 0;
}

/* Pipes and sockets take the flag, files and terminals may not. */
static bool write_or_drop(int fd, const char *text, size_t size)
{
	struct iovec iov = { (char *)text, size };
	ssize_t n = pwritev2(fd, &iov, 1, -1, RWF_NOWAIT);

	if (n < 0 && (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS))
		return has_room(fd) && write(fd, text, size) >= 0;
	return n >= 0;
}

void program_log(void *arg, int level, const char *line)
{
	struct program *prog = arg;
	char text[PIPE_BUF], lost[64] = "";
	int size;

	if (level > SCXU_LOG_WARNING + prog->verbose)
		return;
	if (prog->nr_lines_lost)
		snprintf(lost, sizeof(lost),
			 "%s: %u lines were not written, for want of a reader\n", prog->name,
			 prog->nr_lines_lost);
	size = snprintf(text, sizeof(text), "%s%s: %s\n", lost, prog->name, line);
	if (size >= (int)sizeof(text)) {
		size = sizeof(text) - 1;
		text[size - 1] = '\n';
	}
	if (write_or_drop(STDERR_FILENO, text, size))
		prog->nr_lines_lost = 0;
	else
		prog->nr_lines_lost++;
}
