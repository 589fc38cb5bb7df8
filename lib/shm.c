// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* shm.c - steps 3 and 5 of a task's path: announcements out of the rings, decisions into theirs. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "shm.h"

#define NR_RING 4096
#define NR_DECISIONS 4096

#define load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define store_release(p, val) __atomic_store_n(p, val, __ATOMIC_RELEASE)

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static uint32_t place(uint32_t *end, size_t size)
{
	uint32_t at = *end;

	*end = (at + size + SCXU_CACHE_LINE - 1) & ~(SCXU_CACHE_LINE - 1);
	return at;
}

void shm_layout(struct scxu_shm_layout *layout, uint32_t nr_cpus, uint32_t nr_tasks)
{
	uint32_t end = 0;

	layout->nr_cpus = nr_cpus;
	layout->nr_ring = NR_RING;
	layout->nr_decisions = NR_DECISIONS;
	layout->nr_slots = power_of_two(nr_tasks);

	place(&end, sizeof(struct scxu_shm));
	layout->cpus = place(&end, sizeof(struct scxu_shm_cpu) * nr_cpus);
	layout->decisions = place(&end, sizeof(struct scxu_shm_decision) * layout->nr_decisions);
	layout->rings = place(&end, sizeof(struct scxu_shm_entry) * layout->nr_ring * nr_cpus);
	layout->tasks = place(&end, sizeof(struct scxu_shm_task) * layout->nr_slots);
	layout->size = end;
}

int shm_view_init(struct shm_view *v, const struct scxu_shm_layout *layout, void *base)
{
	char *at = base;

	*v = (struct shm_view){
		.layout = *layout,
		.shm = base,
		.cpus = (void *)(at + layout->cpus),
		.decisions = (void *)(at + layout->decisions),
		.rings = (void *)(at + layout->rings),
		.tasks = (void *)(at + layout->tasks),
		.sources = calloc(layout->nr_cpus, sizeof(struct shm_source)),
	};
	return v->sources ? 0 : -ENOMEM;
}

void shm_view_destroy(struct shm_view *v)
{
	free(v->sources);
	v->sources = NULL;
}

static const struct scxu_shm_entry *head_entry(const struct shm_view *v, uint32_t cpu)
{
	uint32_t head = v->cpus[cpu].head & (v->layout.nr_ring - 1);

	return &v->rings[cpu * v->layout.nr_ring + head];
}

static const struct scxu_shm_task *record_of(const struct shm_view *v,
					     const struct scxu_shm_entry *entry)
{
	return &v->tasks[entry->slot & (v->layout.nr_slots - 1)];
}

/*
 * Look at the head of @src, past announcements of tasks that have been announced again: those stand
 * where they were announced last. False if nothing is left.
 */
static bool source_next(struct shm_view *v, struct shm_source *src)
{
	struct scxu_shm_cpu *cpu = &v->cpus[src->cpu];
	const struct scxu_shm_entry *entry;
	const struct scxu_shm_task *rec;

	for (; cpu->head != src->end; store_release(&cpu->head, cpu->head + 1)) {
		entry = head_entry(v, src->cpu);
		rec = record_of(v, entry);
		if (load_acquire(&rec->generation) == entry->generation) {
			src->enqueue_ns = load_relaxed(&rec->enqueue_ns);
			return true;
		}
	}
	return false;
}

static void find_sources(struct shm_view *v)
{
	struct shm_source *src;
	uint32_t cpu, tail;

	for (cpu = 0; cpu < v->layout.nr_cpus; cpu++) {
		tail = load_acquire(&v->cpus[cpu].tail);
		if (tail == v->cpus[cpu].head)
			continue;
		v->busy = true; /* even if all of it is out of date */
		src = &v->sources[v->nr_sources];
		src->cpu = cpu;
		src->end = tail;
		if (source_next(v, src))
			v->nr_sources++;
	}
}

static struct shm_source *oldest_source(struct shm_view *v)
{
	struct shm_source *src, *oldest = v->sources;

	for (src = v->sources + 1; src < v->sources + v->nr_sources; src++)
		if (src->enqueue_ns < oldest->enqueue_ns)
			oldest = src;
	return oldest;
}

static void copy_task(struct scxu_task *t, const struct scxu_shm_task *rec,
		      const struct scxu_shm_entry *entry)
{
	t->pid = load_relaxed(&rec->pid);
	t->tgid = load_relaxed(&rec->tgid);
	t->cpu = load_relaxed(&rec->cpu);
	t->flags = load_relaxed(&rec->flags);
	t->slot = entry->slot;
	t->generation = entry->generation;
	t->weight = load_relaxed(&rec->weight);
	t->nr_cpus_allowed = load_relaxed(&rec->nr_cpus_allowed);
	t->enqueue_ns = load_relaxed(&rec->enqueue_ns);
	t->exec_ns = load_relaxed(&rec->exec_ns);
	t->nr_switches = load_relaxed(&rec->nr_switches);
	t->cookie = load_relaxed(&rec->cookie);
}

