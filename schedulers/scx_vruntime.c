// SPDX-License-Identifier: GPL-2.0-only
/* scx_vruntime - a share of the CPUs for each task by its weight: who had least for it is next. */
#include "groups.h"
#include "patience.h"
#include "program.h"

#define TICK_NS (10 * NSEC_PER_MSEC) /* the longest there is: it may end a slice so late */

/*
 * In turns: how far behind the others a task may be, since one bound to a busy CPU never catches up;
 * and how far behind who slept just now comes who did not for long.
 */
#define MAX_BEHIND 4

struct entry {
	struct scxu_task task;      /* as it was when it came last */
	struct scxu_heap_item next; /* in `next` from enqueue to dispatch */
	uint64_t vruntime_ns;       /* run time; at half the weight each second is two */
	uint64_t awake_ns;          /* run time since it last slept */
	uint64_t slice_ns;          /* that it was dispatched with */
	uint64_t rest_ns;           /* of that, if it was cut short; then its turn goes on */
	struct member member;       /* of its cgroup, while it does not sleep */
	struct patient patient;     /* from dispatch until it comes back or sleeps */
};

struct vruntime {
	const struct program *prog;
	struct scxu_table tasks; /* struct entry by slot */
	struct scxu_heap next;   /* who came in this round, by deadline */
	uint64_t now_ns;         /* the most vruntime with which a task began to run */
	uint64_t clock_ns;       /* when the last task came */
	uint64_t turn_ns;        /* a turn, in vruntime */
	struct groups groups;    /* weights of all that do not sleep */
	struct patience patience;
};

static int init(struct scxu *s, void *arg)
{
	struct vruntime *v = arg;

	scxu_table_free(&v->tasks);
	scxu_heap_free(&v->next);
	groups_init(&v->groups, s);
	patience_init(&v->patience, v->prog->opts.timeout_ms);
	v->now_ns = -1000 * NSEC_PER_MSEC; /* what is wrong when it wraps shows after a second */
	return scxu_table_init(&v->tasks, s, sizeof(struct entry)) ?:
		       scxu_heap_init(&v->next, scxu_get_nr_slots(s));
}

/* @ns of run time as vruntime of somebody with that weight. */
static uint64_t scale(uint64_t ns, uint64_t weight)
{
	return ns * GROUPS_NICE_0 / weight;
}

/*
 * Two tasks on a CPU take turns, whatever they had, since we hear late when one stops. So a turn must
 * be fair: as long as the weight says and what the task is behind, as ticks round all turns up.
 */
static uint64_t slice_ns(const struct vruntime *v, const struct entry *e)
{
	int64_t behind_ns = v->now_ns - e->vruntime_ns;
	uint64_t vslice_ns = v->turn_ns + (behind_ns > 0 ? behind_ns : 0);
	uint64_t weight = groups_weight(&e->member);

	vslice_ns = min_u64(vslice_ns, scale(PROGRAM_MAX_SLICE_NS, weight));
	return max_u64(vslice_ns * weight / GROUPS_NICE_0, v->prog->slice_min_ns);
}

/*
 * A new task is where one is that had a turn just now, and it moves the present on, as that turn on
 * one of the CPUs would have: to fork, end and never come back must be no way to run before others.
 */
static void welcome(struct vruntime *v, struct entry *e, const struct scxu_task *t)
{
	*e = (struct entry){ .member = e->member, .vruntime_ns = v->now_ns };
	groups_join(&v->groups, &e->member, t);
	if (t->nr_switches)
		return; /* it has slept: it is new to us alone */
	e->vruntime_ns += v->turn_ns;
	e->awake_ns = MAX_BEHIND * v->prog->slice_ns;
	v->now_ns += v->turn_ns * groups_weight(&e->member) / v->groups.all[0].sum;
}

