// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* select_tables.c - the machine of a handle, and the tables of scxu_select_cpu() made from it. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "select.h"

/* A CPU on its way into the span of its group. */
struct entry {
	int group, cpu;
	uint32_t capacity;
};

static struct scxu_cpu get(const struct scxu_topology *t, int cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };

	scxu_topology_get_cpu(t, cpu, &info);
	return info;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->capacity != b->capacity)
		return a->capacity > b->capacity ? -1 : 1;
	return a->cpu < b->cpu ? -1 : 1;
}

static bool same_chunk(const struct entry *a, const struct entry *b)
{
	return a->group == b->group && a->capacity == b->capacity &&
	       a->cpu / WORD_BITS == b->cpu / WORD_BITS;
}

static int make_table(struct group_table *table, struct entry *entries, int nr_entries,
		      int nr_groups)
{
	const struct entry *e;
	int group, nr = 0;

	/* One more than there may be, as there may be none. */
	table->chunks = calloc(nr_entries + 1, sizeof(*table->chunks));
	table->start = calloc(nr_groups + 1, sizeof(*table->start));
	if (!table->chunks || !table->start)
		return -ENOMEM;
	qsort(entries, nr_entries, sizeof(*entries), compare);
	for (e = entries; e < entries + nr_entries; e++) {
		if (e == entries || !same_chunk(e - 1, e))
			table->chunks[nr++].word = e->cpu / WORD_BITS;
		table->chunks[nr - 1].mask |= UINT64_C(1) << (e->cpu % WORD_BITS);
		table->start[e->group + 1] = nr;
	}
	for (group = 0; group < nr_groups; group++)
		if (table->start[group + 1] < table->start[group])
			table->start[group + 1] = table->start[group];
	return 0;
}

static int group_of_all(const struct scxu_cpu *info)
{
	return 0;
}

static int node_of(const struct scxu_cpu *info)
{
	return info->node;
}

static int llc_of(const struct scxu_cpu *info)
{
	return info->llc;
}

static int add_table(struct group_table *table, const struct scxu_topology *t, int nr_groups,
		     int (*group_of)(const struct scxu_cpu *info))
{
	struct entry *entries = calloc(scxu_topology_nr_cpus(t), sizeof(*entries));
	struct scxu_cpu info;
	int cpu, nr = 0, err;

	if (!entries)
		return -ENOMEM;
	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;) {
		info = get(t, cpu);
		if (group_of(&info) >= 0)
			entries[nr++] = (struct entry){ group_of(&info), cpu, info.capacity };
	}
	err = make_table(table, entries, nr, nr_groups);
	free(entries);
	return err;
}

static int add_tables(struct selection *sel, const struct scxu_topology *t)
{
	int err = add_table(&sel->all, t, 1, group_of_all);

	err = err ?: add_table(&sel->nodes, t, scxu_topology_nr_nodes(t), node_of);
	return err ?: add_table(&sel->llcs, t, scxu_topology_nr_llcs(t), llc_of);
}

static int add_set(struct selection *sel, struct cpu_set *set)
{
	set->words = calloc(sel->nr_words, sizeof(*set->words));
	return set->words ? 0 : -ENOMEM;
}

static int add_places(struct selection *sel, const struct scxu_topology *t)
{
	int nr_cpus = scxu_topology_nr_cpus(t), cpu, sibling;
	struct scxu_cpu info;

	sel->places = calloc(nr_cpus, sizeof(*sel->places));
	sel->taken = calloc(nr_cpus, sizeof(*sel->taken));
	if (!sel->places || !sel->taken)
		return -ENOMEM;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		sel->places[cpu] = (struct place){ -1, -1, cpu };
		sel->taken[cpu] = UINT64_MAX; /* a hole is taken for ever */
	}
	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;) {
		info = get(t, cpu);
		sibling = scxu_topology_next_in_core(t, info.core, cpu);
		if (sibling < 0 && info.core >= 0)
			sibling = scxu_topology_next_in_core(t, info.core, -1);
		sel->places[cpu] =
			(struct place){ info.node, info.llc, sibling < 0 ? cpu : sibling };
		sel->taken[cpu] = 0;
		sel->possible.words[cpu / WORD_BITS] |= UINT64_C(1) << (cpu % WORD_BITS);
		sel->possible.nr++;
		sel->smt |= info.nr_smt > 1;
	}
	return 0;
}

int scxu_set_topology(struct scxu *s, struct scxu_topology *t)
{
	struct selection *sel = calloc(1, sizeof(*sel));
	int err;

	s->topology = t;
	s->selection = sel;
	if (!sel)
		return -ENOMEM;
	s->nr_cpus = scxu_topology_nr_cpus(t);
	sel->nr_words = (s->nr_cpus + WORD_BITS - 1) / WORD_BITS;
	err = add_set(sel, &sel->possible);
	err = err ?: add_set(sel, &sel->maybe_free);
	err = err ?: add_set(sel, &sel->maybe_whole);
	err = err ?: add_places(sel, t);
	s->nr_cpus_possible = sel->possible.nr;
	return err ?: add_tables(sel, t);
}

static void free_table(struct group_table *table)
{
	free(table->chunks);
	free(table->start);
}

void scxu_free_topology(struct scxu *s)
{
	struct selection *sel = s->selection;

	scxu_topology_close(s->topology);
	if (!sel)
		return;
	free_table(&sel->all);
	free_table(&sel->nodes);
	free_table(&sel->llcs);
	free(sel->maybe_free.words);
	free(sel->maybe_whole.words);
	free(sel->possible.words);
	free(sel->places);
	free(sel->taken);
	free(sel);
}
