/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * naive.h - what a long random run needs: numbers, and an array in the place of a list or a heap.
 *
 * SCXU_SEED in the environment is another seed than 1.
 */
#ifndef T_NAIVE_H
#define T_NAIVE_H

#include <stdint.h>

#include "../tap.h"

#define NAIVE_MAX 64

static uint64_t random_state;

/* xorshift64* */
static inline uint64_t random_word(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t random_below(uint32_t n)
{
	return (random_word() >> 32) % n;
}

static inline void random_seed(void)
{
	const char *text = getenv("SCXU_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 1;

	if (!seed)
		bail("SCXU_SEED is \"%s\": want a number from 1", text);
	diag("SCXU_SEED=%ju", (uintmax_t)seed);
	random_state = seed;
}

/* The members in order; a member is a number. */
struct naive {
	unsigned int nr;
	unsigned int member[NAIVE_MAX];
};

static inline void naive_insert(struct naive *n, unsigned int place, unsigned int member)
{
	memmove(n->member + place + 1, n->member + place, (n->nr - place) * sizeof(*n->member));
	n->member[place] = member;
	n->nr++;
}

/* Return: whether @member was in. */
static inline bool naive_remove(struct naive *n, unsigned int member)
{
	unsigned int place;

	for (place = 0; place < n->nr; place++) {
		if (n->member[place] != member)
			continue;
		n->nr--;
		memmove(n->member + place, n->member + place + 1,
			(n->nr - place) * sizeof(*n->member));
		return true;
	}
	return false;
}

#endif
