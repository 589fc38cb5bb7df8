// SPDX-License-Identifier: GPL-2.0-only
/* first.c - a program that was built against the first scxuser.h runs with the library of today. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "first/scxuser.h"
#include "../tap.h"
#include "first.h"
#include "log_keeper.h"

static struct log_keeper kept;

/* Memory that ends with its last byte: whoever goes on ends this program. */
static void *at_end(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || size > page || mprotect(p + page, page, PROT_NONE))
		bail("no memory");
	memset(p, 0xdd, page);
	return p + page - size;
}

static struct scxu *open_with(bool some)
{
	struct scxu_opts *o = at_end(sizeof(*o));
	struct scxu *s = NULL;

	first_port_reset();
	memset(o, 0, sizeof(*o));
	o->sz = sizeof(*o);
	o->log = log_keep;
	o->log_arg = &kept;
	if (some)
		some_opts(o);
	is_int(scxu_open(&s, o), 0, "it opens, with %s", some ? "options" : "defaults");
	if (!s)
		bail("no handle");
	return s;
}

static void test_sizes(void)
{
	is_int(first_port_task_size(), sizeof(struct scxu_task), "a task has the size it had");
	is_int(first_port_decision_size(), sizeof(struct scxu_dispatch), "and so has a decision");
}

static void test_opts(void)
{
	struct scxu *s = open_with(false);
	struct scxu_opts *o = at_end(sizeof(*o));

	ok(first_port_has_opts(false), "no option of today differs from its default");
	scxu_close(s);
	s = open_with(true);
	ok(kept.level == SCXU_LOG_INFO && strstr(kept.line, "\"first\" attached"),
	   "its log function hears of it");
	ok(first_port_has_opts(true), "its options are understood, the others have their default");
	scxu_close(s);

	memset(o, 0, sizeof(*o));
	o->sz = sizeof(*o);
	o->flags = 1U << 31;
	is_int(scxu_open(&s, o), -EINVAL, "a flag that never was is refused");
}

/* Two tasks that fill their room to the last byte. */
static void test_dequeue(struct scxu *s)
{
	struct scxu_task *t = at_end(2 * sizeof(*t)), want[2];
	size_t known = offsetof(struct scxu_task, reserved);
	int i, nr_bad = 0;

	first_port_enqueue(4);
	is_int(scxu_dequeue_tasks(s, t, 2), 2, "it gets two tasks");
	for (i = 0; i < 2; i++) {
		want[i].slot = i;
		some_task(&want[i]);
		nr_bad += !!memcmp(&t[i], &want[i], known);
	}
	is_int(nr_bad, 0, "each member is where it was");
	t = at_end(sizeof(*t));
	is_int(scxu_dequeue_task(s, t), 1, "and a single one");
	ok(!memcmp(t, &want[0], known), "which is whole");
	is_int(scxu_dequeue_task(s, t), 1, "the last");
	is_int(scxu_dequeue_task(s, t), 0, "no more");
}

static void test_dispatch(struct scxu *s)
{
	struct scxu_dispatch *d = at_end(2 * sizeof(*d)), want = { 0 };
	struct scxu_task t = { .slot = 7 };

	some_task(&t);
	want.slot = 7;
	want.generation = t.generation;
	want.cpu = SCXU_CPU_ANY;
	want.cookie = t.cookie;
	scxu_dispatch_init(&d[1], &t);
	ok(!memcmp(&d[1], &want, sizeof(want)), "a new decision is what it was, to the last byte");

	d[0] = d[1];
	some_decision(&d[0]);
	some_decision(&d[1]);
	is_int(scxu_dispatch_task(s, &d[1]), 0, "it dispatches a task");
	is_int(scxu_dispatch_tasks(s, d, 2), 2, "and two");
	ok(first_port_took(3), "each member arrives, and nothing that it did not know");
	d[1].flags = 1U << 31;
	is_int(scxu_dispatch_task(s, &d[1]), -EINVAL, "a flag that never was is refused");
}

static void test_cpus(struct scxu *s)
{
	struct scxu_task t = { 0 };

	some_task(&t);
	first_port_idle(2);
	is_int(scxu_select_cpu(s, &t, t.cpu, 0), 2, "it finds an idle CPU");
	is_int(scxu_select_cpu(s, &t, SCXU_CPU_ANY, 0), -EBUSY, "once in a round");
	is_int(scxu_get_cpu_pid(s, 2), 502, "and who runs there");
	is_int(scxu_notify_complete(s, 0), 0, "it ends a round");
	is_int(scxu_wait(s, 5), 0, "and another");
	is_int(scxu_select_cpu(s, &t, t.cpu, 0), 2, "then the CPU is there again");
}

static void test_stats(struct scxu *s)
{
	struct scxu_stats *st = at_end(sizeof(*st)), want = { .sz = sizeof(want) };

	some_stats(&want);
	st->sz = sizeof(*st);
	is_int(scxu_get_stats(s, st), 0, "it reads the counters");
	ok(!memcmp(st, &want, sizeof(want)), "each is where it was");
}

static void test_end(struct scxu *s)
{
	struct scxu_exit_info *info = at_end(sizeof(*info)), want = { .sz = sizeof(want) };

	some_exit(&want);
	info->sz = sizeof(*info);
	ok(!scxu_exited(s), "it is not asked to leave");
	scxu_stop(s);
	ok(scxu_exited(s), "until it is");
	is_int(scxu_shutdown_and_report(s, info), 1, "it learns how it ended");
	ok(!memcmp(info, &want, sizeof(want)), "each member is where it was");
	is_str(scxu_get_dump(s), "the dump", "and the dump");
	scxu_close(s);
}

int main(void)
{
	struct scxu *s;

	ok(scxu_version()[0], "the library has version %s", scxu_version());
	test_sizes();
	test_opts();
	s = open_with(true);
	test_dequeue(s);
	test_dispatch(s);
	test_cpus(s);
	test_stats(s);
	test_end(s);
	return done_testing();
}
