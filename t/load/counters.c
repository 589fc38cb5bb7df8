// SPDX-License-Identifier: GPL-2.0-only
/* Statistics: each counter moves when what it counts happens, each wait is in its histogram. */
#include "puppets.h"

#include <sys/resource.h>

#define LONG_BUCKET 25 /* 33 ms and more */
#define PAUSE_MS 50    /* is a long wait */
#define FEW (NR_PUPPETS / 2)
#define CPU 1

static struct puppet *const a = &puppets[0];

static struct scxu_stats stats(void)
{
	struct scxu_stats now = { .sz = sizeof(now) };

	scxu_get_stats(s, &now);
	return now;
}

#define since(before, member) (stats().member - (before).member)
#define moves(before, member, ms) ok(play_until(ms, since(before, member)), #member " moves")

static uint64_t sum(const uint64_t *buckets, int first)
{
	uint64_t nr = 0;
	int i;

	for (i = first; i < SCXU_NR_BUCKETS; i++)
		nr += buckets[i];
	return nr;
}

/* How many waits there were, by stage; from bucket @first on. */
struct waits {
	uint64_t seen, dispatched, running;
};

static struct waits waits(int first)
{
	struct scxu_histograms h = { .sz = sizeof(h) };

	if (scxu_get_histograms(s, &h))
		bail("no histograms");
	return (struct waits){
		.seen = sum(h.enqueue_to_seen, first),
		.dispatched = sum(h.seen_to_dispatched, first),
		.running = sum(h.dispatched_to_running, first),
	};
}

static struct waits waits_since(struct waits before, int first)
{
	struct waits now = waits(first);

	now.seen -= before.seen;
	now.dispatched -= before.dispatched;
	now.running -= before.running;
	diag("waits: %llu until seen, %llu until dispatched, %llu until running",
	     (unsigned long long)now.seen, (unsigned long long)now.dispatched,
	     (unsigned long long)now.running);
	return now;
}

/* All puppets have something to do at once, on @cpu. */
static void order_all(uint64_t work_ns, int cpu)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++) {
		let_go(p);
		p->give.cpu = cpu;
		order(p, work_ns);
	}
}

static bool all_wait(void)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (!p->waits)
			return false;
	return true;
}

/* They have something to do, but no decision yet. */
static void hold_all(void)
{
	struct puppet *p;

	order_all(0, SCXU_CPU_ANY);
	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		p->automatic = false;
	if (!play_until(3000, all_wait()))
		bail("not all puppets want to run");
}

/* Only this program's own tasks are many; a few others may be late for reasons of their own. */
static void test_stages(void)
{
	struct waits before = waits(LONG_BUCKET), nr;

	order_all(0, SCXU_CPU_ANY);
	usleep(PAUSE_MS * 1000);
	clear_stage();
	nr = waits_since(before, LONG_BUCKET);
	ok(nr.seen >= NR_PUPPETS && nr.dispatched < FEW && nr.running < FEW,
	   "a policy that does not look: they wait to be seen");

	before = waits(LONG_BUCKET);
	hold_all();
	play_for(PAUSE_MS);
	clear_stage();
	nr = waits_since(before, LONG_BUCKET);
	ok(nr.seen < FEW && nr.dispatched >= NR_PUPPETS && nr.running < FEW,
	   "a policy that takes its time: they wait to be dispatched");

	before = waits(LONG_BUCKET);
	order_all(10 * MSEC, CPU);
	play_until(3000, all_done());
	nr = waits_since(before, LONG_BUCKET);
	ok(nr.seen < FEW && nr.dispatched < FEW && nr.running >= FEW,
	   "a CPU that is busy: they wait to run");
	clear_stage();
}

