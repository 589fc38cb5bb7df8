// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* shm.c - the shared memory's layout, and step 5 of a task's path: decisions into their ring. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "shm.h"

#define NR_RING 4096
#define NR_DECISIONS 4096
#define MAX_SIZE (UINT32_MAX - 0xffffU) /* the kernel's for an arena, less room to round up */

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static uint32_t place(uint64_t *end, uint64_t size, uint64_t nr)
{
	uint64_t at = *end;

	*end = (at + size * nr + SCXU_CACHE_LINE - 1) & ~(SCXU_CACHE_LINE - 1ULL);
	return at;
}

int shm_layout(struct scxu_shm_layout *layout, const struct shm_sizes *sizes)
{
	uint32_t nr_cpus = sizes->nr_cpus;
	uint64_t end = 0;

	layout->nr_cpus = nr_cpus;
	layout->nr_ring = power_of_two(sizes->nr_ring ?: NR_RING);
	layout->nr_decisions = power_of_two(sizes->nr_decisions ?: NR_DECISIONS);
	layout->nr_slots = power_of_two(sizes->nr_tasks);
	layout->nr_events = sizes->nr_events ? power_of_two(sizes->nr_events) : 0;
	layout->mask_words = (nr_cpus + 63) / 64;

	place(&end, sizeof(struct scxu_shm), 1);
	layout->cpus = place(&end, sizeof(struct scxu_shm_cpu), nr_cpus + 1);
	layout->decisions = place(&end, sizeof(struct scxu_shm_decision), layout->nr_decisions);
	layout->rings = place(&end, sizeof(struct scxu_shm_entry) * layout->nr_ring, nr_cpus);
	layout->events =
		place(&end, sizeof(struct scxu_shm_event) * layout->nr_events, nr_cpus + 1);
	layout->tasks = place(&end, sizeof(struct scxu_shm_task), layout->nr_slots);
	layout->masks = place(&end, sizeof(uint64_t) * layout->mask_words, layout->nr_slots);
	layout->waits = layout->histograms = 0;
	layout->size = end;
	return end > MAX_SIZE ? -E2BIG : 0;
}

int shm_layout_histograms(struct scxu_shm_layout *layout)
{
	uint64_t end = layout->size;

	layout->waits = place(&end, sizeof(struct scxu_shm_wait), layout->nr_slots);
	layout->histograms = place(&end, sizeof(struct scxu_shm_histograms), layout->nr_cpus);
	layout->size = end;
	return end > MAX_SIZE ? -E2BIG : 0;
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
		.events = (void *)(at + layout->events),
		.tasks = (void *)(at + layout->tasks),
		.masks = (void *)(at + layout->masks),
		.waits = layout->waits ? (void *)(at + layout->waits) : NULL,
		.histograms = layout->waits ? (void *)(at + layout->histograms) : NULL,
		.sources = calloc(2 * layout->nr_cpus + 1, sizeof(struct shm_source)),
	};
	return v->sources ? 0 : -ENOMEM;
}

void shm_view_destroy(struct shm_view *v)
{
	free(v->sources);
	v->sources = NULL;
}

/* Whether a decision fits behind @tail. */
static bool has_room(const struct shm_view *v, uint32_t tail)
{
	return tail - load_acquire(&v->shm->decision_head) < v->layout.nr_decisions;
}

static struct scxu_shm_decision *decision_at(struct shm_view *v, uint32_t pos)
{
	return &v->decisions[pos & (v->layout.nr_decisions - 1)];
}

bool shm_submit(struct shm_view *v, const struct scxu_dispatch *d)
{
	uint32_t tail = v->shm->decision_tail;

	if (!has_room(v, tail))
		return false;
	*decision_at(v, tail) = (struct scxu_shm_decision){
		.slot = d->slot,
		.generation = d->generation,
		.cpu = d->cpu,
		.how = SCXU_HOW(SCXU_OP_DISPATCH, d->flags, d->queue),
		.slice_ns = d->slice_ns,
		.vtime = d->vtime,
		.cookie = d->cookie,
	};
	store_release(&v->shm->decision_tail, tail + 1);
	v->busy = true;
	return true;
}

