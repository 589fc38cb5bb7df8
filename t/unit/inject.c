// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/inject.c and lib/port_inject.c: what is asked for, who may, and that it happens. */
#include "../../lib/inject.h"

#include <unistd.h>

#include "../tap.h"
#include "fake_port.h"
#include "log_keeper.h"

#define NR_CPUS 4
#define NR_TIMES 10000
#define SEC NSEC_PER_SEC

#ifdef ENABLE_INJECT
#define STRANGER 0
#else
#define STRANGER -EPERM
#endif

static struct log_keeper kept;
static struct scxu s;
static uid_t euid;

uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
	return euid;
}

/* As scxu_open() has it by then. */
static int open_with(const char *text)
{
	memset(&kept, 0, sizeof(kept));
	fake_open(&s, NR_CPUS);
	s.opts = (struct scxu_opts){
		.inject = text,
		.max_tasks = 8192,
		.nr_events = 1024,
		.log = log_keep,
		.log_arg = &kept,
	};
	return scxu_inject_open(&s);
}

static void close_it(void)
{
	free(s.injector);
	s.injector = NULL;
}

static void test_good(void)
{
	static const struct {
		const char *text;
		struct inject want;
	} good[] = {
		{ "delay=5", { .delay = { 5, 5, 100 } } },
		{ "delay=5-20", { .delay = { 5, 20, 100 } } },
		{ "delay=5-5@1", { .delay = { 5, 5, 1 } } },
		{ "delay=60000@100", { .delay = { 60000, 60000, 100 } } },
		{ "spin=1-60000@10", { .spin = { 1, 60000, 10 } } },
		{ "drop-wakeup=7", { .drop_wakeup = 7 } },
		{ "corrupt=1", { .corrupt = 1 } },
		{ "lose=100", { .lose = 100 } },
		{ "twice=50", { .twice = 50 } },
		{ "ring=8", { .nr_ring = 8 } },
		{ "decisions=4096", { .nr_decisions = 4096 } },
		{ "events=16", { .nr_events = 16 } },
		{ "tasks=1048576", { .nr_tasks = 1 << 20 } },
		{ "seed=0", { .seed = 0 } },
		{ "seed=4294967295", { .seed = UINT32_MAX } },
		{ "twice=2,spin=3,ring=64,delay=1",
		  { .twice = 2, .spin = { 3, 3, 100 }, .nr_ring = 64, .delay = { 1, 1, 100 } } },
	};
	struct inject got;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		memset(&kept, 0, sizeof(kept));
		memset(&got, 0xff, sizeof(got));
		is_int(inject_parse(&s, &got, "inject", good[i].text), 0, "%s", good[i].text);
		ok(!memcmp(&got, &good[i].want, sizeof(got)), "and is what it says");
		is_int(kept.nr_lines, 0, "and nothing is logged");
	}
}

