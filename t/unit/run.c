// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/run.c: which callback is called when and with what, and policies that make no sense. */
#include <stddef.h>

#include "../tap.h"
#include "fake_port.h"
#include "log_keeper.h"

/* What was called, a word each, and the last event. */
static struct {
	char trace[1024];
	struct scxu_event ev;
	struct scxu_task t;
	struct scxu_exit_info info;
	int nr_enqueue;
	int init_result;
	uint64_t nr_pending;
	int rounds_left; /* until dispatch asks to stop */
	int stray;       /* calls with another handle or argument than they should have */
} seen;

static struct scxu s;
static struct log_keeper kept;

static void note(const struct scxu *from, const void *arg, const char *name)
{
	seen.stray += from != &s || arg != &seen;
	if (strlen(seen.trace) + strlen(name) + 2 < sizeof(seen.trace))
		strcat(strcat(seen.trace, " "), name);
}

#define EVENT_CALLBACK(name)                                                             \
	static void on_##name(struct scxu *from, const struct scxu_event *ev, void *arg) \
	{                                                                                \
		note(from, arg, #name);                                                  \
		seen.ev = *ev;                                                           \
	}

EVENT_CALLBACK(dequeue)
EVENT_CALLBACK(init_task)
EVENT_CALLBACK(exit_task)
EVENT_CALLBACK(runnable)
EVENT_CALLBACK(quiescent)
EVENT_CALLBACK(yield)
EVENT_CALLBACK(stopping)
EVENT_CALLBACK(set_cpumask)
EVENT_CALLBACK(set_weight)
EVENT_CALLBACK(cgroup_move)
EVENT_CALLBACK(cgroup_set_weight)
EVENT_CALLBACK(cgroup_set_bandwidth)
EVENT_CALLBACK(cpu_online)
EVENT_CALLBACK(cpu_offline)
EVENT_CALLBACK(tick)
EVENT_CALLBACK(result)
EVENT_CALLBACK(lost)
EVENT_CALLBACK(on_fallback)

static int on_init(struct scxu *from, void *arg)
{
	note(from, arg, "init");
	return seen.init_result;
}

static void on_enqueue(struct scxu *from, const struct scxu_task *t, void *arg)
{
	note(from, arg, "enqueue");
	seen.t = *t;
	seen.nr_enqueue++;
}

static uint64_t on_dispatch(struct scxu *from, void *arg)
{
	note(from, arg, "dispatch");
	if (--seen.rounds_left <= 0)
		scxu_stop(from);
	return seen.nr_pending;
}

static void on_exit_(struct scxu *from, const struct scxu_exit_info *info, void *arg)
{
	note(from, arg, fake.nr_detach ? "exit" : "exit-while-attached");
	seen.info = *info;
}

/* One row for each event: its callback, and where that stands. */
static const struct {
	uint32_t type;
	const char *name;
	scxu_event_fn function;
	size_t offset;
} rows[] = {
#define ROW(type, name) { SCXU_EVENT_##type, #name, on_##name, offsetof(struct scxu_policy, name) }
	ROW(WITHDRAW, dequeue),
	ROW(NEW, init_task),
	ROW(EXIT, exit_task),
	ROW(RUNNABLE, runnable),
	ROW(SLEEP, quiescent),
	ROW(YIELD, yield),
	ROW(PREEMPT, stopping),
	ROW(CPUMASK, set_cpumask),
	ROW(WEIGHT, set_weight),
	ROW(CGROUP, cgroup_move),
	ROW(CGROUP_WEIGHT, cgroup_set_weight),
	ROW(CGROUP_BANDWIDTH, cgroup_set_bandwidth),
	ROW(CPU_ONLINE, cpu_online),
	ROW(CPU_OFFLINE, cpu_offline),
	ROW(TICK, tick),
	ROW(RESULT, result),
	ROW(LOST, lost),
	ROW(FALLBACK, on_fallback),
};

static struct scxu_policy enqueue_only(void)
{
	return (struct scxu_policy){ .sz = sizeof(struct scxu_policy), .enqueue = on_enqueue };
}

static void set_callback(struct scxu_policy *policy, size_t row)
{
	*(scxu_event_fn *)((char *)policy + rows[row].offset) = rows[row].function;
}

static struct scxu_policy all_callbacks(void)
{
	struct scxu_policy policy = enqueue_only();
	size_t i;

	policy.init = on_init;
	policy.dispatch = on_dispatch;
	policy.exit = on_exit_;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		set_callback(&policy, i);
	return policy;
}

static void start(const struct scxu_policy *policy)
{
	fake_open(&s, 1);
	memset(&seen, 0, sizeof(seen));
	memset(&kept, 0, sizeof(kept));
	seen.rounds_left = 1;
	s.opts.log = log_keep;
	s.opts.log_arg = &kept;
	s.opts.events = scxu_policy_events(policy);
	fake.exit.kind = SCXU_EXIT_DETACHED;
}

static void put_event(uint32_t type, uint32_t slot)
{
	fake.events[fake.nr_events++] = (struct scxu_event){
		.type = type, .seq = 100 + slot, .value = { 7 }, .task = { .slot = slot }
	};
}

static void test_each_event(void)
{
	struct scxu_policy policy;
	char want[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		policy = enqueue_only();
		policy.dispatch = on_dispatch;
		set_callback(&policy, i);
		start(&policy);
		s.opts.events |= SCXU_EVENT_BIT(SCXU_EVENT_RUNNABLE);
		if (rows[i].type != SCXU_EVENT_LOST)
			ok(scxu_policy_events(&policy) == SCXU_EVENT_BIT(rows[i].type),
			   "%s needs its event", rows[i].name);
		else
			ok(scxu_policy_events(&policy) == 0, "lost comes without asking");
		fake.keep_events = true;
		put_event(rows[i].type, 9);
		is_int(scxu_run(&s, &policy, &seen), 0, "%s: runs", rows[i].name);
		snprintf(want, sizeof(want), " %s dispatch", rows[i].name);
		is_str(seen.trace, want, "%s is called for its event", rows[i].name);
		ok(seen.ev.type == rows[i].type && seen.ev.seq == 109 && seen.ev.value[0] == 7 &&
			   seen.ev.task.slot == 9 && !seen.stray,
		   "%s has the whole event", rows[i].name);
	}
}

static void test_order(void)
{
	struct scxu_policy policy = all_callbacks();

	start(&policy);
	fake.keep_events = true;
	put_event(SCXU_EVENT_NEW, 1);
	put_event(SCXU_EVENT_ENQUEUE, 2);
	put_event(SCXU_EVENT_SLEEP, 3);
	put_event(1000, 4);
	put_event(SCXU_EVENT_EXIT, 5);
	is_int(scxu_run(&s, &policy, &seen), 0, "asked to stop: 0");
	is_str(seen.trace, " init init_task enqueue quiescent exit_task dispatch exit",
	       "all in order, then dispatch, then the end; no callback for a type not known");
	ok(seen.t.slot == 2 && seen.ev.task.slot == 5 && !seen.stray, "with the right tasks");
	is_int(seen.info.kind, SCXU_EXIT_DETACHED, "exit is told why");
	is_int(seen.info.sz, sizeof(seen.info), "in full");
	is_int(fake.nr_detach, 1, "the scheduler is detached");

	policy = enqueue_only();
	policy.dispatch = on_dispatch;
	start(&policy);
	s.opts.events = ~0ULL;
	put_event(SCXU_EVENT_SLEEP, 3);
	put_event(SCXU_EVENT_ENQUEUE, 2);
	scxu_run(&s, &policy, &seen);
	is_str(seen.trace, " enqueue dispatch", "events without a callback are passed over");
}

/* What was there before the policy. */
static void test_first_tasks(void)
{
	struct scxu_policy policy = enqueue_only();

	policy.dispatch = on_dispatch;
	policy.init = on_init;
	policy.init_task = on_init_task;
	start(&policy);
	fake.in_slot[3] = fake.in_slot[7] = fake.in_slot[8] = true;
	fake.kthread_slot = 8;
	put_event(SCXU_EVENT_NEW, 1);
	is_int(scxu_run(&s, &policy, &seen), 0, "tasks that were there: runs");
	is_str(seen.trace, " init init_task init_task dispatch",
	       "init_task is called for each, but for kernel threads and what was there to be read");
	ok(seen.ev.type == SCXU_EVENT_NEW && seen.ev.task.pid == 1007 && !seen.ev.value[0] &&
		   seen.ev.cpu == 3,
	   "as a new one that nobody forked, where it is");

	policy.init_task = NULL;
	start(&policy);
	fake.in_slot[3] = true;
	scxu_run(&s, &policy, &seen);
	is_int(fake.nr_drop, 0, "without init_task nothing is walked and nothing dropped");
}

static void test_rounds(void)
{
	struct scxu_policy policy = enqueue_only();

	policy.dispatch = on_dispatch;
	start(&policy);
	seen.rounds_left = 3;
	fake.nr_tasks = 2;
	scxu_run(&s, &policy, &seen);
	is_str(seen.trace, " enqueue enqueue dispatch dispatch dispatch", "dispatch: once a round");
	is_int(fake.nr_wait, 3, "each of which ends");
	ok(!fake.pending && fake.timeout_ns == -1, "until there is something to decide");

	start(&policy);
	seen.nr_pending = 5;
	scxu_run(&s, &policy, &seen);
	ok(fake.pending, "with tasks kept for later, for a moment");

	start(&policy);
	fake.nr_tasks = 1000000;
	scxu_run(&s, &policy, &seen);
	ok(seen.nr_enqueue > 1000 && seen.nr_enqueue < 10000,
	   "tasks without end do not keep the round from ending");
	ok(fake.pending, "which is then a short one");

	start(&policy);
	seen.rounds_left = 2;
	fake.wait_result = -EINTR;
	is_int(scxu_run(&s, &policy, &seen), 0, "a signal ends a round");
	is_int(fake.nr_wait, 2, "and no more");

	policy.dispatch = NULL;
	start(&policy);
	fake.exited_after_waits = 4;
	fake.exit.kind = SCXU_EXIT_EVICTED;
	is_int(scxu_run(&s, &policy, &seen), 1, "the kernel ended it: 1");
	is_int(fake.nr_wait, 4, "dispatch may be missing");
	ok(!fake.pending, "then nothing is kept for later");
}

/* The policy reads by itself. */
static uint64_t pull(struct scxu *from, void *arg)
{
	struct scxu_task t;

	while (scxu_dequeue_task(from, &t) > 0)
		note(from, arg, "pulled");
	scxu_stop(from);
	return 0;
}

static void test_dispatch_only(void)
{
	struct scxu_policy policy = { .sz = sizeof(policy), .dispatch = pull };

	start(&policy);
	fake.nr_tasks = 2;
	is_int(scxu_run(&s, &policy, &seen), 0, "enqueue may be missing");
	is_str(seen.trace, " pulled pulled", "then dispatch finds all tasks");

	policy.tick = on_tick;
	start(&policy);
	is_int(scxu_run(&s, &policy, &seen), -EINVAL, "but beside an event it may not");
	ok(log_is_one_error(&kept, "tick lacks enqueue"), "and the log names the callback");
}

static void test_init(void)
{
	struct scxu_policy policy = all_callbacks();

	start(&policy);
	seen.init_result = -ENOMEM;
	is_int(scxu_run(&s, &policy, &seen), -ENOMEM, "init fails: so does the call");
	is_str(seen.trace, " init", "and nothing else is called");
	ok(!fake.nr_wait && !fake.nr_detach, "nor done");
}

static void test_missing_events(void)
{
	struct scxu_policy policy;
	size_t i, nr_bad = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].type == SCXU_EVENT_LOST)
			continue;
		policy = all_callbacks();
		start(&policy);
		s.opts.events &= ~SCXU_EVENT_BIT(rows[i].type);
		nr_bad += scxu_run(&s, &policy, &seen) != -EINVAL ||
			  !log_is_one_error(&kept, rows[i].name) || seen.trace[0] || fake.nr_detach;
	}
	is_int(nr_bad, 0, "a callback whose event was not asked for: -EINVAL, and it is named");

	policy = enqueue_only();
	policy.lost = on_lost;
	policy.dispatch = on_dispatch;
	start(&policy);
	is_int(scxu_run(&s, &policy, &seen), 0, "but for lost");
}

