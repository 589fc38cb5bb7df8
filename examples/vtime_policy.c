// SPDX-License-Identifier: GPL-2.0-only
/* vtime_policy.c - a weighted fair policy: who had least of the CPUs, for its weight, is next. */
#include <error.h>
#include <scxuser.h>
#include <signal.h>
#include <stdio.h>

#define SLICE_NS UINT64_C(10000000) /* the timer tick ends it, in steps of up to 4 ms */

struct entry {
	struct scxu_task task;      /* as it was when it came last */
	struct scxu_heap_item item; /* in the heap from enqueue to dispatch */
	uint64_t vtime;             /* its run time; at half the weight each second is two */
};

static struct scxu *scheduler;            /* for the signal handler, which takes no argument */
static struct scxu_table tasks;           /* struct entry by slot */
static struct scxu_heap waiting;          /* by vtime */
static uint64_t vtime_now = 2 * SLICE_NS; /* not 0, which in a decision is none */

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	struct entry *e = scxu_table_get(&tasks, t->slot);

	scxu_heap_remove(&e->item); /* if it is still there, or the slot's last owner */
	if (scxu_table_claim(&tasks, t) > 0)
		*e = (struct entry){ .task = *t, .vtime = vtime_now };
	/* What it had when it began to run was the least of all: that is the present. */
	if (t->exec_ns != e->task.exec_ns && e->vtime > vtime_now)
		vtime_now = e->vtime;
	e->vtime += (t->exec_ns - e->task.exec_ns) * SCXU_WEIGHT_DEFAULT / t->weight;
	if (e->vtime < vtime_now - SLICE_NS)
		e->vtime = vtime_now - SLICE_NS; /* to sleep earns no more than that */
	e->task = *t;
	scxu_heap_push(&waiting, &e->item, e->vtime);
}

/* It was withdrawn, or is gone. */
static void forget(struct scxu *s, const struct scxu_event *ev, void *arg)
{
	struct entry *e = scxu_table_get(&tasks, ev->task.slot);

	if (!scxu_table_claim(&tasks, &ev->task))
		scxu_heap_remove(&e->item);
}

/*
 * The first get the idle CPUs, the others wait in the kernel half, in the same order. From there a
 * CPU takes the next one before we hear of the last: with two to a CPU they take turns, whatever
 * their vtimes. So weight is in the length of a turn as well.
 */
static uint64_t dispatch(struct scxu *s, void *arg)
{
	struct scxu_heap_item *item;
	struct scxu_dispatch d;

	while ((item = scxu_heap_pop(&waiting))) {
		const struct scxu_task *t = &scxu_container_of(item, struct entry, item)->task;
		int cpu = scxu_select_cpu(s, t, t->cpu, 0);

		scxu_dispatch_init(&d, t);
		d.cpu = cpu >= 0 ? cpu : SCXU_CPU_ANY;
		d.vtime = item->key;
		d.slice_ns = SLICE_NS * t->weight / SCXU_WEIGHT_DEFAULT;
		scxu_dispatch_task(s, &d);
	}
	return 0;
}

static void on_signal(int sig)
{
	scxu_stop(scheduler);
}

int main(void)
{
	struct scxu_policy policy = { .sz = sizeof(policy),
				      .enqueue = enqueue,
				      .dequeue = forget,
				      .exit_task = forget,
				      .dispatch = dispatch };
	struct scxu_opts opts = { .sz = sizeof(opts),
				  .name = "vtime_policy",
				  .events = scxu_policy_events(&policy) };
	struct scxu_stats stats = { .sz = sizeof(stats) };
	int err = scxu_open(&scheduler, &opts);

	err = err ? err : scxu_table_init(&tasks, scheduler, sizeof(struct entry));
	err = err ? err : scxu_heap_init(&waiting, scxu_get_nr_slots(scheduler));
	if (err)
		error(1, -err, "cannot start");
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = scxu_run(scheduler, &policy, NULL);
	scxu_get_stats(scheduler, &stats);
	printf("decisions=%ju fallbacks=%ju\n", stats.nr_dispatched, stats.nr_fallbacks);
	scxu_close(scheduler);
	return err != 0;
}