static void test_bad(void)
{
	static const char *const bad[][2] = {
		{ "nonsense=1", "inject \"nonsense=1\": want one of delay, spin, drop-wakeup, " },
		{ "delay", "inject \"delay\": want one of" },
		{ "dela=1", "tasks, seed, then \"=\" and a value" },
		{ "delays=1", "want one of" },
		{ "", "inject \"\": want one of" },
		{ "twice=1,", "inject \"\": want one of" },
		{ ",twice=1", "inject \"\": want one of" },
		{ "twice=1, lose=1", "inject \" lose=1\": want one of" },
		{ "delay=", "inject \"delay=\": want delay=MS[-MS][@PERCENT], MS from 1 to 60000" },
		{ "delay=0", "delay=MS" },
		{ "delay=60001", "delay=MS" },
		{ "delay=99999999999999999999", "delay=MS" },
		{ "delay=18446744073709551621", "delay=MS" }, /* 2^64 + 5 */
		{ "delay=5ms", "delay=MS" },
		{ "delay=-5", "delay=MS" },
		{ "delay=5-", "delay=MS" },
		{ "delay=20-5", "not less than the one before" },
		{ "spin=5@0", "want spin=MS[-MS][@PERCENT]" },
		{ "spin=5@101", "PERCENT from 1 to 100" },
		{ "spin=5@", "spin=MS" },
		{ "spin=5@5-6", "spin=MS" },
		{ "corrupt=0", "inject \"corrupt=0\": want corrupt=N, a number from 1 to 100" },
		{ "lose=101", "want lose=N, a number from 1 to 100" },
		{ "twice=5x", "want twice=N" },
		{ "drop-wakeup=+5", "want drop-wakeup=N" },
		{ "ring=4", "want ring=N, a power of two from 8 to 4096" },
		{ "ring=24", "want ring=N, a power of two" },
		{ "ring=8192", "want ring=N, a power of two" },
		{ "decisions=7", "want decisions=N, a power of two from 8 to 4096" },
		{ "events=131072", "want events=N, a power of two from 8 to 65536" },
		{ "tasks=0", "want tasks=N, a power of two from 8 to 1048576" },
		{ "seed=4294967296", "want seed=N, a number from 0 to 4294967295" },
		{ "seed=1,seed=1", "inject \"seed=1\": want seed once" },
		{ "lose=\x1b[31m", "inject \"lose=?[31m\"" },
		{ "lose=0000000000000000000000000000000000000000000000000000000000000000001",
		  "inject \"lose=0000" },
	};
	struct inject got;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&kept, 0, sizeof(kept));
		is_int(inject_parse(&s, &got, "inject", bad[i][0]), -EINVAL, "bad: %s", bad[i][0]);
		ok(log_is_one_error(&kept, bad[i][1]), "and why");
	}
}

static void test_who_may(void)
{
	static const struct scxu_sim_opts sim;

	euid = 0;
	is_int(open_with("lose=5"), 0, "root may");
	ok(s.injector && kept.nr_lines == 1 && kept.level == SCXU_LOG_WARNING &&
		   strstr(kept.line, "injected on purpose: lose=5"),
	   "and is warned");
	close_it();

	euid = 1000;
	is_int(open_with("lose=5"), STRANGER, "who else may");
	if (STRANGER) {
		ok(log_is_one_error(&kept, "inject: want root, or the simulator, or a libscxuser "
					   "that was configured with --enable-inject"),
		   "and why not");
		ok(!s.injector, "and nothing is injected");
	}
	close_it();
	fake_open(&s, NR_CPUS);
	s.opts = (struct scxu_opts){ .inject = "lose=5", .sim = &sim };
	is_int(scxu_inject_open(&s), 0, "anybody may in the simulator");
	close_it();

	euid = 0;
	fake_open(&s, NR_CPUS);
	memset(&kept, 0, sizeof(kept));
	s.opts = (struct scxu_opts){
		.inject = "lose=5", .replay = "file", .log = log_keep, .log_arg = &kept
	};
	is_int(scxu_inject_open(&s), -EINVAL, "nobody may into a replay");
	ok(log_is_one_error(&kept, "replay and inject: want one of them"), "and why not");
	is_int(open_with("lose=0"), -EINVAL, "what has no sense");
	ok(log_is_one_error(&kept, "want lose=N"), "is said");
	close_it();
}

static void test_environment(void)
{
	is_int(open_with(NULL), 0, "nothing is asked for");
	ok(!s.injector && !kept.nr_lines, "and nothing injected");
	setenv("SCXU_INJECT", "twice=7,oops", 1);
	is_int(open_with(NULL), -EINVAL, "SCXU_INJECT is read");
	ok(log_is_one_error(&kept, "SCXU_INJECT \"oops\": want"), "and named");
	close_it();
	setenv("SCXU_INJECT", "twice=7", 1);
	is_int(open_with(NULL), 0, "SCXU_INJECT");
	ok(s.injector && s.injector->what.twice == 7, "is what counts");
	close_it();
	is_int(open_with("lose=3"), 0, "opts.inject");
	ok(s.injector && s.injector->what.lose == 3 && !s.injector->what.twice, "goes before it");
	close_it();
	is_int(open_with(""), 0, "also if that is empty");
	ok(!s.injector && !kept.nr_lines, "then nothing is injected");
	setenv("SCXU_INJECT", "", 1);
	is_int(open_with(NULL), 0, "SCXU_INJECT is empty");
	ok(!s.injector && !kept.nr_lines, "and nothing injected");
	unsetenv("SCXU_INJECT");
}

