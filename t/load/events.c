// SPDX-License-Identifier: GPL-2.0-only
/* Events: each type comes when it should, says what it should, and only if it was asked for. */
#include "puppets.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define CPU 1                /* where things happen; the policy has the others */
#define LONG_NS (100 * MSEC) /* a slice */
#define NR_RECENT 4096
#define NR_SEQS 4096 /* tasks whose order is watched */
#define CGROUPS "/sys/fs/cgroup"

static struct puppet *const a = &puppets[0], *const b = &puppets[1];

static struct scxu_event recent[NR_RECENT]; /* but for enqueues of others than puppets */
static unsigned int nr_recent;
static unsigned int nr_disorder; /* events of a task that came before earlier ones */
static unsigned int nr_foreign;  /* of our own process */
static unsigned int nr_numbered; /* that have a number */
static uint64_t nr_lost;
static uint64_t asked, seen;       /* types, as SCXU_EVENT_BIT() */
static uint64_t next_seq[NR_SEQS]; /* by slot; the next one at least */

static void watch_order(const struct scxu_event *ev)
{
	uint64_t *next = &next_seq[ev->task.slot % NR_SEQS];

	nr_numbered += ev->seq > 0;
	if (!ev->task.id || !asked)
		return;
	if (ev->seq < *next)
		diag("event %u of pid %d: number %llu after %llu", ev->type, ev->task.pid,
		     (unsigned long long)ev->seq, (unsigned long long)*next - 1);
	nr_disorder += ev->seq < *next;
	*next = ev->seq + 1;
}

static void see(const struct scxu_event *ev)
{
	watch_order(ev);
	seen |= SCXU_EVENT_BIT(ev->type);
	nr_foreign += ev->task.tgid == getpid();
	if (ev->type == SCXU_EVENT_LOST)
		nr_lost += ev->value[0];
	if (ev->type == SCXU_EVENT_ENQUEUE && !puppet_of(ev->task.pid))
		return;
	if (nr_recent < NR_RECENT)
		recent[nr_recent++] = *ev;
}

/* Look back no further than this. */
static void forget(void)
{
	nr_recent = 0;
}

/* The first event of a type, of any task if @pid is 0; NULL = it has not come. */
static const struct scxu_event *find(uint32_t type, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < nr_recent; i++)
		if (recent[i].type == type && (!pid || recent[i].task.pid == pid))
			return &recent[i];
	return NULL;
}

static unsigned int nr_of(uint32_t type, pid_t pid)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_recent; i++)
		nr += recent[i].type == type && (!pid || recent[i].task.pid == pid);
	return nr;
}

/* A test point: it comes. If not, what is returned is all 0. */
static const struct scxu_event *comes(uint32_t type, pid_t pid, const char *what)
{
	static const struct scxu_event none;

	return ok(play_until(3000, find(type, pid)), "%s", what) ? find(type, pid) : &none;
}

static uint64_t cpu_clock_of(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? 0 : now_ns(clock);
}

/* The members that an event has of its task, and no others. */
static void is_about(const struct scxu_event *ev, const struct puppet *p, const char *what)
{
	struct scxu_task want = {
		.pid = p->pid,
		.tgid = p->pid,
		.cpu = ev->task.cpu,
		.slot = p->task.slot,
		.generation = p->task.generation,
		.weight = ev->task.weight,
		.exec_ns = ev->task.exec_ns,
		.cookie = p->give.cookie,
		.id = p->task.id,
	};

	ok(!memcmp(&want, &ev->task, sizeof(want)), "%s: it says which task, and no more", what);
	if (memcmp(&want, &ev->task, sizeof(want)))
		diag("pid %d, not %d; slot %u, not %u; generation %u, not %u; id %llu, not %llu",
		     ev->task.pid, p->pid, ev->task.slot, p->task.slot, ev->task.generation,
		     p->task.generation, (unsigned long long)ev->task.id,
		     (unsigned long long)p->task.id);
}

static bool is_at(const struct scxu_event *ev, uint64_t from_ns, uint64_t to_ns)
{
	return ev->time_ns >= from_ns && ev->time_ns <= to_ns;
}

