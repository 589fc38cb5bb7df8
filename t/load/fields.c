// SPDX-License-Identifier: GPL-2.0-only
/* The record of a task: each member says what the kernel, or the task itself, says as well. */
#include "puppets.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CPU 1                /* where things happen; the policy has the others */
#define LONG_NS (100 * MSEC) /* a slice */
#define NR_CPUS 4
#define CGROUPS "/sys/fs/cgroup"

static struct puppet *const a = &puppets[0], *const b = &puppets[1], *const c = &puppets[2],
			    *const waker = &puppets[NR_PUPPETS - 1]; /* it can order the others */

/* Have it want to run with nothing to do, and keep it: as it is now, so is its record. */
static const struct scxu_task *record_of(struct puppet *p)
{
	clear_stage();
	summon(p, 0);
	p->held = true;
	return &p->task;
}

/* Run time, by the clock that the kernel has for the process. */
static uint64_t cpu_clock_of(pid_t pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock))
		bail("no clock of %d", pid);
	return now_ns(clock);
}

/* A number from /proc/PID/status. */
static long long status_of(pid_t pid, const char *key)
{
	char path[64], line[256];
	long long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		bail("cannot read %s", path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			value = strtoll(line + strlen(key) + 1, NULL, 10);
	fclose(f);
	return value;
}

/* Who is seen beside the puppets: a thread, or a child of theirs. */
static pid_t stranger;
static struct scxu_task stranger_task;
static unsigned int nr_stranger;

static void see_stranger(const struct scxu_event *ev)
{
	if (ev->type != SCXU_EVENT_ENQUEUE || puppet_of(ev->task.pid) || ev->task.tgid != stranger)
		return;
	stranger_task = ev->task;
	nr_stranger++;
}

static void *thread_main(void *arg)
{
	my_note->said[0] = syscall(SYS_gettid);
	my_note->said[1] = getpid();
	usleep(1000);
	return arg;
}

static void act_thread(uint64_t arg)
{
	pthread_t thread;

	(void)arg;
	if (!pthread_create(&thread, NULL, thread_main, NULL))
		pthread_join(thread, NULL);
}

static void test_ids(void)
{
	const struct scxu_task *t = record_of(a);

	is_int(t->pid, a->pid, "pid of a process");
	is_int(t->tgid, a->pid, "tgid of a process");

	clear_stage();
	stranger = b->pid;
	nr_stranger = 0;
	order_to(b, act_thread, 0);
	ok(play_until(2000, is_done(b)) && nr_stranger, "a thread of a process is seen");
	is_int(stranger_task.pid, b->note->said[0], "pid of a thread");
	is_int(stranger_task.tgid, b->note->said[1], "tgid of a thread");
	ok(stranger_task.pid != stranger_task.tgid && stranger_task.id != b->task.id &&
		   stranger_task.slot != b->task.slot,
	   "which is a task of its own");
}

static void act_name(uint64_t name)
{
	prctl(PR_SET_NAME, name ? "quite a long one" : "short");
}

static void test_comm(void)
{
	const struct scxu_task *t;
	int i, nr_left = 0;

	order_to(a, act_name, 1);
	is_str(record_of(a)->comm, "quite a long on", "comm, with as many letters as there may be");
	clear_stage();
	order_to(a, act_name, 0);
	t = record_of(a);
	is_str(t->comm, "short", "and after it a short one");
	for (i = strlen("short"); i < (int)sizeof(t->comm); i++)
		nr_left += t->comm[i] != '\0';
	is_int(nr_left, 0, "of which nothing is left");
}

/* The first number in a file of sysfs. */
static int sysfs_int(int none, const char *path)
{
	FILE *f = fopen(path, "r");
	int value = none;

	if (f && fscanf(f, "%d", &value) != 1)
		value = none;
	if (f)
		fclose(f);
	return value;
}

static int sysfs_node(int cpu)
{
	char path[80];
	int node;

	for (node = 0; node < NR_CPUS; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpu%d", node, cpu);
		if (!access(path, F_OK))
			return node;
	}
	return 0;
}

/* The first CPU of those that share the last-level cache. */
static int sysfs_leader(int cpu)
{
	char path[80];
	int index, leader = -1;

	for (index = 3; index >= 0 && leader < 0; index--) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/cache/index%d/shared_cpu_list", cpu, index);
		leader = sysfs_int(-1, path);
	}
	return leader;
}

