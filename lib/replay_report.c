// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* replay_report.c - what a policy decided otherwise than the recorded one, in text or JSON. */
#include <errno.h>

#include "replay.h"

#define ULL(value) ((unsigned long long)(value))
#define SEC(ns) ((double)(ns) / NSEC_PER_SEC)

static uint64_t lasted_ns(const struct replay_compare *c)
{
	return c->last_ns - c->first_ns;
}

static void print_decision(FILE *f, const struct scxu_dispatch *d)
{
	if (d->cpu >= 0)
		fprintf(f, "CPU %d", d->cpu);
	else
		fputs("any CPU", f);
	fprintf(f, " for %.1f us", (double)d->slice_ns / NSEC_PER_USEC);
	if (d->vtime)
		fprintf(f, ", vtime %llu", ULL(d->vtime));
	if (d->queue)
		fprintf(f, ", queue %u", d->queue);
	if (d->flags)
		fprintf(f, ", flags 0x%x", d->flags);
}

static void print_kinds(FILE *f, uint32_t kinds, const char *quote)
{
	const char *comma = "";
	int kind;

	for (kind = 0; kind < REPLAY_NR_KINDS; kind++) {
		if (!(kinds >> kind & 1))
			continue;
		fprintf(f, "%s%s%s%s", comma, quote, replay_kinds[kind], quote);
		comma = ", ";
	}
}

static void print_difference(FILE *f, const struct replay_difference *diff)
{
	fprintf(f, "  %.6f s, round %llu, %d %s: ", SEC(diff->time_ns), ULL(diff->round),
		(int)diff->pid, diff->comm[0] ? diff->comm : "-");
	print_kinds(f, diff->kinds, "");
	fputs(": ", f);
	if (diff->kinds >> REPLAY_ADDITIONAL & 1)
		fputs("nothing", f);
	else
		print_decision(f, &diff->recorded);
	fputs("; now ", f);
	if (diff->kinds >> REPLAY_MISSING & 1)
		fputs("nothing", f);
	else
		print_decision(f, &diff->made);
	putc('\n', f);
}

static void print_end(const struct replay *r, FILE *f)
{
	const struct record_reader *reader = &r->reader;

	if (reader->why)
		fprintf(f, "damaged at byte %llu, %s: this is up to there\n",
			ULL(reader->bad_offset), reader->why);
	else if (!reader->complete)
		fprintf(f, "stopped before the end of the recording: this is up to there\n");
	if (r->compare.nr_gaps)
		fprintf(f,
			"%llu records are missing at %llu places: after the first, policies may differ "
			"for that alone\n",
			ULL(r->compare.nr_lost), ULL(r->compare.nr_gaps));
}

static void print_text(const struct scxu *s, const struct replay *r, FILE *f)
{
	const struct replay_compare *c = &r->compare;
	unsigned int i;
	int kind;

	fprintf(f,
		"a recording of %s with libscxuser %s, %d CPUs: %.3f s, %llu rounds, %llu events\n",
		r->head.name, r->head.version, s->nr_cpus_possible, SEC(lasted_ns(c)),
		ULL(c->nr_rounds), ULL(c->nr_events));
	print_end(r, f);
	fprintf(f,
		"decisions: %llu recorded, %llu now: %llu the same, %llu different, %llu missing, "
		"%llu additional\n",
		ULL(c->nr_recorded), ULL(c->nr_made), ULL(c->nr_same), ULL(c->nr_different),
		ULL(c->nr_of_kind[REPLAY_MISSING]), ULL(c->nr_of_kind[REPLAY_ADDITIONAL]));
	fputs("different:", f);
	for (kind = 0; kind < REPLAY_MISSING; kind++)
		fprintf(f, "%s %s %llu", kind ? "," : "", replay_kinds[kind],
			ULL(c->nr_of_kind[kind]));
	fprintf(f, "; order in the round %llu\n", ULL(c->nr_other_order));
	fprintf(f, "commands: %llu recorded, %llu now: %llu the same\n",
		ULL(c->nr_commands_recorded), ULL(c->nr_commands_made), ULL(c->nr_commands_same));
	if (c->nr_shown)
		fputs("\nthe first differences:\n", f);
	for (i = 0; i < c->nr_shown; i++)
		print_difference(f, &c->shown[i]);
}