static void test_life(void)
{
	const struct scxu_event *runnable, *enqueue, *result, *sleep;
	uint64_t ordered_ns, looked_ns;

	clear_stage();
	forget();
	ordered_ns = now_ns(CLOCK_MONOTONIC);
	summon(a, 2 * MSEC);
	looked_ns = now_ns(CLOCK_MONOTONIC);
	a->give.cookie = 4711;
	send_to(a, CPU, 0, 0);
	play_until(2000, is_done(a));
	runnable = comes(SCXU_EVENT_RUNNABLE, a->pid, "a task that wakes up becomes runnable");
	enqueue = comes(SCXU_EVENT_ENQUEUE, a->pid, "it wants to run");
	sleep = comes(SCXU_EVENT_SLEEP, a->pid, "it goes to sleep");
	result = &a->result;
	ok(runnable->seq < enqueue->seq && enqueue->seq < result->seq && result->seq < sleep->seq,
	   "in this order, and the decision is placed in between");
	is_int(result->value[0], SCXU_RESULT_PLACED, "as it said");
	ok(is_at(runnable, ordered_ns, enqueue->time_ns) && is_at(enqueue, ordered_ns, looked_ns) &&
		   is_at(result, looked_ns, a->note->start_ns) &&
		   is_at(sleep, a->note->end_ns, now_ns(CLOCK_MONOTONIC)),
	   "each at its time");
	is_about(sleep, a, "sleep");
	/* The kernel counts the way out of the CPU as well, once more after it has told us. */
	ok(cpu_clock_of(a->pid) - sleep->task.exec_ns < MSEC / 10,
	   "exec_ns is the clock of its process");
	is_int(sleep->cpu, a->note->end_cpu, "it sleeps where it ran");
	is_int(sleep->task.cpu, CPU, "which is its CPU");
	is_int(sleep->task.weight, 100, "its weight");
	is_int(nr_of(SCXU_EVENT_SLEEP, a->pid) + nr_of(SCXU_EVENT_RUNNABLE, a->pid), 2,
	       "none of them comes twice");
	clear_stage();
}

static void act_yield(uint64_t nr)
{
	work(10 * MSEC);
	while (nr--)
		sched_yield();
}

/* Events of @pid of type @second that follow directly on one of type @first. */
static unsigned int nr_following(uint32_t first, uint32_t second, pid_t pid)
{
	unsigned int i, nr = 0;
	uint32_t last = SCXU_EVENT_LOST;

	for (i = 0; i < nr_recent; i++) {
		if (recent[i].task.pid != pid || recent[i].type == SCXU_EVENT_TICK)
			continue;
		nr += last == first && recent[i].type == second;
		last = recent[i].type;
	}
	return nr;
}

static void test_yield(void)
{
	const struct scxu_event *ev;

	clear_stage();
	summon_to(a, act_yield, 5);
	forget();
	a->give.slice_ns = LONG_NS;
	send_to(a, CPU, 0, 0);
	a->automatic = true;
	summon(b, MSEC); /* the one that it gives way to */
	send_to(b, CPU, 0, 0);
	play_until(2000, is_done(a) && is_done(b));
	ev = comes(SCXU_EVENT_YIELD, a->pid, "it calls sched_yield()");
	is_int(ev->task.id, a->task.id, "yield: it says which task");
	is_int(nr_of(SCXU_EVENT_YIELD, a->pid), 5, "as often as it did");
	ok(b->note->end_ns < a->note->end_ns, "another task had its turn");
	is_int(nr_following(SCXU_EVENT_YIELD, SCXU_EVENT_PREEMPT, a->pid), 0,
	       "which does not count as being stopped");
	clear_stage();
}

