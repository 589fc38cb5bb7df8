// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the simulator, lib/port_sim.c and sim_*.c, by policies whose effect can be reckoned. */
#include <errno.h>
#include <unistd.h>

#include "../../lib/sim.h"
#include "../tap.h"
#include "fixture.h"

static char path[] = "/tmp/scxuser-sim.XXXXXX";
static struct scxu_sim_opts sim_opts;
static struct scxu_opts opts;

static void print_log(void *arg, int level, const char *line)
{
	if (level <= SCXU_LOG_WARNING)
		diag("%s", line);
}

/* For 1 s, on one CPU, all wake-ups for the policy; a test changes what it needs. */
static void begin(void)
{
	sim_opts = (struct scxu_sim_opts){
		.sz = sizeof(sim_opts),
		.load = path,
		.nr_cpus = 1,
		.duration_ms = 1000,
		.round_ns = 1,
		.decision_ns = 1,
	};
	opts = (struct scxu_opts){
		.sz = sizeof(opts),
		.flags = SCXU_FULL_USER,
		.sim = &sim_opts,
		.log = print_log,
	};
}

static struct scxu *start_with(const char *more, const char *tasks)
{
	FILE *f = fopen(path, "w");
	struct scxu *s;

	if (!f || fprintf(f, "{ %s \"tasks\": { %s } }", more, tasks) < 0 || fclose(f))
		bail("cannot write %s", path);
	if (scxu_open(&s, &opts))
		bail("cannot simulate %s", tasks);
	return s;
}

static struct scxu *start(const char *tasks)
{
	return start_with("", tasks);
}

static void give(struct scxu *s, const struct scxu_task *t, int cpu, uint64_t slice_ns,
		 uint64_t vtime)
{
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = cpu;
	d.slice_ns = slice_ns;
	d.vtime = vtime;
	if (scxu_dispatch_task(s, &d))
		bail("cannot dispatch");
}

/* All tasks in turn. */
static void run_fifo(struct scxu *s, uint64_t slice_ns)
{
	struct scxu_task t;

	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0)
			give(s, &t, SCXU_CPU_ANY, slice_ns, 0);
		scxu_notify_complete(s, 0);
	}
}

static const struct sim_task *task(struct scxu *s, uint32_t nr)
{
	return &sim_of(s)->tasks[nr];
}

static uint64_t exec_us(struct scxu *s, uint32_t nr)
{
	return task(s, nr)->view.exec_ns / NSEC_PER_USEC;
}

static void test_slices(void)
{
	struct scxu *s;

	begin();
	s = start("\"a\": { \"instance\": 4, \"run\": 1000000 }");
	/* As long as a tick, at which a slice may end early for the policy's thread. */
	run_fifo(s, SIM_TICK_NS);
	ok(exec_us(s, 0) >= 245000 && exec_us(s, 0) <= 255000,
	   "four tasks have a quarter each: %ju", (uintmax_t)exec_us(s, 0));
	ok(exec_us(s, 0) - exec_us(s, 3) <= 4001, "to a slice");
	ok(task(s, 0)->waits.nr >= 61 && task(s, 0)->waits.nr <= 63, "slices of 4 ms");
	ok(task(s, 0)->waits.max_ns <= 12001000, "each waits for the three others (%ju us)",
	   (uintmax_t)task(s, 0)->waits.max_ns / 1000);
	is_int(sim_of(s)->stats.nr_stale, 0, "no decision is stale");
	scxu_close(s);
}

/* The longest that a task which sleeps 20 times waits beside one that does not. */
static uint64_t max_wakeup_us(uint32_t wakeup_preempt_us, uint64_t *nr_preemptions)
{
	struct scxu *s;
	uint64_t max_us;

	begin();
	opts.wakeup_preempt_us = wakeup_preempt_us;
	s = start(
		"\"a\": { \"run\": 1000000 }, "
		"\"b\": { \"loop\": 20, \"delay\": 7000, \"run\": 1000, \"sleep\": 1300, \"run\": 100, \"sleep\": 20000 }");
	run_fifo(s, 50 * NSEC_PER_MSEC);
	*nr_preemptions = task(s, 0)->view.nr_preemptions;
	max_us = task(s, 1)->wakeups.max_ns / NSEC_PER_USEC;
	scxu_close(s);
	return max_us;
}

static void test_wakeup_preempt(void)
{
	uint64_t nr, max_us = max_wakeup_us(0, &nr);

	ok(max_us > 2000 && max_us < 5010, "a wake-up waits for 1 ms and a tick: %ju us",
	   (uintmax_t)max_us);
	max_us = max_wakeup_us(1, &nr);
	ok(max_us < 10, "or not at all, if it may end slices: %ju us", (uintmax_t)max_us);
	max_us = max_wakeup_us(2000, &nr);
	ok(max_us > 500 && max_us <= 2010, "but for slices that began just now: %ju us",
	   (uintmax_t)max_us);
	ok(nr >= 40 && nr <= 50, "each ends one: %ju", (uintmax_t)nr);
}

