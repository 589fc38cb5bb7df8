// SPDX-License-Identifier: GPL-2.0-only
/* Several handles in one process, beside and after each other: prints "pass NAME" or "fail NAME". */
#include "load.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <scxuser.h>
#include <string.h>

#define NR_CHILDREN 4

static int nr_errors;
static char last_error[300];

static void check(bool passed, const char *name)
{
	printf("%s %s\n", passed ? "pass" : "fail", name);
	fflush(stdout);
}

static void keep_errors(void *arg, int level, const char *line)
{
	if (level != SCXU_LOG_ERROR)
		return;
	nr_errors++;
	snprintf(last_error, sizeof(last_error), "%s", line);
}

static int open_handle(struct scxu **s, const char *name)
{
	struct scxu_opts opts = { .sz = sizeof(opts), .name = name, .log = keep_errors };
	int err = scxu_open(s, &opts);

	if (err)
		printf("# %s: %d, %s\n", name, err, last_error);
	return err;
}

static bool attached(const char *name)
{
	char text[100] = "";
	int fd = open("/sys/kernel/sched_ext/root/ops", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return !name[0];
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, name, strlen(name)) && text[strlen(name)] == '\n';
}

static void schedule(struct scxu *s)
{
	struct scxu_dispatch d;
	struct scxu_task t;

	while (scxu_dequeue_task(s, &t) > 0) {
		scxu_dispatch_init(&d, &t);
		scxu_dispatch_task(s, &d);
	}
	scxu_wait(s, 10);
}

/* It is the one that the kernel names, and its decisions are carried out. */
static bool decides(struct scxu *s, const char *name)
{
	struct scxu_stats before = { .sz = sizeof(before) }, now = { .sz = sizeof(now) };
	uint64_t end_ns = now_ns() + 10 * NSEC_PER_SEC;

	scxu_get_stats(s, &before);
	do {
		schedule(s);
		scxu_get_stats(s, &now);
	} while (!scxu_exited(s) && now_ns() < end_ns &&
		 now.nr_dispatched < before.nr_dispatched + 20);
	return attached(name) && now.nr_dispatched >= before.nr_dispatched + 20;
}

static void sysrq(const char *key)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, key, 1) != 1)
		die("/proc/sysrq-trigger");
	close(fd);
}

static bool is_evicted(struct scxu *s)
{
	uint64_t end_ns = now_ns() + 10 * NSEC_PER_SEC;

	while (!scxu_exited(s) && now_ns() < end_ns)
		schedule(s);
	return scxu_exited(s);
}

static void test_second_one(void)
{
	struct scxu *a, *b = (struct scxu *)&a;

	check(!open_handle(&a, "first"), "the first is opened");
	nr_errors = 0;
	check(open_handle(&b, "second") == -EBUSY && !b, "a second one beside it is refused");
	check(nr_errors == 1 && strstr(last_error, "\"first\""),
	      "in one line, that names the first");
	check(decides(a, "first"), "the first has not noticed");
	scxu_close(a);
	check(attached(""), "it is closed");
	check(!open_handle(&b, "second"), "then the second is opened");
	check(decides(b, "second"), "and decides");
	scxu_close(b);
}

static void test_evicted_one(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct scxu *a, *b;

	check(!open_handle(&a, "doomed") && decides(a, "doomed"), "one that will be evicted");
	sysrq("S");
	check(is_evicted(a), "is evicted");
	check(!open_handle(&b, "heir"), "a new one is opened beside it");
	check(decides(b, "heir"), "and decides");
	check(!scxu_get_stats(a, &stats) && stats.nr_dispatched >= 20,
	      "the counters of the evicted one are still there");
	check(scxu_shutdown_and_report(a, &info) == 1 && info.kind == SCXU_EXIT_REQUESTED,
	      "it says how it ended");
	check(!scxu_exited(b) && decides(b, "heir"), "which leaves the new one alone");
	scxu_close(a);
	check(!scxu_exited(b) && decides(b, "heir"), "and so does closing it");
	check(!scxu_shutdown_and_report(b, &info) && info.kind == SCXU_EXIT_DETACHED,
	      "the new one leaves by itself");
	scxu_close(b);
}

struct opener {
	pthread_barrier_t *barrier;
	int err;
	bool decided;
};

static void *open_at_once(void *arg)
{
	struct opener *opener = arg;
	struct scxu *s;

	pthread_barrier_wait(opener->barrier);
	opener->err = open_handle(&s, "race");
	if (!opener->err)
		opener->decided = decides(s, "race");
	pthread_barrier_wait(opener->barrier);
	if (!opener->err)
		scxu_close(s);
	return NULL;
}

static void test_at_once(void)
{
	struct opener openers[2] = { 0 };
	pthread_barrier_t barrier;
	pthread_t threads[2];
	int i, nr_open = 0, nr_busy = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	for (i = 0; i < 2; i++) {
		openers[i].barrier = &barrier;
		if (pthread_create(&threads[i], NULL, open_at_once, &openers[i]))
			die("pthread_create");
	}
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		nr_open += !openers[i].err && openers[i].decided;
		nr_busy += openers[i].err == -EBUSY;
	}
	check(nr_open == 1 && nr_busy == 1, "of two threads that open at once one gets it");
	check(attached(""), "in the end nothing is attached");
}

/* Something to schedule, in processes that are not ours. */
static void start_children(void)
{
	int i;

	for (i = 0; i < NR_CHILDREN; i++) {
		if (start_child())
			continue;
		for (;;)
			sched_yield();
	}
}

int main(void)
{
	start_children();
	test_second_one();
	test_evicted_one();
	test_at_once();
	return 0;
}
