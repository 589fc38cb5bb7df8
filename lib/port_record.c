// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * port_record.c - a port in front of another one, which writes down what passes.
 *
 * All that the policy learns goes through a port, so that is all that a replay has to know: what was
 * read, and the answers to questions. Of an answer that may change at any time only changes are
 * written, and how often it held before. What other threads ask is not the policy's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define NR_CHUNKS 256 /* 4 MiB: more than a second of 100,000 decisions a second */
#define NR_FEATURES 64

#define inner_of(s) ((s)->recorder->inner)

static bool is_policy(const struct recorder *r)
{
	return pthread_equal(pthread_self(), r->policy);
}

/* Whether the recording is whole, and if not, what is missing. */
static void tell_of_recording(struct scxu *s)
{
	const struct recorder *r = s->recorder;

	if (r->err)
		scxu_log(s, SCXU_LOG_WARNING, "%s: its last %llu bytes could not be written: %s",
			 r->path, (unsigned long long)r->nr_unwritten, strerror(-r->err));
	if (r->nr_all_lost)
		scxu_log(
			s, SCXU_LOG_WARNING,
			"%s: %llu records are missing: they came faster than they could be written",
			r->path, (unsigned long long)r->nr_all_lost);
	if (!r->err && !r->nr_all_lost)
		scxu_log(s, SCXU_LOG_INFO, "%s: %llu bytes recorded", r->path,
			 (unsigned long long)r->nr_bytes);
}

/* The kernel's own scheduler is back before we wait for the file. */
static void record_detach(struct scxu *s)
{
	struct recorder *r = s->recorder;

	r->inner->detach(s);
	if (!r->writing)
		return;
	r->patient = true; /* nobody waits for us any more */
	record_put_end(r);
	record_close(r);
	tell_of_recording(s);
}

static void record_destroy(struct scxu *s)
{
	inner_of(s)->destroy(s);
}

static unsigned int put_tasks(struct recorder *r, const struct scxu_task *tasks,
			      unsigned int nr_read, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr_read; i++)
		record_put_task(r, &tasks[i]);
	if (nr_read < nr)
		record_put_short(r);
	return nr_read;
}

static unsigned int record_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	struct recorder *r = s->recorder;
	unsigned int nr_read = r->inner->read_tasks(s, tasks, nr);

	if (nr_read == 1 && nr == 1)
		return record_put_task(r, tasks);
	return put_tasks(r, tasks, nr_read, nr);
}

static unsigned int put_events(struct recorder *r, const struct scxu_event *events,
			       unsigned int nr_read, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr_read; i++)
		record_put_event(r, &events[i]);
	if (nr_read < nr)
		record_put_short(r);
	return nr_read;
}

static unsigned int record_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	struct recorder *r = s->recorder;
	unsigned int nr_read = r->inner->read_events(s, events, nr);

	if (nr_read == 1 && nr == 1)
		return record_put_event(r, events);
	return put_events(r, events, nr_read, nr);
}

static void record_drop_events(struct scxu *s)
{
	inner_of(s)->drop_events(s);
	record_put_drop(s->recorder);
}

static bool record_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	if (!inner_of(s)->read_slot(s, slot, t))
		return false;
	record_put_slot(s->recorder, t);
	return true;
}

/* The policy gets a copy, which does not change under its eyes. */
static const uint64_t *record_task_cpumask(struct scxu *s, uint32_t slot)
{
	struct recorder *r = s->recorder;
	const uint64_t *mask = r->inner->task_cpumask(s, slot);
	bool held = r->mask_slot == slot;
	uint64_t word;
	uint32_t i;

	for (i = 0; i < r->mask_words; i++) {
		word = __atomic_load_n(&mask[i], __ATOMIC_RELAXED);
		held &= r->mask[i] == word;
		r->mask[i] = word;
	}
	r->mask_slot = slot;
	if (held)
		r->nr_held++;
	else
		record_put_mask(r, slot, r->mask, r->mask_words);
	return r->mask;
}

static bool record_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	if (inner_of(s)->submit(s, d))
		return record_put_dispatch(s->recorder, d);
	record_put_dispatch(s->recorder, d);
	record_put_answer(s->recorder, 0);
	return false;
}

static bool record_command(struct scxu *s, const struct scxu_command *command)
{
	struct recorder *r = s->recorder;
	bool taken = r->inner->command(s, command);

	record_put_command(r, command);
	if (!taken)
		record_put_answer(r, 0);
	return taken;
}

static int answer(struct recorder *r, int err)
{
	if (err)
		record_put_answer(r, err);
	return err;
}

static int record_create_queue(struct scxu *s, uint32_t nr, const char *name)
{
	struct recorder *r = s->recorder;

	record_put_queue(r, nr, name);
	return answer(r, r->inner->create_queue(s, nr, name));
}

