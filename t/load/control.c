// SPDX-License-Identifier: GPL-2.0-only
/* Places, orders and commands: what a policy asks for is what its tasks get. */
#include "puppets.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#define HOG_NS (200 * MSEC)
#define LONG_NS (100 * MSEC) /* a slice */
#define SOON_NS (25 * MSEC)  /* a tick or two, and an emulated machine's ways */
#define CPU 1                /* where things happen; the policy has the others */

static struct puppet *const hog = &puppets[0], *const a = &puppets[1], *const b = &puppets[2],
			    *const c = &puppets[3];

static bool can_wait; /* this kernel has SCXU_KICK_WAIT */

static void abc_want_to_run(void)
{
	summon(a, MSEC);
	summon(b, MSEC);
	summon(c, MSEC);
}

/* They have run, and in this order. */
static bool in_order(const struct puppet *first, const struct puppet *second,
		     const struct puppet *third)
{
	if (!play_until(3000, is_done(a) && is_done(b) && is_done(c)))
		return false;
	diag("turns %u %u %u, CPUs %d %d %d", a->note->turn, b->note->turn, c->note->turn,
	     a->note->cpu, b->note->cpu, c->note->cpu);
	return first->note->turn < second->note->turn && second->note->turn < third->note->turn;
}

static bool ran_on(const struct puppet *p, int cpu)
{
	return p->note->cpu == cpu && p->note->end_cpu == cpu;
}

static void test_cpus(int nr_cpus)
{
	int cpu, nr_wrong = 0;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		summon(a, 3 * MSEC);
		send_to(a, cpu, 0, 0);
		a->automatic = true;
		nr_wrong += !play_until(2000, is_done(a)) || !ran_on(a, cpu);
	}
	is_int(nr_wrong, 0, "a task runs on the CPU that it is dispatched to");
	summon(a, MSEC);
	send_to(a, SCXU_CPU_ANY, 0, 0);
	ok(play_until(2000, is_done(a)), "and for any CPU it runs as well");
}

/* How long the task waits that comes after a slice of 40 ms. */
static uint64_t wait_for_slice(void)
{
	start_hog(hog, CPU, HOG_NS, 40 * MSEC);
	summon(a, MSEC);
	send_to(a, CPU, 0, 0);
	if (!play_until(3000, is_done(a)))
		return 0;
	return a->note->start_ns - hog->note->start_ns;
}

static void test_slice(void)
{
	uint64_t first_ns;
	int tries = 0;

	do {
		first_ns = wait_for_slice();
		clear_stage();
	} while (hog->nr_stopped && ++tries < 10);
	ok(first_ns >= 30 * MSEC && first_ns < 40 * MSEC + SOON_NS,
	   "a task waits for the slice of another, 40 ms (%llu us, %d tries more)",
	   (unsigned long long)first_ns / 1000, tries);
}

static void set_vtimes(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(a, CPU, 30, 0);
	send_to(b, CPU, 10, 0);
	send_to(c, CPU, 20, 0);
}

static void set_same_vtime(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(c, CPU, 5, 0);
	send_to(b, CPU, 5, 0);
	send_to(a, CPU, 5, 0);
}

static void test_vtime(void)
{
	set_stage(set_vtimes);
	ok(in_order(b, c, a), "tasks for one CPU run in order of vtime");
	clear_stage();

	set_stage(set_same_vtime);
	ok(in_order(c, b, a), "and with the same one in order of dispatch");
	clear_stage();
}

static void set_one_head(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(a, CPU, 0, 0);
	send_to(b, CPU, 0, 0);
	send_to(c, CPU, 0, SCXU_DISPATCH_HEAD);
}

/* The highest vtimes that there are must not come before either. */
static void set_two_heads(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(a, CPU, INT64_MAX, 0);
	send_to(b, CPU, 0, SCXU_DISPATCH_HEAD);
	send_to(c, CPU, 0, SCXU_DISPATCH_HEAD);
}

static void set_wrapped(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(a, CPU, 5, 0);
	send_to(b, CPU, -5, 0);
	send_to(c, CPU, 0, SCXU_DISPATCH_HEAD);
}

static void test_head(void)
{
	set_stage(set_one_head);
	ok(in_order(c, a, b), "SCXU_DISPATCH_HEAD goes before what waits");
	clear_stage();

	set_stage(set_two_heads);
	ok(in_order(c, b, a), "the last one first, and before any vtime");
	clear_stage();

	set_stage(set_wrapped);
	ok(in_order(c, b, a), "vtimes wrap, and it goes before those that do");
	clear_stage();
}