static void test_sizes(void)
{
	open_with("ring=16,decisions=32,events=8,tasks=64");
	is_int(s.nr_ring, 16, "ring");
	is_int(s.nr_decisions, 32, "decisions");
	is_int(s.opts.nr_events, 8, "events");
	is_int(s.opts.max_tasks, 64, "tasks");
	close_it();
	open_with("events=65536,tasks=1048576");
	is_int(s.opts.nr_events, 1024, "nothing becomes larger: events");
	is_int(s.opts.max_tasks, 8192, "tasks");
	close_it();
}

/* A handle through which decisions pass. */
static void begin(const char *text)
{
	euid = 0;
	if (open_with(text))
		bail("%s: %s", text, kept.line);
	scxu_inject_begin(&s);
}

/* The log tells at the end how often what happened. */
static void end(const char *what)
{
	s.port->detach(&s);
	ok(kept.level == SCXU_LOG_INFO && strstr(kept.line, what), "the log counts: %s", kept.line);
	kept.nr_lines = 0;
	s.port->detach(&s);
	is_int(kept.nr_lines, 0, "once");
	is_int(fake.nr_detach, 2, "and the port is detached");
	close_it();
}

static struct scxu_dispatch decision(int i)
{
	/* The last ones that there are. */
	return (struct scxu_dispatch){
		.slot = FAKE_MAX_SLOTS - 8 + i % 8,
		.generation = 100 + i,
		.cpu = SCXU_CPU_ANY,
		.slice_ns = 5000000,
		.vtime = 1 + SEC * i,
		.cookie = 77,
	};
}

static void is_about(int got, int percent, const char *what)
{
	int want = NR_TIMES / 100 * percent;

	ok(got > want * 85 / 100 && got < want * 115 / 100, "%s: %d of %d, asked for %d %%", what,
	   got, NR_TIMES, percent);
}

/* One decision in each round. Return: how often none of them got through, or not as it was. */
static int play(int nr_rounds, int *nr_none, int *nr_two)
{
	int nr_other = 0, i;
	struct scxu_dispatch d;

	*nr_none = *nr_two = 0;
	for (i = 0; i < nr_rounds; i++) {
		d = decision(i);
		fake.nr_taken = 0;
		fake.room = 2;
		if (scxu_dispatch_task(&s, &d))
			bail("a decision was not taken");
		*nr_none += fake.nr_taken == 0;
		*nr_two += fake.nr_taken == 2 && !memcmp(&fake.taken[1], &d, sizeof(d));
		nr_other += fake.nr_taken > 0 && memcmp(&fake.taken[0], &d, sizeof(d));
		scxu_notify_complete(&s, 0);
	}
	return nr_other;
}

static void test_decisions(void)
{
	int nr_none, nr_two, nr_other;

	begin("seed=1");
	nr_other = play(NR_TIMES, &nr_none, &nr_two);
	ok(!nr_other && !nr_none && !nr_two && !fake.nr_held && !fake.nr_spun &&
		   !fake.nr_slept_through,
	   "what is not asked for does not happen");
	is_int(fake.nr_wait, NR_TIMES, "and each round ends");
	end("injected: 0 rounds held up, 0 wake-ups dropped, of decisions 0 corrupted, 0 lost");
	begin("lose=10");
	nr_other = play(NR_TIMES, &nr_none, &nr_two);
	is_about(nr_none, 10, "lose");
	ok(!nr_other && !nr_two, "the others are as they were");
	end(" lost");
	begin("twice=30");
	nr_other = play(NR_TIMES, &nr_none, &nr_two);
	is_about(nr_two, 30, "twice");
	ok(!nr_other && !nr_none, "and no other");
	end(" given twice");
	begin("corrupt=20");
	nr_other = play(NR_TIMES, &nr_none, &nr_two);
	is_about(nr_other, 20, "corrupt");
	ok(!nr_none && !nr_two, "each comes, once");
	end(" corrupted");
	begin("lose=100");
	play(100, &nr_none, &nr_two);
	is_int(nr_none, 100, "all are lost");
	end("100 lost");
}