/*
 * False if the task has been announced again, then that announcement counts. A generation never
 * comes back, so it is enough to look at it once the copy is complete.
 */
static bool read_task(struct shm_view *v, struct shm_source *src, struct scxu_task *t)
{
	const struct scxu_shm_entry *entry = head_entry(v, src->cpu);
	const struct scxu_shm_task *rec = record_of(v, entry);
	bool whole;

	copy_task(t, rec, entry);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	whole = load_relaxed(&rec->generation) == entry->generation;
	store_release(&v->cpus[src->cpu].head, v->cpus[src->cpu].head + 1);
	return whole;
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
		nr_read += read_task(v, src, &tasks[nr_read]);
		if (!source_next(v, src))
			*src = v->sources[--v->nr_sources];
	}
	v->busy |= nr_read;
	return nr_read;
}

static void write_decision(struct shm_view *v, uint32_t pos, const struct scxu_dispatch *d)
{
	v->decisions[pos & (v->layout.nr_decisions - 1)] = (struct scxu_shm_decision){
		.slot = d->slot,
		.generation = d->generation,
		.cpu = d->cpu,
		.slice_ns = d->slice_ns,
		.vtime = d->vtime,
		.cookie = d->cookie,
	};
}

unsigned int shm_submit(struct shm_view *v, const struct scxu_dispatch *d, unsigned int nr)
{
	uint32_t tail = v->shm->decision_tail, i;
	uint32_t nr_used = tail - load_acquire(&v->shm->decision_head);
	uint32_t nr_free = nr_used < v->layout.nr_decisions ? v->layout.nr_decisions - nr_used : 0;

	if (nr > nr_free)
		nr = nr_free;
	for (i = 0; i < nr; i++)
		write_decision(v, tail + i, &d[i]);
	store_release(&v->shm->decision_tail, tail + nr);
	v->busy |= nr;
	return nr;
}

bool shm_pending(struct shm_view *v)
{
	uint32_t cpu;

	for (cpu = 0; cpu < v->layout.nr_cpus; cpu++)
		if (load_acquire(&v->cpus[cpu].tail) != v->cpus[cpu].head)
			return true;
	return false;
}

/* The counters move while they are added up, so a difference may come out below 0. */
static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void add_counters(struct scxu_shm_counters *sum, const struct scxu_shm_counters *nr)
{
	const uint64_t *from = (const uint64_t *)nr;
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += load_relaxed(&from[i]);
}

void shm_read_stats(const struct shm_view *v, struct scxu_stats *stats)
{
	struct scxu_shm_counters sum = { 0 };
	uint32_t cpu;

	for (cpu = 0; cpu < v->layout.nr_cpus; cpu++) {
		add_counters(&sum, &v->cpus[cpu].nr);
		stats->nr_cpus_idle += load_relaxed(&v->cpus[cpu].idle);
	}
	stats->nr_cpus = v->layout.nr_cpus;
	stats->nr_tasks = load_relaxed(&v->shm->nr_tasks);
	stats->nr_enqueued = sum.nr_enqueued;
	stats->nr_dispatched = sum.nr_dispatched;
	stats->nr_stale = sum.nr_stale;
	stats->nr_bounced = sum.nr_bounced;
	stats->nr_refused = sum.nr_refused;
	stats->nr_kernel = sum.nr_kernel;
	stats->nr_idle_shortcut = sum.nr_idle_shortcut;
	stats->nr_fallback = sum.nr_fallback;
	stats->nr_rescued = sum.nr_rescued;
	stats->nr_ring_full = sum.nr_ring_full;
	stats->nr_no_slot = sum.nr_no_slot;
	stats->nr_queued =
		difference(sum.nr_enqueued, sum.nr_dispatched + sum.nr_rescued + sum.nr_withdrawn);
	stats->nr_fallbacks = load_relaxed(&v->shm->nr_fallbacks);
	stats->fallback_ns = load_relaxed(&v->shm->fallback_ns);
	stats->max_fallback_ns = load_relaxed(&v->shm->max_fallback_ns);
	stats->in_fallback = load_relaxed(&v->shm->in_fallback);
	stats->nr_rounds = load_relaxed(&v->shm->nr_rounds);
}