/* It may have done its work before we are there, if the emulator lets its CPU run for so long. */
static void test_preempt(void)
{
	const struct scxu_event *ev;
	int tries = 0;

	do {
		clear_stage();
		start_hog(a, CPU, 90 * MSEC, LONG_NS);
		summon(b, 0);
		forget();
		send_to(b, CPU, 0, SCXU_DISPATCH_PREEMPT);
		play_until(1000, find(SCXU_EVENT_PREEMPT, a->pid));
		ev = find(SCXU_EVENT_PREEMPT, a->pid);
	} while ((!ev || ev->value[0] <= 50 * MSEC) && ++tries < 10);
	ev = comes(SCXU_EVENT_PREEMPT, a->pid, "another task runs at once: it is stopped");
	diag("%llu us of the slice were left", (unsigned long long)ev->value[0] / 1000);
	ok(ev->value[0] > 50 * MSEC && ev->value[0] < LONG_NS, "most of its slice was left");
	is_int(ev->cpu, CPU, "it happened there");
	clear_stage();
}

/*
 * Two others may cut a slice short: the thread that runs us, if no CPU that is idle comes for it, and a
 * thread of the kernel's that stops a CPU for a moment. Then once more.
 */
static void test_end_of_slice(void)
{
	const struct scxu_event *ev;
	uint64_t left_ns;
	int tries = 0;

	do {
		start_hog(a, CPU, 60 * MSEC, 30 * MSEC);
		summon(b, 0);
		forget();
		send_to(b, CPU, 0, 0);
		play_until(3000, find(SCXU_EVENT_PREEMPT, a->pid));
		ev = find(SCXU_EVENT_PREEMPT, a->pid);
		left_ns = ev ? ev->value[0] : UINT64_MAX;
		clear_stage();
	} while (left_ns && ++tries < 10);
	is_int(left_ns, 0, "its slice is used up: it is stopped, and nothing was left");
}

static void act_fork(uint64_t arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	my_note->said[0] = pid;
	waitpid(pid, NULL, 0);
	(void)arg;
}

static void test_new_and_exit(void)
{
	const struct scxu_event *new, *exit;
	pid_t child;

	clear_stage();
	forget();
	order_to(a, act_fork, 0);
	play_until(2000, is_done(a));
	child = a->note->said[0];
	new = comes(SCXU_EVENT_NEW, child, "a task that is forked is new");
	is_int(new->value[0], a->pid, "and says who forked it");
	exit = comes(SCXU_EVENT_EXIT, child, "it ends");
	ok(new->seq < exit->seq &&new->task.id == exit->task.id &&new->task.id > a->task.id,
	   "after it began, and has a number of its own");
	is_int(nr_of(SCXU_EVENT_NEW, child) + nr_of(SCXU_EVENT_EXIT, child), 2, "once each");
	clear_stage();
}

static void set_class(const struct puppet *p, int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	if (sched_setscheduler(p->pid, policy, &param))
		bail("no class: %s", strerror(errno));
}

static void test_class(void)
{
	const struct scxu_event *ev;

	clear_stage();
	summon(a, 0);
	a->task.cookie = a->give.cookie;
	forget();
	set_class(a, SCHED_FIFO);
	ev = comes(SCXU_EVENT_WITHDRAW, a->pid,
		   "one that waits becomes real-time: it is withdrawn");
	is_int(ev->value[0], SCXU_WITHDRAW_DEQUEUE, "by itself");
	is_about(ev, a, "withdraw");
	ev = comes(SCXU_EVENT_EXIT, a->pid, "and is no longer ours");
	is_int(ev->task.id, a->task.id, "exit: it says which task");
	a->waits = false;
	play_until(1000, a->note->nr_done == a->nr_orders);
	dispatch(a);
	ok(play_until(1000, a->result.value[0] == SCXU_RESULT_STALE), "a decision for it is stale");

	forget();
	set_class(a, SCHED_OTHER);
	ev = comes(SCXU_EVENT_NEW, a->pid, "it comes back: it is new");
	is_int(ev->value[0], 0, "but nobody forked it");
	is_int(ev->task.id, a->task.id, "and it is who it was");
	a->rests = true;
	clear_stage();
}

static void set_mask(pid_t pid, unsigned int mask)
{
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	for (cpu = 0; cpu < 4; cpu++)
		if (mask >> cpu & 1)
			CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set))
		bail("no affinity: %s", strerror(errno));
}

