// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/port_record.c, port_replay.c and replay_*.c: in a replay a policy sees all that it saw,
 * and what it does otherwise is found.
 */
#include <sys/stat.h>

#include "any_policy.h"

static struct scxu *open_replay(uint64_t events, uint32_t fields)
{
	struct scxu_opts opts = opts_for(events, fields);
	struct scxu *s;

	memset(&kept, 0, sizeof(kept));
	opts.replay = path;
	return scxu_open(&s, &opts) ? NULL : s;
}

/* The number behind "name": in the summary. */
static long long counted(const char *json, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(json, key);
	return at ? atoll(at + strlen(key)) : -1;
}

static const char *summary_of(struct scxu *s)
{
	static char json[20000];
	FILE *f = tmpfile();
	size_t nr;

	if (!f || scxu_write_summary(s, fileno(f), SCXU_SUMMARY_JSON))
		bail("no summary");
	rewind(f);
	nr = fread(json, 1, sizeof(json) - 1, f);
	json[nr] = '\0';
	fclose(f);
	return json;
}

static void *ask_much(void *s)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	int i;

	for (i = 0; i < 100; i++)
		if (scxu_get_cpu_pid(s, i % NR_CPUS) == -EINVAL || scxu_get_stats(s, &stats))
			bail("no answer");
	return NULL;
}

/* That is nothing to the policy, in a recording and in a replay. */
static void ask_from_another_thread(struct scxu *s)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, ask_much, s) || pthread_join(thread, NULL))
		bail("no thread");
}

static void test_same(uint64_t seed, uint64_t events, uint32_t fields)
{
	static struct policy before, after;
	struct scxu_exit_info info = { .sz = sizeof(info) };
	const char *json;
	struct scxu *s;
	bool same;

	before = after = (struct policy){ .random = seed + 1 };
	record_run(run, &before, seed, events, fields, false);
	s = open_replay(events, fields);
	if (!s)
		bail("cannot replay: %s", kept.line);
	run(s, &after);
	is_int(scxu_shutdown_and_report(s, &info), 0, "seed %d: the recording is whole", (int)seed);
	json = summary_of(s);
	same = before.sum == after.sum && before.nr_seen == after.nr_seen;
	ok(same, "the policy sees the same in all of %d answers", (int)before.nr_seen);
	if (!same)
		diag("%llu answers, then %llu", (unsigned long long)before.nr_seen,
		     (unsigned long long)after.nr_seen);
	ok(counted(json, "nr_recorded") > 100 && counted(json, "nr_different") == 0 &&
		   counted(json, "missing") == 0 && counted(json, "additional") == 0 &&
		   counted(json, "order") == 0 && counted(json, "round") >= 0,
	   "and decides the same %d times", (int)counted(json, "nr_recorded"));
	ok(counted(json, "nr_recorded") == counted(json, "nr_now") &&
		   counted(json, "nr_stale_recorded") == counted(json, "nr_stale_now"),
	   "also what makes no sense");
	is_int(counted(json, "nr_commands_same"), counted(json, "nr_commands_recorded"),
	       "and commands");
	ok(counted(json, "nr_commands_same") > 10, "of which there are some");
	scxu_close(s);
}

/* A policy that gives all tasks in their order, but for what a test wants of it. */
struct plain {
	unsigned int other_cpu_each, other_slice_each, skip_each;
	bool backward;    /* the order of each round */
	bool late;        /* each in the round after */
	bool events;      /* it takes them one by one, as events */
	uint64_t cookies; /* of a task: its slot and so much */
	unsigned int nr, nr_rounds, nr_foreign_cookies;
	unsigned int nr_other_order; /* how many must move if all are the other way round */
	bool known[NR_SLOTS];
	struct scxu_task held[256];
	unsigned int nr_held;
};

static bool is_turn(const struct plain *p, unsigned int each)
{
	return each && p->nr % each == 0;
}

static void give_plain(struct scxu *s, struct plain *p, const struct scxu_task *t)
{
	struct scxu_dispatch d;

	p->nr++;
	if (is_turn(p, p->skip_each))
		return;
	scxu_dispatch_init(&d, t);
	d.cpu = is_turn(p, p->other_cpu_each) ? 1 : 0;
	d.slice_ns = is_turn(p, p->other_slice_each) ? 2000000 : 0;
	d.cookie = t->slot + p->cookies;
	d.vtime = d.cookie + 1;
	if (scxu_dispatch_task(s, &d))
		bail("a plain decision is refused");
}

