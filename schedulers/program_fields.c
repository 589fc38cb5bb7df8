// SPDX-License-Identifier: GPL-2.0-only
/* program_fields.c - the table of all statistics, from which all that tells them is made. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "program_stats.h"

#define NSEC_PER_USEC 1e3
#define NSEC_PER_MSEC 1e6

#define STAT(member) .offset = offsetof(struct program_reading, stats.member)
#define KERNEL(event) .name = "kernel_" #event, STAT(nr_kernel_##event), .flags = RARE_COUNTER
#define FALLBACKS(cause, name)                            \
	"nr_fallbacks_" name, .flags = MORE_RARE_COUNTER, \
		STAT(nr_fallbacks_of[SCXU_FALLBACK_##cause])
#define MSEC .unit = "ms", .scale = NSEC_PER_MSEC
#define WAIT(member, nr)                                                                       \
	.offset = offsetof(struct program_reading, waits.member), .flags = PROGRAM_PERCENTILE, \
	.percent = (nr), .unit = "us", .scale = NSEC_PER_USEC, .nr_decimals = 1

enum {
	COUNTER = PROGRAM_COUNTER,
	RARE_COUNTER = PROGRAM_COUNTER | PROGRAM_RARE,
	MORE_COUNTER = PROGRAM_COUNTER | PROGRAM_MORE,
	MORE_RARE_COUNTER = PROGRAM_COUNTER | PROGRAM_RARE | PROGRAM_MORE,
};

/* In the order of the line. */
const struct program_field program_fields[] = {
	{ "tasks", "tasks that the policy can know of", STAT(nr_tasks) },
	{ "queued", "tasks that wait for a decision", STAT(nr_queued) },
	{ "decisions", "decisions carried out", STAT(nr_dispatched), .flags = COUNTER },
	{ "per_s", "decisions carried out, each second", STAT(nr_dispatched),
	  .flags = PROGRAM_PER_SECOND },
	{ "rounds", "times that the process gave up its CPU", STAT(nr_rounds), .flags = COUNTER },
	{ "syscalls", "system calls that rounds took", STAT(nr_syscalls), .flags = COUNTER },
	{ "idle_cpus", "CPUs that are idle", STAT(nr_cpus_idle) },
	{ "cpus", "CPU numbers, holes included", STAT(nr_cpus), .flags = PROGRAM_SLASH },
	{ "kernel", "kernel threads and own threads, placed by the kernel half", STAT(nr_kernel),
	  .flags = COUNTER },
	{ "idle_shortcut", "wake-ups put on an idle CPU by the kernel half", STAT(nr_idle_shortcut),
	  .flags = COUNTER },
	{ "stale", "decisions dropped because the task had moved on", STAT(nr_stale),
	  .flags = COUNTER },
	{ "bounced", "decisions whose CPU was not allowed, or offline", STAT(nr_bounced),
	  .flags = COUNTER },
	{ "refused", "decisions without sense", STAT(nr_refused), .flags = COUNTER },
	{ "nr_fallback", "tasks placed because no answer was to be had", STAT(nr_fallback),
	  .flags = COUNTER },
	{ "nr_rescued", "tasks taken back because the answer was late", STAT(nr_rescued),
	  .flags = COUNTER },
	{ "nr_fallbacks", "times that the kernel half took over from the process",
	  STAT(nr_fallbacks), .flags = COUNTER },
	{ "max_fallback_ms", "the longest time that the kernel half was in charge",
	  STAT(max_fallback_ns), MSEC },
	{ "in_fallback", "1 while the kernel half is in charge", STAT(in_fallback) },
	{ "minor_faults", "page faults of the process that needed no disk", STAT(nr_minor_faults),
	  .flags = COUNTER },
	{ "major_faults", "page faults of the process that needed a disk", STAT(nr_major_faults),
	  .flags = COUNTER },

	{ "enqueued", "tasks handed to the policy", STAT(nr_enqueued), .flags = MORE_COUNTER },
	{ "withdrawn", "tasks that left without a decision", STAT(nr_withdrawn),
	  .flags = MORE_COUNTER },
	{ "blocked", "system calls of rounds that slept", STAT(nr_blocked), .flags = MORE_COUNTER },
	{ "doorbells", "times that the kernel half woke the process", STAT(nr_doorbells),
	  .flags = MORE_COUNTER },
	{ "ring_full", "tasks placed for want of room to announce them", STAT(nr_ring_full),
	  .flags = MORE_RARE_COUNTER },
	{ "no_slot", "tasks placed because there were too many", STAT(nr_no_slot),
	  .flags = MORE_RARE_COUNTER },
	{ "starved", "tasks taken from a queue, in which others went first for too long",
	  STAT(nr_starved), .flags = MORE_RARE_COUNTER },
	{ "fallback_ms", "time that the kernel half was in charge, in all", STAT(fallback_ns), MSEC,
	  .flags = MORE_RARE_COUNTER, .nr_decimals = 1 },
	{ FALLBACKS(BUSY, "busy"), .about = "of these: a round took too long" },
	{ FALLBACKS(KEPT, "kept"), .about = "of these: a round ended without an answer" },
	{ FALLBACKS(NO_CPU, "no_cpu"),
	  .about = "of these: the process, or its answer, waited for a CPU" },
	{ FALLBACKS(ASLEEP, "asleep"), .about = "of these: it slept" },
	{ FALLBACKS(STOPPED, "stopped"), .about = "of these: a signal or debugger had stopped it" },
	{ FALLBACKS(FROZEN, "frozen"), .about = "of these: its cgroup was frozen" },
	{ FALLBACKS(GONE, "gone"), .about = "of these: it was on its way out" },
	{ "events", "events announced to the policy", STAT(nr_events), .flags = MORE_RARE_COUNTER },
	{ "events_lost", "events lost for want of room", STAT(nr_events_lost),
	  .flags = MORE_RARE_COUNTER },

	{ KERNEL(select_cpu_fallback), .about = "wake-ups whose chosen CPU was not allowed" },
	{ KERNEL(dispatch_local_dsq_offline),
	  .about = "tasks put on a CPU that had just gone offline" },
	{ KERNEL(dispatch_keep_last),
	  .about = "times that a task went on because its CPU had no other" },
	{ KERNEL(enq_skip_exiting), .about = "exiting tasks that the kernel placed" },
	{ KERNEL(enq_skip_migration_disabled),
	  .about = "tasks with migration disabled that the kernel placed" },
	{ KERNEL(reenq_immed), .about = "tasks enqueued again since they could not run at once" },
	{ KERNEL(reenq_repeat), .about = "tasks enqueued again twice without a run in between" },
	{ KERNEL(refill_slice_dfl), .about = "slices that the kernel set to its own default" },
	{ KERNEL(slice_clamped), .about = "slices that were too long to store" },
	{ KERNEL(slice_denied), .about = "slices not made longer, for want of a right to the CPU" },
	{ KERNEL(bypass_dispatch), .about = "tasks that the kernel placed while it scheduled" },
	{ KERNEL(bypass_activate), .about = "times that the kernel scheduled our tasks itself" },
	{ KERNEL(insert_not_owned),
	  .about = "tasks that the kernel half placed when they were no longer its own" },
	{ KERNEL(sub_bypass_dispatch), .about = "tasks of sub-schedulers that the kernel placed" },
	{ KERNEL(sub_forced_admit),
	  .about = "tasks of sub-schedulers let onto a CPU without a right" },
	{ KERNEL(sub_preempt_denied), .about = "kicks by sub-schedulers that did not end a slice" },
	{ KERNEL(sub_kick_denied), .about = "kicks by sub-schedulers that did nothing" },
	{ KERNEL(sub_reenq_denied), .about = "wishes of sub-schedulers to enqueue again, in vain" },
	{ KERNEL(sub_cidperf_denied),
	  .about = "wishes of sub-schedulers for a CPU's speed, in vain" },
	{ KERNEL(sub_rescue), .about = "tasks of sub-schedulers that waited for their CPU" },
	{ "kernel_bypass_ms", "time in which the kernel scheduled our tasks itself",
	  STAT(kernel_bypass_ns), MSEC, .flags = RARE_COUNTER, .nr_decimals = 1 },

	{ "seen_p50_us", "from wanting to run to being seen: half wait less",
	  WAIT(enqueue_to_seen, 50) },
	{ "seen_p99_us", "from wanting to run to being seen: 99 of 100 wait less",
	  WAIT(enqueue_to_seen, 99) },
	{ "dispatched_p50_us", "from being seen to the decision: half wait less",
	  WAIT(seen_to_dispatched, 50) },
	{ "dispatched_p99_us", "from being seen to the decision: 99 of 100 wait less",
	  WAIT(seen_to_dispatched, 99) },
	{ "running_p50_us", "from the decision to running: half wait less",
	  WAIT(dispatched_to_running, 50) },
	{ "running_p99_us", "from the decision to running: 99 of 100 wait less",
	  WAIT(dispatched_to_running, 99) },
	{ NULL },
};