static void test_script(void)
{
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 2;
	sim_opts.duration_ms = 0;
	s = start("\"a\": { \"loop\": 3, \"delay\": 1000, \"phases\": { "
		  "\"p\": { \"loop\": 2, \"run\": 1000, \"sleep\": 2000, \"run\": 500 }, "
		  "\"q\": { \"nice\": 5, \"cpus\": [1], \"run\": 250 } } }, "
		  "\"b\": { \"loop\": 1, \"run\": 7000, \"yield\": \"\", \"run\": 1 }");
	run_fifo(s, 0);
	is_int(exec_us(s, 0), 3 * (2 * 1500 + 250), "phases and loops: the runs sum up");
	is_int(task(s, 0)->view.nr_switches, 3 * 2 + 1, "so many sleeps, and the end");
	is_int(task(s, 0)->view.weight, 33, "the last phase's weight");
	is_int(task(s, 0)->view.cpu, 1, "and CPU");
	is_int(exec_us(s, 1), 7001, "a task without phases");
	is_str(sim_of(s)->why, "all tasks have ended", "and then it is over");
	ok(sim_of(s)->now_ns - SIM_START_NS >= 1000000 + 3 * 2 * 3500000, "after that time");
	scxu_close(s);
}

static void test_timers(void)
{
	struct scxu *s;

	begin();
	s = start("\"a\": { \"run\": 1000, "
		  "\"timer\": { \"ref\": \"unique\", \"period\": 10000 } }");
	run_fifo(s, 0);
	is_int(task(s, 0)->waits.nr, 100, "a timer of 10 ms rings 100 times in a second");
	scxu_close(s);
	s = start("\"a\": { \"phases\": { \"p\": { \"loop\": 1, \"run\": 35000 }, \"q\": { "
		  "\"loop\": -1, \"run\": 1000, \"timer\": { \"ref\": \"unique\", "
		  "\"period\": 10000, \"mode\": \"absolute\" } } } }");
	run_fifo(s, 100 * NSEC_PER_MSEC);
	is_int(exec_us(s, 0), 35000 + 100 * 1000, "an absolute one makes up for what it missed");
	scxu_close(s);
}

static void test_resume(void)
{
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 2;
	s = start("\"a\": { \"run\": 1000, \"resume\": \"b\", \"sleep\": 9000 }, "
		  "\"b\": { \"suspend\": \"\", \"run\": 100 }");
	run_fifo(s, 0);
	is_int(exec_us(s, 1), 100 * 100, "who is suspended runs each time it is resumed");
	scxu_close(s);
}

/* In order of vtime, the last first. */
static void test_vtime(void)
{
	struct scxu_task t[4];
	struct scxu *s;
	int nr, i;

	begin();
	s = start("\"a\": { \"instance\": 4, \"loop\": 1, \"run\": 1000 }");
	while (!(nr = scxu_dequeue_tasks(s, t, 4)))
		scxu_notify_complete(s, 0);
	is_int(nr, 4, "four tasks come at once");
	for (i = 0; i < nr; i++)
		give(s, &t[i], SCXU_CPU_ANY, 0, 10 - i);
	run_fifo(s, 0);
	is_int(task(s, 3)->waits.max_ns / NSEC_PER_USEC, 0, "the least vtime is first");
	is_int(task(s, 0)->waits.max_ns / NSEC_PER_USEC, 3000, "and the greatest last");
	scxu_close(s);
}

static void test_stale(void)
{
	struct scxu_task t;
	struct scxu *s;

	begin();
	s = start("\"a\": { \"loop\": 1, \"run\": 1000 }");
	while (!scxu_dequeue_task(s, &t))
		scxu_notify_complete(s, 0);
	give(s, &t, SCXU_CPU_ANY, 0, 0);
	give(s, &t, SCXU_CPU_ANY, 0, 0);
	t.generation++;
	give(s, &t, SCXU_CPU_ANY, 0, 0);
	t.slot = 9;
	give(s, &t, 0, 0, 0);
	run_fifo(s, 0);
	is_int(sim_of(s)->stats.nr_dispatched, 1, "one of four decisions counts");
	is_int(sim_of(s)->stats.nr_stale, 2, "two are stale");
	is_int(sim_of(s)->stats.nr_refused, 1, "and one is for nobody");
	is_int(task(s, 0)->waits.nr, 1, "the task runs once");
	scxu_close(s);
}