static bool read_plain(struct scxu *s, struct plain *p, struct scxu_task *t)
{
	struct scxu_event ev;

	if (!p->events)
		return scxu_dequeue_task(s, t) > 0;
	if (scxu_next_event(s, &ev) <= 0)
		return false;
	*t = ev.task;
	return true;
}

static void give_held(struct scxu *s, struct plain *p, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		give_plain(s, p, &p->held[p->backward ? nr - 1 - i : i]);
	p->nr_held -= nr;
	memmove(p->held, p->held + nr, p->nr_held * sizeof(p->held[0]));
}

static void run_plain(struct scxu *s, void *arg)
{
	struct plain *p = arg;
	struct scxu_task t;
	unsigned int nr_late;

	for (; !scxu_exited(s); p->nr_rounds++) {
		nr_late = p->nr_held;
		while (read_plain(s, p, &t)) {
			if (p->known[t.slot] && t.cookie != t.slot + p->cookies)
				p->nr_foreign_cookies++;
			p->known[t.slot] = true;
			p->held[p->nr_held++] = t;
		}
		nr_late = p->late ? nr_late : p->nr_held;
		p->nr_other_order += nr_late ? nr_late - 1 : 0;
		give_held(s, p, nr_late);
		scxu_notify_complete(s, 0);
	}
}

static const char *replay_plain(struct plain *p, uint64_t events)
{
	struct scxu *s = open_replay(events, 0);
	const char *json;

	if (!s)
		bail("cannot replay: %s", kept.line);
	run_plain(s, p);
	json = summary_of(s);
	scxu_close(s);
	return json;
}

static bool only_differs(const char *json, const char *name, long long nr)
{
	static const char *const names[] = { "CPU",   "slice",   "vtime",      "flags", "queue",
					     "round", "missing", "additional", "order" };
	bool good = nr > 0 || !name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		long long want = name && !strcmp(names[i], name) ? nr : 0;
		/* "round" also is the round of a difference; that stands later. */
		long long got = counted(strstr(json, "\"different\":{"), names[i]);

		if (got != want) {
			diag("%s: got %lld, want %lld", names[i], got, want);
			good = false;
		}
	}
	return good;
}

static void test_differences(void)
{
	struct plain before = { 0 }, same = { 0 }, cpu = { .other_cpu_each = 3 },
		     slice = { .other_slice_each = 4 }, skip = { .skip_each = 5 },
		     backward = { .backward = true }, events = { .events = true },
		     cookies = { .cookies = 1000 }, late = { .late = true };
	const char *json;

	record_run(run_plain, &before, 7, 0, 0, true);
	json = replay_plain(&same, 0);
	ok(only_differs(json, NULL, 0) && counted(json, "nr_same") == before.nr,
	   "the same policy differs in nothing");
	ok(same.nr == before.nr && same.nr_rounds == before.nr_rounds, "and has the same rounds");
	ok(before.nr > 500, "there are %u decisions", before.nr);
	ok(only_differs(replay_plain(&events, 0), NULL, 0), "nor does one that reads events");
	ok(only_differs(replay_plain(&cpu, 0), "CPU", before.nr / 3), "other CPUs are found");
	ok(only_differs(replay_plain(&slice, 0), "slice", before.nr / 4), "and other slices");
	ok(only_differs(replay_plain(&skip, 0), "missing", before.nr / 5),
	   "and decisions that are missing");
	json = replay_plain(&backward, 0);
	ok(only_differs(json, "order", backward.nr_other_order), "and another order");
	replay_plain(&cookies, 0);
	is_int(cookies.nr_foreign_cookies, 0, "a policy finds its own cookies in tasks");
	json = replay_plain(&late, 0);
	ok(counted(strstr(json, "\"different\":{"), "round") > (long long)before.nr / 2,
	   "decisions in another round are found");
	memset(&skip, 0, sizeof(skip));
	skip.skip_each = 5;
	record_run(run_plain, &skip, 7, 0, 0, true);
	memset(&same, 0, sizeof(same));
	ok(only_differs(replay_plain(&same, 0), "additional", skip.nr / 5),
	   "and those that are additional");
}