static int sysfs_llc(int cpu)
{
	int leader = sysfs_leader(cpu), before, nr = 0;

	for (before = 0; before < leader; before++)
		nr += sysfs_leader(before) == before;
	return nr;
}

static void test_place(void)
{
	int cpu, nr_wrong = 0, nr_wrong_node = 0, nr_wrong_llc = 0;
	const struct scxu_task *t;

	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		record_of(a);
		send_to(a, cpu, 0, 0);
		t = record_of(a);
		diag("CPU %d: said %d, is in node %d, LLC %d of CPU %d", cpu, t->cpu,
		     sysfs_node(cpu), sysfs_llc(cpu), sysfs_leader(cpu));
		nr_wrong += t->cpu != cpu || a->note->end_cpu != cpu;
		nr_wrong_node += t->node != sysfs_node(cpu);
		nr_wrong_llc += t->llc != sysfs_llc(cpu);
	}
	is_int(nr_wrong, 0, "cpu is where it ran last");
	is_int(nr_wrong_node, 0, "node is that of sysfs");
	is_int(nr_wrong_llc, 0, "llc is that of sysfs");
	ok(sysfs_node(NR_CPUS - 1) == 1 && sysfs_llc(NR_CPUS - 1) == 1, "of which there are two");
}

static void set_mask(pid_t pid, unsigned int mask)
{
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		if (mask >> cpu & 1)
			CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set))
		bail("no affinity: %s", strerror(errno));
}

static bool mask_is_right(const struct scxu_task *t)
{
	int cpu, walked = -1, nr_wrong = 0;
	cpu_set_t set;

	sched_getaffinity(t->pid, sizeof(set), &set);
	for (cpu = 0; cpu < NR_CPUS + 2; cpu++) {
		nr_wrong += scxu_task_may_run_on(s, t, cpu) != !!CPU_ISSET(cpu, &set);
		if (!CPU_ISSET(cpu, &set))
			continue;
		walked = scxu_task_next_cpu(s, t, walked);
		nr_wrong += walked != cpu;
	}
	nr_wrong += scxu_task_next_cpu(s, t, walked) != -1;
	nr_wrong += t->nr_cpus_allowed != (unsigned int)CPU_COUNT(&set);
	return !nr_wrong;
}

static void test_mask(void)
{
	static const unsigned int masks[] = { 0x5, 0xa, 0x9, 0x4, 0x1, 0xe };
	uint32_t generation;
	unsigned int i;

	ok(mask_is_right(record_of(a)), "CPUs allowed: all");
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		clear_stage();
		set_mask(a->pid, masks[i]);
		ok(mask_is_right(record_of(a)), "CPUs allowed: mask 0x%x", masks[i]);
	}
	generation = a->task.generation;
	set_mask(a->pid, 0xb);
	ok(play_until(1000, a->task.generation != generation) && mask_is_right(&a->task),
	   "and when it is changed while the task waits");
	clear_stage();
	set_mask(a->pid, 0xf);
}

/* The kernel's sched_prio_to_weight[]. */
static const unsigned int kernel_weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
	1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
	110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
};

static bool nice_is_right(int nice)
{
	uint32_t generation = a->task.generation, weight;

	weight = (kernel_weights[nice + 20] * 100 + 512) / 1024;
	if (setpriority(PRIO_PROCESS, a->pid, nice))
		bail("no nice value: %s", strerror(errno));
	if (play_until(1000, a->task.generation != generation) && a->task.nice == nice &&
	    a->task.weight == weight)
		return true;
	diag("nice %d: said nice %d, weight %u, not %u", nice, a->task.nice, a->task.weight,
	     weight);
	return false;
}

static void policy_is(int policy, uint32_t weight, const char *name)
{
	const struct scxu_task *t;

	clear_stage();
	if (sched_setscheduler(a->pid, policy, &(struct sched_param){ 0 }))
		bail("no %s: %s", name, strerror(errno));
	t = record_of(a);
	is_int(t->policy, policy, "policy: %s", name);
	is_int(t->weight, weight, "weight of %s", name);
}