/* The library refuses these, but not where faults are injected. */
static void test_no_sense(void)
{
	static const struct scxu_dispatch bad[] = {
		{ .cpu = SCXU_CPU_ANY, .flags = 4 },
		{ .cpu = SCXU_CPU_ANY, .flags = UINT32_MAX },
		{ .cpu = SCXU_CPU_ANY, .flags = SCXU_DISPATCH_PREEMPT },
		{ .cpu = SCXU_CPU_ANY, .queue = 2 },
		{ .cpu = SCXU_CPU_ANY, .queue = UINT32_MAX },
		{ .cpu = 0, .queue = 1 },
		{ .cpu = SCXU_CPU_ANY, .queue = 1, .flags = SCXU_DISPATCH_PREEMPT },
	};
	struct scxu_dispatch d;
	struct scxu_task t;
	struct scxu *s;
	size_t i;

	begin();
	s = start("\"a\": { \"loop\": 1, \"run\": 1000 }");
	if (scxu_create_queue(s, "q", NULL, 0) != 1)
		bail("no queue");
	while (!scxu_dequeue_task(s, &t))
		scxu_notify_complete(s, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		d = bad[i];
		d.slot = t.slot;
		d.generation = t.generation;
		s->port->submit(s, &d);
	}
	d = (struct scxu_dispatch){ .slot = t.slot, .cpu = SCXU_CPU_ANY };
	s->port->submit(s, &d);
	scxu_dispatch_init(&d, &t);
	d.cpu = 1000;
	s->port->submit(s, &d);
	run_fifo(s, 0);
	is_int(sim_of(s)->stats.nr_refused, ARRAY_SIZE(bad) + 1, "what has no sense is refused");
	is_int(sim_of(s)->stats.nr_bounced, 1, "a CPU that is not there counts as any");
	is_int(task(s, 0)->waits.nr, 1, "and the task runs once");
	scxu_close(s);
}

static void test_held_up(void)
{
	struct scxu_task t;
	struct scxu *s;

	begin();
	s = start("\"a\": { \"loop\": 1, \"run\": 1000 }, "
		  "\"b\": { \"loop\": 1, \"delay\": 100000, \"run\": 1000 }");
	while (!scxu_dequeue_task(s, &t))
		scxu_notify_complete(s, 0);
	s->port->hold_up(s, 5 * NSEC_PER_MSEC, true);
	s->port->hold_up(s, 6 * NSEC_PER_MSEC, false);
	give(s, &t, SCXU_CPU_ANY, 0, 0);
	run_fifo(s, 0);
	is_int(task(s, 0)->waits.max_ns / NSEC_PER_USEC, 11000, "a round is held up, in all");
	is_int(task(s, 1)->waits.max_ns / NSEC_PER_USEC, 0, "and the next one is not");
	scxu_close(s);
}

/* Of two CPUs, so that one is idle for the policy. Return: how long the first task waited, in us. */
static uint64_t sleep_through(const char *tasks, uint64_t *nr_fallbacks)
{
	struct scxu_task t;
	struct scxu *s;
	uint64_t us;

	begin();
	sim_opts.nr_cpus = 2;
	s = start(tasks);
	if (scxu_dequeue_task(s, &t))
		bail("a task has come before its time");
	s->port->sleep_through(s, -1);
	run_fifo(s, 0);
	*nr_fallbacks = sim_of(s)->stats.nr_fallbacks;
	us = task(s, 0)->waits.max_ns / NSEC_PER_USEC;
	is_int(exec_us(s, 0), 200, "the task runs, also later");
	ok(!sim_of(s)->fallback.on, "and by decisions of the policy");
	scxu_close(s);
	return us;
}

static void test_slept_through(void)
{
	static const char first[] = "\"a\": { \"loop\": 2, \"run\": 100, \"sleep\": 50000 }",
			  second[] = "\"a\": { \"loop\": 2, \"run\": 100, \"sleep\": 50000 }, "
				     "\"b\": { \"loop\": 1, \"delay\": 7000, \"run\": 100 }";
	uint64_t nr;

	is_int(sleep_through(first, &nr), 30000, "a wake-up is lost, and the fallback takes over");
	is_int(nr, 1, "once");
	is_int(sleep_through(second, &nr), 7000, "or the next task calls");
	is_int(nr, 0, "before the fallback does");
}

static void test_cpus(void)
{
	struct scxu_task t;
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 3;
	s = start("\"a\": { \"cpus\": [1], \"run\": 1000000 }, \"b\": { \"run\": 1000000 }, "
		  "\"c\": { \"run\": 1000000 }");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0)
			give(s, &t, 2, 0, 0);
		scxu_notify_complete(s, 0);
	}
	is_int(task(s, 0)->view.cpu, 1, "who may not run on a CPU does not");
	ok(sim_of(s)->stats.nr_bounced >= 1, "and counts as bounced");
	is_int(exec_us(s, 1) / 10000 + exec_us(s, 2) / 10000, 99, "the others share their CPU");
	is_int(sim_of(s)->cpus[0].busy_ns, 0, "and no other runs anything");
	scxu_close(s);
}

static void test_preempt(void)
{
	struct scxu_dispatch d;
	struct scxu_task t;
	struct scxu *s;

	begin();
	s = start("\"hog\": { \"run\": 1000000 }, "
		  "\"b\": { \"delay\": 1000, \"run\": 100, \"sleep\": 9900 }");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0) {
			scxu_dispatch_init(&d, &t);
			d.cpu = 0;
			d.slice_ns = 100 * NSEC_PER_MSEC;
			if (t.slot == 1)
				d.flags = SCXU_DISPATCH_PREEMPT;
			scxu_dispatch_task(s, &d);
		}
		scxu_notify_complete(s, 0);
	}
	ok(task(s, 1)->waits.max_ns <= SIM_PATIENCE_NS + SIM_TICK_NS,
	   "who preempts waits for the policy's turn only (%ju us)",
	   (uintmax_t)task(s, 1)->waits.max_ns / 1000);
	ok(task(s, 1)->waits.nr > 60, "and runs often (%ju)", (uintmax_t)task(s, 1)->waits.nr);
	scxu_close(s);
}