static void test_refused(void)
{
	struct scxu_sim_opts sim = { .sz = sizeof(sim), .load = "none" };
	struct scxu_opts opts = opts_for(0, 0);
	struct scxu *s;

	memset(&kept, 0, sizeof(kept));
	opts.replay = path;
	opts.sim = &sim;
	is_int(scxu_open(&s, &opts), -EINVAL, "replay and sim do not go together");
	ok(log_is_one_error(&kept, "replay and sim"), "it is said so");
	memset(&kept, 0, sizeof(kept));
	opts.sim = NULL;
	opts.record = "/dev/null";
	is_int(scxu_open(&s, &opts), -EINVAL, "nor do replay and record");
	ok(log_is_one_error(&kept, "replay and record"), "it is said so");
	memset(&kept, 0, sizeof(kept));
	opts.record = NULL;
	opts.replay = "/nowhere/file";
	is_int(scxu_open(&s, &opts), -ENOENT, "a file that is not there");
	ok(log_is_one_error(&kept, "/nowhere/file: cannot read it: No such file"), "is named");
}

/* Of a recording that is cut off the policy sees what there is, and it is said. */
static void test_cut(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct plain before = { 0 }, after = { 0 };
	struct stat st;
	struct scxu *s;

	record_run(run_plain, &before, 7, 0, 0, true);
	if (stat(path, &st) || truncate(path, st.st_size * 9 / 10))
		bail("cannot truncate %s", path);
	s = open_replay(0, 0);
	if (!s)
		bail("cannot replay: %s", kept.line);
	run_plain(s, &after);
	is_int(scxu_shutdown_and_report(s, &info), 1, "a recording that is cut off");
	ok(strstr(info.message, "at byte") && strstr(info.message, path), "is said to be: %s",
	   info.message);
	ok(after.nr < before.nr, "of %u tasks %u are seen", before.nr, after.nr);
	ok(only_differs(summary_of(s), NULL, 0), "and nothing is taken to differ");
	scxu_close(s);
}

/*
 * The thread that writes looks so rarely that a ring of two chunks overflows meanwhile. What is lost is
 * told, and what is not known is no difference.
 */
static void test_gaps(void)
{
	struct plain before = { 0 }, after = { 0 };
	const char *json = NULL;
	int attempts = 0;

	nr_chunks = 2;
	do {
		before = after = (struct plain){ 0 };
		memset(&kept, 0, sizeof(kept));
		record_run(run_plain, &before, 7, 0, 0, true);
		json = kept.level == SCXU_LOG_WARNING ? replay_plain(&after, 0) : NULL;
	} while (++attempts < 20 && (!json || counted(json, "nr_gaps") < 1));
	nr_chunks = 0;
	ok(json && counted(json, "nr_gaps") > 0, "a ring that is too small makes gaps");
	if (!json)
		return;
	ok(counted(json, "nr_lost_records") > 0 && strstr(json, "\"complete\":true"),
	   "which are told, %d records", (int)counted(json, "nr_lost_records"));
	ok(after.nr > 100 && after.nr < before.nr, "of %u tasks %u are seen", before.nr, after.nr);
	ok(only_differs(json, NULL, 0), "nothing is taken to differ for that");
}

/* Who wants more than there is, is told. */
static void test_wishes(void)
{
	struct plain before = { 0 };
	struct scxu *s;

	record_run(run_plain, &before, 7, 0, 0, true);
	s = open_replay(SCXU_EVENT_BIT(SCXU_EVENT_TICK), SCXU_FIELD_RUN);
	ok(s && kept.nr_lines == 2 && !kept.nr_errors, "a recording without what a policy wants");
	scxu_close(s);
}

static void put_event(struct scxu *s, void *ev)
{
	record_put_event(s->recorder, ev);
}

static void do_nothing(struct scxu *s, void *arg)
{
}

/* It may be anything, and goes to a terminal. */
static void test_name(void)
{
	struct scxu *s;

	scheduler = "a\033[31m\377b";
	record_run(do_nothing, NULL, 7, 0, 0, true);
	scheduler = "any";
	s = open_replay(0, 0);
	if (!s)
		bail("cannot replay: %s", kept.line);
	ok(strstr(summary_of(s), "{\"recorded\":\"a?[31m?b\""), "a name that nobody has");
	scxu_close(s);
}

static void put_late(struct scxu *s, void *arg)
{
	struct scxu_event ev = { .type = SCXU_EVENT_SLEEP, .time_ns = 5000000 };

	record_put_event(s->recorder, &ev);
	ev = (struct scxu_event){ .task = { .slot = 1, .enqueue_ns = 4999000 },
				  .time_ns = 4999000 };
	record_put_event(s->recorder, &ev);
}

