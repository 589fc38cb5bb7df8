/* SPDX-License-Identifier: GPL-2.0-only */
/* What the load programs share: a clock, numbers from the command line, errors, a start signal. */
#ifndef LOAD_H
#define LOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static inline void sleep_ns(uint64_t ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static inline _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Usage errors leave with 2: a test must be able to tell them from a lost task. */
static inline unsigned long number(const char *name, const char *text, unsigned long min,
				   unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < min || n > max) {
		fprintf(stderr, "%s: \"%s\" is not a number from %lu to %lu\n", name, text, min,
			max);
		exit(2);
	}
	return n;
}

static inline void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* A child never outlives its parent, so that a load that is killed leaves nothing behind. */
static inline pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

/*
 * Children block in gate_wait() until the parent opens the gate, so that the time of their
 * creation is no part of a measurement.
 */
struct gate {
	int fd[2];
};

static inline void gate_init(struct gate *gate)
{
	if (pipe(gate->fd))
		die("pipe");
}

/* Not by read(): that takes a lock, which each of them would hand on only when it has had its turn. */
static inline void gate_wait(struct gate *gate)
{
	struct pollfd opened = { .fd = gate->fd[0] };

	close(gate->fd[1]);
	while (poll(&opened, 1, -1) < 0 && errno == EINTR)
		;
}

static inline void gate_open(struct gate *gate)
{
	close(gate->fd[0]);
	close(gate->fd[1]);
}

static inline bool child_succeeded(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