/* A policy that is too late, once: its round takes longer than the fallback waits. */
static void test_fallback(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct scxu_task t;
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 2;
	s = start("\"a\": { \"instance\": 3, \"run\": 1000, \"sleep\": 1000 }");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0)
			if (t.enqueue_ns >= SIM_START_NS + 500 * NSEC_PER_MSEC)
				give(s, &t, SCXU_CPU_ANY, 0, 0);
		scxu_notify_complete(s, 0);
	}
	scxu_get_stats(s, &stats);
	ok(stats.nr_fallbacks > 0 && stats.nr_rescued > 0, "a task without an answer is rescued");
	ok(task(s, 0)->waits.max_ns <= 31 * NSEC_PER_MSEC, "within 1.5 times fallback_ms (%ju us)",
	   (uintmax_t)task(s, 0)->waits.max_ns / 1000);
	ok(stats.nr_dispatched > 300 && !stats.in_fallback, "and then the policy is asked again");
	ok(task(s, 0)->waits.nr > 150 && task(s, 2)->waits.nr > 150, "nobody is lost");
	is_int(stats.nr_fallbacks_of[SCXU_FALLBACK_KEPT], stats.nr_fallbacks,
	       "the cause: a round ends without an answer");
	is_int(stats.fallback_of_ns[SCXU_FALLBACK_KEPT], stats.fallback_ns, "for all that time");
	scxu_close(s);
}

/* Each round takes up to 400 ms. */
static struct scxu *start_late(uint32_t repeated)
{
	begin();
	sim_opts.jitter_ns = 400 * NSEC_PER_MSEC;
	sim_opts.duration_ms = 30000;
	opts.fallback_repeated = repeated;
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_FALLBACK);
	return start("\"a\": { \"instance\": 3, \"run\": 1000, \"sleep\": 1000 }");
}

struct fallbacks {
	uint64_t nr, nr_busy, total_ns, max_ns;
};

static struct fallbacks run_late(struct scxu *s)
{
	struct fallbacks f = { 0 };
	struct scxu_event ev;

	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			if (ev.type == SCXU_EVENT_ENQUEUE)
				give(s, &ev.task, SCXU_CPU_ANY, 0, 0);
			if (ev.type != SCXU_EVENT_FALLBACK)
				continue;
			f.nr++;
			f.nr_busy += ev.value[0] == SCXU_FALLBACK_BUSY && ev.cpu == -1;
			f.total_ns += ev.value[1];
			f.max_ns = ev.value[1] > f.max_ns ? ev.value[1] : f.max_ns;
		}
		scxu_notify_complete(s, 0);
	}
	return f;
}

static void test_repeated_fallbacks(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct fallbacks f;
	struct scxu *s = start_late(SCXU_FALLBACK_STAY);

	f = run_late(s);
	scxu_get_stats(s, &stats);
	ok(f.nr > 50 && f.nr_busy == f.nr, "%ju fallbacks, each told: its round takes too long",
	   (uintmax_t)f.nr);
	ok(stats.nr_fallbacks - f.nr <= 1 && f.total_ns <= stats.fallback_ns &&
		   f.max_ns == stats.max_fallback_of_ns[SCXU_FALLBACK_BUSY],
	   "as the counters say");
	ok(f.max_ns < 450 * NSEC_PER_MSEC, "each as long as the round");
	scxu_close(s);

	s = start_late(SCXU_FALLBACK_BACK_OFF);
	f = run_late(s);
	ok(f.nr >= 5 && f.nr <= 7, "back off: of 30 s five or six fallbacks have the most (%ju)",
	   (uintmax_t)f.nr);
	ok(f.max_ns >= 8 * NSEC_PER_SEC, "each twice as long as the one before");
	scxu_close(s);

	s = start_late(SCXU_FALLBACK_DETACH);
	f = run_late(s);
	is_int(scxu_shutdown_and_report(s, &info), 1, "detach: it ends");
	scxu_get_stats(s, &stats);
	ok(f.nr <= 2 && stats.nr_fallbacks == 3 && info.kind == SCXU_EXIT_EVICTED &&
		   strstr(info.reason, "three times"),
	   "after the third, and says so");
	scxu_close(s);
}

/* Four caches of 64 CPUs each, and a policy that answers to none: where do its tasks go? */
struct spread {
	uint64_t nr_slices, nr_away, least_ns, most_ns;
};

static struct spread run_spread(const char *tasks, uint32_t nr_tasks)
{
	struct spread sp = { .least_ns = UINT64_MAX };
	int llc[3 * 256] = { 0 };
	uint64_t exec_ns;
	struct scxu_event ev;
	struct fixture fx;
	struct scxu *s;
	uint32_t i;

