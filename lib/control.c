// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* control.c - what the policy can ask for beside placing a task: kicks, changes, recalls, queues. */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "intf.h"

/* As for decisions: a full ring empties when we give up the CPU. */
static int give(struct scxu *s, const struct scxu_command *command)
{
	if (s->port->command(s, command))
		return 0;
	s->port->wait(s, -1, true);
	return s->port->command(s, command) ? 0 : -EAGAIN;
}

static int give_for_task(struct scxu *s, const struct scxu_task *t, struct scxu_command command)
{
	if (t->slot >= s->nr_slots)
		return -EINVAL;
	command.slot = t->slot;
	command.generation = t->generation;
	return give(s, &command);
}

SCXU_API int scxu_kick_cpu(struct scxu *s, int cpu, uint32_t flags)
{
	static const uint32_t known = SCXU_KICK_IDLE | SCXU_KICK_PREEMPT | SCXU_KICK_WAIT;

	if (cpu < 0 || cpu >= s->nr_cpus || flags & ~known ||
	    (flags & SCXU_KICK_IDLE && flags != SCXU_KICK_IDLE))
		return -EINVAL;
	if (flags & SCXU_KICK_WAIT && !s->port->has(s, SCXU_FEATURE_KICK_WAIT))
		return -EOPNOTSUPP;
	return give(s, &(struct scxu_command){ .op = SCXU_OP_KICK, .cpu = cpu, .flags = flags });
}

SCXU_API int scxu_set_slice(struct scxu *s, const struct scxu_task *t, uint64_t slice_ns)
{
	return give_for_task(
		s, t, (struct scxu_command){ .op = SCXU_OP_SET_SLICE, .slice_ns = slice_ns });
}

SCXU_API int scxu_set_vtime(struct scxu *s, const struct scxu_task *t, uint64_t vtime)
{
	return give_for_task(s, t,
			     (struct scxu_command){ .op = SCXU_OP_SET_VTIME, .vtime = vtime });
}

SCXU_API int scxu_recall(struct scxu *s, const struct scxu_task *t)
{
	return give_for_task(s, t, (struct scxu_command){ .op = SCXU_OP_RECALL });
}

static bool in_mask(const uint64_t *cpus, unsigned int nr_words, int cpu)
{
	return !cpus || ((unsigned int)cpu / 64 < nr_words && cpus[cpu / 64] >> (cpu % 64) & 1);
}

/* A queue that nobody would serve is none. */
static bool any_in_mask(struct scxu *s, const uint64_t *cpus, unsigned int nr_words)
{
	int cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (in_mask(cpus, nr_words, cpu))
			return true;
	return false;
}

/* It stands in lines that are searched by machines. */
static bool is_queue_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return c > name && c - name < SCXU_QUEUE_NAME_LEN;
}

SCXU_API int scxu_create_queue(struct scxu *s, const char *name, const uint64_t *cpus,
			       unsigned int nr_words)
{
	int cpu, err, nr = s->nr_queues + 1;

	if (!name || !is_queue_name(name) || !any_in_mask(s, cpus, nr_words))
		return -EINVAL;
	if (nr > SCXU_MAX_QUEUES)
		return -ENOSPC;
	err = s->port->create_queue(s, nr, name);
	if (err)
		return err;
	s->nr_queues = nr; /* it is there, even if a CPU cannot be added */
	for (cpu = 0; cpu < s->nr_cpus && !err; cpu++)
		if (in_mask(cpus, nr_words, cpu))
			err = s->port->add_to_queue(s, nr, cpu);
	return err ?: nr;
}

SCXU_API int scxu_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	if (cpu < 0 || cpu >= s->nr_cpus || perf > SCXU_CPUPERF_MAX)
		return -EINVAL;
	return s->port->set_cpuperf(s, cpu, perf);
}

SCXU_API int scxu_get_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	struct scxu_cgroup all = { .sz = sizeof(all) };
	size_t sz = info->sz;
	int err;

	if (sz < sizeof(info->sz))
		return -EINVAL;
	if (!(s->opts.events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT)))
		return -EOPNOTSUPP;
	err = s->port->read_cgroup(s, id, &all);
	if (err)
		return err;
	memset(info, 0, sz);
	memcpy(info, &all, sz < sizeof(all) ? sz : sizeof(all));
	info->sz = sz;
	return 0;
}

SCXU_API bool scxu_has(struct scxu *s, int feature)
{
	return (s ? s->port : &scxu_port_bpf)->has(s, feature);
}
