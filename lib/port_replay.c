// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_replay.c - a port that answers from a recording. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static bool is_wanted(const struct scxu *s, const struct scxu_event *ev)
{
	static const uint64_t always = SCXU_EVENT_BIT(SCXU_EVENT_ENQUEUE);
	uint64_t events = s->opts.events;

	if (events)
		events |= SCXU_EVENT_BIT(SCXU_EVENT_LOST);
	return ev->type < 64 && (events | always) >> ev->type & 1;
}

static bool next_wanted(struct scxu *s, struct scxu_event *ev)
{
	while (replay_next_event(s, ev)) {
		if (!is_wanted(s, ev))
			continue;
		replay_of(s)->nr_read++;
		return true;
	}
	return false;
}

static unsigned int replay_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	struct scxu_event ev;
	unsigned int i;

	for (i = 0; i < nr && next_wanted(s, &ev); i++)
		tasks[i] = ev.task;
	return i;
}

static unsigned int replay_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && next_wanted(s, &events[i]); i++)
		;
	return i;
}

static void replay_drop_events(struct scxu *s)
{
	struct replay *r = replay_of(s);
	size_t i, to = r->left_head;

	for (i = r->left_head; i < r->left_tail; i++)
		if (r->left[i].type == SCXU_EVENT_ENQUEUE)
			r->left[to++] = r->left[i];
	r->left_tail = to;
	replay_follow(s, RECORD_DROP);
}

/* A walk that was not recorded finds nobody. */
static bool replay_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	struct replay *r = replay_of(s);

	while (replay_next_is(r, RECORD_SLOT) && r->next.event.task.slot < slot)
		replay_advance(s);
	if (!replay_next_is(r, RECORD_SLOT) || r->next.event.task.slot != slot)
		return false;
	*t = r->next.event.task;
	scxu_make_printable(t->comm, sizeof(t->comm));
	replay_advance(s);
	return true;
}

static const uint64_t *replay_task_cpumask(struct scxu *s, uint32_t slot)
{
	struct replay *r = replay_of(s);

	replay_ask(s);
	return r->masks[slot] ?: r->all_cpus;
}

static bool replay_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	replay_follow(s, RECORD_DISPATCH);
	replay_made(&replay_of(s)->compare, d);
	return replay_answer(s, true);
}

static bool replay_command(struct scxu *s, const struct scxu_command *command)
{
	replay_follow(s, RECORD_COMMAND);
	replay_made_command(&replay_of(s)->compare, command);
	return replay_answer(s, true);
}

static int replay_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	replay_follow(s, RECORD_QUEUE);
	return replay_answer(s, 0);
}

static int replay_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	replay_follow(s, RECORD_QUEUE_CPU);
	return replay_answer(s, 0);
}

static int replay_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	struct scxu_command command = replay_cpuperf(cpu, perf);

	replay_follow(s, RECORD_CPUPERF);
	replay_made_command(&replay_of(s)->compare, &command);
	return replay_answer(s, 0);
}

static int replay_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	const struct replay_cgroup *cgroup;

	replay_ask(s);
	cgroup = replay_cgroup(replay_of(s), id);
	if (!cgroup || cgroup->err)
		return cgroup ? cgroup->err : -ENOENT;
	info->id = id;
	info->parent_id = cgroup->parent_id;
	info->weight = cgroup->weight;
	return 0;
}

static bool replay_has(struct scxu *s, int feature)
{
	return feature >= 0 && feature < 64 &&
	       replay_of(s)->head.numbers[RECORD_TAG_FEATURES] >> feature & 1;
}

/*
 * The recorded round ends as well, in a gap if there is one before its end. What was not read in it
 * stays to be read, if anybody reads.
 */
static int replay_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct replay *r = replay_of(s);
	bool reads = r->nr_read;
	int err;

	if (r->over)
		return 0;
	while (r->more && !replay_next_is(r, RECORD_ROUND) && !r->behind_gap)
		replay_pass(s);
	r->behind_gap = false;
	if (replay_next_is(r, RECORD_ROUND))
		replay_advance(s);
	err = replay_answer(s, 0);
	replay_end_round(&r->compare);
	r->nr_read = 0;
	if (r->compare.no_memory || (!r->more && (r->left_head == r->left_tail || !reads)))
		r->over = true;
	return err;
}

static int replay_fd(struct scxu *s)
{
	return -EOPNOTSUPP;
}

/* The policy would sleep by a clock of its own. So it is told to look. */
static bool replay_arm(struct scxu *s)
{
	replay_wait(s, 0, false);
	return false;
}

static void replay_disarm(struct scxu *s)
{
}

static void replay_wake(struct scxu *s)
{
}

static bool replay_cpu_is_idle(struct scxu *s, int cpu)
{
	replay_ask(s);
	return replay_of(s)->idle[cpu];
}

static pid_t replay_cpu_pid(struct scxu *s, int cpu)
{
	replay_ask(s);
	return replay_of(s)->pids[cpu];
}

static int replay_own_cpu(struct scxu *s)
{
	replay_ask(s);
	return replay_of(s)->own_cpu;
}

static bool replay_exited(struct scxu *s)
{
	return replay_of(s)->over;
}

static void replay_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	const struct replay *r = replay_of(s);

	info->cpu = -1;
	info->kind = r->detached ? SCXU_EXIT_DETACHED : SCXU_EXIT_NONE;
	if (r->compare.no_memory) {
		info->kind = SCXU_EXIT_EVICTED;
		snprintf(info->reason, sizeof(info->reason), "no memory");
	} else if (r->reader.why) {
		info->kind = SCXU_EXIT_EVICTED;
		snprintf(info->reason, sizeof(info->reason), "the recording is damaged");
		snprintf(info->message, sizeof(info->message), "%s: at byte %llu: %s", r->path,
			 (unsigned long long)r->reader.bad_offset, r->reader.why);
	}
}