static void test_nonsense(void)
{
	struct scxu_policy policy = { .sz = sizeof(policy), .init = on_init, .exit = on_exit_ };
	struct {
		struct scxu_policy policy;
		unsigned char more[24];
	} later = { .policy = all_callbacks() };
	size_t sz, nr_bad = 0;

	start(&policy);
	is_int(scxu_run(&s, &policy, &seen), -EINVAL, "neither enqueue nor dispatch");
	ok(log_is_one_error(&kept, "neither enqueue nor dispatch") && !seen.trace[0], "says so");

	policy = all_callbacks();
	for (sz = 0; sz < sizeof(size_t); sz++) {
		start(&policy);
		policy.sz = sz;
		nr_bad += scxu_run(&s, &policy, &seen) != -EINVAL || !log_is_one_error(&kept, "sz");
		nr_bad += scxu_policy_events(&policy) != 0;
	}
	is_int(nr_bad, 0, "no size");

	for (sz = offsetof(struct scxu_policy, dequeue); sz <= offsetof(struct scxu_policy, exit);
	     sz += sizeof(void *)) {
		policy.sz = sz;
		start(&policy);
		nr_bad += scxu_run(&s, &policy, &seen) != 0 || strstr(seen.trace, " exit");
	}
	is_int(nr_bad, 0, "a policy of an earlier version has the callbacks that it has room for");
	policy.sz = offsetof(struct scxu_policy, dequeue);
	is_int(scxu_policy_events(&policy), 0, "and needs their events only");

	later.policy.sz = sizeof(later);
	start(&later.policy);
	is_int(scxu_run(&s, &later.policy, &seen), 0, "one of a later version that sets no more");
	for (sz = 0; sz < sizeof(later.more); sz++) {
		memset(later.more, 0, sizeof(later.more));
		later.more[sz] = 1;
		start(&later.policy);
		nr_bad += scxu_run(&s, &later.policy, &seen) != -E2BIG ||
			  !log_is_one_error(&kept, "newer") || seen.trace[0];
	}
	is_int(nr_bad, 0, "or more: -E2BIG");
}

int main(void)
{
	test_each_event();
	test_order();
	test_first_tasks();
	test_rounds();
	test_dispatch_only();
	test_init();
	test_missing_events();
	test_nonsense();
	return done_testing();
}