	begin();
	fixture_unpack(&fx, "chiplets");
	sim_opts.root = fx.root;
	sim_opts.jitter_ns = 400 * NSEC_PER_MSEC;
	opts.fallback_repeated = SCXU_FALLBACK_BACK_OFF;
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT);
	s = start(tasks);
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			if (ev.type != SCXU_EVENT_PREEMPT)
				continue;
			sp.nr_slices++;
			sp.nr_away += ev.task.llc != llc[ev.task.slot];
			llc[ev.task.slot] = ev.task.llc;
		}
		scxu_notify_complete(s, 0);
	}
	for (i = 0; i < nr_tasks; i++) {
		exec_ns = task(s, i)->view.exec_ns;
		sp.least_ns = exec_ns < sp.least_ns ? exec_ns : sp.least_ns;
		sp.most_ns = exec_ns > sp.most_ns ? exec_ns : sp.most_ns;
	}
	scxu_close(s);
	fixture_end(&fx);
	return sp;
}

static void test_fallback_caches(void)
{
	struct spread sp = run_spread("\"a\": { \"instance\": 768, \"run\": 10000000 }", 768);
	char tasks[1024], cpus[512] = "0";
	size_t len = 1;
	int cpu;

	ok(sp.nr_slices > 50000 && sp.nr_away < sp.nr_slices / 6,
	   "in the fallback tasks stay with their cache (%ju of %ju slices elsewhere)",
	   (uintmax_t)sp.nr_away, (uintmax_t)sp.nr_slices);
	ok(sp.least_ns > sp.most_ns * 8 / 10, "and have alike (%ju to %ju us)",
	   (uintmax_t)sp.least_ns / 1000, (uintmax_t)sp.most_ns / 1000);

	/* A quarter of the tasks has but one of the caches. */
	for (cpu = 1; cpu < 64; cpu++)
		len += snprintf(cpus + len, sizeof(cpus) - len, ", %d", cpu);
	snprintf(tasks, sizeof(tasks),
		 "\"a\": { \"instance\": 192, \"run\": 10000000, \"cpus\": [ %s ] },"
		 "\"b\": { \"instance\": 576, \"run\": 10000000 }",
		 cpus);
	sp = run_spread(tasks, 768);
	ok(sp.least_ns > sp.most_ns * 8 / 10,
	   "so they do if some may use one alone (%ju to %ju us)", (uintmax_t)sp.least_ns / 1000,
	   (uintmax_t)sp.most_ns / 1000);
}

static void test_no_fallback(void)
{
	struct scxu_task t;
	struct scxu *s;

	begin();
	opts.flags |= SCXU_NO_FALLBACK;
	s = start("\"a\": { \"instance\": 2, \"run\": 1000, \"sleep\": 1000 }");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0)
			if (!t.slot)
				give(s, &t, SCXU_CPU_ANY, 0, 0);
		scxu_notify_complete(s, 0);
	}
	ok(exec_us(s, 0) > 400000 && !exec_us(s, 1),
	   "without a fallback who gets no answer does not run");
	is_int(sim_of(s)->stats.nr_fallbacks, 0, "since nobody takes over");
	scxu_close(s);
}

static void test_recall(void)
{
	uint32_t nr_again = 0;
	struct scxu_task t;
	struct scxu *s;

	begin();
	s = start("\"a\": { \"loop\": 1, \"run\": 5000 }, \"b\": { \"loop\": 1, \"run\": 5000 }");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0) {
			give(s, &t, 0, 0, 0);
			nr_again += !!(t.flags & SCXU_TASK_REENQUEUED);
			if (t.slot == 1 && !nr_again)
				scxu_recall(s, &t);
		}
		scxu_notify_complete(s, 0);
	}
	is_int(nr_again, 1, "a recalled task comes again, and says so");
	is_int(exec_us(s, 1), 5000, "and runs");
	scxu_close(s);
}

/* A million times at one moment is no load but a mistake. */
static void test_no_time(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu *s;

	begin();
	opts.flags = 0;
	sim_opts.nr_cpus = 2;
	s = start("\"a\": { \"resume\": \"b\", \"suspend\": \"a\" }, "
		  "\"b\": { \"delay\": 10, \"resume\": \"a\", \"suspend\": \"b\" }");
	run_fifo(s, 0);
	is_int(scxu_shutdown_and_report(s, &info), 1, "a load in which no time passes ends");
	ok(strstr(info.reason, "no time"), "and says why: %s", info.reason);
	scxu_close(s);
	s = start("\"a\": { \"run\": 10, \"suspend\": \"\" }, \"b\": { \"loop\": 1, \"run\": 5 }");
	run_fifo(s, 0);
	is_int(scxu_shutdown_and_report(s, &info), 0, "one in which all are suspended, too");
	is_str(info.reason, "all tasks are suspended", "with that reason");
	scxu_close(s);
}

