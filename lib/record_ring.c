// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* record_ring.c - the ring between the thread of the policy and the one that writes a recording. */
#include <errno.h>
#include <stdlib.h>

#include "record.h"

#define CHUNK RECORD_MAX_BLOCK

static uint8_t *chunk_at(const struct record_ring *ring, uint64_t nr)
{
	return ring->memory + nr % ring->nr_chunks * CHUNK;
}

static void begin_chunk(struct record_ring *ring)
{
	ring->p = chunk_at(ring, ring->nr_begun);
	ring->limit = ring->p + CHUNK - RECORD_MAX_LEN;
}

int record_ring_init(struct record_ring *ring, uint32_t nr_chunks)
{
	*ring = (struct record_ring){
		.memory = scxu_alloc_touched(nr_chunks, CHUNK),
		.lens = scxu_alloc_touched(nr_chunks, sizeof(*ring->lens)),
		.nr_chunks = nr_chunks,
	};
	if (!ring->memory || !ring->lens) {
		record_ring_free(ring);
		return -ENOMEM;
	}
	begin_chunk(ring);
	return 0;
}

void record_ring_free(struct record_ring *ring)
{
	free(ring->memory);
	free(ring->lens);
	ring->memory = NULL;
	ring->lens = NULL;
}

void record_ring_publish(struct record_ring *ring)
{
	uint64_t len = ring->p - chunk_at(ring, ring->nr_begun);

	__atomic_store_n(&ring->tail, ring->nr_begun * CHUNK + len, __ATOMIC_RELEASE);
}

/* The length of a chunk is stored before the tail that says that it is complete. */
bool record_ring_advance(struct record_ring *ring)
{
	uint64_t nr_done = __atomic_load_n(&ring->nr_done, __ATOMIC_ACQUIRE);

	if (ring->nr_begun + 1 - nr_done >= ring->nr_chunks)
		return false;
	ring->lens[ring->nr_begun % ring->nr_chunks] = ring->p - chunk_at(ring, ring->nr_begun);
	ring->nr_begun++;
	begin_chunk(ring);
	record_ring_publish(ring);
	return true;
}

/* A chunk that is complete and written is left for the next one. */
size_t record_ring_peek(struct record_ring *ring, const uint8_t **bytes)
{
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE), end;

	for (;;) {
		uint64_t chunk = ring->head / CHUNK;

		if (chunk == tail / CHUNK)
			end = tail;
		else
			end = chunk * CHUNK + ring->lens[chunk % ring->nr_chunks];
		*bytes = chunk_at(ring, chunk) + ring->head % CHUNK;
		if (end != ring->head || end == tail)
			return end - ring->head;
		ring->head = (chunk + 1) * CHUNK;
		__atomic_store_n(&ring->nr_done, chunk + 1, __ATOMIC_RELEASE);
	}
}

void record_ring_written(struct record_ring *ring, size_t len)
{
	ring->head += len;
}