static void test_affinity(void)
{
	const struct scxu_event *ev, *withdraw;

	clear_stage();
	forget();
	set_mask(a->pid, 0x5);
	ev = comes(SCXU_EVENT_CPUMASK, a->pid, "the CPUs of a task that sleeps change");
	is_about(ev, a, "CPU mask");
	ok(scxu_task_next_cpu(s, &ev->task, -1) == 0 && scxu_task_next_cpu(s, &ev->task, 0) == 2 &&
		   scxu_task_next_cpu(s, &ev->task, 2) == -1,
	   "by then its mask is the new one");
	is_int(nr_of(SCXU_EVENT_WITHDRAW, a->pid), 0, "nothing is withdrawn");

	summon(a, 0);
	a->held = true;
	forget();
	set_mask(a->pid, 0xf);
	ev = comes(SCXU_EVENT_CPUMASK, a->pid, "and those of one that waits");
	withdraw = comes(SCXU_EVENT_WITHDRAW, a->pid, "which is withdrawn");
	is_int(withdraw->value[0], SCXU_WITHDRAW_DEQUEUE, "by itself");
	ok(play_until(1000, find(SCXU_EVENT_ENQUEUE, a->pid)) && withdraw->seq < ev->seq &&
		   ev->seq < find(SCXU_EVENT_ENQUEUE, a->pid)->seq,
	   "withdrawn, changed, enqueued: in this order");
	clear_stage();
}

static void test_weight(void)
{
	const struct scxu_event *ev;

	clear_stage();
	forget();
	setpriority(PRIO_PROCESS, a->pid, 10);
	ev = comes(SCXU_EVENT_WEIGHT, a->pid, "the weight of a task changes");
	is_int(ev->value[0], 11, "to that of nice 10");
	is_int(ev->task.weight, 11, "which is its weight by then");
	is_int(ev->task.id, a->task.id, "weight: it says which task");
	setpriority(PRIO_PROCESS, a->pid, 0);
	clear_stage();
}

static uint64_t inode(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("no %s", path);
	return st.st_ino;
}

static void write_to(const char *path, const char *text)
{
	if (!do_aside(5000, write_line, &(struct line){ path, text }))
		bail("%s is not written", path);
}

static void test_cgroup_move(void)
{
	const struct scxu_event *ev;
	char pid[16];

	clear_stage();
	snprintf(pid, sizeof(pid), "%d", a->pid);
	forget();
	write_to(CGROUPS "/two/cgroup.procs", pid);
	ev = comes(SCXU_EVENT_CGROUP, a->pid, "a task moves to another cgroup");
	is_int(ev->value[0], inode(CGROUPS "/two"), "to this one");
	is_int(ev->value[1], inode(CGROUPS), "from that one");
	is_about(ev, a, "cgroup");
	write_to(CGROUPS "/cgroup.procs", pid);
	clear_stage();
}

static void test_cgroup_weight(void)
{
	const struct scxu_event *ev;

	forget();
	write_to(CGROUPS "/two/cpu.weight", "321");
	ev = comes(SCXU_EVENT_CGROUP_WEIGHT, 0, "the weight of a cgroup changes");
	is_int(ev->value[0], inode(CGROUPS "/two"), "of this one");
	is_int(ev->value[1], 321, "to that");
	is_int(ev->task.id, 0, "and no task is named");
}

static void cgroup_is(const char *folder, const char *parent, uint32_t weight)
{
	struct scxu_cgroup info = { .sz = sizeof(info) };

	is_int(scxu_get_cgroup(s, inode(folder), &info), 0, "the kernel half knows %s", folder);
	is_int(info.id, inode(folder), "by its id");
	is_int(info.parent_id, parent ? inode(parent) : 0, "and the one that it is in");
	is_int(info.weight, weight, "its weight is %u", weight);
}