/* Of which each member is changed at times, but the cookie never, and the slot is one that exists. */
static void test_corrupt(void)
{
	int nr[8] = { 0 }, nr_bad = 0, nr_same = 0, i;
	struct scxu_dispatch d, *got = &fake.taken[0];
	int64_t error;

	begin("corrupt=100");
	memset(fake.in_slot, 1, sizeof(fake.in_slot));
	for (i = 0; i < NR_TIMES; i++) {
		d = decision(i);
		fake.nr_taken = 0;
		fake.room = 1;
		scxu_dispatch_task(&s, &d);
		error = got->vtime - d.vtime;
		nr[0] += got->slot != d.slot;
		nr[1] += got->generation != d.generation;
		nr[2] += got->cpu != d.cpu;
		nr[3] += got->flags != d.flags;
		nr[4] += got->slice_ns != d.slice_ns;
		nr[5] += got->vtime != d.vtime;
		nr[6] += got->queue != d.queue;
		nr[7] += got->generation == d.generation - 1;
		/* The cookie is that of the task that has the slot: the fake port's have 0. */
		nr_bad += got->slot >= s.nr_slots || got->cookie != (got->slot == d.slot ? 77 : 0);
		/* A task's own decision has no vtime that would keep it waiting for ever. */
		nr_bad += got->slot == d.slot && (error < -134217728 || error > 134217728);
		nr_same += !memcmp(got, &d, sizeof(d));
	}
	for (i = 0; i < 8; i++)
		ok(nr[i] > NR_TIMES / 100, "what is changed: %d of %d", nr[i], NR_TIMES);
	is_int(nr_bad, 0, "the cookie stays with its task, the slot is one that there is");
	ok(nr_same < NR_TIMES / 50, "hardly one stays as it was: %d", nr_same);
	end("10000 corrupted");
}

static void test_delay(void)
{
	uint64_t least_ns = UINT64_MAX, most_ns = 0;
	int nr_none, nr_two, i;

	begin("delay=5-20@25,spin=7@50");
	play(NR_TIMES, &nr_none, &nr_two);
	is_about(fake.nr_held, 25, "delay");
	is_about(fake.nr_spun, 50, "spin");
	end(" rounds held up");

	begin("delay=5-20");
	for (i = 0; i < NR_TIMES; i++) {
		scxu_notify_complete(&s, 0);
		least_ns = fake.held_ns < least_ns ? fake.held_ns : least_ns;
		most_ns = fake.held_ns > most_ns ? fake.held_ns : most_ns;
	}
	is_int(fake.nr_held, NR_TIMES, "each round is held up, also if nothing is decided");
	ok(least_ns >= 5000000 && least_ns < 5100000 && most_ns <= 20000000 && most_ns > 19900000,
	   "for the time asked for");
	end("10000 rounds held up");
}

/* Where in the round, and once. */
static void test_moment(void)
{
	struct scxu_dispatch d = decision(1);

	begin("delay=5");
	fake.room = 3;
	fake.nr_tasks = 1;
	scxu_dequeue_task(&s, &(struct scxu_task){ 0 });
	is_int(fake.nr_held, 0, "a task is read");
	scxu_dispatch_task(&s, &d);
	is_int(fake.nr_held, 1, "before the first decision");
	scxu_dispatch_task(&s, &d);
	scxu_kick_cpu(&s, 0, 0);
	scxu_notify_complete(&s, 0);
	is_int(fake.nr_held, 1, "not before another one, nor at the end of that round");
	fake.room = 1;
	scxu_kick_cpu(&s, 0, 0);
	is_int(fake.nr_held, 2, "a command counts as well");
	scxu_arm(&s);
	is_int(fake.nr_held, 2, "and scxu_arm() ends a round");
	scxu_arm(&s);
	is_int(fake.nr_held, 3, "with nothing in it, too");
	is_int(fake.nr_arm, 2, "which is done");
	end("3 rounds held up");
}