static void test_preempt(void)
{
	uint64_t asked_ns;

	start_hog(hog, CPU, HOG_NS, LONG_NS);
	summon(a, MSEC);
	asked_ns = now_ns(CLOCK_MONOTONIC);
	send_to(a, CPU, 0, SCXU_DISPATCH_PREEMPT);
	ok(play_until(3000, is_done(a)) && a->note->start_ns - asked_ns < SOON_NS && ran_on(a, CPU),
	   "SCXU_DISPATCH_PREEMPT runs at once, in place of a slice of 100 ms");
	ok(!is_done(hog) && play_until(3000, is_done(hog)), "whose task goes on later");
	clear_stage();
}

static void set_one_behind(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	summon(a, MSEC);
	send_to(a, CPU, 0, 0);
	play_for(2);
}

static void test_kick(void)
{
	uint64_t asked_ns;

	set_stage(set_one_behind);
	asked_ns = now_ns(CLOCK_MONOTONIC);
	is_int(scxu_kick_cpu(s, CPU, SCXU_KICK_PREEMPT), 0, "SCXU_KICK_PREEMPT is taken");
	ok(play_until(3000, is_done(a)) && a->note->start_ns - asked_ns < SOON_NS,
	   "and ends the slice");
	is_int(scxu_kick_cpu(s, CPU, SCXU_KICK_IDLE), 0, "so is SCXU_KICK_IDLE");
	is_int(scxu_kick_cpu(s, CPU, SCXU_KICK_WAIT), can_wait ? 0 : -EOPNOTSUPP,
	       "SCXU_KICK_WAIT, if this kernel can");
	is_int(scxu_has(s, SCXU_FEATURE_KICK_WAIT), can_wait, "which the library tells");
	is_int(scxu_has(NULL, SCXU_FEATURE_KICK_WAIT), can_wait, "also without a handle");
	is_int(scxu_kick_cpu(s, CPU, 0), 0, "no flag");
	is_int(scxu_kick_cpu(s, CPU, SCXU_KICK_IDLE | SCXU_KICK_PREEMPT), -EINVAL,
	       "what the kernel would evict us for is refused");
	is_int(scxu_kick_cpu(s, 100000, 0), -EINVAL, "and a CPU that does not exist");
	clear_stage();
}

static void test_set_slice(void)
{
	uint64_t asked_ns;

	set_stage(set_one_behind);
	asked_ns = now_ns(CLOCK_MONOTONIC);
	is_int(scxu_set_slice(s, &hog->task, MSEC), 0, "scxu_set_slice() is taken");
	ok(play_until(3000, is_done(a)) && a->note->start_ns - asked_ns < SOON_NS,
	   "and ends a slice that runs");
	clear_stage();
}

static void set_three_behind(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to(a, CPU, 10, 0);
	send_to(b, CPU, 20, 0);
	send_to(c, CPU, 30, 0);
	play_for(2);
}

static void test_set_vtime(void)
{
	set_stage(set_three_behind);
	is_int(scxu_set_vtime(s, &c->task, 5), 0, "scxu_set_vtime() is taken");
	ok(in_order(c, a, b), "and moves a task that waits");
	clear_stage();
}

static bool in_fallback(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };

	scxu_get_stats(s, &stats);
	return stats.in_fallback;
}

static struct scxu_task recalled; /* as it was */

static void set_recall(void)
{
	set_one_behind();
	recalled = a->task;
	if (scxu_recall(s, &recalled))
		bail("a recall was not taken");
	play_until(1000, a->waits || has_started(a));
}

static void recall_a(void)
{
	set_stage(set_recall);
	ok(a->waits && a->task.flags & SCXU_TASK_REENQUEUED &&
		   a->task.generation != recalled.generation,
	   "a recalled task comes again, and says so");
}

static void test_recall(void)
{
	struct scxu_task running;

	recall_a();
	send_to(a, 0, 0, 0);
	ok(play_until(1000, is_done(a)) && !is_done(hog) && ran_on(a, 0),
	   "and runs on another CPU, while the first is busy");
	clear_stage();

	recall_a();
	ok(play_until(3000, is_done(a)), "one without an answer is run by the fallback");
	a->waits = false;
	ok(play_until(3000, !in_fallback()), "which gives way");
	clear_stage();

	recall_a();
	setpriority(PRIO_PROCESS, a->pid, 5);
	send_to(a, SCXU_CPU_ANY, 0, 0);
	a->automatic = true;
	ok(play_until(3000, is_done(a)), "one that is reniced meanwhile is not lost");
	clear_stage();
	is_int(a->note->nr_done, a->nr_orders, "and runs once for each order");

	start_hog(hog, CPU, HOG_NS, LONG_NS);
	running = hog->task;
	is_int(scxu_recall(s, &running), 0, "the recall of a task that runs is taken");
	play_for(10);
	ok(hog->task.generation == running.generation, "and does nothing");
	clear_stage();
}