/* What was there before us, with a weight of its own since then, and what comes and goes. */
static void test_cgroup_tree(void)
{
	struct scxu_cgroup info = { .sz = sizeof(info) };
	const struct scxu_event *ev;
	uint64_t id;

	cgroup_is(CGROUPS, NULL, SCXU_WEIGHT_DEFAULT);
	cgroup_is(CGROUPS "/two", CGROUPS, 321);
	cgroup_is(CGROUPS "/tree/old", CGROUPS "/tree", 77);
	mkdir(CGROUPS "/tree/new", 0755);
	cgroup_is(CGROUPS "/tree/new", CGROUPS "/tree", SCXU_WEIGHT_DEFAULT);
	id = inode(CGROUPS "/tree/new");
	forget();
	rmdir(CGROUPS "/tree/new");
	ev = comes(SCXU_EVENT_CGROUP_WEIGHT, 0, "a cgroup goes");
	is_int(ev->value[0], id, "this one");
	is_int(ev->value[1], 0, "its weight is none");
	is_int(scxu_get_cgroup(s, id, &info), -ENOENT, "and nobody knows it any more");
}

static void bandwidth_is(const char *file, const char *text, uint64_t period, uint64_t quota,
			 uint64_t burst)
{
	const struct scxu_event *ev;

	forget();
	write_to(file, text);
	ev = comes(SCXU_EVENT_CGROUP_BANDWIDTH, 0, "the bandwidth of a cgroup changes");
	is_int(ev->value[0], inode(CGROUPS "/two"), "of this one");
	is_int(ev->value[1], period, "its period");
	is_int(ev->value[2], quota, "its quota");
	is_int(ev->value[3], burst, "its burst");
}

static void test_cgroup_bandwidth(void)
{
	if (!scxu_has(s, SCXU_FEATURE_CGROUP_BANDWIDTH)) {
		diag("this kernel does not tell of bandwidth");
		return;
	}
	bandwidth_is(CGROUPS "/two/cpu.max", "30000 90000", 90000, 30000, 0);
	bandwidth_is(CGROUPS "/two/cpu.max.burst", "10000", 90000, 30000, 10000);
	bandwidth_is(CGROUPS "/two/cpu.max.burst", "0", 90000, 30000, 0);
	bandwidth_is(CGROUPS "/two/cpu.max", "max 50000", 50000, UINT64_MAX, 0);
}

static bool in_fallback(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };

	scxu_get_stats(s, &stats);
	return stats.in_fallback;
}

static void test_late(void)
{
	const struct scxu_event *ev;

	clear_stage();
	summon(a, 0);
	forget();
	ev = comes(SCXU_EVENT_WITHDRAW, a->pid, "no answer for a task: the fallback withdraws it");
	is_int(ev->value[0], SCXU_WITHDRAW_FALLBACK, "and says that it was the fallback");
	is_int(ev->task.generation, a->task.generation, "this enqueue of it");
	a->waits = false;
	ok(play_until(1000, a->note->nr_done == a->nr_orders), "it runs all the same");
	play_until(2000, !in_fallback());
	clear_stage();
}

static void test_hotplug(void)
{
	const char *online = "/sys/devices/system/cpu/cpu3/online";
	const struct scxu_event *ev;

	clear_stage();
	forget();
	write_to(online, "0");
	ev = comes(SCXU_EVENT_CPU_OFFLINE, 0, "a CPU goes offline");
	is_int(ev->cpu, 3, "this one");
	is_int(scxu_get_cpu_pid(s, 3), -ENODEV, "scxu_get_cpu_pid() knows");
	is_int(ev->task.id + ev->task.pid, 0, "and no task is named");
	is_int(nr_of(SCXU_EVENT_CPU_ONLINE, 0), 0, "none comes online");
	forget();
	write_to(online, "1");
	ev = comes(SCXU_EVENT_CPU_ONLINE, 0, "it comes online");
	is_int(ev->cpu, 3, "the same");
	ok(scxu_get_cpu_pid(s, 3) >= 0, "scxu_get_cpu_pid() knows that, too");
	is_int(nr_of(SCXU_EVENT_CPU_OFFLINE, 0), 0, "none goes offline");
}