static void test_priority(void)
{
	int nice, nr_wrong = 0;

	is_int(record_of(a)->weight, SCXU_WEIGHT_DEFAULT, "weight of a task like others");
	for (nice = -20; nice < 20; nice++)
		nr_wrong += !nice_is_right(nice);
	is_int(nr_wrong, 0, "nice and weight, for each nice value");
	clear_stage();
	setpriority(PRIO_PROCESS, a->pid, -5);
	ok(record_of(a)->weight == 305 && a->task.nice == -5, "and when they change in its sleep");
	clear_stage();
	setpriority(PRIO_PROCESS, a->pid, 0);
	policy_is(SCHED_BATCH, 100, "SCHED_BATCH");
	policy_is(SCHED_IDLE, 1, "SCHED_IDLE");
	policy_is(SCHED_OTHER, 100, "SCHED_OTHER");
}

static uint64_t inode(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("no %s", path);
	return st.st_ino;
}

static void move_to_cgroup(pid_t pid, const char *path)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (!do_aside(5000, write_line, &(struct line){ path, text }))
		bail("it does not move to %s", path);
}

static void test_cgroup(void)
{
	const char *control = CGROUPS "/cgroup.subtree_control";
	uint64_t root = inode(CGROUPS), one;

	mkdir(CGROUPS "/one", 0755);
	one = inode(CGROUPS "/one");
	is_int(record_of(a)->cgroup_id, root, "cgroup_id of a task at the root");
	clear_stage();
	move_to_cgroup(a->pid, CGROUPS "/one/cgroup.procs");
	is_int(record_of(a)->cgroup_id, root, "of one that moved, while the cpu controller is off");
	ok(do_aside(5000, write_line, &(struct line){ control, "+cpu" }), "it is turned on");
	is_int(record_of(a)->cgroup_id, one, "then it is the new one's");
	move_to_cgroup(a->pid, CGROUPS "/cgroup.procs");
	ok(play_until(1000, a->task.cgroup_id == root),
	   "one that waits moves back, and comes again");
	clear_stage();
}

/* Its order comes by a pipe: the writer says that it is about to sleep. */
static void act_order(uint64_t whom)
{
	struct order o = { .act = work };

	my_note->said[0] = sched_getcpu();
	if (write(puppets[whom].order_fd, &o, sizeof(o)) != sizeof(o))
		_exit(1);
}

static int bell;

static void act_listen(uint64_t arg)
{
	uint64_t value;

	if (read(bell, &value, sizeof(value)) != sizeof(value))
		_exit(arg);
}

/* The kernel does not take the writer to an eventfd for one that sleeps soon. */
static void act_ring(uint64_t value)
{
	my_note->said[0] = sched_getcpu();
	if (write(bell, &value, sizeof(value)) != sizeof(value))
		_exit(1);
}

/* @waker does @act on @cpu, which makes @a want to run. */
static void wake_from(int cpu, void (*act)(uint64_t arg), uint64_t arg)
{
	a->automatic = false;
	a->waits = false;
	summon_to(waker, act, arg);
	send_to(waker, cpu, 0, 0);
	ok(play_until(1000, a->waits && is_done(waker)), "it is woken from CPU %d", cpu);
	ok(a->task.flags & SCXU_TASK_WAKEUP, "SCXU_TASK_WAKEUP");
	is_int(a->task.waker_pid, waker->pid, "waker_pid");
	is_int(a->task.waker_cpu, waker->note->said[0], "waker_cpu");
	is_int(a->task.waker_cpu, cpu, "which is where it was sent");
}

static void test_waker(void)
{
	clear_stage();
	a->nr_orders++;
	a->rests = false;
	wake_from(2, act_order, a - puppets);
	ok(a->task.flags & SCXU_TASK_SYNC, "SCXU_TASK_SYNC: by a pipe");
	clear_stage();

	order_to(a, act_listen, 1);
	play_until(1000, has_started(a));
	play_for(10);
	wake_from(3, act_ring, 1);
	ok(!(a->task.flags & SCXU_TASK_SYNC), "not SCXU_TASK_SYNC: by an eventfd");
	clear_stage();
}

/* One run, from its start to its sleep: what is known of it from outside. */
struct run {
	uint64_t ordered_ns, sent_ns, slept_ns, cpu_before_ns, cpu_after_ns;
};