static void test_killed_while_recalled(void)
{
	int status = 0;

	recall_a();
	kill(a->pid, SIGKILL);
	ok(play_until(3000, waitpid(a->pid, &status, WNOHANG) == a->pid),
	   "a recalled task that is killed goes, if only by the fallback");
	close(a->order_fd);
	a->waits = false;
	a->nr_orders = a->note->nr_done = a->note->nr_started = 0;
	make_puppet(a);
	ok(play_until(3000, a->rests && !in_fallback()), "and the fallback gives way that ran it");
	clear_stage();
}

static uint64_t nr_bounced(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };

	scxu_get_stats(s, &stats);
	return stats.nr_bounced;
}

static void send_to_queue(struct puppet *p, int queue, uint64_t vtime)
{
	p->give.queue = queue;
	send_to(p, SCXU_CPU_ANY, vtime, 0);
}

static void set_cpu(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(pid, sizeof(set), &set);
}

static void set_queued(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	abc_want_to_run();
	send_to_queue(a, 1, 3);
	send_to_queue(b, 1, 2);
	send_to_queue(c, 1, 1);
}

static void test_queues(void)
{
	uint64_t mask = 1 << CPU, bounced;
	int one = scxu_create_queue(s, "one", &mask, 1), all = scxu_create_queue(s, "all", NULL, 0);

	is_int(one, 1, "a queue that one CPU serves");
	is_int(all, 2, "and one that all serve");
	is_int(scxu_create_queue(s, "none", &(uint64_t){ 0 }, 1), -EINVAL,
	       "one that none serves is refused");

	set_stage(set_queued);
	ok(in_order(c, b, a), "tasks in a queue run in order of vtime");
	ok(a->note->cpu == CPU && b->note->cpu == CPU && c->note->cpu == CPU, "on its CPU");
	clear_stage();

	summon(a, MSEC);
	send_to_queue(a, all, 0);
	ok(play_until(1000, is_done(a)), "a task in the queue that all serve runs");

	set_cpu(a->pid, 0);
	summon(a, MSEC);
	bounced = nr_bounced();
	send_to_queue(a, one, 0);
	ok(play_until(1000, is_done(a)) && ran_on(a, 0),
	   "one that no CPU of its queue may run runs");
	is_int(nr_bounced() - bounced, 1, "and counts as bounced");
}

static void hotplug(bool online)
{
	uint64_t start_ns = now_ns(CLOCK_MONOTONIC), took_ns;
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", CPU);
	if (!do_aside(20000, write_line, &(struct line){ path, online ? "1" : "0" }))
		bail("the CPU does not change");
	took_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
	ok(took_ns < 3000 * MSEC, "CPU %d goes %s within 3 s (%llu us)", CPU,
	   online ? "online" : "offline", (unsigned long long)took_ns / 1000);
}

#define TRACE "/sys/kernel/tracing/"

/* What the kernel's debug dump, which goes to a tracepoint, says of queue @name; -1 = nothing. */
static long nr_in_dump(const char *name)
{
	char line[512], find[64];
	const char *found;
	long nr = -1;
	FILE *trace = fopen(TRACE "trace", "r");

	if (!trace)
		bail("no trace");
	snprintf(find, sizeof(find), "name=%s nr_queued=", name);
	while (fgets(line, sizeof(line), trace)) {
		found = strstr(line, find);
		if (found)
			nr = strtol(found + strlen(find), NULL, 10);
	}
	fclose(trace);
	return nr;
}

