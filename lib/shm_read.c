// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * shm_read.c - step 3 of a task's path: announcements and events out of the rings, in order.
 *
 * A look notes how far each ring has come, then the entries up to there are merged. With events,
 * it first notes how far the numbers have come: all that has a smaller one is in the rings by then,
 * but for what happens to another task at this moment. So a task's events come in their order.
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "internal.h"
#include "shm.h"
#include "topology.h"

static const struct scxu_shm_entry *head_entry(const struct shm_view *v,
					       const struct shm_source *src)
{
	return &src->entries[src->cpu->head & (v->layout.nr_ring - 1)];
}

static const struct scxu_shm_task *record_of(const struct shm_view *v,
					     const struct scxu_shm_entry *entry)
{
	return &v->tasks[entry->slot & (v->layout.nr_slots - 1)];
}

static const struct scxu_shm_event *head_event(const struct shm_view *v, uint32_t ring)
{
	uint32_t head = v->cpus[ring].event_head & (v->layout.nr_events - 1);

	return &v->events[ring * v->layout.nr_events + head];
}

/* What orders the announcement at the head of @src. False if the task has been announced again. */
static bool read_order(const struct shm_view *v, struct shm_source *src)
{
	const struct scxu_shm_entry *entry = head_entry(v, src);
	const struct scxu_shm_task *rec = record_of(v, entry);

	if (load_acquire(&rec->generation) != entry->generation)
		return false;
	src->order = load_relaxed(v->layout.nr_events ? &rec->seq : &rec->enqueue_ns);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load_relaxed(&rec->generation) == entry->generation;
}

/*
 * Look at the head of @src, past announcements of tasks that have been announced again: those stand
 * where they were announced last. False if nothing is left.
 */
static bool next_announcement(struct shm_view *v, struct shm_source *src)
{
	struct scxu_shm_cpu *cpu = src->cpu;

	for (; cpu->head != src->end; store_release(&cpu->head, cpu->head + 1))
		if (read_order(v, src))
			return src->order < v->limit;
	return false;
}

static bool next_event(struct shm_view *v, struct shm_source *src)
{
	if (v->cpus[src->ring].event_head == src->end)
		return false;
	src->order = load_relaxed(&head_event(v, src->ring)->seq);
	return src->order < v->limit;
}

static bool source_next(struct shm_view *v, struct shm_source *src)
{
	return src->events ? next_event(v, src) : next_announcement(v, src);
}

static void add_source(struct shm_view *v, uint32_t ring, bool events, uint32_t head, uint32_t tail)
{
	struct shm_source *src = &v->sources[v->nr_sources];

	if (tail == head)
		return;
	v->busy = true; /* even if all of it is out of date */
	src->ring = ring;
	src->events = events;
	src->end = tail;
	src->cpu = &v->cpus[ring];
	src->entries = &v->rings[ring * v->layout.nr_ring];
	if (source_next(v, src))
		v->nr_sources++;
}