static bool run_once(struct run *run, uint64_t work_ns)
{
	long long stopped = status_of(a->pid, "nonvoluntary_ctxt_switches");

	clear_stage();
	run->ordered_ns = now_ns(CLOCK_MONOTONIC);
	summon(a, work_ns);
	run->sent_ns = now_ns(CLOCK_MONOTONIC);
	run->cpu_before_ns = cpu_clock_of(a->pid);
	a->give.slice_ns = LONG_NS;
	send_to(a, CPU, 0, 0);
	a->automatic = true;
	if (!play_until(2000, is_done(a)))
		bail("it does not end");
	run->slept_ns = now_ns(CLOCK_MONOTONIC);
	run->cpu_after_ns = cpu_clock_of(a->pid);
	return status_of(a->pid, "nonvoluntary_ctxt_switches") == stopped;
}

static void test_run(void)
{
	const struct scxu_task *t = &a->task;
	struct run run;
	int tries = 0;

	while (!run_once(&run, 10 * MSEC) && ++tries < 10)
		;
	ok(t->enqueue_ns >= run.ordered_ns && t->enqueue_ns <= run.sent_ns,
	   "enqueue_ns is between the order and the look at the task (%d tries more)", tries);
	record_of(a);
	ok(t->start_ns >= run.sent_ns && t->start_ns <= a->note->start_ns,
	   "start_ns is between the decision and what the task says");
	ok(t->stop_ns >= a->note->end_ns && t->stop_ns <= run.slept_ns,
	   "stop_ns is between what it says and the look at its sleep");
	is_int(t->exec_ns, cpu_clock_of(a->pid), "exec_ns is the clock of its process");
	is_int(t->exec_ns, run.cpu_after_ns, "which stood still in its sleep");
	is_int(t->exec_run_ns, run.cpu_after_ns - run.cpu_before_ns,
	       "exec_run_ns is what that went on in the last run");
	ok(t->exec_run_ns >= 10 * MSEC && t->exec_run_ns < 12 * MSEC, "as long as it had to work");
	is_int(t->exec_awake_ns, 0, "exec_awake_ns is 0 after a sleep");
	clear_stage();
}

static void act_work_and_yield(uint64_t work_ns)
{
	work(work_ns);
	sched_yield();
	work(work_ns);
	sched_yield();
}

/* @a runs on the CPU until it comes again; what waits behind it there has that happen. */
static bool comes_again(void)
{
	a->held = true;
	a->give.slice_ns = LONG_NS;
	send_to(a, CPU, 0, 0);
	summon(b, MSEC);
	send_to(b, CPU, 0, 0);
	return play_until(2000, a->waits);
}

static void test_awake(void)
{
	uint64_t woken_ns, second_ns;

	clear_stage();
	summon_to(a, act_work_and_yield, 20 * MSEC);
	woken_ns = cpu_clock_of(a->pid);
	ok(comes_again(), "it comes again when it yields");
	ok(!(a->task.flags & (SCXU_TASK_WAKEUP | SCXU_TASK_PREEMPTED)),
	   "neither SCXU_TASK_WAKEUP nor SCXU_TASK_PREEMPTED");
	is_int(a->task.exec_awake_ns, cpu_clock_of(a->pid) - woken_ns, "exec_awake_ns");
	second_ns = cpu_clock_of(a->pid);
	ok(comes_again(), "and once more");
	is_int(a->task.exec_awake_ns, cpu_clock_of(a->pid) - woken_ns, "exec_awake_ns is of both");
	is_int(a->task.exec_run_ns, cpu_clock_of(a->pid) - second_ns, "exec_run_ns of the last");
	clear_stage();
}

static void test_stopped(void)
{
	clear_stage();
	/* Both are to be at it still when the last slice ends, however late we hear and decide. */
	summon(b, 400 * MSEC);
	summon(a, 400 * MSEC);
	a->held = true;
	a->give.slice_ns = LONG_NS;
	send_to(a, CPU, 0, 0);
	play_until(2000, has_started(a));
	send_to(b, CPU, 0, SCXU_DISPATCH_PREEMPT);
	ok(play_until(2000, a->waits), "it comes again when it is stopped");
	ok(a->task.flags & SCXU_TASK_PREEMPTED, "SCXU_TASK_PREEMPTED");
	a->give.slice_ns = 2 * MSEC;
	b->give.slice_ns = MSEC;
	b->give.flags = 0;
	send_to(a, CPU, 0, 0);
	ok(play_until(2000, a->waits), "it comes again when its slice is used up");
	ok(!(a->task.flags & SCXU_TASK_PREEMPTED), "not SCXU_TASK_PREEMPTED");
	record_of(a); /* before, the kernel had yet to count the switch that was under way */
	is_int(a->task.nr_preemptions, status_of(a->pid, "nonvoluntary_ctxt_switches"),
	       "nr_preemptions is that of /proc");
	ok(a->task.nr_preemptions >= 2, "and not 0");
	is_int(a->task.nr_switches, status_of(a->pid, "voluntary_ctxt_switches"),
	       "nr_switches is that of /proc");
	ok(a->task.nr_switches > a->task.nr_preemptions, "and not the same");
	clear_stage();
}

