/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * puppets.h - a policy that plays with a few tasks of its own.
 *
 * A puppet is a process that waits for an order, does what the order says, most often work for some
 * time, and notes when and where it ran. The policy gives all other tasks to any CPU, but keeps a
 * puppet that wants to run until the script has decided.
 */
#ifndef PUPPETS_H
#define PUPPETS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "scxuser.h"

#define NR_PUPPETS 12
#define MSEC 1000000ULL

/* What a puppet is to do: a function of the program, which both of them have. */
struct order {
	void (*act)(uint64_t arg);
	uint64_t arg;
};

/* What a puppet notes of its last order. */
struct note {
	volatile uint64_t said[4]; /* what else the act has to say */
	volatile uint64_t start_ns, end_ns;
	volatile int cpu, end_cpu;
	volatile unsigned int turn; /* the how manyth to start, of all */
	volatile unsigned int nr_started, nr_done;
};

struct notes {
	unsigned int nr_turns;
	struct note note[NR_PUPPETS];
};

struct puppet {
	pid_t pid;
	int order_fd;
	bool rests;            /* it sleeps, and waits for an order */
	bool waits;            /* it wants to run, the script decides */
	bool automatic;        /* decided already, each time: as @give says */
	bool held;             /* waits for the script also when it was stopped */
	struct scxu_task task; /* as it was when it last wanted to run */
	struct scxu_dispatch give;
	struct note *note;
	unsigned int nr_orders;
	unsigned int nr_stopped; /* before the end of its slice */
	unsigned int nr_results;
	struct scxu_event result; /* the last one */
};

static struct puppet puppets[NR_PUPPETS];
static struct notes *notes;
static unsigned int stage_turns; /* when the stage was set */
static struct scxu *s;
static struct note *my_note;                          /* a puppet's own */
static void (*on_event)(const struct scxu_event *ev); /* sees all events before we do */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void work(uint64_t work_ns)
{
	uint64_t start_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns < work_ns)
		;
}

static _Noreturn void puppet_main(struct note *n, int order_fd)
{
	struct order o;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	my_note = n;
	while (read(order_fd, &o, sizeof(o)) == sizeof(o)) {
		n->turn = __atomic_add_fetch(&notes->nr_turns, 1, __ATOMIC_SEQ_CST);
		n->cpu = sched_getcpu();
		n->start_ns = now_ns(CLOCK_MONOTONIC);
		n->nr_started++;
		o.act(o.arg);
		n->end_cpu = sched_getcpu();
		n->end_ns = now_ns(CLOCK_MONOTONIC);
		n->nr_done++;
	}
	_exit(0);
}

static void make_puppet(struct puppet *p)
{
	int fd[2];

	p->note = &notes->note[p - puppets];
	if (pipe(fd) || (p->pid = fork()) < 0)
		bail("no puppet: %s", strerror(errno));
	if (!p->pid) {
		close(fd[1]);
		puppet_main(p->note, fd[0]);
	}
	close(fd[0]);
	p->order_fd = fd[1];
	p->automatic = true;
	p->give = (struct scxu_dispatch){ .cpu = SCXU_CPU_ANY };
}

static void make_puppets(void)
{
	int i;

	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (notes == MAP_FAILED)
		bail("no memory");
	for (i = 0; i < NR_PUPPETS; i++) {
		make_puppet(&puppets[i]);
		puppets[i].rests = true; /* long before anybody asks */
	}
}

static struct puppet *puppet_of(pid_t pid)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (p->pid == pid)
			return p;
	return NULL;
}

static struct puppet *puppet_in(uint32_t slot, uint32_t generation)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (p->task.slot == slot && p->task.generation == generation)
			return p;
	return NULL;
}

static void dispatch(struct puppet *p)
{
	p->give.slot = p->task.slot;
	p->give.generation = p->task.generation;
	p->waits = false;
	if (scxu_dispatch_task(s, &p->give))
		bail("a decision was not taken");
}

static void enqueued(const struct scxu_task *t)
{
	struct puppet *p = puppet_of(t->pid);
	struct scxu_dispatch d;

	if (p) {
		p->task = *t;
		p->waits = true;
		/* One that was stopped goes on as it was sent. */
		if (p->automatic ||
		    (!p->held && !(t->flags & (SCXU_TASK_WAKEUP | SCXU_TASK_REENQUEUED))))
			dispatch(p);
		return;
	}
	scxu_dispatch_init(&d, t);
	scxu_dispatch_task(s, &d);
}

static void note_result(const struct scxu_event *ev)
{
	struct puppet *p = puppet_in(ev->task.slot, ev->task.generation);

	if (!p)
		return;
	p->nr_results++;
	p->result = *ev;
}

/* It notes that it is done before it sleeps: an order in between would find it awake. */
static void note_sleep(const struct scxu_event *ev)
{
	struct puppet *p = puppet_of(ev->task.pid);

	if (p)
		p->rests = p->note->nr_done == p->nr_orders;
}

static void note_preempted(const struct scxu_event *ev)
{
	struct puppet *p = puppet_of(ev->task.pid);

	if (p && ev->value[0] > MSEC)
		p->nr_stopped++;
}

static void note_event(const struct scxu_event *ev)
{
	if (on_event)
		on_event(ev);
	switch (ev->type) {
	case SCXU_EVENT_ENQUEUE:
		enqueued(&ev->task);
		break;
	case SCXU_EVENT_RESULT:
		note_result(ev);
		break;
	case SCXU_EVENT_SLEEP:
		note_sleep(ev);
		break;
	case SCXU_EVENT_PREEMPT:
		note_preempted(ev);
		break;
	}
}