static int record_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	struct recorder *r = s->recorder;

	record_put_queue_cpu(r, nr, cpu);
	return answer(r, r->inner->add_to_queue(s, nr, cpu));
}

static int record_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	struct recorder *r = s->recorder;

	record_put_of_cpu(r, RECORD_CPUPERF, cpu, perf);
	return answer(r, r->inner->set_cpuperf(s, cpu, perf));
}

static int record_read_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info)
{
	int err = inner_of(s)->read_cgroup(s, id, info);

	record_put_cgroup(s->recorder, id, err, info);
	return err;
}

static bool record_has(struct scxu *s, int feature)
{
	return inner_of(s)->has(s, feature);
}

static int record_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct recorder *r = s->recorder;

	record_put_round(r, timeout_ns, pending ? RECORD_R_PENDING : 0);
	return answer(r, r->inner->wait(s, timeout_ns, pending));
}

static int record_fd(struct scxu *s)
{
	return inner_of(s)->fd(s);
}

static bool record_arm(struct scxu *s)
{
	struct recorder *r = s->recorder;

	record_put_round(r, -1, RECORD_R_ARM);
	return r->inner->arm(s);
}

static void record_disarm(struct scxu *s)
{
	inner_of(s)->disarm(s);
}

static void record_wake(struct scxu *s)
{
	inner_of(s)->wake(s);
}

static bool record_cpu_is_idle(struct scxu *s, int cpu)
{
	struct recorder *r = s->recorder;
	bool idle = r->inner->cpu_is_idle(s, cpu);

	if (idle == r->idle[cpu]) {
		r->nr_held++;
		return idle;
	}
	record_put_of_cpu(r, RECORD_IDLE, cpu, idle);
	r->idle[cpu] = idle;
	return idle;
}

static pid_t record_cpu_pid(struct scxu *s, int cpu)
{
	struct recorder *r = s->recorder;
	pid_t pid = r->inner->cpu_pid(s, cpu);

	if (!is_policy(r))
		return pid;
	if (pid == r->pids[cpu]) {
		r->nr_held++;
		return pid;
	}
	record_put_of_cpu(r, RECORD_CPU_PID, cpu, pid);
	r->pids[cpu] = pid;
	return pid;
}

static int record_own_cpu(struct scxu *s)
{
	struct recorder *r = s->recorder;
	int cpu = r->inner->own_cpu(s);

	if (cpu == r->own_cpu) {
		r->nr_held++;
		return cpu;
	}
	record_put_of_cpu(r, RECORD_OWN_CPU, cpu, 0);
	r->own_cpu = cpu;
	return cpu;
}

static bool record_exited(struct scxu *s)
{
	return inner_of(s)->exited(s);
}

static void record_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	inner_of(s)->read_exit(s, info);
}

static const char *record_dump(struct scxu *s)
{
	return inner_of(s)->dump(s);
}

/* Behind the size there are words only. */
#define NR_WORDS(sz) (((sz) - sizeof(size_t)) / sizeof(uint64_t))
#define WORDS(sized) ((const uint64_t *)&(sized)->sz + 1)

_Static_assert(NR_WORDS(sizeof(struct scxu_stats)) <= RECORD_MAX_WORDS &&
		       NR_WORDS(sizeof(struct scxu_histograms)) <= RECORD_MAX_WORDS &&
		       sizeof(size_t) == sizeof(uint64_t),
	       "a record has room for them");

static void record_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	struct recorder *r = s->recorder;

	r->inner->read_stats(s, stats);
	if (is_policy(r) && r->writing)
		record_put_words(r, RECORD_STATS, WORDS(stats), NR_WORDS(stats->sz));
}

static void record_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	struct recorder *r = s->recorder;

	r->inner->read_histograms(s, h);
	if (is_policy(r) && r->writing)
		record_put_words(r, RECORD_HISTOGRAMS, WORDS(h), NR_WORDS(h->sz));
}

static int record_write_summary(struct scxu *s, FILE *f, int format)
{
	return inner_of(s)->write_summary ? inner_of(s)->write_summary(s, f, format) : -EOPNOTSUPP;
}

const struct scxu_port scxu_port_record = {
	.detach = record_detach,
	.destroy = record_destroy,
	.read_tasks = record_read_tasks,
	.read_events = record_read_events,
	.drop_events = record_drop_events,
	.read_slot = record_read_slot,
	.task_cpumask = record_task_cpumask,
	.submit = record_submit,
	.command = record_command,
	.create_queue = record_create_queue,
	.add_to_queue = record_add_to_queue,
	.set_cpuperf = record_set_cpuperf,
	.read_cgroup = record_read_cgroup,
	.has = record_has,
	.wait = record_wait,
	.fd = record_fd,
	.arm = record_arm,
	.disarm = record_disarm,
	.wake = record_wake,
	.cpu_is_idle = record_cpu_is_idle,
	.cpu_pid = record_cpu_pid,
	.own_cpu = record_own_cpu,
	.exited = record_exited,
	.read_exit = record_read_exit,
	.dump = record_dump,
	.read_stats = record_read_stats,
	.read_histograms = record_read_histograms,
	.write_summary = record_write_summary,
};

