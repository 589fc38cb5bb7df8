// SPDX-License-Identifier: GPL-2.0-only
/* nonsense.c - decisions and commands at random beside good ones, while a load runs. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "scxuser.h"

#define NR_SEEN 256
#define NR_QUEUES 4

static struct scxu *s;
static struct scxu_task seen[NR_SEEN]; /* that wanted to run, lately */
static unsigned int nr_seen;
static uint64_t state = 1;
static unsigned long long nr_taken, nr_refused;

/* xorshift64: the same nonsense each time. */
static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t end)
{
	return draw() % end;
}

static uint64_t any_time(void)
{
	static const uint64_t edges[] = { 0, 1, INT64_MAX, UINT64_MAX, UINT64_C(1) << 62 };

	return below(4) ? draw() >> below(64) : edges[below(sizeof(edges) / sizeof(*edges))];
}

/* A task that was there, at times under another generation or slot. */
static struct scxu_task any_task(void)
{
	struct scxu_task t = seen[below(NR_SEEN)];

	if (!below(8))
		t.generation += below(3) - 1;
	if (!below(16))
		t.slot = draw();
	return t;
}

static int any_cpu(void)
{
	return below(16) ? (int)below(6) - 1 : (int)draw();
}

static int nonsense_dispatch(const struct scxu_task *t)
{
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = any_cpu();
	d.flags = below(16) ? below(4) : draw();
	d.queue = below(2) ? 0 : below(16) ? below(NR_QUEUES + 2) : draw();
	d.slice_ns = any_time();
	d.vtime = any_time();
	if (d.queue && below(4))
		d.cpu = SCXU_CPU_ANY;
	return scxu_dispatch_task(s, &d);
}

static int nonsense(void)
{
	struct scxu_task t = any_task();

	switch (below(8)) {
	case 0:
		return scxu_kick_cpu(s, any_cpu(), below(16) ? below(8) : draw());
	case 1:
		return scxu_set_slice(s, &t, any_time());
	case 2:
		return scxu_set_vtime(s, &t, any_time());
	case 3:
	case 4:
		return scxu_recall(s, &t);
	case 5:
		return below(16) ? 0 : scxu_set_cpuperf(s, any_cpu(), below(1100));
	default:
		return nonsense_dispatch(&t);
	}
}

static void answer(const struct scxu_task *t)
{
	struct scxu_dispatch d;

	seen[nr_seen++ % NR_SEEN] = *t;
	/* Some are left to the nonsense, or to the fallback. */
	if (!below(256) || (below(2) && !nonsense_dispatch(t)))
		return;
	scxu_dispatch_init(&d, t);
	scxu_dispatch_task(s, &d);
}

static void play(void)
{
	struct scxu_task t;
	unsigned int i, nr;

	while (scxu_dequeue_task(s, &t) > 0)
		answer(&t);
	for (i = 0, nr = below(8); i < nr && nr_seen; i++) {
		if (nonsense())
			nr_refused++;
		else
			nr_taken++;
	}
	scxu_wait(s, 1);
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void make_queues(void)
{
	uint64_t cpus;

	for (cpus = 1; cpus <= NR_QUEUES; cpus++)
		if (scxu_create_queue(s, "nonsense", cpus < NR_QUEUES ? &cpus : NULL, 1) < 0)
			bail("no queue");
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

static void check_stats(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };

	scxu_get_stats(s, &stats);
	ok(nr_taken > 1000 && nr_refused > 100, "there was nonsense (%llu taken, %llu refused)",
	   nr_taken, nr_refused);
	ok(stats.nr_dispatched > 1000 && stats.nr_stale > 100 && stats.nr_bounced > 10,
	   "and sense (%llu dispatched, %llu stale, %llu bounced, %llu rescued)",
	   (unsigned long long)stats.nr_dispatched, (unsigned long long)stats.nr_stale,
	   (unsigned long long)stats.nr_bounced, (unsigned long long)stats.nr_rescued);
}

int main(int argc, char **argv)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "nonsense",
		.flags = SCXU_FULL_USER,
		.log = print_log,
	};
	struct scxu_exit_info info = { .sz = sizeof(info) };
	int status = -1;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "Usage: %s LOAD [ARG]...\n", argv[0]);
		return 2;
	}
	if (scxu_open(&s, &opts))
		bail("it does not attach");
	make_queues();
	pid = start(argv + 1);
	while (!scxu_exited(s) && waitpid(pid, &status, WNOHANG) != pid)
		play();
	is_int(scxu_shutdown_and_report(s, &info), 0, "nonsense: it was never evicted");
	diag("%s: %s", info.reason, info.message);
	is_int(status, 0, "the load came to its end");
	check_stats();
	scxu_close(s);
	return done_testing();
}
