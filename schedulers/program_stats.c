// SPDX-License-Identifier: GPL-2.0-only
/* program_stats.c - a line of statistics each few seconds, from a thread of its own. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define STACK_SIZE (128 << 10) /* locked with the rest of our memory: keep it small */

/* All statistics, at one moment. */
struct reading {
	struct scxu_stats stats;
	struct scxu_histograms waits; /* all 0 without --histograms */
};

/* Most of what the kernel counts never moves: print what did. */
static void print_kernel_events(const struct scxu_stats *now)
{
#define EVENT(name) { #name, offsetof(struct scxu_stats, nr_kernel_##name) }
	static const struct {
		const char *name;
		size_t offset;
	} events[] = {
		EVENT(select_cpu_fallback),
		EVENT(dispatch_local_dsq_offline),
		EVENT(dispatch_keep_last),
		EVENT(enq_skip_exiting),
		EVENT(enq_skip_migration_disabled),
		EVENT(reenq_immed),
		EVENT(reenq_repeat),
		EVENT(refill_slice_dfl),
		EVENT(slice_clamped),
		EVENT(slice_denied),
		EVENT(bypass_dispatch),
		EVENT(bypass_activate),
		EVENT(insert_not_owned),
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		memcpy(&value, (const char *)now + events[i].offset, sizeof(value));
		if (value)
			printf(" kernel_%s=%llu", events[i].name, (unsigned long long)value);
	}
	if (now->kernel_bypass_ns)
		printf(" kernel_bypass_ms=%.1f", now->kernel_bypass_ns / 1e6);
#undef EVENT
}

/* Of the waits since @before. */
static void print_percentiles(const char *stage, const uint64_t *now, const uint64_t *before)
{
	uint64_t buckets[SCXU_NR_BUCKETS];
	int i;

	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		buckets[i] = now[i] - before[i];
	printf(" %s_p50_us=%.1f %s_p99_us=%.1f", stage,
	       scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, 50) / 1000.0, stage,
	       scxu_histogram_percentile(buckets, SCXU_NR_BUCKETS, 99) / 1000.0);
}

static void print_histograms(const struct scxu_histograms *now,
			     const struct scxu_histograms *before)
{
	print_percentiles("seen", now->enqueue_to_seen, before->enqueue_to_seen);
	print_percentiles("dispatched", now->seen_to_dispatched, before->seen_to_dispatched);
	print_percentiles("running", now->dispatched_to_running, before->dispatched_to_running);
}

static void print_stats(const struct scxu_stats *now, const struct scxu_stats *before,
			unsigned int sec)
{
	printf("tasks=%llu queued=%llu decisions=%llu per_s=%llu rounds=%llu syscalls=%llu "
	       "idle_cpus=%llu/%llu kernel=%llu idle_shortcut=%llu stale=%llu bounced=%llu "
	       "refused=%llu nr_fallback=%llu nr_rescued=%llu nr_fallbacks=%llu "
	       "max_fallback_ms=%llu in_fallback=%llu minor_faults=%llu major_faults=%llu",
	       (unsigned long long)now->nr_tasks, (unsigned long long)now->nr_queued,
	       (unsigned long long)now->nr_dispatched,
	       (unsigned long long)(now->nr_dispatched - before->nr_dispatched) / sec,
	       (unsigned long long)now->nr_rounds, (unsigned long long)now->nr_syscalls,
	       (unsigned long long)now->nr_cpus_idle, (unsigned long long)now->nr_cpus,
	       (unsigned long long)now->nr_kernel, (unsigned long long)now->nr_idle_shortcut,
	       (unsigned long long)now->nr_stale, (unsigned long long)now->nr_bounced,
	       (unsigned long long)now->nr_refused, (unsigned long long)now->nr_fallback,
	       (unsigned long long)now->nr_rescued, (unsigned long long)now->nr_fallbacks,
	       (unsigned long long)(now->max_fallback_ns / 1000000),
	       (unsigned long long)now->in_fallback, (unsigned long long)now->nr_minor_faults,
	       (unsigned long long)now->nr_major_faults);
	print_kernel_events(now);
}

static void read_all(struct program *prog, struct reading *r)
{
	*r = (struct reading){ .stats.sz = sizeof(r->stats), .waits.sz = sizeof(r->waits) };
	pthread_mutex_lock(&prog->lock);
	scxu_get_stats(prog->s, &r->stats);
	scxu_get_histograms(prog->s, &r->waits);
	pthread_mutex_unlock(&prog->lock);
}

static void print_line(const struct program *prog, const struct reading *now,
		       const struct reading *before)
{
	print_stats(&now->stats, &before->stats, prog->stats_sec);
	if (prog->opts.flags & SCXU_HISTOGRAMS)
		print_histograms(&now->waits, &before->waits);
	putchar('\n');
	fflush(stdout);
}

/* A thread of its own, since a write may block and the policy must not. */
static void *stats_loop(void *arg)
{
	struct program *prog = arg;
	struct reading before, now;

	for (;;) {
		read_all(prog, &before);
		sleep(prog->stats_sec);
		read_all(prog, &now);
		if (now.stats.nr_dispatched < before.stats.nr_dispatched)
			before = (struct reading){ 0 }; /* a restart */
		print_line(prog, &now, &before);
	}
	return NULL;
}

/* Signals are for the thread that runs the policy. */
void program_start_stats(struct program *prog)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, stats_loop, prog);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		fprintf(stderr, "%s: no statistics: %s\n", prog->name, strerror(err));
}