static void test_tick(void)
{
	unsigned int i, nr_wrong = 0;
	uint64_t from_ns;

	start_hog(a, CPU, 50 * MSEC, LONG_NS);
	forget();
	from_ns = a->note->start_ns;
	play_until(2000, is_done(a));
	for (i = 0; i < nr_recent; i++)
		if (recent[i].type == SCXU_EVENT_TICK && recent[i].task.pid == a->pid)
			nr_wrong += recent[i].cpu != CPU || recent[i].task.id != a->task.id ||
				    !is_at(&recent[i], from_ns, now_ns(CLOCK_MONOTONIC));
	diag("%u ticks in 50 ms", nr_of(SCXU_EVENT_TICK, a->pid));
	ok(nr_of(SCXU_EVENT_TICK, a->pid) >= 4 && nr_of(SCXU_EVENT_TICK, a->pid) <= 60,
	   "there are ticks while a task runs");
	is_int(nr_wrong, 0, "on its CPU, and no others");
	clear_stage();
}

static void test_results(void)
{
	clear_stage();
	set_mask(a->pid, 1);
	summon(a, 0);
	send_to(a, CPU, 0, 0);
	ok(play_until(1000, a->result.value[0] == SCXU_RESULT_BOUNCED), "a decision bounces");
	is_int(a->result.task.slot, a->task.slot, "of this slot");
	is_int(a->result.task.generation, a->task.generation, "and generation");
	clear_stage();
	set_mask(a->pid, 0xf);
	summon(a, 0);
	forget();
	a->task.generation = 0;
	dispatch(a);
	ok(play_until(1000, a->result.value[0] == SCXU_RESULT_REFUSED), "one is refused");
	a->waits = false;
	play_until(3000, a->note->nr_done == a->nr_orders && !in_fallback());
	clear_stage();
}

/* Of a class that is left to us. */
static bool is_ordinary(pid_t tid)
{
	int policy = sched_getscheduler(tid);

	return policy >= 0 && policy != SCHED_FIFO && policy != SCHED_RR &&
	       policy != SCHED_DEADLINE;
}

/* Ordinary threads that /proc knows, but for our own. */
static unsigned int nr_threads(void)
{
	unsigned int nr = 0;
	DIR *procs = opendir("/proc"), *tasks;
	struct dirent *proc, *task;
	char path[300];

	while ((proc = readdir(procs))) {
		snprintf(path, sizeof(path), "/proc/%s/task", proc->d_name);
		tasks = atoi(proc->d_name) && atoi(proc->d_name) != getpid() ? opendir(path) : NULL;
		while (tasks && (task = readdir(tasks)))
			nr += task->d_name[0] != '.' && is_ordinary(atoi(task->d_name));
		if (tasks)
			closedir(tasks);
	}
	closedir(procs);
	return nr;
}

static void walk_all(void)
{
	unsigned int times[NR_PUPPETS] = { 0 }, nr = 0, nr_want = nr_threads(), nr_wrong = 0;
	struct scxu_task t;
	struct puppet *p;
	uint32_t iter = 0;
	int i;

	while (scxu_next_task(s, &iter, &t) > 0) {
		nr++;
		p = puppet_of(t.pid);
		if (!p)
			continue;
		times[p - puppets]++;
		nr_wrong += !t.id || t.id != p->task.id || t.slot != p->task.slot ||
			    t.generation != p->task.generation || t.tgid != p->pid ||
			    t.cookie != p->give.cookie;
	}
	diag("%u tasks, %u in /proc", nr, nr_want);
	for (i = 0; i < NR_PUPPETS; i++)
		nr_wrong += times[i] != 1;
	is_int(nr_wrong, 0, "scxu_next_task(): each puppet once, as it is");
	ok(nr + 2 >= nr_want && nr <= nr_want + 2, "and about as many tasks as in /proc");
}

#define NR_CHANGES 200 /* of the mask of a task, all told on our CPU, whose ring has 64 places */