bool shm_command(struct shm_view *v, const struct scxu_command *command)
{
	uint32_t tail = v->shm->decision_tail;

	if (!has_room(v, tail))
		return false;
	*decision_at(v, tail) = (struct scxu_shm_decision){
		.slot = command->slot,
		.generation = command->generation,
		.cpu = command->cpu,
		.how = SCXU_HOW(command->op, command->flags, 0),
		.slice_ns = command->slice_ns,
		.vtime = command->vtime,
	};
	store_release(&v->shm->decision_tail, tail + 1);
	v->busy = true;
	return true;
}

bool shm_pending(struct shm_view *v)
{
	uint32_t cpu;

	for (cpu = 0; cpu < v->layout.nr_cpus; cpu++)
		if (load_acquire(&v->cpus[cpu].tail) != v->cpus[cpu].head)
			return true;
	if (!v->layout.nr_events)
		return false;
	for (cpu = 0; cpu <= v->layout.nr_cpus; cpu++)
		if (load_acquire(&v->cpus[cpu].event_tail) != v->cpus[cpu].event_head)
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

_Static_assert(SCXU_SHM_NR_CAUSES == SCXU_NR_FALLBACK_CAUSES, "the causes are those of scxuser.h");

static void read_causes(const struct scxu_shm_fallbacks *of, struct scxu_stats *stats)
{
	int cause;

	for (cause = 0; cause < SCXU_NR_FALLBACK_CAUSES; cause++) {
		stats->nr_fallbacks_of[cause] = load_relaxed(&of[cause].nr);
		stats->fallback_of_ns[cause] = load_relaxed(&of[cause].total_ns);
		stats->max_fallback_of_ns[cause] = load_relaxed(&of[cause].max_ns);
	}
}

void shm_read_stats(const struct shm_view *v, struct scxu_stats *stats)
{
	struct scxu_shm_counters sum = { 0 };
	uint32_t cpu;

	for (cpu = 0; cpu <= v->layout.nr_cpus; cpu++) {
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
	stats->nr_withdrawn = sum.nr_withdrawn;
	stats->nr_doorbells = sum.nr_doorbells;
	stats->nr_events = sum.nr_events;
	stats->nr_events_lost = sum.nr_events_lost;
	stats->nr_starved = sum.nr_starved;
	stats->nr_queued =
		difference(sum.nr_enqueued, sum.nr_dispatched + sum.nr_rescued + sum.nr_withdrawn);
	stats->nr_fallbacks = load_relaxed(&v->shm->nr_fallbacks);
	stats->fallback_ns = load_relaxed(&v->shm->fallback_ns);
	stats->max_fallback_ns = load_relaxed(&v->shm->max_fallback_ns);
	stats->in_fallback = load_relaxed(&v->shm->in_fallback);
	stats->nr_rounds = load_relaxed(&v->shm->nr_rounds);
	read_causes(v->shm->fallbacks, stats);
}

_Static_assert(SCXU_SHM_NR_BUCKETS == SCXU_NR_BUCKETS, "the histograms are those of scxuser.h");

static void add_buckets(uint64_t *sum, const __u64 *nr)
{
	size_t i;

	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		sum[i] += load_relaxed(&nr[i]);
}

void shm_read_histograms(const struct shm_view *v, struct scxu_histograms *h)
{
	uint32_t cpu;

	add_buckets(h->enqueue_to_seen, v->enqueue_to_seen);
	for (cpu = 0; cpu < v->layout.nr_cpus; cpu++) {
		add_buckets(h->seen_to_dispatched, v->histograms[cpu].seen_to_dispatched);
		add_buckets(h->dispatched_to_running, v->histograms[cpu].dispatched_to_running);
	}
}
