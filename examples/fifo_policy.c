// SPDX-License-Identifier: GPL-2.0-only
/* fifo_policy.c - a policy as a table of callbacks: tasks in order of arrival, and their number. */
#include <scxuser.h>
#include <signal.h>
#include <stdio.h>

static struct scxu *scheduler; /* for the signal handler, which takes no argument */

struct fifo {
	uint64_t nr_enqueued, nr_new, nr_ended;
};

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	struct fifo *fifo = arg;
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	scxu_dispatch_task(s, &d);
	fifo->nr_enqueued++;
}

static void init_task(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	struct fifo *fifo = arg;

	fifo->nr_new++;
}

static void exit_task(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	struct fifo *fifo = arg;

	fifo->nr_ended++;
}

static void finish(struct scxu *s, const struct scxu_exit_info *info, void *arg)
{
	const struct fifo *fifo = arg;

	if (info->kind != SCXU_EXIT_DETACHED)
		fprintf(stderr, "fifo_policy: evicted: %s: %s\n", info->reason, info->message);
	printf("enqueued=%ju new=%ju ended=%ju\n", (uintmax_t)fifo->nr_enqueued,
	       (uintmax_t)fifo->nr_new, (uintmax_t)fifo->nr_ended);
}

static const struct scxu_policy policy = {
	.sz = sizeof(policy),
	.enqueue = enqueue,
	.init_task = init_task,
	.exit_task = exit_task,
	.exit = finish,
};

static void print_log(void *arg, int level, const char *line)
{
	if (level <= SCXU_LOG_WARNING)
		fprintf(stderr, "fifo_policy: %s\n", line);
}

static void on_signal(int sig)
{
	scxu_stop(scheduler);
}

int main(void)
{
	struct scxu_opts opts = { .sz = sizeof(opts), .name = "fifo_policy", .log = print_log };
	struct fifo fifo = { 0 };
	int status;

	opts.events = scxu_policy_events(&policy);
	if (scxu_open(&scheduler, &opts))
		return 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	status = scxu_run(scheduler, &policy, &fifo);
	scxu_close(scheduler);
	return status != 0;
}