static void test_events(void)
{
	uint64_t nr[SCXU_EVENT_LOST + 1] = { 0 }, weight = 0;
	struct scxu_event ev;
	struct scxu_task t;
	uint32_t iter = 0;
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 2;
	sim_opts.duration_ms = 0;
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) | SCXU_EVENT_BIT(SCXU_EVENT_YIELD) |
		      SCXU_EVENT_BIT(SCXU_EVENT_EXIT) | SCXU_EVENT_BIT(SCXU_EVENT_WEIGHT) |
		      SCXU_EVENT_BIT(SCXU_EVENT_CPUMASK) | SCXU_EVENT_BIT(SCXU_EVENT_RUNNABLE) |
		      SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT) | SCXU_EVENT_BIT(SCXU_EVENT_RESULT);
	s = start("\"a\": { \"loop\": 1, \"phases\": { \"p\": { \"loop\": 3, \"run\": 100, "
		  "\"sleep\": 30000, \"yield\": \"\" }, \"q\": { \"nice\": -5, \"cpus\": [0], "
		  "\"run\": 100 } } }, \"b\": { \"loop\": 1, \"run\": 150000 }");
	while (scxu_next_task(s, &iter, &t))
		nr[0]++;
	is_int(nr[0], 2, "a walk finds the tasks");
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			nr[ev.type]++;
			if (ev.type == SCXU_EVENT_ENQUEUE)
				give(s, &ev.task, 0, SIM_TICK_NS, 0);
			else if (ev.type == SCXU_EVENT_WEIGHT)
				weight = ev.value[0];
		}
		scxu_notify_complete(s, 0);
	}
	is_int(nr[SCXU_EVENT_SLEEP], 3, "events: three sleeps");
	is_int(nr[SCXU_EVENT_YIELD], 3, "three yields");
	is_int(nr[SCXU_EVENT_RUNNABLE], 2 + 3, "two starts and three wake-ups");
	is_int(nr[SCXU_EVENT_CPUMASK], 1, "one change of CPUs");
	is_int(weight, 305, "a new weight");
	is_int(nr[SCXU_EVENT_EXIT], 1, "an exit; with the last one it is over");
	ok(nr[SCXU_EVENT_PREEMPT] > 2 && nr[SCXU_EVENT_PREEMPT] < 40, "preemptions");
	is_int(nr[SCXU_EVENT_RESULT], sim_of(s)->stats.nr_dispatched, "a result for each decision");
	scxu_close(s);
}

/* A queue that one CPU serves, and a task that cannot use it. */
static void test_own_queue(void)
{
	static const uint64_t cpus = 1 << 2;
	struct scxu_dispatch d;
	struct scxu_task t;
	struct scxu *s;
	int queue;

	begin();
	sim_opts.nr_cpus = 3;
	s = start("\"a\": { \"instance\": 3, \"run\": 3000, \"sleep\": 5000 }, "
		  "\"b\": { \"cpus\": [0], \"run\": 100, \"sleep\": 900 }");
	queue = scxu_create_queue(s, "two", &cpus, 1);
	is_int(queue, 1, "a queue");
	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0) {
			scxu_dispatch_init(&d, &t);
			d.queue = queue;
			scxu_dispatch_task(s, &d);
		}
		scxu_notify_complete(s, 0);
	}
	is_int(task(s, 0)->view.cpu + task(s, 1)->view.cpu + task(s, 2)->view.cpu, 6,
	       "all in it run on its CPU");
	ok(exec_us(s, 0) + exec_us(s, 1) + exec_us(s, 2) > 950000, "which is busy all the time");
	ok(exec_us(s, 3) > 90000 && sim_of(s)->stats.nr_bounced > 900,
	   "and who may not run there bounces");
	scxu_close(s);
}

static void test_set_vtime(void)
{
	struct scxu_task t[3];
	struct scxu *s;
	int nr, i;

	begin();
	s = start("\"a\": { \"instance\": 3, \"loop\": 1, \"run\": 1000 }");
	while (!(nr = scxu_dequeue_tasks(s, t, 3)))
		scxu_notify_complete(s, 0);
	for (i = 0; i < nr; i++)
		give(s, &t[i], SCXU_CPU_ANY, 0, 10 + i);
	scxu_set_vtime(s, &t[2], 1);
	scxu_set_slice(s, &t[0], 100000);
	run_fifo(s, 0);
	is_int(task(s, 2)->waits.max_ns / NSEC_PER_USEC, 0, "with another vtime the last is first");
	is_int(task(s, 0)->waits.nr, 2, "with a short slice one takes two turns");
	is_int(task(s, 1)->waits.nr, 1, "and with a long one one");
	scxu_close(s);
}