static void test_recalled(void)
{
	uint32_t generation;

	clear_stage();
	start_hog(b, CPU, 100 * MSEC, LONG_NS);
	summon(a, 0);
	generation = a->task.generation;
	send_to(a, CPU, 0, 0);
	play_for(2);
	scxu_recall(s, &a->task);
	ok(play_until(1000, a->waits) && a->task.flags & SCXU_TASK_REENQUEUED,
	   "SCXU_TASK_REENQUEUED: it was recalled");
	is_int(a->task.generation, generation + 1, "which is one enqueue more");
	clear_stage();
	ok(!(record_of(a)->flags & SCXU_TASK_REENQUEUED), "and the next time it is not set");
	clear_stage();
}

static void test_kept(void)
{
	struct scxu_dispatch d;
	uint32_t generation;

	record_of(a);
	a->give.cookie = 0x1234567890abcdef;
	send_to(a, CPU, 77, 0);
	record_of(b);
	b->give.cookie = 5;
	send_to(b, CPU, 99, 0);
	record_of(a);
	ok(a->task.cookie == 0x1234567890abcdef, "the cookie of the last decision comes back");
	is_int(a->task.vtime, 77, "so does its vtime");
	generation = a->task.generation;
	scxu_dispatch_init(&d, &a->task);
	ok(d.cookie == a->task.cookie, "scxu_dispatch_init() keeps the cookie");
	send_to(a, CPU, 0, 0);
	record_of(a);
	is_int(a->task.vtime, 0, "no vtime in the last decision: none comes back");
	is_int(a->task.generation, generation + 1, "an enqueue, a generation");
	record_of(b);
	ok(b->task.cookie == 5 && b->task.vtime == 99, "another task has its own");
	clear_stage();
}

/* Fields of the record that a task has before its first enqueue, or after another's in its slot. */
static bool is_as_born(const struct scxu_task *t)
{
	return !t->cookie && !t->vtime && !t->flags && !t->nr_switches && !t->exec_awake_ns &&
	       !t->exec_run_ns && !t->start_ns && !t->stop_ns;
}

static void test_slots(void)
{
	struct scxu_task old;

	record_of(c);
	c->give.cookie = 7;
	send_to(c, CPU, 3, 0);
	clear_stage();
	old = c->task;
	kill(c->pid, SIGKILL);
	if (!play_until(3000, waitpid(c->pid, NULL, WNOHANG) == c->pid))
		bail("it does not end");
	close(c->order_fd);
	c->nr_orders = c->note->nr_done = c->note->nr_started = 0;
	memset(&c->task, 0, sizeof(c->task));
	play_for(300); /* on older kernels it leaves its slot late */
	make_puppet(c);
	ok(play_until(2000, c->task.id), "a new task is enqueued");
	ok(is_as_born(&c->task), "its record has nothing of a task before it");
	ok(c->task.id > old.id, "its id is higher");
	diag("slot %u, was %u", c->task.slot, old.slot);
	ok(c->task.slot != old.slot || c->task.generation > old.generation,
	   "slot and generation are another pair");
	c->rests = true;
	play_for(20);
	record_of(c);
	clear_stage();
}

/* /proc/PID/stat, flags: PF_KTHREAD. */
static bool proc_says_kthread(pid_t pid)
{
	char path[64], line[512], *end;
	unsigned int flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f) && (end = strrchr(line, ')')))
		sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
	if (f)
		fclose(f);
	return flags & 0x00200000;
}