static void test_rescue(void)
{
	struct scxu_stats before = stats();
	struct waits waits_before, nr;

	hold_all();
	waits_before = waits(0);
	ok(stats().nr_queued >= NR_PUPPETS, "nr_queued knows who waits for a decision");
	ok(play_until(3000, stats().in_fallback), "in_fallback, when the policy is late");
	ok(play_until(3000, all_done()), "they run");
	ok(since(before, nr_rescued) >= NR_PUPPETS, "nr_rescued has them");
	ok(since(before, nr_fallback) >= NR_PUPPETS, "nr_fallback too");
	ok(since(before, nr_fallbacks), "nr_fallbacks moves");
	nr = waits_since(waits_before, 0);
	ok(nr.running < nr.dispatched + FEW, "no histogram has them: nobody decided");
	ok(play_until(3000, !stats().in_fallback), "in_fallback no more");
	ok(since(before, fallback_ns), "fallback_ns moves");
	ok(stats().max_fallback_ns, "max_fallback_ns moves");
	clear_stage();
}

static void set_cpus(pid_t pid, int first, int last)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (; first <= last; first++)
		CPU_SET(first, &set);
	sched_setaffinity(pid, sizeof(set), &set);
}

static void test_decisions(void)
{
	struct scxu_stats before = stats();

	summon(a, 0);
	send_to(a, SCXU_CPU_ANY, 0, 0);
	ok(play_until(1000, is_done(a)), "a task is dispatched");
	ok(since(before, nr_enqueued) && since(before, nr_dispatched),
	   "nr_enqueued and nr_dispatched move");
	dispatch(a);
	moves(before, nr_stale, 1000);
	a->task.generation = 0;
	dispatch(a);
	moves(before, nr_refused, 1000);

	summon(a, 0);
	a->give.cpu = CPU;
	set_cpus(a->pid, 0, 0); /* then it comes again, and goes there */
	moves(before, nr_withdrawn, 1000);
	moves(before, nr_bounced, 1000);
	clear_stage();
}

/* Each change enqueues it anew, until there is no room for one more announcement. */
static void test_full_rings(void)
{
	struct scxu_stats before = stats();
	int i;

	summon(a, 0);
	for (i = 0; i < 20000 && !since(before, nr_ring_full); i++)
		setpriority(PRIO_PROCESS, a->pid, i % 2);
	diag("after %d changes of its nice value", i);
	ok(since(before, nr_ring_full), "nr_ring_full moves");
	ok(since(before, nr_events), "nr_events moves");
	ok(since(before, nr_events_lost), "nr_events_lost moves");
	play_until(3000, a->note->nr_done == a->nr_orders);
	a->rests = true; /* the event that says so may be lost, too */
	clear_stage();
}

static void test_rounds(void)
{
	struct scxu_stats before = stats();

	play_for(10);
	ok(since(before, nr_rounds) && since(before, nr_syscalls),
	   "nr_rounds and nr_syscalls move");
	moves(before, nr_kernel, 3000);
	ok(play_until(3000, stats().nr_cpus_idle), "nr_cpus_idle moves");
	ok(stats().nr_cpus >= (uint64_t)sysconf(_SC_NPROCESSORS_CONF), "nr_cpus has all");
}

