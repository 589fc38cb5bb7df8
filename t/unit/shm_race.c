// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of lib/shm.c: the kernel half strikes between any two instructions of the process's half.
 *
 * A child process is the victim. It is stepped to an instruction, the kernel half does something
 * there, and the victim goes on: then no task may be lost, doubled or put together from two. This
 * is done for each instruction in turn.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_half.h"

#define MAX_STEPS 20000     /* of one victim */
#define MAX_ALL_STEPS 40000 /* of the victims of one race */
#define COOKIE 7

struct race {
	const char *name;
	uint32_t nr_events;    /* of each ring */
	void (*prepare)(void); /* may be NULL */
	void (*victim)(void);
	void (*strike)(void);
	void (*settle)(void); /* what the kernel half does when the victim is through, or NULL */
	bool (*outcome)(void);
};

/* What the victim hands over. */
static struct {
	volatile sig_atomic_t done;
	unsigned int nr;
	struct scxu_task t[8];
	struct scxu_event ev[8];
} *result;

static struct kernel k;
static unsigned int nr_taken, nr_bad_decisions;

/* A victim that is stopped, or -1 if it cannot be traced. */
static pid_t start_victim(const struct race *race)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(1);
		kill(getpid(), SIGSTOP);
		race->victim();
		result->done = 1;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid: %s", strerror(errno));
	return WIFSTOPPED(status) ? pid : -1;
}

/* Up to @max instructions. Return: how many it made before it was done, or -1. */
static int step_victim(pid_t pid, int max)
{
	int nr, status;

	for (nr = 0; nr < max && !result->done; nr++)
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid ||
		    !WIFSTOPPED(status))
			return -1;
	return nr;
}

static bool finish_victim(pid_t pid)
{
	int status;

	return !ptrace(PTRACE_CONT, pid, NULL, NULL) && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0 && result->done;
}

/* Slot 1 is announced and has a cookie. Two decisions are given, two more have room. */
static void set_up(const struct race *race)
{
	struct scxu_dispatch d = { .slot = 3, .generation = 1 };

	result->done = 0;
	result->nr = 0;
	nr_taken = nr_bad_decisions = 0;
	kernel_open_events(&k, 2, 8, 4, race->nr_events, UINT32_MAX);
	kernel_announce(&k, 0, 1);
	k.view.tasks[1].cookie = COOKIE;
	shm_submit(&k.view, &d);
	shm_submit(&k.view, &d);
	if (race->prepare)
		race->prepare();
}

static bool strike_at(const struct race *race, int step)
{
	bool good;
	pid_t pid;

	set_up(race);
	pid = start_victim(race);
	good = pid > 0 && step_victim(pid, step) == step;
	race->strike();
	good = finish_victim(pid) && good;
	if (race->settle)
		race->settle();
	if (!good)
		diag("  step %d: the victim failed", step);
	else if (!(good = race->outcome()))
		diag("  at instruction %d", step);
	kernel_close(&k);
	return good;
}

/* How many instructions the victim makes when nobody strikes, or -1 if it cannot be told. */
static int count_steps(const struct race *race)
{
	pid_t pid;
	int nr;

	set_up(race);
	pid = start_victim(race);
	nr = pid > 0 ? step_victim(pid, MAX_STEPS) : -1;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	kernel_close(&k);
	return nr < MAX_STEPS ? nr : -1;
}

static void run(const struct race *race)
{
	int nr_steps = count_steps(race), step, nr_strikes = 0, nr_bad = 0;

	if (nr_steps < 0) {
		skip(1, "%s: a process cannot be traced by single steps here", race->name);
		return;
	}
	/* One made longer by a sanitizer is struck here and there. */
	for (step = 0; step < nr_steps && nr_bad < 5; nr_strikes++) {
		nr_bad += !strike_at(race, step);
		step += 1 + nr_steps * (nr_steps / 2) / MAX_ALL_STEPS;
	}
	is_int(nr_bad, 0, "%s, at %d of %d instructions", race->name, nr_strikes, nr_steps);
}

/* Processes that take turns need not wake another CPU for it. */
static void stay_on_one_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void victim_reads(void)
{
	result->nr = shm_read_tasks(&k.view, result->t, 4);
}

static void another_owner(void)
{
	kernel_new_owner(&k, 1);
	kernel_announce(&k, 1, 1);
}

static void begin_announcement(void)
{
	kernel_begin_record(&k, 1);
	kernel_fill_record(&k, 1, k.generation[1] + 1);
}

static void end_announcement(void)
{
	kernel_end_announce(&k, 1, 1);
}

/*
 * All that was read, by the victim and after it, is whole. The second announcement came once, the
 * first may have come before.
 */
static bool read_once(uint64_t second_cookie)
{
	const struct scxu_task *t = result->t;
	unsigned int nr, i;

	nr = result->nr + shm_read_tasks(&k.view, result->t + result->nr, 8 - result->nr);
	if (nr < 1 || nr > 2 || t[nr - 1].generation != 2)
		return false;
	for (i = 0; i < nr; i++)
		if (!task_is_whole(&t[i]) || t[i].slot != 1 || t[i].generation != 3 - nr + i ||
		    t[i].cookie != (t[i].generation == 1 ? COOKIE : second_cookie))
			return false;
	return true;
}