/* The dump may come when the last one has left the queue: then once more. */
static void test_queues_in_dump(void)
{
	struct line enable = { TRACE "events/sched_ext/sched_ext_dump/enable", "1" };
	int tries = 0;

	write_line(&enable);
	do {
		set_stage(set_queued);
		if (!do_aside(20000, write_line, &(struct line){ "/proc/sysrq-trigger", "D" }))
			bail("no debug dump");
		clear_stage();
	} while (nr_in_dump("one") == 0 && ++tries < 10);
	enable.text = "0";
	write_line(&enable);
	ok(nr_in_dump("one") >= 1 && nr_in_dump("one") <= 3,
	   "the kernel's debug dump tells how many tasks wait in a queue, by its name (%ld)",
	   nr_in_dump("one"));
	is_int(nr_in_dump("all"), 0, "and of the other one that none does");
}

static void test_orphaned_queue(void)
{
	start_hog(hog, CPU, HOG_NS, LONG_NS);
	summon(b, MSEC);
	send_to_queue(b, 1, 0);
	hotplug(false);
	ok(play_until(3000, is_done(b)), "when the CPUs of a queue are gone others serve it");
	summon(c, MSEC);
	send_to_queue(c, 1, 0);
	ok(play_until(3000, is_done(c)), "and what is put there runs");
	hotplug(true);
	clear_stage();
}

static void test_many_queues(void)
{
	int nr, err = 0;

	for (nr = 2; nr < 64 && !err; nr++)
		err = scxu_create_queue(s, "many", NULL, 0) != nr + 1;
	is_int(err, 0, "64 queues can be made");
	is_int(scxu_create_queue(s, "more", NULL, 0), -ENOSPC, "and no more");
	summon(b, MSEC);
	send_to_queue(b, 64, 0);
	ok(play_until(1000, is_done(b)), "a task in the last one runs");
}

static void result_is(struct puppet *p, unsigned int result, const char *what)
{
	unsigned int before = p->nr_results;

	dispatch(p);
	ok(play_until(1000, p->nr_results > before), "%s: there is a result", what);
	is_int(p->result.value[0], result, "%s: it is the right one", what);
}

static void test_results(void)
{
	summon(b, MSEC);
	b->give.cpu = CPU;
	result_is(b, SCXU_RESULT_PLACED, "a plain decision");
	play_until(1000, is_done(b));
	result_is(b, SCXU_RESULT_STALE, "the same again");

	set_cpu(b->pid, 0);
	summon(b, MSEC);
	b->give.cpu = CPU;
	result_is(b, SCXU_RESULT_BOUNCED, "a CPU that is not allowed");
	play_until(1000, is_done(b));
}

static void *spin(void *arg)
{
	volatile bool *stop = arg;

	while (!*stop)
		;
	return NULL;
}

/* Threads of the policy's process do not wait for the policy, but must leave room for others. */
static void test_own_threads(void)
{
	static volatile bool stop;
	pthread_t threads[2];
	pthread_attr_t attr;
	cpu_set_t cpus;
	int i;

	CPU_ZERO(&cpus);
	CPU_SET(CPU, &cpus);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 0; i < 2; i++)
		if (pthread_create(&threads[i], &attr, spin, (void *)&stop))
			bail("no thread");
	play_for(100);
	set_cpu(b->pid, CPU);
	summon(b, MSEC);
	b->give.cpu = CPU;
	dispatch(b);
	ok(play_until(1000, is_done(b)), "a task runs beside two busy threads of the policy's own");
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static void test_cpuperf(void)
{
	is_int(scxu_set_cpuperf(s, CPU, SCXU_CPUPERF_MAX), 0, "a level of performance is taken");
	is_int(scxu_set_cpuperf(s, CPU, SCXU_CPUPERF_MAX + 1), -EINVAL, "one too high is not");
	is_int(scxu_set_cpuperf(s, 100000, 0), -EINVAL, "nor a CPU that does not exist");
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

int main(int argc, char **argv)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "control",
		.flags = SCXU_FULL_USER,
		.fallback_ms = 1000,
		.log = print_log,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_RESULT) | SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) |
			  SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT),
	};

	can_wait = argc > 1 && !strcmp(argv[1], "kick-wait");
	make_puppets();
	if (scxu_open(&s, &opts))
		bail("it does not attach");
	test_cpus(sysconf(_SC_NPROCESSORS_ONLN));
	test_slice();
	test_vtime();
	test_head();
	test_preempt();
	test_kick();
	test_set_slice();
	test_set_vtime();
	test_recall();
	test_killed_while_recalled();
	test_queues();
	test_queues_in_dump();
	test_orphaned_queue();
	test_many_queues();
	test_results();
	test_own_threads();
	test_cpuperf();
	is_int(scxu_shutdown_and_report(s, NULL), 0, "it was never evicted");
	scxu_close(s);
	return done_testing();
}