static const char *replay_dump(struct scxu *s)
{
	return "";
}

static void copy_words(const struct replay *r, enum record_type type, void *sized)
{
	size_t sz = *(size_t *)sized;

	memcpy((char *)sized + sizeof(sz), r->words[type - RECORD_STATS], sz - sizeof(sz));
}

/* Those that the recorded policy has read, or our own. */
static void replay_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	const struct replay *r = replay_of(s);
	size_t sz = stats->sz;
	struct scxu_stats ours = {
		.sz = sz,
		.nr_enqueued = r->compare.nr_enqueues,
		.nr_dispatched = r->compare.nr_made,
		.nr_rounds = r->compare.nr_rounds,
		.nr_cpus = s->nr_cpus,
	};

	replay_ask(s);
	memcpy(stats, &ours, sz);
	if (r->has_words[0])
		copy_words(r, RECORD_STATS, stats);
}

static void replay_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	replay_ask(s);
	copy_words(replay_of(s), RECORD_HISTOGRAMS, h);
}

/* The policy asked for more than the recording has. */
static void warn_of_wishes(struct scxu *s)
{
	const uint64_t *numbers = replay_of(s)->head.numbers;
	uint64_t events = s->opts.events & ~numbers[RECORD_TAG_EVENTS];
	uint32_t fields = s->opts.fields & ~(uint32_t)numbers[RECORD_TAG_FIELDS];

	if (events || fields)
		scxu_log(
			s, SCXU_LOG_WARNING,
			"%s: the recording is without events 0x%llx and fields 0x%x, which this policy wants",
			s->opts.replay, (unsigned long long)events, fields);
}

static int alloc(struct scxu *s)
{
	struct replay *r = replay_of(s);

	r->mask_words = (s->nr_cpus + 63) / 64;
	r->path = strdup(s->opts.replay);
	r->idle = calloc(s->nr_cpus, sizeof(*r->idle));
	r->pids = calloc(s->nr_cpus, sizeof(*r->pids));
	r->masks = calloc(s->nr_slots, sizeof(*r->masks));
	r->all_cpus = malloc(r->mask_words * sizeof(*r->all_cpus));
	if (!r->path || !r->idle || !r->pids || !r->masks || !r->all_cpus)
		return -ENOMEM;
	memset(r->all_cpus, 0xff, r->mask_words * sizeof(*r->all_cpus));
	return replay_compare_init(&r->compare, s->nr_slots);
}

static int replay_prepare(struct scxu *s)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct scxu_topology *topology = NULL;
	int err;

	if (!r)
		return -ENOMEM;
	s->port_data = r;
	err = record_reader_open(&r->reader, s->opts.replay, &r->head, &topology, s);
	if (err)
		return err;
	scxu_make_printable(r->head.name, sizeof(r->head.name));
	scxu_make_printable(r->head.version, sizeof(r->head.version));
	err = scxu_set_topology(s, topology);
	s->nr_slots = r->head.numbers[RECORD_TAG_NR_SLOTS];
	err = err ?: alloc(s);
	if (err)
		return err;
	r->policy = pthread_self();
	r->own_cpu = -1;
	r->compare.slice_ns = s->opts.slice_us * NSEC_PER_USEC;
	r->compare.recorded_slice_ns = r->head.numbers[RECORD_TAG_SLICE_US] * NSEC_PER_USEC;
	warn_of_wishes(s);
	replay_advance(s);
	return 0;
}

static void replay_detach(struct scxu *s)
{
	struct replay *r = replay_of(s);

	if (r->detached)
		return;
	r->detached = true;
	r->over = true;
	replay_finish(&r->compare, r->reader.complete);
}

static void replay_destroy(struct scxu *s)
{
	struct replay *r = replay_of(s);
	uint32_t slot;

	for (slot = 0; r->masks && slot < s->nr_slots; slot++)
		free(r->masks[slot]);
	free(r->masks);
	free(r->all_cpus);
	free(r->idle);
	free(r->pids);
	free(r->left);
	tdestroy(r->cgroups, free);
	free(r->path);
	replay_compare_free(&r->compare);
	record_reader_close(&r->reader);
	free(r);
	s->port_data = NULL;
}

const struct scxu_port scxu_port_replay = {
	.prepare = replay_prepare,
	.detach = replay_detach,
	.destroy = replay_destroy,
	.read_tasks = replay_read_tasks,
	.read_events = replay_read_events,
	.drop_events = replay_drop_events,
	.read_slot = replay_read_slot,
	.task_cpumask = replay_task_cpumask,
	.submit = replay_submit,
	.command = replay_command,
	.create_queue = replay_create_queue,
	.add_to_queue = replay_add_to_queue,
	.set_cpuperf = replay_set_cpuperf,
	.read_cgroup = replay_read_cgroup,
	.has = replay_has,
	.wait = replay_wait,
	.fd = replay_fd,
	.arm = replay_arm,
	.disarm = replay_disarm,
	.wake = replay_wake,
	.cpu_is_idle = replay_cpu_is_idle,
	.cpu_pid = replay_cpu_pid,
	.own_cpu = replay_own_cpu,
	.exited = replay_exited,
	.read_exit = replay_read_exit,
	.dump = replay_dump,
	.read_stats = replay_read_stats,
	.read_histograms = replay_read_histograms,
	.write_summary = replay_write_summary,
};
