// SPDX-License-Identifier: GPL-2.0-only
/* Answers that are wrong, late or missing: the task runs all the same, once, and soon. */
#include "puppets.h"

#include <sys/prctl.h>

#define BOUND_MS 100
#define TIMEOUT_MS 2000

static struct puppet *const a = &puppets[0], *const b = &puppets[1];
static unsigned int nr_before;

static struct scxu_stats stats(void)
{
	struct scxu_stats now = { .sz = sizeof(now) };

	scxu_get_stats(s, &now);
	return now;
}

static void set_cpus(pid_t pid, int first, int last)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (; first <= last; first++)
		CPU_SET(first, &set);
	sched_setaffinity(pid, sizeof(set), &set);
}

/* The puppet wants to run, and has a wrong answer: it runs, at the latest as the fallback has it. */
static void runs(const char *name)
{
	uint64_t waited_ns;

	play_until(3000, is_done(a));
	waited_ns = a->note->start_ns - a->task.enqueue_ns;
	ok(is_done(a) && a->note->nr_started == nr_before + 1, "%s: it runs, once", name);
	ok((int64_t)waited_ns < (int64_t)(BOUND_MS * MSEC), "%s: within the bound (%lld us)", name,
	   (long long)waited_ns / 1000);
	clear_stage();
	play_until(3000, !stats().in_fallback);
}

static void want(void)
{
	nr_before = a->note->nr_started;
	summon(a, MSEC);
}

static void answer(const char *name, struct scxu_dispatch wrong)
{
	a->give = wrong;
	a->waits = false;
	if (scxu_dispatch_task(s, &a->give))
		diag("%s: the library does not take it", name);
	runs(name);
}

/* What follows for this task only: of slot and generation, as it is. */
static struct scxu_dispatch good(void)
{
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, &a->task);
	return d;
}

static void test_wrong_task(void)
{
	struct scxu_dispatch d;

	want();
	a->waits = false;
	runs("no answer");

	want();
	d = good();
	d.generation--;
	answer("an old generation", d);
	want();
	d = good();
	d.generation += 1000;
	answer("a generation to come", d);
	want();
	d = good();
	d.slot = UINT32_MAX;
	answer("a slot that is none", d);
	want();
	d = good();
	d.slot++;
	answer("the slot of another task", d);
}

static void test_twice(void)
{
	struct scxu_stats before = stats();
	int i;

	want();
	for (i = 0; i < 100; i++)
		dispatch(a);
	runs("a hundred answers");
	ok(stats().nr_stale - before.nr_stale >= 99, "the first one counts, the others are stale");
}

static void test_wrong_cpu(void)
{
	static const int32_t cpus[] = { -2, 4, 1023, 1 << 20, INT32_MAX, INT32_MIN };
	struct scxu_stats before;
	struct scxu_dispatch d;
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(cpus) / sizeof(*cpus); i++) {
		want();
		d = good();
		d.cpu = cpus[i];
		snprintf(name, sizeof(name), "CPU %d", cpus[i]);
		answer(name, d);
	}
	set_cpus(a->pid, 0, 0);
	before = stats();
	want();
	d = good();
	d.cpu = 1;
	answer("a CPU that is not allowed", d);
	ok(stats().nr_bounced > before.nr_bounced, "it counts as bounced");
	set_cpus(a->pid, 0, 3);
}

static const char online[] = "/sys/devices/system/cpu/cpu3/online";

static void test_offline(void)
{
	struct scxu_dispatch d;

	ok(do_aside(10000, write_line, &(struct line){ online, "0" }), "CPU 3 goes offline");
	want();
	d = good();
	d.cpu = 3;
	answer("an offline CPU", d);
	ok(do_aside(10000, write_line, &(struct line){ online, "1" }), "and comes back");
}

static void test_slice(void)
{
	static const uint64_t slices[] = { 1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 62 };
	struct scxu_dispatch d;
	char name[40];
	size_t i;

	for (i = 0; i < sizeof(slices) / sizeof(*slices); i++) {
		want();
		d = good();
		d.slice_ns = slices[i];
		snprintf(name, sizeof(name), "a slice of %#llx", (unsigned long long)slices[i]);
		answer(name, d);
	}
	/* One that has got a CPU for ever shares it all the same: a slice is 100 ms at most. */
	set_cpus(a->pid, 1, 1);
	set_cpus(b->pid, 1, 1);
	start_hog(b, 1, 1000 * MSEC, UINT64_MAX);
	want();
	d = good();
	d.cpu = 1;
	a->give = d;
	dispatch(a);
	play_until(3000, is_done(a));
	ok(a->note->start_ns - a->task.enqueue_ns < 250 * MSEC,
	   "beside one with a slice for ever: it has its turn (%llu us)",
	   (unsigned long long)(a->note->start_ns - a->task.enqueue_ns) / 1000);
	clear_stage();
	set_cpus(a->pid, 0, 3);
	set_cpus(b->pid, 0, 3);
}

static void test_vtime(void)
{
	static const uint64_t vtimes[] = { 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN };
	struct scxu_dispatch d;
	char name[40];
	size_t i;

	for (i = 0; i < sizeof(vtimes) / sizeof(*vtimes); i++) {
		want();
		d = good();
		d.vtime = vtimes[i];
		snprintf(name, sizeof(name), "a vtime of %#llx", (unsigned long long)vtimes[i]);
		answer(name, d);
	}
}

/*
 * Busy loops on one CPU, of which there is always one that goes before @a: enough of them to go on while
 * the emulator has us stand still.
 */
static void test_last_always(void)
{
	struct scxu_stats before = stats();
	uint64_t waited_ns;
	int i;

	for (i = 0; i < NR_PUPPETS; i++)
		set_cpus(puppets[i].pid, 1, 1);
	for (i = 1; i < NR_PUPPETS; i++) {
		summon(&puppets[i], 300 * MSEC);
		puppets[i].automatic = true;
		puppets[i].give.slice_ns = 50 * MSEC;
		send_to(&puppets[i], 1, 1, 0);
	}
	want();
	send_to(a, 1, INT64_MAX / 2, 0);
	play_until(2 * TIMEOUT_MS, is_done(a));
	waited_ns = a->note->start_ns - a->task.enqueue_ns;
	ok(is_done(a) && stats().nr_starved > before.nr_starved,
	   "one that is always the last: it runs in the end");
	ok(waited_ns > TIMEOUT_MS / 2 * MSEC && waited_ns < TIMEOUT_MS * 9 / 10 * MSEC,
	   "long before the kernel evicts us (%llu us)", (unsigned long long)waited_ns / 1000);
	for (i = 0; i < NR_PUPPETS; i++)
		set_cpus(puppets[i].pid, 0, 3);
	clear_stage();
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

int main(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "answers",
		.flags = SCXU_FULL_USER,
		.timeout_ms = TIMEOUT_MS,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) | SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT),
		.log = print_log,
	};

	make_puppets();
	if (scxu_open(&s, &opts))
		bail("it does not attach");
	test_wrong_task();
	test_twice();
	test_wrong_cpu();
	test_offline();
	test_slice();
	test_vtime();
	test_last_always();
	is_int(scxu_shutdown_and_report(s, &info), 0, "it was never evicted");
	diag("%s: %s", info.reason, info.message);
	scxu_close(s);
	return done_testing();
}
