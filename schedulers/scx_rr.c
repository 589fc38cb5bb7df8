// SPDX-License-Identifier: GPL-2.0-only
/* scx_rr - run all tasks in turn, each for less time the more of them wait. */
#include "program.h"

struct entry {
	struct scxu_list_item item; /* in the line */
	uint64_t slice_ns;          /* of its turn */
	uint64_t exec_ns;           /* run time when it was dispatched */
};

struct rr {
	struct scxu_table tasks; /* struct entry by slot */
	struct scxu_list line;   /* who waits in the kernel half for any CPU, first come first */
	unsigned int nr_cpus;    /* online */
	unsigned int length;     /* of the line, times 64, on average of late */
	uint64_t slice_ns, slice_min_ns;
};

static int init(struct scxu *s, void *arg)
{
	struct rr *rr = arg;

	scxu_table_free(&rr->tasks);
	rr->line = (struct scxu_list){ 0 };
	rr->nr_cpus = program_nr_cpus(s);
	return scxu_table_init(&rr->tasks, s, sizeof(struct entry));
}

/*
 * We are not told when a task begins to run. But CPUs take the line in its order: when one comes
 * back it had its turn, and so had all before it. Not those that are bound to busy CPUs: where there
 * are many, slices are longer than they could be.
 */
static void had_turn(struct rr *rr, struct scxu_list_item *item)
{
	while (item->list)
		scxu_list_pop(&rr->line);
}

static uint64_t slice_ns(const struct rr *rr)
{
	uint64_t slice_ns = rr->slice_ns * rr->nr_cpus * 64 / (rr->nr_cpus * 64 + rr->length);

	return slice_ns > rr->slice_min_ns ? slice_ns : rr->slice_min_ns;
}

/* What is left of a turn that was cut short, as for the thread that runs us; 0 = a new turn. */
static uint64_t rest_ns(const struct entry *e, const struct scxu_task *t)
{
	uint64_t ran_ns = t->exec_ns - e->exec_ns;

	return t->flags & SCXU_TASK_PREEMPTED && ran_ns < e->slice_ns ? e->slice_ns - ran_ns : 0;
}

static void give(struct scxu *s, struct rr *rr, struct entry *e, const struct scxu_task *t)
{
	int cpu = program_select_cpu(s, t);
	uint64_t rest = rest_ns(e, t);
	struct scxu_dispatch d;

	rr->length += rr->line.nr - rr->length / 64;
	e->slice_ns = rest ? rest : slice_ns(rr);
	e->exec_ns = t->exec_ns;
	scxu_dispatch_init(&d, t);
	d.cpu = cpu;
	d.slice_ns = e->slice_ns;
	d.flags = rest ? SCXU_DISPATCH_HEAD : 0;
	/* A decision that is refused is not lost: the kernel half runs the task after a while. */
	if (scxu_dispatch_task(s, &d) || cpu >= 0)
		return;
	if (rest)
		scxu_list_push_head(&rr->line, &e->item);
	else
		scxu_list_push(&rr->line, &e->item);
}

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	struct rr *rr = arg;
	struct entry *e = scxu_table_get(&rr->tasks, t->slot);

	had_turn(rr, &e->item); /* or the slot's last owner, who is gone */
	if (scxu_table_claim(&rr->tasks, t) > 0)
		*e = (struct entry){ 0 };
	give(s, rr, e, t);
}

static void cpu_changed(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	struct rr *rr = arg;

	if (ev->type == SCXU_EVENT_CPU_ONLINE)
		rr->nr_cpus++;
	else if (rr->nr_cpus > 1)
		rr->nr_cpus--;
}

static struct scxu_policy policy = {
	.sz = sizeof(policy),
	.init = init,
	.enqueue = enqueue,
	.cpu_online = cpu_changed,
	.cpu_offline = cpu_changed,
};

int main(int argc, char **argv)
{
	static struct program prog = {
		.name = "scx_rr",
		.about = "runs all tasks in turn",
		.policy = &policy,
		.fields = SCXU_FIELD_FLAGS,
		.slice_min_ns = 500000,
	};
	struct rr rr = { 0 };

	program_start(&prog, argc, argv);
	rr.slice_ns = prog.slice_ns;
	rr.slice_min_ns = prog.slice_min_ns;
	return program_run(&prog, &rr);
}