static void test_kthreads(void)
{
	int nr = 0, nr_kthreads = 0, nr_wrong = 0;
	struct scxu_task t;
	uint32_t iter = 0;

	while (scxu_next_task(s, &iter, &t) > 0) {
		nr++;
		nr_kthreads += proc_says_kthread(t.pid);
		nr_wrong += !!(t.flags & SCXU_TASK_KTHREAD) != proc_says_kthread(t.pid);
	}
	diag("%d tasks, %d of them the kernel's own", nr, nr_kthreads);
	ok(nr_kthreads > 10 && nr > nr_kthreads + NR_PUPPETS, "scxu_next_task() walks all tasks");
	ok(nr_wrong <= 2, "SCXU_TASK_KTHREAD, as in /proc (%d differ)", nr_wrong);
}

static bool is_detached(void)
{
	char state[16] = "";
	FILE *f = fopen("/sys/kernel/sched_ext/state", "r");

	if (f && fscanf(f, "%15s", state) != 1)
		state[0] = '\0';
	if (f)
		fclose(f);
	return !strcmp(state, "disabled");
}

/* The groups of which a member is set. */
static uint32_t groups_of(const struct scxu_task *t)
{
	return (t->flags & SCXU_TASK_PREEMPTED ? SCXU_FIELD_FLAGS : 0) |
	       (t->comm[0] ? SCXU_FIELD_COMM : 0) |
	       (t->nice || t->policy ? SCXU_FIELD_PRIORITY : 0) |
	       (t->node || t->llc ? SCXU_FIELD_PLACE : 0) |
	       (t->waker_pid || t->waker_cpu || t->flags & SCXU_TASK_SYNC ? SCXU_FIELD_WAKER : 0) |
	       (t->start_ns || t->stop_ns || t->exec_run_ns || t->exec_awake_ns ||
				t->nr_preemptions ?
			SCXU_FIELD_RUN :
			0);
}

static uint32_t groups_seen;

static void see_groups(const struct scxu_event *ev)
{
	if (ev->type == SCXU_EVENT_ENQUEUE && puppet_of(ev->task.pid))
		groups_seen |= groups_of(&ev->task);
}

static void print_log(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	diag("%s", line);
}

static void open_with(uint32_t fields)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "fields",
		.flags = SCXU_FULL_USER,
		.fallback_ms = 1000,
		.log = print_log,
		.fields = fields,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP),
	};
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		p->waits = false;
	if (scxu_open(&s, &opts))
		bail("it does not attach");
}

/* What would set a member of each group, if that was asked for. */
static void do_all_things(void)
{
	clear_stage();
	summon_to(waker, act_order, a - puppets);
	a->nr_orders++;
	a->rests = false;
	send_to(waker, NR_CPUS - 1, 0, 0);
	play_until(2000, is_done(a) && is_done(waker));
	summon(a, 30 * MSEC);
	a->give.slice_ns = LONG_NS;
	send_to(a, NR_CPUS - 1, 0, 0);
	play_until(2000, has_started(a));
	play_for(5);
	scxu_kick_cpu(s, NR_CPUS - 1, SCXU_KICK_PREEMPT);
	summon(b, 0);
	send_to(b, NR_CPUS - 1, 0, SCXU_DISPATCH_PREEMPT);
	clear_stage();
	record_of(a);
	clear_stage();
}

static void test_groups(void)
{
	uint32_t group;
	int tries;

	setpriority(PRIO_PROCESS, a->pid, 3);
	on_event = see_groups;
	for (group = 0; group <= SCXU_FIELD_RUN; group = group ? group * 2 : 1) {
		open_with(group);
		groups_seen = 0;
		/* A task that is to be preempted may have come to its end before. */
		for (tries = 0; tries < 3 && groups_seen != group; tries++)
			do_all_things();
		is_int(groups_seen, group, "fields 0x%x asked for: they are set, no others", group);
		scxu_close(s);
	}
}

int main(void)
{
	bell = eventfd(0, 0);
	make_puppets();
	open_with(SCXU_FIELD_ALL);
	on_event = see_stranger;
	test_ids();
	test_comm();
	test_place();
	test_mask();
	test_priority();
	test_cgroup();
	test_waker();
	test_run();
	test_awake();
	test_stopped();
	test_recalled();
	test_kept();
	test_slots();
	test_kthreads();
	is_int(scxu_shutdown_and_report(s, NULL), 0, "it was never evicted");
	ok(is_detached(), "and is detached, although a child has its descriptors");
	scxu_close(s);
	test_groups();
	return done_testing();
}