_Static_assert(sizeof(program_fields) / sizeof(program_fields[0]) <= PROGRAM_MAX_FIELDS,
	       "more fields than values");

int64_t program_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static uint64_t number(const struct program_field *f, const struct program_reading *r)
{
	uint64_t value;

	memcpy(&value, (const char *)r + f->offset, sizeof(value));
	return value;
}

static double per_second(const struct program_field *f, const struct program_reading *now,
			 const struct program_reading *before)
{
	double sec = (now->at_ms - before->at_ms) / 1e3;

	return sec > 0 ? (number(f, now) - number(f, before)) / sec : 0;
}

/* Of the waits since @before. */
static double percentile(const struct program_field *f, const struct program_reading *now,
			 const struct program_reading *before)
{
	uint64_t buckets[SCXU_NR_BUCKETS], old[SCXU_NR_BUCKETS];
	int i;

	if (!now->has_waits)
		return NAN;
	memcpy(buckets, (const char *)now + f->offset, sizeof(buckets));
	memcpy(old, (const char *)before + f->offset, sizeof(old));
	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		buckets[i] -= old[i];
	return scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, f->percent);
}

static double value(const struct program_field *f, const struct program_reading *now,
		    const struct program_reading *before)
{
	double value;

	if (f->flags & PROGRAM_PERCENTILE)
		value = percentile(f, now, before);
	else if (f->flags & PROGRAM_PER_SECOND)
		value = per_second(f, now, before);
	else
		value = number(f, now);
	if (f->scale)
		value /= f->scale;
	return f->nr_decimals ? value : floor(value);
}

void program_fill(struct program_values *v, const char *name, const struct program_reading *now,
		  const struct program_reading *before)
{
	const struct program_reading none = { .at_ms = before->at_ms };
	int i;

	if (now->stats.nr_dispatched < before->stats.nr_dispatched)
		before = &none; /* a restart */
	*v = (struct program_values){ .at_ms = now->at_ms };
	snprintf(v->name, sizeof(v->name), "%s", name);
	for (i = 0; program_fields[i].name; i++)
		v->value[i] = value(&program_fields[i], now, before);
}

void program_print_fields(void)
{
	const struct program_field *f;

	for (f = program_fields; f->name; f++)
		printf("%s (%s%s%s)\n    %s\n", f->name,
		       f->flags & PROGRAM_COUNTER ? "counter" : "gauge", f->unit ? ", " : "",
		       f->unit ? f->unit : "", f->about);
}