static void test_loss(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	uint64_t lost_before = nr_lost;
	unsigned int i;

	clear_stage();
	set_mask(getpid(), 1);
	forget();
	for (i = 0; i < NR_CHANGES; i++)
		set_mask(a->pid, i & 1 ? 0xf : 0x3);
	order(b, 0);
	comes(SCXU_EVENT_LOST, 0, "a ring of events is full: the loss is told");
	play_for(20);
	diag("%u seen, %llu lost", nr_of(SCXU_EVENT_CPUMASK, a->pid),
	     (unsigned long long)(nr_lost - lost_before));
	ok(nr_lost - lost_before + nr_of(SCXU_EVENT_CPUMASK, a->pid) >= NR_CHANGES,
	   "those that were lost are counted");
	ok(nr_lost - lost_before <= NR_CHANGES - 60 + 20, "no more than that");
	scxu_get_stats(s, &stats);
	is_int(stats.nr_events_lost, nr_lost, "nr_events_lost has all of them");
	b->rests = true; /* the event that says so may be lost, too */
	ok(play_until(1000, b->note->nr_done == b->nr_orders), "no task is lost");
	clear_stage();

	for (i = 0; i < NR_PUPPETS; i++)
		order(&puppets[i], 0);
	clear_stage();
	for (i = 0; i < NR_CHANGES; i++)
		set_mask(a->pid, i & 1 ? 0xf : 0x3);
	forget();
	walk_all();
	lost_before = nr_lost;
	play_for(20);
	is_int(nr_of(SCXU_EVENT_CPUMASK, a->pid) + nr_lost - lost_before, 0,
	       "the walk dropped all events before it, the loss too");
	forget();
	set_mask(a->pid, 0x3);
	comes(SCXU_EVENT_CPUMASK, a->pid, "and those after it come");
	set_mask(a->pid, 0xf);
	set_mask(getpid(), 0xf);
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

static void open_with(uint64_t events, uint32_t flags, uint32_t fields)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "events",
		.flags = SCXU_FULL_USER | flags,
		.fallback_ms = 1000,
		.log = print_log,
		.events = events,
		.fields = fields,
		.nr_events = 64,
	};

	if (events >> SCXU_EVENT_CGROUP_BANDWIDTH & 1 &&
	    !scxu_has(NULL, SCXU_FEATURE_CGROUP_BANDWIDTH)) {
		is_int(scxu_open(&s, &opts), -EOPNOTSUPP, "what this kernel has no event of");
		opts.events &= ~SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH);
	}
	if (scxu_open(&s, &opts))
		bail("it does not attach");
	memset(next_seq, 0, sizeof(next_seq));
	nr_lost = 0;
	nr_numbered = 0;
	asked = events;
	seen = 0;
	forget();
}

static bool all_did(void)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (p->note->nr_done != p->nr_orders)
			return false;
	return true;
}

/* What brings about each type of event, if that was asked for; but for CPUs that come and go. */
static void do_all_things(void)
{
	struct puppet *p;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", a->pid);
	for (p = puppets; p < puppets + NR_PUPPETS; p++) {
		let_go(p);
		p->give.cpu = CPU;
		p->rests = true;
	}
	order_to(a, act_yield, 3);
	order(b, 20 * MSEC);
	order(&puppets[2], 20 * MSEC);
	order_to(&puppets[3], act_fork, 0);
	play_until(3000, all_did());
	set_mask(a->pid, 3);
	set_mask(a->pid, 0xf);
	setpriority(PRIO_PROCESS, a->pid, 5);
	setpriority(PRIO_PROCESS, a->pid, 0);
	write_to(CGROUPS "/two/cgroup.procs", pid);
	write_to(CGROUPS "/cgroup.procs", pid);
	write_to(CGROUPS "/two/cpu.weight", seen & 1 ? "111" : "222");
	write_to(CGROUPS "/two/cpu.weight", "333");
	if (!access(CGROUPS "/two/cpu.max", F_OK)) {
		write_to(CGROUPS "/two/cpu.max", "20000 70000");
		write_to(CGROUPS "/two/cpu.max", "max 100000");
	}
	play_for(20);
	a->rests = true;
	summon(a, 0);
	set_mask(a->pid, 3);
	let_go(a);
	play_until(3000, all_did());
	set_mask(a->pid, 0xf);
	play_for(50);
}

/*
 * None, then those whose number has a certain bit: of any two types, one is asked for without the
 * other.
 */