static void print_json_decision(FILE *f, const char *name, const struct scxu_dispatch *d, bool none)
{
	if (none)
		fprintf(f, ",\"%s\":null", name);
	else
		fprintf(f,
			",\"%s\":{\"cpu\":%d,\"slice_ns\":%llu,\"vtime\":%llu,\"queue\":%u,"
			"\"flags\":%u}",
			name, d->cpu, ULL(d->slice_ns), ULL(d->vtime), d->queue, d->flags);
}

static void print_json_difference(FILE *f, const struct replay_difference *diff)
{
	fprintf(f,
		"{\"time_ns\":%lld,\"round\":%llu,\"pid\":%d,\"comm\":", (long long)diff->time_ns,
		ULL(diff->round), (int)diff->pid);
	scxu_print_json_string(f, diff->comm);
	fputs(",\"different\":[", f);
	print_kinds(f, diff->kinds, "\"");
	putc(']', f);
	print_json_decision(f, "recorded", &diff->recorded, diff->kinds >> REPLAY_ADDITIONAL & 1);
	print_json_decision(f, "now", &diff->made, diff->kinds >> REPLAY_MISSING & 1);
	putc('}', f);
}

static void print_json_end(const struct replay *r, FILE *f)
{
	const struct record_reader *reader = &r->reader;

	fprintf(f, "\"complete\":%s,\"nr_lost_records\":%llu,\"nr_gaps\":%llu,",
		reader->complete ? "true" : "false", ULL(r->compare.nr_lost),
		ULL(r->compare.nr_gaps));
	if (!reader->why)
		return;
	fprintf(f, "\"damaged_at_byte\":%llu,\"damage\":", ULL(reader->bad_offset));
	scxu_print_json_string(f, reader->why);
	putc(',', f);
}

static void print_json_counts(const struct replay_compare *c, FILE *f)
{
	int kind;

	fprintf(f,
		"\"nr_recorded\":%llu,\"nr_now\":%llu,\"nr_same\":%llu,\"nr_different\":%llu,\n"
		"\"nr_stale_recorded\":%llu,\"nr_stale_now\":%llu,\"nr_undecided\":%llu,"
		"\"nr_unknown\":%llu,\n\"different\":{",
		ULL(c->nr_recorded), ULL(c->nr_made), ULL(c->nr_same), ULL(c->nr_different),
		ULL(c->nr_stale_recorded), ULL(c->nr_stale_made), ULL(c->nr_undecided),
		ULL(c->nr_unknown));
	for (kind = 0; kind < REPLAY_NR_KINDS; kind++)
		fprintf(f, "\"%s\":%llu,", replay_kinds[kind], ULL(c->nr_of_kind[kind]));
	fprintf(f, "\"order\":%llu},\n", ULL(c->nr_other_order));
	fprintf(f,
		"\"nr_commands_recorded\":%llu,\"nr_commands_now\":%llu,\"nr_commands_same\":%llu,\n",
		ULL(c->nr_commands_recorded), ULL(c->nr_commands_made), ULL(c->nr_commands_same));
}

static void print_json(const struct scxu *s, const struct replay *r, FILE *f)
{
	const struct replay_compare *c = &r->compare;
	unsigned int i;

	fputs("{\"recorded\":", f);
	scxu_print_json_string(f, r->head.name);
	fputs(",\"version\":", f);
	scxu_print_json_string(f, r->head.version);
	fprintf(f, ",\"nr_cpus\":%d,\"lasted_ns\":%llu,\"nr_rounds\":%llu,\"nr_events\":%llu,\n",
		s->nr_cpus_possible, ULL(lasted_ns(c)), ULL(c->nr_rounds), ULL(c->nr_events));
	print_json_end(r, f);
	print_json_counts(c, f);
	fputs("\"first\":[", f);
	for (i = 0; i < c->nr_shown; i++) {
		fputs(i ? ",\n " : "\n ", f);
		print_json_difference(f, &c->shown[i]);
	}
	fputs("]}\n", f);
}

/* Once it is over, since what is missing is known only then. */
int replay_write_summary(struct scxu *s, FILE *f, int format)
{
	struct replay *r = replay_of(s);

	s->port->detach(s);
	if (format == SCXU_SUMMARY_JSON)
		print_json(s, r, f);
	else
		print_text(s, r, f);
	return 0;
}