static void look_at_rings(struct shm_view *v)
{
	uint32_t ring;

	v->limit = v->layout.nr_events ? load_acquire(&v->shm->event_seq) : UINT64_MAX;
	for (ring = 0; ring < v->layout.nr_cpus; ring++)
		add_source(v, ring, false, v->cpus[ring].head, load_acquire(&v->cpus[ring].tail));
	if (!v->layout.nr_events)
		return;
	for (ring = 0; ring <= v->layout.nr_cpus; ring++)
		add_source(v, ring, true, v->cpus[ring].event_head,
			   load_acquire(&v->cpus[ring].event_tail));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* The clock is read once for all that a look has found. */
static void find_sources(struct shm_view *v)
{
	look_at_rings(v);
	if (v->waits && v->nr_sources)
		v->look_ns = now_ns();
}

static struct shm_source *oldest_source(struct shm_view *v)
{
	struct shm_source *src, *oldest = v->sources;

	for (src = v->sources + 1; src < v->sources + v->nr_sources; src++)
		if (src->order < oldest->order)
			oldest = src;
	return oldest;
}

/*
 * The head of @src was read. If no other ring has anything the order of the next entry does not
 * matter, until the next look; and without events there is no limit.
 */
static inline void pass(struct shm_view *v, struct shm_source *src)
{
	struct scxu_shm_cpu *cpu = src->cpu;
	bool more;

	if (src->events)
		store_release(&cpu->event_head, cpu->event_head + 1);
	else
		store_release(&cpu->head, cpu->head + 1);
	if (v->nr_sources == 1 && !v->layout.nr_events)
		more = cpu->head != src->end;
	else
		more = source_next(v, src);
	if (!more)
		*src = v->sources[--v->nr_sources];
}

/* The way of a task of which nothing special was asked is one function, the rest is aside. */
#define on_the_way __attribute__((always_inline)) static inline
#define aside __attribute__((noinline)) static

static void clear_fields(struct scxu_task *t)
{
	memset(t->comm, 0, offsetof(struct scxu_task, id) - offsetof(struct scxu_task, comm));
}

/* From the topology: the kernel half need not know. */
static void add_place(struct scxu_task *t, const struct scxu_topology *topology)
{
	bool known = topology_has(topology, t->cpu);

	t->node = known ? topology->cpus[t->cpu].group[NODE] : -1;
	t->llc = known ? topology->cpus[t->cpu].group[LLC] : -1;
}

/* What opts.fields asked for; without it these members of the record are 0. */
static void copy_fields(struct scxu_task *t, const struct scxu_shm_task *rec)
{
	memcpy(t->comm, rec->comm, sizeof(t->comm));
	t->comm[sizeof(t->comm) - 1] = '\0';
	t->nice = load_relaxed(&rec->nice);
	t->policy = load_relaxed(&rec->policy);
	t->waker_pid = load_relaxed(&rec->waker_pid);
	t->waker_cpu = load_relaxed(&rec->waker_cpu);
	t->start_ns = load_relaxed(&rec->start_ns);
	t->stop_ns = load_relaxed(&rec->stop_ns);
	t->exec_run_ns = load_relaxed(&rec->exec_run_ns);
	t->exec_awake_ns = load_relaxed(&rec->exec_awake_ns);
	t->nr_preemptions = load_relaxed(&rec->nr_preemptions);
}

aside void set_fields(const struct shm_view *v, struct scxu_task *t,
		      const struct scxu_shm_task *rec)
{
	copy_fields(t, rec);
	if (v->topology)
		add_place(t, v->topology);
}

on_the_way void copy_task(const struct shm_view *v, struct scxu_task *t,
			  const struct scxu_shm_task *rec, uint32_t slot, uint32_t generation)
{
	t->pid = load_relaxed(&rec->pid);
	t->tgid = load_relaxed(&rec->tgid);
	t->cpu = load_relaxed(&rec->cpu);
	t->flags = load_relaxed(&rec->flags);
	t->slot = slot;
	t->generation = generation;
	t->weight = load_relaxed(&rec->weight);
	t->nr_cpus_allowed = load_relaxed(&rec->nr_cpus_allowed);
	t->enqueue_ns = load_relaxed(&rec->enqueue_ns);
	t->exec_ns = load_relaxed(&rec->exec_ns);
	t->nr_switches = load_relaxed(&rec->nr_switches);
	t->cookie = load_relaxed(&rec->cookie);
	t->vtime = load_relaxed(&rec->vtime);
	t->cgroup_id = load_relaxed(&rec->cgroup_id);
	t->id = load_relaxed(&rec->id);
	clear_fields(t);
	if (v->fields)
		set_fields(v, t, rec);
}

aside void measure_seen(struct shm_view *v, const struct scxu_task *t)
{
	uint64_t wait_ns = v->look_ns > t->enqueue_ns ? v->look_ns - t->enqueue_ns : 0;
	struct scxu_shm_wait *wait = &v->waits[t->slot & (v->layout.nr_slots - 1)];
	__u64 *bucket = &v->enqueue_to_seen[scxu_shm_bucket(wait_ns)];

	store_relaxed(bucket, *bucket + 1);
	store_relaxed(&wait->seen_ns, v->look_ns);
	store_relaxed(&wait->seen, t->generation);
}

/*
 * False if the task has been announced again, then that announcement counts. A generation never
 * comes back, so it is enough to look at it once the copy is complete.
 */
on_the_way bool read_announcement(struct shm_view *v, const struct shm_source *src,
				  struct scxu_task *t)
{
	const struct scxu_shm_entry *entry = head_entry(v, src);
	const struct scxu_shm_task *rec = record_of(v, entry);

	copy_task(v, t, rec, entry->slot, entry->generation);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (load_relaxed(&rec->generation) != entry->generation)
		return false;
	if (v->waits)
		measure_seen(v, t);
	return true;
}

unsigned int shm_read_tasks(struct shm_view *v, struct scxu_task *tasks, unsigned int nr)
{
	struct shm_source *src;
	unsigned int nr_read = 0;

	while (nr_read < nr) {
		if (!v->nr_sources)
			find_sources(v);
		if (!v->nr_sources)
			break;
		src = oldest_source(v);
		if (read_announcement(v, src, tasks)) {
			tasks++;
			nr_read++;
		}
		pass(v, src);
		v->busy = true;
	}
	return nr_read;
}

static void read_event(const struct scxu_shm_event *from, struct scxu_event *ev)
{
	*ev = (struct scxu_event){
		.type = from->type,
		.cpu = from->cpu,
		.seq = from->seq,
		.time_ns = from->time_ns,
		.task = {
			.pid = from->pid,
			.tgid = from->tgid,
			.cpu = from->task_cpu,
			.slot = from->slot,
			.generation = from->generation,
			.weight = from->weight,
			.exec_ns = from->exec_ns,
			.cookie = from->cookie,
			.id = from->id,
		},
	};
	memcpy(ev->value, from->value, sizeof(ev->value));
}

static bool read_enqueue(struct shm_view *v, const struct shm_source *src, struct scxu_event *ev)
{
	*ev = (struct scxu_event){ .type = SCXU_EVENT_ENQUEUE,
				   .cpu = src->ring,
				   .seq = src->order };
	if (!read_announcement(v, src, &ev->task))
		return false;
	ev->time_ns = ev->task.enqueue_ns;
	return true;
}

static bool read_source(struct shm_view *v, const struct shm_source *src, struct scxu_event *ev)
{
	if (!src->events)
		return read_enqueue(v, src, ev);
	read_event(head_event(v, src->ring), ev);
	return true;
}

static uint64_t count_lost(const struct shm_view *v)
{
	uint64_t nr = 0;
	uint32_t ring;

	for (ring = 0; ring <= v->layout.nr_cpus; ring++)
		nr += load_relaxed(&v->cpus[ring].nr.nr_events_lost);
	return nr;
}

/* Looked at when it is known what will be read, so that a loss is told before what came after it. */
static unsigned int read_loss(struct shm_view *v, struct scxu_event *ev)
{
	uint64_t nr_lost = count_lost(v);

	if (nr_lost == v->nr_lost)
		return 0;
	*ev = (struct scxu_event){
		.type = SCXU_EVENT_LOST,
		.cpu = SCXU_CPU_ANY,
		.value = { nr_lost - v->nr_lost },
	};
	v->nr_lost = nr_lost;
	return 1;
}

unsigned int shm_read_events(struct shm_view *v, struct scxu_event *events, unsigned int nr)
{
	struct shm_source *src;
	unsigned int nr_read = 0;

	while (nr_read < nr) {
		if (!v->nr_sources) {
			find_sources(v);
			nr_read += read_loss(v, &events[nr_read]);
		}
		if (nr_read == nr || !v->nr_sources)
			break;
		src = oldest_source(v);
		nr_read += read_source(v, src, &events[nr_read]);
		pass(v, src);
	}
	v->busy |= nr_read;
	return nr_read;
}

void shm_drop_events(struct shm_view *v)
{
	uint32_t ring;

	v->nr_sources = 0;
	if (!v->layout.nr_events)
		return;
	for (ring = 0; ring <= v->layout.nr_cpus; ring++)
		store_release(&v->cpus[ring].event_head, load_acquire(&v->cpus[ring].event_tail));
	v->nr_lost = count_lost(v);
}

/*
 * The number of a task never comes back, as above. A record whose generation is 0 may be one that is
 * being written just now; then the announcement is about to come.
 */
bool shm_read_slot(struct shm_view *v, uint32_t slot, struct scxu_task *t)
{
	const struct scxu_shm_task *rec = &v->tasks[slot];
	uint64_t id = load_acquire(&rec->id);
	uint32_t generation, kind = load_relaxed(&rec->kind);

	if (!id || !(kind & SCXU_KIND_OURS))
		return false;
	memset(t, 0, sizeof(*t));
	do {
		generation = load_acquire(&rec->generation);
		copy_task(v, t, rec, slot, generation);
		if (kind & SCXU_KIND_KTHREAD)
			t->flags |= SCXU_TASK_KTHREAD;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (load_relaxed(&rec->generation) != generation);
	return load_relaxed(&rec->id) == id;
}
