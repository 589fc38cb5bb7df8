// SPDX-License-Identifier: GPL-2.0-only
/* scx_vruntime - a share of the CPUs for each task by its weight: who had least for it is next. */
#include "program.h"

#define NSEC_PER_MSEC UINT64_C(1000000)

/*
 * Who ran for long without a sleep goes behind who did not, by up to this much of vruntime. No task
 * is further behind the others either: what is bound to a busy CPU can never catch up with them.
 */
#define MAX_AWAKE_NS (20 * NSEC_PER_MSEC)

/* After this wait a task is next, whatever it had: long before the kernel evicts us for it. */
#define MAX_WAIT_NS (1000 * NSEC_PER_MSEC)
#define MAX_HELPED 64 /* in a round */

#define TICK_NS (10 * NSEC_PER_MSEC) /* the longest there is: it may end a slice so late */

struct entry {
	struct scxu_task task;      /* as it was when it came last */
	struct scxu_heap_item next; /* in `next` from enqueue to dispatch */
	struct scxu_list_item item; /* in `given` from dispatch until it comes back */
	uint64_t vruntime_ns;       /* run time; at half the weight each second is two */
	uint64_t awake_ns;          /* of that, since it last slept */
	uint64_t given_ns;          /* when it was dispatched */
	uint64_t slice_ns;          /* for how long */
	bool helped;                /* by help_oldest() */
};

struct vruntime {
	struct scxu_table tasks; /* struct entry by slot */
	struct scxu_heap next;   /* who came in this round, by deadline */
	struct scxu_list given;  /* who waits in the kernel half, runs or sleeps; oldest first */
	uint64_t now_ns;         /* the most vruntime with which a task began to run */
	uint64_t clock_ns;       /* when the last task came */
	uint64_t slice_ns, slice_min_ns, max_wait_ns;
	unsigned int nr_cpus; /* online at the start */
};

static int init(struct scxu *s, void *arg)
{
	struct vruntime *v = arg;
	int err;

	scxu_table_free(&v->tasks);
	scxu_heap_free(&v->next);
	v->given = (struct scxu_list){ 0 };
	v->nr_cpus = program_nr_cpus(s);
	v->now_ns = 1000 * NSEC_PER_MSEC; /* so that vtime is never 0, which is none */
	err = scxu_table_init(&v->tasks, s, sizeof(struct entry));
	return err ? err : scxu_heap_init(&v->next, scxu_get_nr_slots(s));
}

static uint64_t scale(uint64_t ns, const struct scxu_task *t)
{
	return ns * SCXU_WEIGHT_DEFAULT / t->weight;
}

/*
 * Two tasks on a CPU take turns, whatever they had: when one stops the other is there, and we hear
 * of it later. So the length of a turn has to be fair: in proportion to the weight, and with what
 * the task is behind, since the kernel's tick rounds all turns up.
 */
static uint64_t slice_ns(const struct vruntime *v, const struct entry *e)
{
	int64_t behind_ns = v->now_ns - e->vruntime_ns;
	uint64_t vslice_ns = v->slice_ns + (behind_ns > 0 ? behind_ns : 0);
	uint64_t slice_ns = vslice_ns * e->task.weight / SCXU_WEIGHT_DEFAULT;

	if (slice_ns < v->slice_min_ns)
		return v->slice_min_ns;
	return slice_ns < PROGRAM_MAX_SLICE_NS ? slice_ns : PROGRAM_MAX_SLICE_NS;
}

/*
 * A new task is where one is that had a turn just now, and it moves the present on, as that turn on
 * one of the CPUs would have: to fork, end and never come back must be no way to run before others.
 */
static void welcome(struct vruntime *v, struct entry *e, const struct scxu_task *t)
{
	*e = (struct entry){ .task = *t, .vruntime_ns = v->now_ns };
	if (t->nr_switches)
		return; /* it has slept: it is new to us alone */
	e->vruntime_ns += scale(v->slice_ns, t);
	e->awake_ns = MAX_AWAKE_NS;
	v->now_ns += v->slice_ns / v->nr_cpus;
}