static void test_types(void)
{
	const uint64_t rare =
		SCXU_EVENT_BIT(SCXU_EVENT_CPU_ONLINE) | SCXU_EVENT_BIT(SCXU_EVENT_CPU_OFFLINE);
	uint64_t events, want, never = rare | SCXU_EVENT_BIT(SCXU_EVENT_LOST);
	uint32_t type, bit;
	int tries;

	for (bit = 0; bit <= 5; bit++) {
		events = 0;
		for (type = 1; bit && type <= SCXU_EVENT_RESULT; type++)
			if (type >> (bit - 1) & 1)
				events |= SCXU_EVENT_BIT(type);
		open_with(events, 0, bit & 1 ? SCXU_FIELD_ALL : 0); /* which have operations, too */
		if (!scxu_has(s, SCXU_FEATURE_CGROUP_BANDWIDTH))
			events &= ~SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH);
		want = (events & ~never) | SCXU_EVENT_BIT(SCXU_EVENT_ENQUEUE);
		/* What is to happen to a task may come after its end. */
		for (tries = 0; tries < 3 && (seen & ~never) != want; tries++)
			do_all_things();
		is_int(seen & ~SCXU_EVENT_BIT(SCXU_EVENT_LOST), want,
		       "types 0x%llx asked for: they come, no others", (unsigned long long)events);
		is_int(nr_numbered > 0, events > 0, "numbers too, if any");
		scxu_close(s);
	}
}

static pid_t gone[64];
static unsigned int nr_gone;

static bool is_gone(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < nr_gone; i++)
		if (gone[i] == pid)
			return true;
	return false;
}

static void see_task(const struct scxu_task *t)
{
	if (t->cpu >= 0)
		enqueued(t);
	else if (nr_gone < sizeof(gone) / sizeof(gone[0]))
		gone[nr_gone++] = t->pid;
}

/* The policy that has no use for events, but wants to know who left. */
static void test_exit_tasks(void)
{
	uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + 5000 * MSEC;
	struct scxu_task t;

	open_with(0, SCXU_EXIT_TASKS, 0);
	let_go(a);
	order_to(a, act_fork, 0);
	while (now_ns(CLOCK_MONOTONIC) < end_ns &&
	       (a->note->nr_done != a->nr_orders || !is_gone(a->note->said[0]))) {
		while (scxu_dequeue_task(s, &t) > 0)
			see_task(&t);
		scxu_wait(s, 1);
	}
	ok(is_gone(a->note->said[0]),
	   "SCXU_EXIT_TASKS: scxu_dequeue_task() gives a task that left, with cpu -1");
	ok(!is_gone(a->pid), "and none that is still there");
	scxu_close(s);
}

static void make_cgroups(void)
{
	write_line(&(struct line){ CGROUPS "/cgroup.subtree_control", "+cpu" });
	mkdir(CGROUPS "/two", 0755);
	mkdir(CGROUPS "/tree", 0755);
	write_line(&(struct line){ CGROUPS "/tree/cgroup.subtree_control", "+cpu" });
	mkdir(CGROUPS "/tree/old", 0755);
	write_line(&(struct line){ CGROUPS "/tree/old/cpu.weight", "77" });
}

int main(void)
{
	make_cgroups();
	make_puppets();
	on_event = see;
	open_with(SCXU_EVENT_BIT(SCXU_EVENT_FALLBACK) * 2 - 1, 0, 0);
	test_life();
	test_yield();
	test_preempt();
	test_end_of_slice();
	test_new_and_exit();
	test_class();
	test_affinity();
	test_weight();
	test_cgroup_move();
	test_cgroup_weight();
	test_cgroup_tree();
	test_cgroup_bandwidth();
	test_late();
	test_hotplug();
	test_tick();
	test_results();
	test_loss();
	is_int(nr_disorder, 0, "all events of a task came in order");
	is_int(nr_foreign, 0, "and none of our own process");
	is_int(scxu_shutdown_and_report(s, NULL), 0, "it was never evicted");
	scxu_close(s);
	test_types();
	test_exit_tasks();
	return done_testing();
}