/* Of two CPUs one goes after a quarter of the time, and comes back after half. */
static void test_hotplug(void)
{
	static const char *plugs = "\"hotplug\": ["
				   "{ \"at\": 250000, \"cpu\": 1, \"online\": 0 },"
				   "{ \"at\": 500000, \"cpu\": 1, \"online\": 1 } ],";
	uint64_t nr[SCXU_EVENT_LOST + 1] = { 0 };
	struct scxu_event ev;
	struct scxu *s;

	begin();
	sim_opts.nr_cpus = 2;
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_CPU_ONLINE) |
		      SCXU_EVENT_BIT(SCXU_EVENT_CPU_OFFLINE) | SCXU_EVENT_BIT(SCXU_EVENT_CPUMASK);
	s = start_with(plugs, "\"a\": { \"instance\": 2, \"run\": 1000000 }, "
			      "\"b\": { \"cpus\": [1], \"run\": 1000000 }, "
			      "\"gone\": { \"cpus\": [1], \"run\": 1000, \"loop\": 1 }");
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			nr[ev.type]++;
			if (ev.type == SCXU_EVENT_ENQUEUE)
				give(s, &ev.task, ev.task.slot == 1 ? 1 : SCXU_CPU_ANY, SIM_TICK_NS,
				     0);
			else if (ev.type == SCXU_EVENT_CPU_OFFLINE)
				is_int(scxu_get_cpu_pid(s, ev.cpu), -ENODEV,
				       "hotplug: it is offline");
		}
		scxu_notify_complete(s, 0);
	}
	is_int(nr[SCXU_EVENT_CPU_OFFLINE], 1, "a CPU goes");
	is_int(nr[SCXU_EVENT_CPU_ONLINE], 1, "and comes back");
	is_int(nr[SCXU_EVENT_CPUMASK], 1, "who was bound to it is told");
	is_int(task(s, 2)->view.nr_cpus_allowed, 2, "and may run anywhere");
	ok(sim_of(s)->stats.nr_bounced > 0, "decisions for it bounce");
	ok(exec_us(s, 0) + exec_us(s, 1) + exec_us(s, 2) > 1740000 &&
		   exec_us(s, 0) + exec_us(s, 1) + exec_us(s, 2) <= 1750000,
	   "all that the CPUs have is used: %ju us",
	   (uintmax_t)(exec_us(s, 0) + exec_us(s, 1) + exec_us(s, 2)));
	scxu_close(s);
}

/* One that waits in a queue when it becomes nice, which the policy is told at once. */
static void test_renice(void)
{
	struct scxu_event ev;
	uint32_t weight = 0;
	struct scxu *s;

	begin();
	s = start("\"a\": { \"run\": 1000000 }, \"b\": { \"run\": 1000000 } }, "
		  "\"renice\": [ { \"at\": 1000, \"task\": \"b\", \"nice\": 5 } ], \"global\": {");
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			give(s, &ev.task, SCXU_CPU_ANY, 100 * NSEC_PER_MSEC, 0);
			if (ev.task.slot == 1 && ev.time_ns - SIM_START_NS < 50 * NSEC_PER_MSEC)
				weight = ev.task.weight;
		}
		scxu_notify_complete(s, 0);
	}
	is_int(weight, 33, "who becomes nice while it waits comes again, with its new weight");
	is_int(task(s, 1)->view.weight, 33, "and keeps it");
	scxu_close(s);
}

static void test_cgroups(void)
{
	struct scxu_cgroup info = { .sz = sizeof(info) };
	struct scxu_event ev;
	uint64_t nr_moves = 0;
	struct scxu *s;

	begin();
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_CGROUP) | SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT);
	s = start_with("\"cgroups\": { \"/a/b\": { \"weight\": 321 } },",
		       "\"a\": { \"phases\": { \"p\": { \"run\": 1000, \"taskgroup\": \"/a/b\" }, "
		       "\"q\": { \"loop\": -1, \"run\": 1000 } } }");
	ok(scxu_has(s, SCXU_FEATURE_CGROUP), "there are cgroups");
	is_int(task(s, 0)->view.cgroup_id, 3, "a task is in one");
	is_int(scxu_get_cgroup(s, 3, &info), 0, "it is there");
	ok(info.weight == 321 && info.parent_id == 2, "with its weight, in another one");
	is_int(scxu_get_cgroup(s, 2, &info), 0, "and so is that");
	ok(info.weight == 100 && info.parent_id == 1, "in the root");
	ok(!scxu_get_cgroup(s, 1, &info) && !info.parent_id, "which is in none");
	is_int(scxu_get_cgroup(s, 4, &info), -ENOENT, "there are no more");
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			if (ev.type == SCXU_EVENT_ENQUEUE)
				give(s, &ev.task, SCXU_CPU_ANY, 0, 0);
			nr_moves += ev.type == SCXU_EVENT_CGROUP && ev.value[0] == 1;
		}
		scxu_notify_complete(s, 0);
	}
	is_int(nr_moves, 1, "and it moves to the root");
	scxu_close(s);
}

