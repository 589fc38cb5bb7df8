// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* run.c - a policy as a table of callbacks: a loop over the pull API that calls them. */
#include <errno.h>

#include "internal.h"

#define UNASKED SCXU_EVENT_BIT(SCXU_EVENT_LOST)
#define MAX_EVENTS 4096 /* in a round: who is told without end would never dispatch */

struct runner {
	struct scxu_policy policy;
	scxu_event_fn on[SCXU_EVENT_FALLBACK + 1]; /* the same by type of event */
	void *arg;
};

#define CALLBACK(type, name) { SCXU_EVENT_##type, #name, offsetof(struct scxu_policy, name) }

static const struct {
	uint32_t type;
	const char *name;
	size_t offset;
} callbacks[] = {
	CALLBACK(WITHDRAW, dequeue),
	CALLBACK(NEW, init_task),
	CALLBACK(EXIT, exit_task),
	CALLBACK(RUNNABLE, runnable),
	CALLBACK(SLEEP, quiescent),
	CALLBACK(YIELD, yield),
	CALLBACK(PREEMPT, stopping),
	CALLBACK(CPUMASK, set_cpumask),
	CALLBACK(WEIGHT, set_weight),
	CALLBACK(CGROUP, cgroup_move),
	CALLBACK(CGROUP_WEIGHT, cgroup_set_weight),
	CALLBACK(CGROUP_BANDWIDTH, cgroup_set_bandwidth),
	CALLBACK(CPU_ONLINE, cpu_online),
	CALLBACK(CPU_OFFLINE, cpu_offline),
	CALLBACK(TICK, tick),
	CALLBACK(RESULT, result),
	CALLBACK(LOST, lost),
	CALLBACK(FALLBACK, on_fallback),
};

static scxu_event_fn callback(const struct scxu_policy *policy, size_t i)
{
	return *(const scxu_event_fn *)((const char *)policy + callbacks[i].offset);
}

SCXU_API uint64_t scxu_policy_events(const struct scxu_policy *policy)
{
	struct scxu_policy known = { 0 };
	uint64_t events = 0;
	size_t i;

	scxu_copy_sized(&known, sizeof(known), policy);
	for (i = 0; i < ARRAY_SIZE(callbacks); i++)
		if (callback(&known, i))
			events |= SCXU_EVENT_BIT(callbacks[i].type);
	return events & ~UNASKED;
}

static int take_callback(struct scxu *s, struct runner *r, size_t i)
{
	const char *lacks = NULL;

	if (!r->policy.enqueue)
		lacks = "enqueue, without which no events are read";
	else if (SCXU_EVENT_BIT(callbacks[i].type) & ~(s->opts.events | UNASKED))
		lacks = "its event: opts.events = scxu_policy_events()";
	if (lacks)
		scxu_error(s, "policy: %s lacks %s", callbacks[i].name, lacks);
	r->on[callbacks[i].type] = callback(&r->policy, i);
	return lacks ? -EINVAL : 0;
}

static int take_policy(struct scxu *s, struct runner *r, const struct scxu_policy *policy)
{
	int err = scxu_copy_sized(&r->policy, sizeof(r->policy), policy);
	size_t i;

	if (err == -E2BIG)
		scxu_error(s, "the policy is from a newer libscxuser and sets what %s lacks",
			   scxu_version());
	else if (err)
		scxu_error(s, "policy: sz is not set");
	if (!err && !r->policy.enqueue && !r->policy.dispatch) {
		scxu_error(s, "policy: neither enqueue nor dispatch");
		err = -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(callbacks) && !err; i++)
		if (callback(&r->policy, i))
			err = take_callback(s, r, i);
	return err;
}

/* Tasks that were there before us are new to the policy. */
static void tell_of_all_tasks(struct scxu *s, const struct runner *r)
{
	struct scxu_event ev = { .type = SCXU_EVENT_NEW };
	uint32_t iter = 0;

	while (scxu_next_task(s, &iter, &ev.task)) {
		ev.cpu = ev.task.cpu;
		if (!(ev.task.flags & SCXU_TASK_KTHREAD))
			r->on[SCXU_EVENT_NEW](s, &ev, r->arg);
	}
}

/* False if there is more. */
static bool deliver(struct scxu *s, const struct runner *r)
{
	struct scxu_event ev;
	unsigned int nr;

	for (nr = 0; nr < MAX_EVENTS; nr++) {
		if (!scxu_next_event(s, &ev))
			return true;
		if (ev.type == SCXU_EVENT_ENQUEUE)
			r->policy.enqueue(s, &ev.task, r->arg);
		else if (ev.type < ARRAY_SIZE(r->on) && r->on[ev.type])
			r->on[ev.type](s, &ev, r->arg);
	}
	return false;
}

static void run_round(struct scxu *s, const struct runner *r)
{
	bool all = !r->policy.enqueue || deliver(s, r);
	uint64_t nr_pending = r->policy.dispatch ? r->policy.dispatch(s, r->arg) : 0;

	scxu_notify_complete(s, all ? nr_pending : 1);
}

SCXU_API int scxu_run(struct scxu *s, const struct scxu_policy *policy, void *arg)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct runner r = { .arg = arg };
	int err = take_policy(s, &r, policy);

	if (!err && r.policy.init)
		err = r.policy.init(s, arg);
	if (err)
		return err;
	if (r.on[SCXU_EVENT_NEW])
		tell_of_all_tasks(s, &r);
	while (!scxu_exited(s))
		run_round(s, &r);
	err = scxu_shutdown_and_report(s, &info);
	if (r.policy.exit)
		r.policy.exit(s, &info, arg);
	return err;
}
