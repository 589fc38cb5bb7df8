/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* inject.h - faults that are asked for, so that a policy can be tested with them: scxu_inject(7). */
#ifndef SCXU_INJECT_H
#define SCXU_INJECT_H

#include "internal.h"

/* How often a round is held up, and for how long. */
struct inject_time {
	uint32_t min_ms, max_ms;
	uint32_t percent; /* 0 = never */
};

/* 0 = none of it. */
struct inject {
	struct inject_time delay, spin;
	uint32_t drop_wakeup, corrupt, lose, twice; /* in so many per cent */
	uint32_t nr_ring, nr_decisions, nr_events, nr_tasks;
	uint32_t seed;
};

/* What stands between the policy and a port. */
struct injector {
	const struct scxu_port *inner;
	struct inject what;
	uint64_t random;
	bool held; /* whether this round is to be held up was decided */
	bool told;
	uint64_t nr_held, nr_dropped, nr_corrupt, nr_lost, nr_twice;
};

extern const struct scxu_port scxu_port_inject;

/* inject.c: @from says in the log where @text is from. Return: 0, or -EINVAL after a line that says why. */
int inject_parse(struct scxu *s, struct inject *to, const char *from, const char *text);

#endif
