// SPDX-License-Identifier: GPL-2.0-only
/* epoll.c - a policy in an event loop of its own, beside a timer and signals. */
#include <scxuser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void print_log(void *arg, int level, const char *line)
{
	if (level <= SCXU_LOG_WARNING)
		fprintf(stderr, "epoll: %s\n", line);
}

/* Blocked, so that nobody but the loop hears of them. */
static int signals_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int timer_fd(void)
{
	struct itimerspec second = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	timerfd_settime(fd, 0, &second, NULL);
	return fd;
}

static int watch(int epfd, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev);
}

static void decide(struct scxu *s)
{
	struct scxu_dispatch d;
	struct scxu_task t;

	while (scxu_dequeue_task(s, &t) > 0) {
		scxu_dispatch_init(&d, &t);
		scxu_dispatch_task(s, &d);
	}
}

/* The argument: how many milliseconds a task waits for us at most. */
int main(int argc, char **argv)
{
	struct scxu_opts opts = { .sz = sizeof(opts), .name = "epoll", .log = print_log };
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_stats stats = { .sz = sizeof(stats) };
	int signals = signals_fd(), timer = timer_fd(), epfd = epoll_create1(EPOLL_CLOEXEC);
	uint64_t seconds = 0, nr, nr_waits = 0;
	struct epoll_event ev;
	struct scxu *s;

	opts.fallback_ms = argc > 1 ? atoi(argv[1]) : 0;
	if (scxu_open(&s, &opts))
		return 1;
	if (watch(epfd, scxu_get_fd(s)) || watch(epfd, signals) || watch(epfd, timer))
		return 1;

	while (!scxu_exited(s)) {
		decide(s);
		nr_waits++;
		if (epoll_wait(epfd, &ev, 1, scxu_arm(s) ? 0 : -1) < 1)
			continue;
		if (ev.data.fd == signals)
			scxu_stop(s);
		else if (ev.data.fd == timer && read(timer, &nr, sizeof(nr)) == sizeof(nr))
			seconds += nr;
	}

	if (scxu_shutdown_and_report(s, &info))
		fprintf(stderr, "epoll: evicted: %s: %s\n", info.reason, info.message);
	scxu_get_stats(s, &stats);
	printf("seconds=%ju waits=%ju decisions=%ju nr_fallbacks=%ju\n", (uintmax_t)seconds,
	       (uintmax_t)nr_waits, (uintmax_t)stats.nr_dispatched, (uintmax_t)stats.nr_fallbacks);
	scxu_close(s);
	return info.kind != SCXU_EXIT_DETACHED;
}