/* One round of the policy. */
static void play(void)
{
	struct scxu_event ev;

	while (scxu_next_event(s, &ev) > 0)
		note_event(&ev);
	scxu_wait(s, 1);
}

static TAP_UNUSED void play_for(uint64_t ms)
{
	uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + ms * MSEC;

	while (now_ns(CLOCK_MONOTONIC) < end_ns)
		play();
}

/* play_until(CONDITION): false if it did not come true in @ms. */
#define play_until(ms, condition)                                                \
	({                                                                       \
		uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + (ms) * MSEC;         \
		bool met;                                                        \
                                                                                 \
		while (!(met = (condition)) && now_ns(CLOCK_MONOTONIC) < end_ns) \
			play();                                                  \
		met;                                                             \
	})

static void diag_stats(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };

	scxu_get_stats(s, &stats);
	diag("%llu fallbacks for %llu us, in it: %llu, rescued %llu, queued %llu, bounced %llu, "
	     "stale %llu, refused %llu",
	     (unsigned long long)stats.nr_fallbacks, (unsigned long long)stats.fallback_ns / 1000,
	     (unsigned long long)stats.in_fallback, (unsigned long long)stats.nr_rescued,
	     (unsigned long long)stats.nr_queued, (unsigned long long)stats.nr_bounced,
	     (unsigned long long)stats.nr_stale, (unsigned long long)stats.nr_refused);
}

static bool is_done(const struct puppet *p)
{
	return p->note->nr_done == p->nr_orders && p->rests;
}

static bool has_started(const struct puppet *p)
{
	return p->note->nr_started == p->nr_orders;
}

static void order_to(struct puppet *p, void (*act)(uint64_t arg), uint64_t arg)
{
	struct order o = { .act = act, .arg = arg };

	p->nr_orders++;
	p->rests = false;
	if (write(p->order_fd, &o, sizeof(o)) != sizeof(o))
		bail("no order: %s", strerror(errno));
}

static TAP_UNUSED void order(struct puppet *p, uint64_t work_ns)
{
	order_to(p, work, work_ns);
}

/* Have it want to run, and keep it. */
static void summon_to(struct puppet *p, void (*act)(uint64_t arg), uint64_t arg)
{
	if (!play_until(2000, p->rests))
		bail("puppet %d does not rest", (int)(p - puppets));
	p->automatic = false;
	p->waits = false;
	order_to(p, act, arg);
	if (!play_until(2000, p->waits)) {
		diag_stats();
		bail("puppet %d does not want to run", (int)(p - puppets));
	}
	scxu_dispatch_init(&p->give, &p->task);
}

static void summon(struct puppet *p, uint64_t work_ns)
{
	summon_to(p, work, work_ns);
}

static void send_to(struct puppet *p, int cpu, uint64_t vtime, uint32_t flags)
{
	p->give.cpu = cpu;
	p->give.vtime = vtime;
	p->give.flags = flags;
	dispatch(p);
}

/* From here on it runs where it is sent, as often as it wants to. */
static void let_go(struct puppet *p)
{
	p->automatic = true;
	p->held = false;
	p->give.flags = 0;
	p->give.queue = 0;
	p->give.cpu = SCXU_CPU_ANY;
	if (p->waits)
		dispatch(p);
}

/* A busy loop on @cpu. It is left alone until it has used up @slice_ns there. */
static TAP_UNUSED void start_hog(struct puppet *p, int cpu, uint64_t work_ns, uint64_t slice_ns)
{
	summon(p, work_ns);
	p->automatic = true;
	p->give.slice_ns = slice_ns;
	send_to(p, cpu, 0, 0);
	if (!play_until(2000, has_started(p)))
		bail("the hog does not start");
	p->nr_stopped = 0;
	stage_turns = notes->nr_turns;
}

/*
 * Have another process do what takes the kernel a while, or waits for tasks that wait for us: the
 * policy must go on. False if it has failed, or takes longer than @ms.
 */
static TAP_UNUSED bool do_aside(uint64_t ms, void (*act)(const void *arg), const void *arg)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		act(arg);
		_exit(0);
	}
	return play_until(ms, waitpid(pid, &status, WNOHANG) == pid) && !status;
}

struct line {
	const char *path, *text;
};

/* For do_aside(): write struct line. */
static TAP_UNUSED void write_line(const void *arg)
{
	const struct line *line = arg;
	size_t len = strlen(line->text);
	int fd = open(line->path, O_WRONLY);

	if (fd < 0 || write(fd, line->text, len) != (ssize_t)len) {
		diag("cannot write %s to %s: %s", line->text, line->path, strerror(errno));
		_exit(1);
	}
}

static bool all_done(void)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (p->pid && !is_done(p))
			return false;
	return true;
}

/* The scene is over: all run to their ends. */
static void clear_stage(void)
{
	struct puppet *p;

	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		let_go(p);
	if (play_until(10000, all_done()))
		return;
	for (p = puppets; p < puppets + NR_PUPPETS; p++)
		if (!is_done(p))
			diag("puppet %d, pid %d: %u orders, %u started, %u done%s",
			     (int)(p - puppets), p->pid, p->nr_orders, p->note->nr_started,
			     p->note->nr_done, p->waits ? ", waits" : "");
	bail("not all puppets come to their ends");
}

/*
 * Have @set start a hog and put others behind it. A slice may be ended for the policy's thread, if
 * that waits for an idle CPU which does not come; then the scene begins anew.
 */
static TAP_UNUSED void set_stage(void (*set)(void))
{
	int tries;

	for (tries = 0; tries < 10; tries++) {
		set();
		if (notes->nr_turns == stage_turns)
			return;
		diag("the hog was stopped: once more");
		clear_stage();
	}
	bail("the hog is always stopped");
}

#endif
