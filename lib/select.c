// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * select.c - an idle CPU for a task, near the one that it prefers.
 *
 * A CPU that was given, or found busy, is taken for the rest of the round. So a round finds each CPU
 * busy once, however many tasks it handles. Searches go through two sets, 64 CPUs at a time, from
 * which they drop what they find to be taken.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "select.h"

/* What a task asks for. */
struct wish {
	const uint64_t *allowed; /* NULL = all, else it may change at any time */
	int prev;                /* the CPU that it prefers, -1 = none */
	uint64_t flags;
	bool whole; /* cores only */
};

static bool cpu_is_free(struct scxu *s, int cpu)
{
	uint64_t *taken = &s->selection->taken[cpu];

	if (*taken >= s->round)
		return false;
	if (s->port->cpu_is_idle(s, cpu) || cpu == s->port->own_cpu(s))
		return true;
	*taken = s->round;
	return false;
}

static bool core_is_free(struct scxu *s, int cpu)
{
	int first = cpu;

	do {
		if (!cpu_is_free(s, cpu))
			return false;
		cpu = s->selection->places[cpu].sibling;
	} while (cpu != first);
	return true;
}

static int take(struct scxu *s, int cpu)
{
	s->selection->taken[cpu] = s->round;
	return cpu;
}

static bool is_in(const struct cpu_set *set, int cpu)
{
	return set->words[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1;
}

/* It is in @set. */
static void drop(struct cpu_set *set, int cpu)
{
	set->words[cpu / WORD_BITS] &= ~(UINT64_C(1) << (cpu % WORD_BITS));
	set->nr--;
}

/* The CPUs of a core are in the set together. */
static void drop_core(struct selection *sel, int cpu)
{
	int first = cpu;

	do {
		drop(&sel->maybe_whole, cpu);
		cpu = sel->places[cpu].sibling;
	} while (cpu != first);
}

static void copy_set(struct selection *sel, struct cpu_set *to, const struct cpu_set *from)
{
	memcpy(to->words, from->words, sel->nr_words * sizeof(*to->words));
	to->nr = from->nr;
}

static void begin_round(struct selection *sel, uint64_t round)
{
	sel->round = round;
	copy_set(sel, &sel->maybe_free, &sel->possible);
	if (sel->smt)
		copy_set(sel, &sel->maybe_whole, &sel->possible);
}

/* If it does not, it will not in this round. */
static bool will_do(struct scxu *s, const struct wish *w, int cpu)
{
	if (w->whole ? core_is_free(s, cpu) : cpu_is_free(s, cpu))
		return true;
	if (w->whole)
		drop_core(s->selection, cpu);
	else
		drop(&s->selection->maybe_free, cpu);
	return false;
}

static bool is_restricted(const struct scxu *s, const struct scxu_task *t)
{
	return t->nr_cpus_allowed < (unsigned int)s->nr_cpus_possible;
}

static uint64_t allowed_word(const struct wish *w, int word)
{
	return w->allowed ? __atomic_load_n(&w->allowed[word], __ATOMIC_RELAXED) : UINT64_MAX;
}

static int search(struct scxu *s, const struct wish *w, const struct group_table *table, int group)
{
	const struct cpu_set *set =
		w->whole ? &s->selection->maybe_whole : &s->selection->maybe_free;
	const struct chunk *c = &table->chunks[table->start[group]];
	const struct chunk *end = &table->chunks[table->start[group + 1]];
	uint64_t bits;
	int cpu;

	for (; c < end; c++) {
		bits = set->words[c->word] & c->mask & allowed_word(w, c->word);
		/* What will not do was dropped, perhaps with others. */
		for (; bits; bits &= set->words[c->word]) {
			cpu = c->word * WORD_BITS + __builtin_ctzll(bits);
			if (will_do(s, w, cpu))
				return cpu;
		}
	}
	return -1;
}

/* In the LLC of the CPU that is preferred, then in its node, then anywhere. */
static int search_nearby(struct scxu *s, const struct wish *w)
{
	static const struct place nowhere = { -1, -1, -1 };
	struct selection *sel = s->selection;
	const struct place *p = w->prev >= 0 ? &sel->places[w->prev] : &nowhere;
	int cpu = -1;

	if (p->llc >= 0)
		cpu = search(s, w, &sel->llcs, p->llc);
	if (cpu < 0 && p->node >= 0 && !(w->flags & SCXU_SELECT_LLC))
		cpu = search(s, w, &sel->nodes, p->node);
	if (cpu < 0 && !(w->flags & (SCXU_SELECT_LLC | SCXU_SELECT_NODE)))
		cpu = search(s, w, &sel->all, 0);
	return cpu;
}

static bool may_run_on_prev(const struct wish *w)
{
	return w->prev >= 0 && allowed_word(w, w->prev / WORD_BITS) >> (w->prev % WORD_BITS) & 1;
}

/* A whole core if there is one, then any CPU. A task without mask has tried the preferred core. */
static int find(struct scxu *s, struct wish *w)
{
	struct selection *sel = s->selection;
	int cpu = -1;

	w->whole = sel->smt;
	if (w->whole && w->allowed && may_run_on_prev(w) && core_is_free(s, w->prev))
		return w->prev;
	if (w->whole && sel->maybe_whole.nr)
		cpu = search_nearby(s, w);
	if (cpu >= 0 || (w->whole && w->flags & SCXU_SELECT_CORE))
		return cpu;
	w->whole = false;
	if (may_run_on_prev(w) && is_in(&sel->maybe_free, w->prev) && will_do(s, w, w->prev))
		return w->prev;
	return sel->maybe_free.nr ? search_nearby(s, w) : -1;
}

static int find_at_length(struct scxu *s, const struct scxu_task *t, struct wish w)
{
	struct selection *sel = s->selection;
	int cpu;

	if (sel->round != s->round)
		begin_round(sel, s->round);
	if (s->opts.flags & SCXU_NUMA_LOCAL && w.prev >= 0)
		w.flags |= SCXU_SELECT_NODE;
	if (is_restricted(s, t))
		w.allowed = s->port->task_cpumask(s, t->slot & (s->nr_slots - 1));
	cpu = find(s, &w);
	if (!sel->maybe_free.nr)
		sel->none_free = s->round;
	return cpu;
}

static bool flags_are_valid(int prev_cpu, uint64_t flags)
{
	static const uint64_t nearby = SCXU_SELECT_LLC | SCXU_SELECT_NODE;

	return !(flags & ~(nearby | SCXU_SELECT_CORE)) && (prev_cpu >= 0 || !(flags & nearby));
}

/* Not inlined, to keep the short way short: most rounds have more tasks than free CPUs. */
__attribute__((noinline)) static int select_free(struct scxu *s, const struct scxu_task *t,
						 int prev_cpu, uint64_t flags)
{
	int cpu;

	if (prev_cpu >= 0 && !is_restricted(s, t) && core_is_free(s, prev_cpu))
		return take(s, prev_cpu);
	cpu = find_at_length(s, t, (struct wish){ .prev = prev_cpu, .flags = flags });
	return cpu >= 0 ? take(s, cpu) : -EBUSY;
}

SCXU_API int scxu_select_cpu(struct scxu *s, const struct scxu_task *t, int prev_cpu,
			     uint64_t flags)
{
	if (prev_cpu < SCXU_CPU_ANY || prev_cpu >= s->nr_cpus ||
	    (flags && !flags_are_valid(prev_cpu, flags)))
		return -EINVAL;
	if (s->selection->none_free == s->round)
		return -EBUSY;
	return select_free(s, t, prev_cpu, flags);
}
