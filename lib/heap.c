// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * heap.c - for policies: items in order of their key, and out of the middle.
 *
 * A binary heap: an array in which no item is before its parent, the one at half its index. Each
 * item knows its index, so nothing is searched for.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/* Without the sequence number a heap would mix up equal keys. */
static bool is_before(const struct scxu_heap_item *a, const struct scxu_heap_item *b)
{
	if (a->key != b->key)
		return (int64_t)(a->key - b->key) < 0;
	return a->seq < b->seq;
}

static void put(struct scxu_heap *heap, struct scxu_heap_item *item, uint32_t index)
{
	heap->items[index] = item;
	item->index = index;
}

/* Move the hole at @index up, to where @item is not before the parent. */
static uint32_t raise_hole(struct scxu_heap *heap, const struct scxu_heap_item *item,
			   uint32_t index)
{
	struct scxu_heap_item *parent;

	while (index) {
		parent = heap->items[(index - 1) / 2];
		if (!is_before(item, parent))
			break;
		put(heap, parent, index);
		index = (index - 1) / 2;
	}
	return index;
}

/* Move it down, to where no child is before @item. */
static uint32_t lower_hole(struct scxu_heap *heap, const struct scxu_heap_item *item,
			   uint32_t index)
{
	struct scxu_heap_item **items = heap->items;
	uint64_t child;

	while ((child = 2 * (uint64_t)index + 1) < heap->nr) {
		if (child + 1 < heap->nr && is_before(items[child + 1], items[child]))
			child++;
		if (!is_before(items[child], item))
			break;
		put(heap, items[child], index);
		index = child;
	}
	return index;
}

/* @item goes near the hole at @index. */
static void settle(struct scxu_heap *heap, struct scxu_heap_item *item, uint32_t index)
{
	index = raise_hole(heap, item, index);
	index = lower_hole(heap, item, index);
	put(heap, item, index);
}

SCXU_API int scxu_heap_init(struct scxu_heap *heap, uint32_t capacity)
{
	*heap = (struct scxu_heap){ 0 };
	if (!capacity)
		return -EINVAL;
	heap->items = scxu_alloc_touched(capacity, sizeof(*heap->items));
	if (!heap->items)
		return -ENOMEM;
	heap->capacity = capacity;
	return 0;
}

SCXU_API void scxu_heap_free(struct scxu_heap *heap)
{
	free(heap->items);
	*heap = (struct scxu_heap){ 0 };
}

SCXU_API int scxu_heap_push(struct scxu_heap *heap, struct scxu_heap_item *item, uint64_t key)
{
	if (item->heap)
		return -EBUSY;
	if (heap->nr == heap->capacity)
		return -ENOSPC;
	item->key = key;
	item->seq = heap->next_seq++;
	item->heap = heap;
	settle(heap, item, heap->nr++);
	return 0;
}

/* The last item fills the hole. It may have to go up: its parent need not be the hole's. */
SCXU_API int scxu_heap_remove(struct scxu_heap_item *item)
{
	struct scxu_heap *heap = item->heap;
	struct scxu_heap_item *last;

	if (!heap)
		return -ENOENT;
	item->heap = NULL;
	last = heap->items[--heap->nr];
	if (last != item)
		settle(heap, last, item->index);
	return 0;
}

SCXU_API struct scxu_heap_item *scxu_heap_pop(struct scxu_heap *heap)
{
	struct scxu_heap_item *item = scxu_heap_first(heap);

	if (item)
		scxu_heap_remove(item);
	return item;
}

SCXU_API int scxu_heap_update(struct scxu_heap_item *item, uint64_t key)
{
	struct scxu_heap *heap = item->heap;

	if (!heap)
		return -ENOENT;
	item->key = key;
	item->seq = heap->next_seq++;
	settle(heap, item, item->index);
	return 0;
}
