// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_queue.c - dispatch queues of the simulator.
 *
 * A CPU takes the first task that may run on it. To search for that among thousands that may not
 * would take long, so tasks with different sets of allowed CPUs wait in different heaps: the first of
 * a queue is the first of these firsts.
 */
#include <errno.h>
#include <stdlib.h>

#include "sim.h"

#define MIN_CAPACITY 16
#define HEAD_DISTANCE (UINT64_C(1) << 62)

int sim_queue_init(struct sim_queue *q, uint32_t nr_masks)
{
	*q = (struct sim_queue){ 0 };
	q->heaps = calloc(nr_masks, sizeof(*q->heaps));
	if (!q->heaps)
		return -ENOMEM;
	q->nr_heaps = nr_masks;
	return 0;
}

void sim_queue_free(struct sim_queue *q)
{
	uint32_t i;

	for (i = 0; i < q->nr_heaps; i++)
		scxu_heap_free(&q->heaps[i]);
	free(q->heaps);
	*q = (struct sim_queue){ 0 };
}

/* A queue of one CPU has one heap for all: whoever is in it may run there. */
static struct scxu_heap *heap_of(struct sim_queue *q, const struct sim_task *t)
{
	return &q->heaps[t->mask < q->nr_heaps ? t->mask : 0];
}

static bool make_room(struct scxu_heap *heap)
{
	uint32_t capacity = heap->capacity ? 2 * heap->capacity : MIN_CAPACITY;
	struct scxu_heap_item **items;

	if (heap->nr < heap->capacity)
		return true;
	items = realloc(heap->items, capacity * sizeof(*items));
	if (!items)
		return false;
	heap->items = items;
	heap->capacity = capacity;
	return true;
}

/* As queue_vtime() in bpf/place.bpf.h. */
static uint64_t order(struct sim_queue *q, uint64_t vtime, bool head)
{
	uint64_t ahead = q->vtime - q->head;

	if (!head && vtime)
		q->vtime = vtime;
	if (!head)
		return q->vtime;
	if (ahead < HEAD_DISTANCE / 2 || ahead > HEAD_DISTANCE + HEAD_DISTANCE / 2)
		q->head = q->vtime - HEAD_DISTANCE;
	return --q->head;
}

void sim_queue_insert(struct sim *sim, struct sim_queue *q, struct sim_task *t, uint64_t vtime,
		      uint64_t slice_ns, bool head)
{
	struct scxu_heap *heap = heap_of(q, t);

	if (!make_room(heap)) {
		sim_fail(sim, "out of memory");
		return;
	}
	t->state = SIM_QUEUED;
	t->queue = q;
	t->placed_slice_ns = slice_ns;
	t->queue_seq = q->nr_inserted++;
	q->nr++;
	scxu_heap_push(heap, &t->queue_item, order(q, vtime, head));
}

void sim_queue_remove(struct sim_task *t)
{
	scxu_heap_remove(&t->queue_item);
	t->queue->nr--;
	t->queue = NULL;
}

void sim_queue_set_vtime(struct sim_task *t, uint64_t vtime)
{
	t->queue_seq = t->queue->nr_inserted++;
	scxu_heap_update(&t->queue_item, vtime);
}

static struct sim_task *first_of(const struct scxu_heap *heap)
{
	return scxu_container_of(scxu_heap_first(heap), struct sim_task, queue_item);
}

static bool is_before(const struct sim_task *a, const struct sim_task *b)
{
	if (a->queue_item.key != b->queue_item.key)
		return (int64_t)(a->queue_item.key - b->queue_item.key) < 0;
	return a->queue_seq < b->queue_seq;
}

struct sim_task *sim_queue_take(struct sim *sim, struct sim_queue *q, int cpu)
{
	struct sim_task *best = NULL, *t;
	uint32_t i;

	if (!q->nr)
		return NULL;
	for (i = 0; i < q->nr_heaps; i++) {
		if (!q->heaps[i].nr)
			continue;
		t = first_of(&q->heaps[i]);
		if (sim_may_run_on(sim, t, cpu) && (!best || is_before(t, best)))
			best = t;
	}
	if (best)
		sim_queue_remove(best);
	return best;
}