/* What it ran since it came last: a turn at most, since we do not hear of runs on idle CPUs. */
static void charge(struct vruntime *v, struct entry *e, const struct scxu_task *t)
{
	uint64_t ran_ns = min_u64(t->exec_ns - e->task.exec_ns, e->slice_ns + TICK_NS);
	bool slept = t->flags & SCXU_TASK_WAKEUP || t->nr_switches != e->task.nr_switches;
	uint64_t credit_ns = v->turn_ns * (slept ? 1 : MAX_BEHIND);

	/* What it had when it began to run was the least of all: that is the present. */
	if (ran_ns && !e->patient.helped && (int64_t)(e->vruntime_ns - v->now_ns) > 0)
		v->now_ns = e->vruntime_ns;
	e->rest_ns =
		t->flags & SCXU_TASK_PREEMPTED ? e->slice_ns - min_u64(ran_ns, e->slice_ns) : 0;
	groups_join(&v->groups, &e->member, t);
	e->vruntime_ns += scale(ran_ns, groups_weight(&e->member));
	e->awake_ns = slept ? 0 : e->awake_ns + ran_ns;
	/* To sleep earns one turn and no more. */
	if (!e->rest_ns && (int64_t)(v->now_ns - e->vruntime_ns) > (int64_t)credit_ns)
		e->vruntime_ns = v->now_ns - credit_ns;
}

/* Who ran for long without a sleep comes after who did not. */
static uint64_t deadline(const struct vruntime *v, const struct entry *e)
{
	uint64_t awake_ns = min_u64(e->awake_ns, MAX_BEHIND * v->prog->slice_ns);
	uint64_t key = e->vruntime_ns + scale(awake_ns, groups_mean(&v->groups));

	return e->rest_ns ? e->next.key : key | 1; /* 0 is no vtime */
}

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	struct vruntime *v = arg;
	struct entry *e = scxu_table_get(&v->tasks, t->slot);

	/* A turn is the same for all, and --slice-us long on average. */
	v->turn_ns = scale(v->prog->slice_ns, groups_mean(&v->groups));
	/* Its own if it was withdrawn meanwhile; else the last owner's of the slot. */
	scxu_heap_remove(&e->next);
	patience_end(&e->patient);
	if (scxu_table_claim(&v->tasks, t) > 0)
		welcome(v, e, t);
	else
		charge(v, e, t);
	e->task = *t;
	v->clock_ns = t->enqueue_ns;
	scxu_heap_push(&v->next, &e->next, deadline(v, e));
}

/* The first get the idle CPUs, the others wait in the kernel half, in the same order. */
static void give(struct scxu *s, struct vruntime *v, struct entry *e)
{
	const struct scxu_task *t = &e->task;
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = program_select_cpu(s, t);
	d.vtime = e->next.key;
	d.slice_ns = e->slice_ns = e->rest_ns ? e->rest_ns : slice_ns(v, e);
	/* A decision that is refused is not lost: the kernel half runs the task after a while. */
	if (!scxu_dispatch_task(s, &d))
		patience_begin(&v->patience, &e->patient, t);
}

static uint64_t dispatch(struct scxu *s, void *arg)
{
	struct scxu_heap_item *next;
	struct vruntime *v = arg;

	while ((next = scxu_heap_pop(&v->next)))
		give(s, v, scxu_container_of(next, struct entry, next));
	patience_help(&v->patience, s, v->clock_ns, (v->now_ns - (UINT64_C(1) << 60)) | 1);
	return 0;
}

/* It sleeps, or is gone. An event of a slot's last owner does no harm: the next one wakes up. */
static void leave(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	struct vruntime *v = arg;
	struct entry *e = scxu_table_get(&v->tasks, ev->task.slot);

	scxu_heap_remove(&e->next);
	patience_end(&e->patient);
	groups_leave(&v->groups, &e->member);
}

static void groups_changed(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	groups_event(&((struct vruntime *)arg)->groups, ev);
}

static struct scxu_policy policy = {
	.sz = sizeof(policy),
	.init = init,
	.enqueue = enqueue,
	.dispatch = dispatch,
	.quiescent = leave,
	.exit_task = leave,
	.cgroup_set_weight = groups_changed,
	.lost = groups_changed,
};

int main(int argc, char **argv)
{
	static struct program prog = {
		.name = "scx_vruntime",
		.about = "gives each task a share of the CPUs by its weight",
		.policy = &policy,
		.fields = SCXU_FIELD_FLAGS | SCXU_FIELD_PRIORITY,
		.wakeup_preempt_us = 500,
		.slice_min_ns = 100000,
	};
	static struct vruntime v = { .prog = &prog };

	program_start(&prog, argc, argv);
	return program_run(&prog, &v);
}