int scxu_record_open(struct scxu *s)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	s->recorder = r;
	if (!r)
		return -ENOMEM;
	r->s = s;
	r->fd = -1;
	r->own_cpu = -1;
	r->mask_slot = -1;
	r->nr_chunks = NR_CHUNKS;
	r->policy = pthread_self();
	err = record_open(r, s->opts.record);
	if (err == -EINVAL)
		scxu_error(s, "%s: want the name of a file to record to", s->opts.record);
	else if (err)
		scxu_error(s, "%s: cannot write it: %s", s->opts.record, strerror(-err));
	return err;
}

static uint64_t features_of(struct scxu *s)
{
	uint64_t features = 0;
	int i;

	for (i = 0; i < NR_FEATURES; i++)
		features |= (uint64_t)s->port->has(s, i) << i;
	return features;
}

static void put_machine(struct scxu *s)
{
	const struct scxu_opts *o = &s->opts;
	struct record_head head = {
		.numbers = {
			[RECORD_TAG_FLAGS] = o->flags,
			[RECORD_TAG_EVENTS] = o->events,
			[RECORD_TAG_FIELDS] = o->fields,
			[RECORD_TAG_SLICE_US] = o->slice_us,
			[RECORD_TAG_FALLBACK_MS] = o->fallback_ms,
			[RECORD_TAG_TIMEOUT_MS] = o->timeout_ms,
			[RECORD_TAG_NR_SLOTS] = s->nr_slots,
			[RECORD_TAG_NR_CPUS] = s->nr_cpus,
			[RECORD_TAG_FEATURES] = features_of(s),
			[RECORD_TAG_TIME] = time(NULL),
		},
	};
	int cpu;

	snprintf(head.name, sizeof(head.name), "%s", s->name);
	snprintf(head.version, sizeof(head.version), "%s", scxu_version());
	record_put_head(s->recorder, &head);
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (topology_has(s->topology, cpu) || cpu == s->nr_cpus - 1)
			record_put_cpu(s->recorder, cpu, &s->topology->cpus[cpu]);
	record_ring_publish(&s->recorder->ring);
}

static int alloc(struct scxu *s)
{
	struct recorder *r = s->recorder;
	struct record_slot *slots = scxu_alloc_touched(s->nr_slots, sizeof(*slots));
	int err = record_memory_init(&r->memory, slots, s->nr_slots);

	err = err ?: record_ring_init(&r->ring, r->nr_chunks);
	r->mask_words = (s->nr_cpus + 63) / 64;
	r->idle = scxu_alloc_touched(s->nr_cpus, sizeof(*r->idle));
	r->pids = scxu_alloc_touched(s->nr_cpus, sizeof(*r->pids));
	r->mask = scxu_alloc_touched(r->mask_words, sizeof(*r->mask));
	return err ?: r->idle && r->pids && r->mask ? 0 : -ENOMEM;
}

/* A mask has to fit into a record. Linux has no more either, but the simulator can. */
static int check_machine(struct scxu *s)
{
	if (s->nr_cpus <= RECORD_MAX_CPUS &&
	    scxu_topology_nr_nodes(s->topology) <= RECORD_MAX_NODES)
		return 0;
	scxu_error(s, "%s: cannot record: the machine has more than %d CPUs or %d nodes",
		   s->recorder->path, RECORD_MAX_CPUS, RECORD_MAX_NODES);
	return -EOPNOTSUPP;
}

int scxu_record_prepare(struct scxu *s)
{
	struct recorder *r = s->recorder;
	int err = check_machine(s);

	if (err)
		return err;
	err = alloc(s);
	/* The simulator has some in any case. */
	r->fields = s->port == &scxu_port_sim ? SCXU_FIELD_ALL : s->opts.fields;
	r->patient = s->port == &scxu_port_sim;
	if (!err)
		put_machine(s);
	err = err ?: record_start_writer(r);
	if (err)
		scxu_error(s, "%s: cannot record: %s", r->path, strerror(-err));
	return err;
}

void scxu_record_begin(struct scxu *s)
{
	struct recorder *r = s->recorder;

	r->inner = s->port;
	s->port = &scxu_port_record;
	record_begin(r);
}

void scxu_record_free(struct scxu *s)
{
	struct recorder *r = s->recorder;

	if (!r)
		return;
	record_close(r);
	record_ring_free(&r->ring);
	record_memory_free(&r->memory);
	free(r->idle);
	free(r->pids);
	free(r->mask);
	free(r->path);
	free(r);
}