static void test_faults(void)
{
	struct scxu_stats before = stats();
	char *pages;

	play_for(100);
	is_int(since(before, nr_minor_faults) + since(before, nr_major_faults), 0,
	       "no page fault while the policy plays");
	pages = mmap(NULL, 64 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		bail("no memory");
	memset(pages, 1, 64 << 12);
	ok(since(before, nr_minor_faults) >= 64, "nr_minor_faults moves for new memory");
}

/* A task that sleeps is given other CPUs: it wakes where it may not run, in ops.select_cpu(). */
static void test_kernel_events(bool expected)
{
	struct scxu_stats before = stats();

	is_int(scxu_has(s, SCXU_FEATURE_KERNEL_EVENTS), expected,
	       "scxu_has() knows whether the kernel counts");
	set_cpus(a->pid, 0, 1);
	summon(a, 0);
	clear_stage();
	set_cpus(a->pid, 2, 3);
	summon(a, 0);
	clear_stage();
	is_int(since(before, nr_kernel_select_cpu_fallback) > 0, expected,
	       "nr_kernel_select_cpu_fallback moves if so");
	is_int(stats().nr_kernel_bypass_activate > 0, expected, "nr_kernel_bypass_activate too");
	is_int(stats().kernel_bypass_ns > 0, expected, "and kernel_bypass_ns");
}

/* What another CPU counts at this moment is in one of the two only. */
static bool sums_agree(void)
{
	return waits(0).dispatched == stats().nr_dispatched;
}

static void test_sums(void)
{
	struct waits all;
	struct scxu_stats now;

	ok(play_until(3000, sums_agree()), "each decision carried out is in the histograms");
	all = waits(0);
	now = stats();
	diag("%llu enqueued, %llu dispatched, %llu withdrawn, %llu rescued, %llu tasks",
	     (unsigned long long)now.nr_enqueued, (unsigned long long)now.nr_dispatched,
	     (unsigned long long)now.nr_withdrawn, (unsigned long long)now.nr_rescued,
	     (unsigned long long)now.nr_tasks);
	waits_since((struct waits){ 0 }, 0);
	ok(all.seen <= now.nr_enqueued &&
		   all.seen + now.nr_withdrawn + now.nr_rescued + FEW >= now.nr_enqueued,
	   "each task that was enqueued was seen, withdrawn or rescued");
	ok(all.running <= now.nr_dispatched && all.running + FEW >= now.nr_dispatched * 99 / 100,
	   "nearly each one dispatched ran");
}

static void test_end(void)
{
	struct scxu_stats last = stats(), after;

	scxu_shutdown_and_report(s, NULL);
	after = stats();
	ok(after.nr_dispatched >= last.nr_dispatched &&
		   after.nr_kernel_select_cpu_fallback == last.nr_kernel_select_cpu_fallback &&
		   after.kernel_bypass_ns >= last.kernel_bypass_ns,
	   "the counters stay when the scheduler has ended");
	scxu_close(s);
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

static void open_with(const struct scxu_opts *opts)
{
	struct scxu_opts o = *opts;

	o.sz = sizeof(o);
	o.name = "counters";
	o.log = print_log;
	if (scxu_open(&s, &o))
		bail("it does not attach");
}

/* Little to do, and all of it here. */
static void test_sleep(void)
{
	struct scxu_histograms h = { .sz = sizeof(h) };
	uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + 5000 * MSEC;
	struct scxu_task t;

	open_with(&(struct scxu_opts){ .flags = SCXU_FULL_USER });
	is_int(scxu_get_histograms(s, &h), -ENODATA, "without the flag there are no histograms");
	while (!stats().nr_doorbells && now_ns(CLOCK_MONOTONIC) < end_ns) {
		while (scxu_dequeue_task(s, &t) > 0)
			enqueued(&t);
		scxu_notify_complete(s, 0);
	}
	ok(stats().nr_blocked, "nr_blocked moves");
	ok(stats().nr_doorbells, "nr_doorbells moves");
	scxu_close(s);
}

/* Fewer slots than tasks, and wake-ups that the kernel half may place. */
static void test_small(void)
{
	struct scxu_stats zero = { 0 };

	open_with(&(struct scxu_opts){ .max_tasks = 64 });
	is_int(stats().nr_tasks, 64, "nr_tasks is all there is room for");
	moves(zero, nr_idle_shortcut, 3000);
	order_all(5 * MSEC, SCXU_CPU_ANY);
	moves(zero, nr_no_slot, 3000);
	scxu_close(s);
}

/* Somebody who wakes up now and then. */
static void start_ticker(void)
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		usleep(100000);
}

int main(int argc, char **argv)
{
	bool kernel_events = argc > 1 && !strcmp(argv[1], "kernel-events");

	make_puppets();
	start_ticker();
	open_with(&(struct scxu_opts){
		.flags = SCXU_FULL_USER | SCXU_HISTOGRAMS,
		.slice_us = 20000,
		.fallback_ms = 1000,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_WEIGHT) | SCXU_EVENT_BIT(SCXU_EVENT_SLEEP),
		.nr_events = 64,
	});
	test_stages();
	test_rescue();
	test_decisions();
	test_full_rings();
	test_rounds();
	test_faults();
	test_kernel_events(kernel_events);
	test_sums();
	test_end();
	test_sleep();
	test_small();
	return done_testing();
}