/* Rings that are too short for ten tasks at once. */
static void test_full_rings(void)
{
	uint64_t nr_lost = 0, nr_events = 0;
	struct scxu_event ev;
	struct scxu *s;

	begin();
	sim_opts.nr_ring = 4;
	sim_opts.nr_decisions = 3;
	s = start("\"a\": { \"instance\": 10, \"run\": 1000, \"sleep\": 20000 }");
	run_fifo(s, 0);
	ok(sim_of(s)->stats.nr_ring_full >= 6, "who finds the ring full is not announced");
	is_int(exec_us(s, 9) / 1000, exec_us(s, 0) / 1000, "but runs as well");
	ok(sim_of(s)->stats.nr_dispatched > 0, "others are dispatched");
	scxu_close(s);

	begin();
	opts.max_tasks = 64;
	s = start("\"a\": { \"instance\": 70, \"run\": 1000, \"sleep\": 200000 }");
	run_fifo(s, 0);
	ok(sim_of(s)->stats.nr_no_slot >= 6 * 4, "nor is who has no slot");
	ok(exec_us(s, 69) >= 3000, "it runs as well");
	scxu_close(s);

	begin();
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP);
	opts.nr_events = 64;
	sim_opts.jitter_ns = 500 * NSEC_PER_MSEC;
	s = start("\"a\": { \"instance\": 100, \"run\": 10, \"sleep\": 5000 }");
	while (!scxu_exited(s)) {
		while (scxu_next_event(s, &ev)) {
			if (ev.type == SCXU_EVENT_ENQUEUE)
				give(s, &ev.task, SCXU_CPU_ANY, 0, 0);
			nr_lost += ev.type == SCXU_EVENT_LOST ? ev.value[0] : 0;
			nr_events += ev.type == SCXU_EVENT_SLEEP;
		}
		scxu_notify_complete(s, 0);
	}
	ok(nr_lost > 0 && nr_events > 0, "of many events some are lost, and this is told");
	ok(nr_lost <= sim_of(s)->stats.nr_events_lost, "and how many");
	scxu_close(s);
}

static void test_refused(void)
{
	struct scxu *s;

	begin();
	opts.log = NULL;
	opts.flags = SCXU_HISTOGRAMS;
	is_int(scxu_open(&s, &opts), -EOPNOTSUPP, "no histograms");
	opts.flags = 0;
	opts.events = SCXU_EVENT_BIT(SCXU_EVENT_TICK);
	is_int(scxu_open(&s, &opts), -EOPNOTSUPP, "no ticks");
	opts.events = 0;
	sim_opts.root = "/nonexistent";
	is_int(scxu_open(&s, &opts), -ENOENT, "no such machine");
}

/* The sum over tasks of something that depends on the order of everything. */
static uint64_t fingerprint(uint64_t slice_ns)
{
	struct scxu *s;
	uint64_t sum = 0;
	uint32_t i;

	begin();
	sim_opts.nr_cpus = 5;
	s = start("\"a\": { \"instance\": 20, \"run\": 777, \"sleep\": 1234 }, "
		  "\"b\": { \"instance\": 7, \"run\": 100000, \"cpus\": [1, 2] }, "
		  "\"c\": { \"instance\": 9, \"run\": 50, \"yield\": \"\" }");
	run_fifo(s, slice_ns);
	for (i = 0; i < sim_of(s)->load.nr_tasks; i++)
		sum = sum * 31 + task(s, i)->view.exec_ns + task(s, i)->nr_migrations;
	scxu_close(s);
	return sum;
}

static void test_reproducible(void)
{
	uint64_t first = fingerprint(3 * NSEC_PER_MSEC);

	ok(first == fingerprint(3 * NSEC_PER_MSEC), "the same again gives the same");
	ok(first != fingerprint(4 * NSEC_PER_MSEC), "and something else something else");
}

static void test_summary(void)
{
	struct scxu *s;
	FILE *f = tmpfile();
	char text[4096] = "";

	begin();
	s = start("\"a \\\" b\": { \"instance\": 2, \"run\": 1000, \"sleep\": 3000 }");
	run_fifo(s, 0);
	is_int(scxu_write_summary(s, fileno(f), 7), -EINVAL, "an unknown format is refused");
	is_int(scxu_write_summary(s, -1, SCXU_SUMMARY_TEXT), -EBADF, "and a bad descriptor");
	is_int(scxu_write_summary(s, fileno(f), SCXU_SUMMARY_JSON), 0, "a summary as JSON");
	scxu_close(s);
	rewind(f);
	ok(fread(text, 1, sizeof(text) - 1, f) > 0 && strstr(text, "\"name\":\"a \\\" b\""),
	   "with the group's name");
	ok(strstr(text, "\"nr_tasks\":2") && strstr(text, "\"pid\":1001"), "and its tasks");
	fclose(f);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	test_slices();
	test_wakeup_preempt();
	test_script();
	test_timers();
	test_resume();
	test_vtime();
	test_stale();
	test_no_sense();
	test_held_up();
	test_slept_through();
	test_cpus();
	test_preempt();
	test_fallback();
	test_repeated_fallbacks();
	test_fallback_caches();
	test_no_fallback();
	test_recall();
	test_no_time();
	test_events();
	test_own_queue();
	test_set_vtime();
	test_hotplug();
	test_renice();
	test_cgroups();
	test_full_rings();
	test_refused();
	test_reproducible();
	test_summary();
	unlink(path);
	return done_testing();
}
