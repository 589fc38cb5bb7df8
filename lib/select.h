/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* select.h - what scxu_select_cpu() looks up: made once, in select_tables.c. */
#ifndef SCXU_SELECT_H
#define SCXU_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#define WORD_BITS 64

struct cpu_set {
	uint64_t *words;
	int nr; /* CPUs in it */
};

/* Up to 64 CPUs of the same capacity. */
struct chunk {
	uint64_t mask;
	int word;
};

/* The CPUs of groups, such as nodes; in each the larger ones first. */
struct group_table {
	struct chunk *chunks;
	int *start; /* of each group in @chunks, and its end is the next one's start */
};

struct place {
	int node, llc; /* -1 = not known */
	int sibling;   /* the next CPU of its core, in a ring */
};

struct selection {
	uint64_t *taken;    /* per CPU: the last round in which it was given, or found busy */
	uint64_t none_free; /* the last round in which all were */
	uint64_t round;     /* that the two sets are about */
	struct cpu_set maybe_free, maybe_whole;
	struct cpu_set possible; /* what both begin with */
	int nr_words;
	bool smt; /* a core has more than one CPU */
	struct place *places;
	struct group_table all, nodes, llcs;
};

#endif