static bool old_task_read_once(void)
{
	return read_once(COOKIE);
}

static bool new_task_read_once(void)
{
	return read_once(0);
}

static void victim_decides(void)
{
	struct scxu_dispatch d[4];
	uint32_t i;

	for (i = 0; i < 4; i++)
		d[i] = (struct scxu_dispatch){ .slot = 2, .generation = 100 + i, .vtime = i };
	result->nr = submit_all(&k, d, 4);
}

/* The first two decisions are there from the start. */
static void take_decisions(void)
{
	struct scxu_shm_decision d;

	for (; kernel_take(&k, &d); nr_taken++)
		if (nr_taken >= 2 &&
		    (d.slot != 2 || d.generation != 98 + nr_taken || d.vtime != nr_taken - 2))
			nr_bad_decisions++;
}

/* Two had room, or all four if the first two were taken before the victim looked. */
static bool decisions_come_in_order(void)
{
	take_decisions();
	return (result->nr == 2 || result->nr == 4) && nr_taken == 2 + result->nr &&
	       !nr_bad_decisions;
}

static void fill_ring(void)
{
	kernel_announce(&k, 0, 2);
	kernel_announce(&k, 0, 3);
	kernel_announce(&k, 0, 4);
}

static void victim_reads_one(void)
{
	result->nr = shm_read_tasks(&k.view, result->t, 1);
}

static void announce_if_there_is_room(void)
{
	kernel_announce(&k, 0, 5);
}

/* The fifth was announced if the victim had made room. */
static bool all_come_in_order(void)
{
	uint32_t i, nr = result->nr;

	nr += shm_read_tasks(&k.view, result->t + nr, ARRAY_SIZE(result->t) - nr);
	for (i = 0; i < nr; i++)
		if (!task_is_whole(&result->t[i]) || result->t[i].slot != i + 1)
			return false;
	return nr == 4 + k.generation[5];
}

/* Behind the announcement of slot 1 stands that of slot 2, to which something happened since. */
static void add_events(void)
{
	struct scxu_shm_event ev = { .type = SCXU_EVENT_WITHDRAW, .slot = 2, .generation = 1 };

	kernel_announce(&k, 0, 2);
	kernel_event(&k, 1, &ev);
}

static void victim_reads_events(void)
{
	result->nr = shm_read_events(&k.view, result->ev, 1);
}

/* Slot 2 has no event before its enqueue, and slot 1 comes for the second time. */
static bool events_come_in_order(void)
{
	const struct scxu_event *ev = result->ev;
	unsigned int nr, i, nr_enqueues = 0, nr_events = 0;
	uint32_t last = 0;

	nr = result->nr + shm_read_events(&k.view, result->ev + result->nr, 8 - result->nr);
	for (i = 0; i < nr; i++, ev++) {
		if (ev->task.slot == 1) {
			last = ev->task.generation;
		} else if (ev->type == SCXU_EVENT_ENQUEUE) {
			nr_enqueues++;
		} else if (!nr_enqueues) {
			return false;
		} else {
			nr_events++;
		}
	}
	return last == 2 && nr_enqueues == 1 && nr_events == 1;
}

static void give_id(void)
{
	store(&k.view.tasks[1].kind, SCXU_KIND_OURS);
	store_mb(&k.view.tasks[1].id, 5);
}

static void victim_reads_slot(void)
{
	result->nr = shm_read_slot(&k.view, 1, result->t);
}

static void announce_again(void)
{
	kernel_announce(&k, 1, 1);
}

static bool slot_is_whole(void)
{
	return result->nr == 1 && task_is_whole(&result->t[0]);
}

static const struct race races[] = {
	{
		.name = "a task's record is being written while it is read",
		.victim = victim_reads,
		.strike = begin_announcement,
		.settle = end_announcement,
		.outcome = old_task_read_once,
	},
	{
		.name = "its slot gets another task while it is read",
		.victim = victim_reads,
		.strike = another_owner,
		.outcome = new_task_read_once,
	},
	{
		.name = "a full ring gets room while it is read",
		.prepare = fill_ring,
		.victim = victim_reads_one,
		.strike = announce_if_there_is_room,
		.outcome = all_come_in_order,
	},
	{
		.name = "decisions are taken while they are given",
		.victim = victim_decides,
		.strike = take_decisions,
		.outcome = decisions_come_in_order,
	},
	{
		.name = "a task is announced again while events are read",
		.nr_events = 4,
		.prepare = add_events,
		.victim = victim_reads_events,
		.strike = begin_announcement,
		.settle = end_announcement,
		.outcome = events_come_in_order,
	},
	{
		.name = "a task is announced again while its slot is read",
		.prepare = give_id,
		.victim = victim_reads_slot,
		.strike = announce_again,
		.outcome = slot_is_whole,
	},
};

int main(void)
{
	size_t i;

	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (result == MAP_FAILED)
		bail("no memory");
	alarm(120); /* for a victim that never ends */
	stay_on_one_cpu();
	for (i = 0; i < ARRAY_SIZE(races); i++)
		run(&races[i]);
	munmap(result, sizeof(*result));
	return done_testing();
}
