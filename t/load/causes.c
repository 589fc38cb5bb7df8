// SPDX-License-Identifier: GPL-2.0-only
/* What a policy can do instead of an answer: the fallback takes over, and says what it was. */
#include "puppets.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LATE_MS 200
#define NR_CPUS 4
#define ICE "/sys/fs/cgroup/ice"

static struct puppet *const a = &puppets[0];

/* Of the scene. */
static uint32_t nr_told, first_cause;
static uint64_t first_ns;

static struct scxu_stats stats(void)
{
	struct scxu_stats now = { .sz = sizeof(now) };

	scxu_get_stats(s, &now);
	return now;
}

static void see(const struct scxu_event *ev)
{
	if (ev->type != SCXU_EVENT_FALLBACK || nr_told++)
		return;
	first_cause = ev->value[0];
	first_ns = ev->value[1];
}

static void spin(uint64_t ms)
{
	uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + ms * MSEC;

	while (now_ns(CLOCK_MONOTONIC) < end_ns)
		;
}

/* Somebody who wants to run all the time, and for whom we are asked. */
static void start_ticker(void)
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		usleep(5000);
}

static void keep(void)
{
	summon(a, 0);
	play_for(LATE_MS);
}

static void be_busy(void)
{
	spin(LATE_MS);
}

static void sleep_on(void)
{
	usleep(LATE_MS * 1000);
}

static void stop_us(const void *arg)
{
	(void)arg;
	kill(getppid(), SIGSTOP);
	usleep(LATE_MS * 1000);
	kill(getppid(), SIGCONT);
}

static void be_stopped(void)
{
	do_aside(3000, stop_us, NULL);
}

static void freeze_us(const void *arg)
{
	char pid[16];

	(void)arg;
	snprintf(pid, sizeof(pid), "%d", getppid());
	mkdir(ICE, 0755);
	write_line(&(struct line){ ICE "/cgroup.procs", pid });
	write_line(&(struct line){ ICE "/cgroup.freeze", "1" });
	usleep(LATE_MS * 1000);
	write_line(&(struct line){ ICE "/cgroup.freeze", "0" });
	write_line(&(struct line){ "/sys/fs/cgroup/cgroup.procs", pid });
}

static void be_frozen(void)
{
	do_aside(3000, freeze_us, NULL);
}

/* One for each CPU, all at the same moment: above our class, for less than the kernel allows. */
static void start_real_time(int cpu, uint64_t start_ns)
{
	struct timespec start = { start_ns / 1000000000, start_ns % 1000000000 };
	struct sched_param param = { .sched_priority = 10 };
	cpu_set_t set;

	if (fork())
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
	spin(LATE_MS);
	_exit(0);
}

/* The order comes when they run: the kernel has it enqueued, and we cannot hear of it. */
static void have_no_cpu(void)
{
	uint64_t start_ns = now_ns(CLOCK_MONOTONIC) + 100 * MSEC;
	int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++)
		start_real_time(cpu, start_ns);
	play_for(500);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static bool causes_add_up(void)
{
	struct scxu_stats now = stats();
	uint64_t nr = 0, total_ns = 0;
	int cause;

	for (cause = 0; cause < SCXU_NR_FALLBACK_CAUSES; cause++) {
		nr += now.nr_fallbacks_of[cause];
		total_ns += now.fallback_of_ns[cause];
	}
	return nr == now.nr_fallbacks && total_ns == now.fallback_ns;
}

/* A policy that is late is so to the end of the scene; one that ends its rounds gets its next chance. */
static bool is_as_long(uint32_t cause, uint64_t lasted_ns)
{
	uint64_t least_ms = cause == SCXU_FALLBACK_KEPT ? 1 : LATE_MS / 2;

	return lasted_ns >= least_ms * MSEC && lasted_ns <= 2 * LATE_MS * MSEC;
}

static void play_scene(const char *name, void (*scene)(void), uint32_t cause)
{
	struct scxu_stats before, now;

	play_until(5000, !stats().in_fallback);
	play_for(50);
	before = stats();
	nr_told = 0;
	scene();
	clear_stage();
	play_until(5000, nr_told && !stats().in_fallback);
	now = stats();
	is_int(nr_told ? first_cause : 99, cause, "%s: the event says so", name);
	ok(is_as_long(cause, first_ns), "%s: and for how long (%llu us)", name,
	   (unsigned long long)first_ns / 1000);
	ok(now.nr_fallbacks_of[cause] > before.nr_fallbacks_of[cause] &&
		   now.fallback_of_ns[cause] >= before.fallback_of_ns[cause] + first_ns &&
		   now.max_fallback_of_ns[cause] >= first_ns,
	   "%s: the counters too", name);
	ok(causes_add_up(), "%s: and add up", name);
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

static void open_it(void)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "causes",
		.flags = SCXU_FULL_USER,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_FALLBACK) | SCXU_EVENT_BIT(SCXU_EVENT_SLEEP),
		.log = print_log,
	};

	if (scxu_open(&s, &opts))
		bail("it does not attach");
}

static void *open_and_leave(void *arg)
{
	open_it();
	return arg;
}

/* The thread that ran the policy is gone, and the process is not. */
static void test_gone(void)
{
	pthread_t thread;
	int tries;

	if (pthread_create(&thread, NULL, open_and_leave, NULL))
		bail("no thread");
	pthread_join(thread, NULL);
	for (tries = 0; tries < 100 && !stats().in_fallback; tries++)
		usleep(10000);
	usleep(LATE_MS * 1000);
	ok(stats().nr_fallbacks_of[SCXU_FALLBACK_GONE] == 1 && stats().in_fallback,
	   "a thread that is gone: the fallback is in charge for good");
	is_int(scxu_shutdown_and_report(s, NULL), 0, "and was not evicted");
	scxu_close(s);
}

int main(void)
{
	make_puppets();
	start_ticker();
	on_event = see;
	open_it();
	play_scene("a round that takes long", be_busy, SCXU_FALLBACK_BUSY);
	play_scene("no answer", keep, SCXU_FALLBACK_KEPT);
	play_scene("real-time tasks on each CPU", have_no_cpu, SCXU_FALLBACK_NO_CPU);
	play_scene("sleep", sleep_on, SCXU_FALLBACK_ASLEEP);
	play_scene("SIGSTOP", be_stopped, SCXU_FALLBACK_STOPPED);
	play_scene("a frozen cgroup", be_frozen, SCXU_FALLBACK_FROZEN);
	is_int(scxu_shutdown_and_report(s, NULL), 0, "it ends, not evicted");
	scxu_close(s);
	test_gone();
	return done_testing();
}