static void test_wakeups(void)
{
	int i;

	begin("drop-wakeup=40");
	for (i = 0; i < NR_TIMES; i++)
		scxu_notify_complete(&s, 0);
	is_about(fake.nr_slept_through, 40, "drop-wakeup");
	is_int(fake.nr_wait, NR_TIMES, "there is one wait for each");
	end(" wake-ups dropped");

	begin("drop-wakeup=100");
	fake.wait_result = -EINTR;
	is_int(scxu_wait(&s, 30), -EINTR, "the result is the port's");
	is_int(fake.nr_slept_through, 1, "scxu_wait()");
	is_int(fake.timeout_ns, 30000000, "with its timeout");
	scxu_wait(&s, 0);
	is_int(fake.nr_slept_through, 1, "who does not sleep is not woken");
	scxu_notify_complete(&s, 1);
	ok(fake.nr_slept_through == 1 && fake.pending, "nor who has more to do");
	end("1 wake-ups dropped");
}

/* The first 1000 decisions, added up. */
static uint64_t sum_of(const char *text)
{
	const unsigned char *byte;
	struct scxu_dispatch d;
	uint64_t sum = 0;
	size_t k;
	int i;

	begin(text);
	for (i = 0; i < 1000; i++) {
		d = decision(i);
		fake.nr_taken = 0;
		fake.room = 2;
		scxu_dispatch_task(&s, &d);
		byte = (const unsigned char *)fake.taken;
		for (k = 0; k < fake.nr_taken * sizeof(d); k++)
			sum = sum * 31 + byte[k];
	}
	close_it();
	return sum;
}

static void test_seed(void)
{
	uint64_t sum = sum_of("corrupt=50,lose=10,twice=10,seed=5");

	ok(sum == sum_of("corrupt=50,lose=10,twice=10,seed=5"), "the same seed, the same faults");
	ok(sum != sum_of("corrupt=50,lose=10,twice=10,seed=6"), "another one, others");
	ok(sum_of("corrupt=50") == sum_of("corrupt=50,seed=0"), "the default is 0");
}

/* What passes as it is: a few of each kind. */
static void test_rest(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct scxu_exit_info info = { .sz = sizeof(info) };

	begin("lose=100,corrupt=100");
	fake.stats.nr_rounds = 33;
	fake.exit.kind = SCXU_EXIT_RESTART;
	fake.pid[2] = 44;
	fake.fd = 9;
	fake.has = true;
	scxu_get_stats(&s, &stats);
	is_int(stats.nr_rounds, 33, "statistics");
	is_int(scxu_get_cpu_pid(&s, 2), 44, "who runs where");
	is_int(scxu_get_fd(&s), 9, "the descriptor");
	ok(scxu_has(&s, 1), "what the kernel can do");
	is_str(scxu_get_dump(&s), "the dump", "the dump");
	scxu_stop(&s);
	is_int(fake.nr_wake, 1, "a stop");
	scxu_shutdown_and_report(&s, &info);
	is_int(info.kind, SCXU_EXIT_RESTART, "the end");
	is_int(scxu_write_summary(&s, 1, SCXU_SUMMARY_TEXT), -EOPNOTSUPP, "no summary");
	s.port->destroy(&s);
	is_int(fake.nr_destroy, 1, "and it is freed");
	close_it();
}

int main(void)
{
	unsetenv("SCXU_INJECT");
	open_with(NULL);
	test_good();
	test_bad();
	test_who_may();
	test_environment();
	test_sizes();
	test_decisions();
	test_corrupt();
	test_delay();
	test_moment();
	test_wakeups();
	test_seed();
	test_rest();
	return done_testing();
}