/* What it ran since it came last: a turn at most, since we do not hear of runs on idle CPUs. */
static void charge(struct vruntime *v, struct entry *e, const struct scxu_task *t)
{
	uint64_t ran_ns = t->exec_ns - e->task.exec_ns;
	bool slept = t->flags & SCXU_TASK_WAKEUP || t->nr_switches != e->task.nr_switches;
	uint64_t credit_ns = slept ? v->slice_ns : MAX_AWAKE_NS;

	if (e->helped)
		ran_ns = 0; /* it was not its turn */
	/* What it had when it began to run was the least of all: that is the present. */
	if (ran_ns && (int64_t)(e->vruntime_ns - v->now_ns) > 0)
		v->now_ns = e->vruntime_ns;
	if (ran_ns > e->slice_ns + TICK_NS)
		ran_ns = e->slice_ns + TICK_NS;
	e->vruntime_ns += scale(ran_ns, t);
	e->awake_ns = slept ? 0 : e->awake_ns + scale(ran_ns, t);
	if (e->awake_ns > MAX_AWAKE_NS)
		e->awake_ns = MAX_AWAKE_NS;
	/* To sleep earns one slice and no more. */
	if ((int64_t)(v->now_ns - e->vruntime_ns) > (int64_t)credit_ns)
		e->vruntime_ns = v->now_ns - credit_ns;
}

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	struct vruntime *v = arg;
	struct entry *e = scxu_table_get(&v->tasks, t->slot);

	/* Its own if it was withdrawn meanwhile; else the last owner's of the slot. */
	scxu_heap_remove(&e->next);
	scxu_list_remove(&e->item);
	if (scxu_table_claim(&v->tasks, t) > 0)
		welcome(v, e, t);
	else
		charge(v, e, t);
	e->helped = false;
	e->task = *t;
	v->clock_ns = t->enqueue_ns;
	scxu_heap_push(&v->next, &e->next, e->vruntime_ns + e->awake_ns);
}

/* The first get the idle CPUs, the others wait in the kernel half, in the same order. */
static void give(struct scxu *s, struct vruntime *v, struct entry *e)
{
	const struct scxu_task *t = &e->task;
	int cpu = scxu_select_cpu(s, t, t->cpu, 0);
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = cpu >= 0 ? cpu : SCXU_CPU_ANY;
	d.vtime = e->next.key;
	d.slice_ns = e->slice_ns = slice_ns(v, e);
	/* A decision that is refused is not lost: the kernel half runs the task after a while. */
	if (scxu_dispatch_task(s, &d))
		return;
	e->given_ns = v->clock_ns;
	scxu_list_push(&v->given, &e->item);
}

/* Who does not wait any more loses nothing: then the command is stale. */
static void help_oldest(struct scxu *s, struct vruntime *v)
{
	struct scxu_list_item *item;
	struct entry *e;
	int nr;

	for (nr = 0; nr < MAX_HELPED && (item = scxu_list_first(&v->given)); nr++) {
		e = scxu_container_of(item, struct entry, item);
		if ((int64_t)(v->clock_ns - e->given_ns) < (int64_t)v->max_wait_ns ||
		    scxu_set_vtime(s, &e->task, 1))
			break;
		scxu_list_remove(item);
		e->helped = true;
	}
}

static uint64_t dispatch(struct scxu *s, void *arg)
{
	struct scxu_heap_item *next;
	struct vruntime *v = arg;

	while ((next = scxu_heap_pop(&v->next)))
		give(s, v, scxu_container_of(next, struct entry, next));
	help_oldest(s, v);
	return 0;
}

static const struct scxu_policy policy = {
	.sz = sizeof(policy),
	.init = init,
	.enqueue = enqueue,
	.dispatch = dispatch,
};

int main(int argc, char **argv)
{
	static struct program prog = {
		.name = "scx_vruntime",
		.about = "gives each task a share of the CPUs by its weight",
		.policy = &policy,
		.slice_min_ns = 500000,
	};
	struct vruntime v = { .max_wait_ns = MAX_WAIT_NS };

	program_start(&prog, argc, argv);
	v.slice_ns = prog.slice_ns;
	v.slice_min_ns = prog.slice_min_ns;
	if (prog.opts.timeout_ms && prog.opts.timeout_ms * NSEC_PER_MSEC / 2 < MAX_WAIT_NS)
		v.max_wait_ns = prog.opts.timeout_ms * NSEC_PER_MSEC / 2;
	return program_run(&prog, &v);
}