/* CPUs do not tell of what happens in one order. */
static void test_late(void)
{
	struct plain p = { .events = true };

	record_run(put_late, NULL, 7, 1, 0, true);
	ok(strstr(replay_plain(&p, SCXU_EVENT_BIT(SCXU_EVENT_SLEEP)), "{\"time_ns\":-1000,"),
	   "a task that came before the first event");
}

static void put_cgroups(struct scxu *s, void *arg)
{
	struct scxu_cgroup info = { .parent_id = 1, .weight = 100 };
	uint64_t id;

	s->recorder->patient = true;
	for (id = 2; id < 400000; id++)
		record_put_cgroup(s->recorder, id, 0, &info);
}

/* Who made the file may not be who reads it. */
static void test_many_cgroups(void)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu *s;

	record_run(put_cgroups, NULL, 7, 0, 0, true);
	s = open_replay(0, 0);
	if (!s)
		bail("cannot replay: %s", kept.line);
	alarm(20);
	scxu_notify_complete(s, 0);
	alarm(0);
	is_int(scxu_shutdown_and_report(s, &info), 0, "many cgroups take not much longer than few");
	scxu_close(s);
}

static void go_on_after_end(struct scxu *s, void *arg)
{
	int *nr_rounds = arg;

	s->port->detach(s);
	alarm(20); /* or it waits for who does not write any more, for ever */
	for (; *nr_rounds < 100000; ++*nr_rounds)
		s->port->wait(s, 1000, false);
	alarm(0);
}

/* What comes after the end is not recorded, and has no room. */
static void test_after_end(void)
{
	int nr_rounds = 0;

	nr_chunks = 2;
	record_run(go_on_after_end, &nr_rounds, 7, 0, 0, true);
	nr_chunks = 0;
	is_int(nr_rounds, 100000, "a policy may go on after the end");
}

/* A recording of one event, and how it is read. */
static void test_index(const struct scxu_event *ev, bool good, const char *what)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_event got;
	struct scxu *s;
	int nr;

	record_run(put_event, (void *)ev, 7, 1, SCXU_FIELD_ALL, true);
	s = open_replay(1, 0);
	if (!s)
		bail("cannot replay: %s", kept.line);
	nr = scxu_next_event(s, &got);
	scxu_notify_complete(s, 0);
	scxu_shutdown_and_report(s, &info);
	ok(nr == good && !strstr(info.message, "is not there") == good, "%s", what);
	scxu_close(s);
}

/* Policies have tables by these. */
static void test_indexes(void)
{
	static const struct scxu_event last = {
		.cpu = NR_CPUS - 1,
		.task = { .slot = NR_SLOTS - 1, .cpu = NR_CPUS - 1, .waker_cpu = NR_CPUS - 1 },
	};
	struct scxu_event ev = last;

	test_index(&ev, true, "the last slot and CPU");
	ev.cpu = ev.task.cpu = ev.task.waker_cpu = ev.task.node = ev.task.llc = -1;
	test_index(&ev, true, "no CPU");
	ev.task.slot++;
	test_index(&ev, false, "a slot that is not there");
	ev = last;
	ev.task.cpu++;
	test_index(&ev, false, "a task on a CPU that is not there");
	ev.task.cpu = -2;
	test_index(&ev, false, "or one below 0");
	ev = last;
	ev.cpu++;
	test_index(&ev, false, "an event on a CPU that is not there");
	ev = last;
	ev.task.waker_cpu++;
	test_index(&ev, false, "a waker on one");
	ev = last;
	ev.task.node = 1;
	test_index(&ev, false, "a node that is not there");
	ev = last;
	ev.task.llc = 1;
	test_index(&ev, false, "an LLC that is not there");
}

int main(void)
{
	static const uint64_t some = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) |
				     SCXU_EVENT_BIT(SCXU_EVENT_CPU_ONLINE) |
				     SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT);
	uint64_t seed;
	int fd;

	strcpy(path, "/tmp/scxuser-replay.XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		bail("cannot make %s", path);
	close(fd);
	for (seed = 1; seed <= 20; seed++)
		test_same(seed, seed % 2 ? some : 0, seed % 3 ? 0 : ANY_FIELDS);
	meanwhile = ask_from_another_thread;
	test_same(seed, some, ANY_FIELDS);
	meanwhile = NULL;
	test_differences();
	test_refused();
	test_cut();
	test_wishes();
	test_gaps();
	test_after_end();
	test_name();
	test_late();
	test_many_cgroups();
	test_indexes();
	unlink(path);
	return done_testing();
}
