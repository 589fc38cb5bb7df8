// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_report.c - what became of the simulated tasks, for people and for programs. */
#include <stdio.h>

#include "sim.h"

#define MAX_ROWS 64 /* of a table for people; with more tasks only groups have one */

#define US(ns) ((double)(ns) / NSEC_PER_USEC)

/* Four buckets for each power of two; what is shorter than 4 ns counts as 0 to 3. */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int power, bucket;

	if (ns < 4)
		return ns;
	power = 63 - __builtin_clzll(ns);
	bucket = 4 * (power - 1) + (ns >> (power - 2) & 3);
	return bucket < SIM_NR_BUCKETS ? bucket : SIM_NR_BUCKETS - 1;
}

static uint64_t bucket_end_ns(unsigned int bucket)
{
	if (bucket < 4)
		return bucket;
	return ((UINT64_C(5) + bucket % 4) << (bucket / 4 - 1)) - 1;
}

void sim_times_add(struct sim_times *times, uint64_t ns)
{
	times->nr++;
	times->total_ns += ns;
	if (ns > times->max_ns)
		times->max_ns = ns;
	times->buckets[bucket_of(ns)]++;
}

/* The end of the bucket in which it is: at most a quarter too long. */
static uint64_t quantile(const struct sim_times *times, unsigned int percent)
{
	uint64_t nr = 0, end_ns;
	unsigned int i;

	for (i = 0; i < SIM_NR_BUCKETS; i++) {
		nr += times->buckets[i];
		if (!times->nr || nr * 100 < times->nr * percent)
			continue;
		end_ns = bucket_end_ns(i);
		return end_ns < times->max_ns ? end_ns : times->max_ns;
	}
	return times->max_ns;
}

static void add_times(struct sim_times *sum, const struct sim_times *times)
{
	unsigned int i;

	sum->nr += times->nr;
	sum->total_ns += times->total_ns;
	if (times->max_ns > sum->max_ns)
		sum->max_ns = times->max_ns;
	for (i = 0; i < SIM_NR_BUCKETS; i++)
		sum->buckets[i] += times->buckets[i];
}

/* Of a task, or of all tasks of a group. */
struct total {
	uint64_t exec_ns, nr_runs, nr_migrations, nr_preemptions, nr_sleeps;
	struct sim_times waits, wakeups;
};

static bool waits(const struct sim_task *t)
{
	return t->state == SIM_CUSTODY || t->state == SIM_QUEUED || t->state == SIM_LOCAL;
}

/* Who still waits counts as well, or who starved would seem to have waited never. */
static void add_task(struct total *total, const struct sim *sim, const struct sim_task *t)
{
	total->exec_ns += t->view.exec_ns;
	total->nr_migrations += t->nr_migrations;
	total->nr_preemptions += t->view.nr_preemptions;
	total->nr_sleeps += t->view.nr_switches;
	add_times(&total->waits, &t->waits);
	add_times(&total->wakeups, &t->wakeups);
	total->nr_runs += t->waits.nr;
	if (!waits(t))
		return;
	sim_times_add(&total->waits, sim->now_ns - t->ready_ns);
	if (t->woken)
		sim_times_add(&total->wakeups, sim->now_ns - t->ready_ns);
}

static struct total total_of(const struct sim *sim, const struct sim_group *group)
{
	struct total total = { 0 };
	uint32_t i;

	for (i = 0; i < group->nr_tasks; i++)
		add_task(&total, sim, &sim->tasks[group->first_task + i]);
	return total;
}

static uint64_t lasted_ns(const struct sim *sim)
{
	return sim->now_ns - SIM_START_NS;
}

/* Of one CPU, in percent. */
static double share(const struct sim *sim, uint64_t ns)
{
	uint64_t all_ns = lasted_ns(sim);

	return all_ns ? 100.0 * ns / all_ns : 0;
}

static uint64_t cpu_time_ns(const struct sim *sim, bool of_policy)
{
	uint64_t ns = 0;
	int cpu;

	for (cpu = 0; cpu < sim->s->nr_cpus; cpu++)
		ns += of_policy ? sim->cpus[cpu].policy_ns : sim->cpus[cpu].busy_ns;
	return ns;
}

static void print_times(FILE *f, const struct sim_times *times)
{
	fprintf(f, " %9.0f %9.0f %9.0f", US(quantile(times, 50)), US(quantile(times, 99)),
		US(times->max_ns));
}

static void print_row(const struct sim *sim, FILE *f, const char *name, uint32_t nr_tasks,
		      const struct total *total)
{
	char shown[17];

	snprintf(shown, sizeof(shown), "%s", name);
	scxu_make_printable(shown, sizeof(shown));
	fprintf(f, "%-16s %6u %8.2f", shown, nr_tasks, share(sim, total->exec_ns));
	print_times(f, &total->waits);
	print_times(f, &total->wakeups);
	fprintf(f, " %10llu %10llu\n", (unsigned long long)total->nr_runs,
		(unsigned long long)total->nr_migrations);
}

static void print_tasks(const struct sim *sim, FILE *f, const struct sim_group *group)
{
	const struct sim_task *t = &sim->tasks[group->first_task];
	struct total total;
	char name[17];
	uint32_t i;

	for (i = 0; i < group->nr_tasks; i++) {
		total = (struct total){ 0 };
		add_task(&total, sim, &t[i]);
		snprintf(name, sizeof(name), "  %u", i);
		print_row(sim, f, name, 1, &total);
	}
}

static void print_text(const struct sim *sim, FILE *f)
{
	const struct sim_group *group;
	struct total total;
	uint32_t i;

	fprintf(f, "%d CPUs for %.3f s, until %s: tasks %.1f %% of one CPU, the policy %.1f %%\n",
		sim->s->nr_cpus_possible, (double)lasted_ns(sim) / NSEC_PER_SEC, sim->why ?: "now",
		share(sim, cpu_time_ns(sim, false)), share(sim, cpu_time_ns(sim, true)));
	fprintf(f,
		"%llu rounds, %llu decisions, %llu stale, %llu wake-ups on idle CPUs, "
		"%llu times in the fallback\n",
		(unsigned long long)sim->stats.nr_rounds,
		(unsigned long long)sim->stats.nr_dispatched,
		(unsigned long long)sim->stats.nr_stale,
		(unsigned long long)sim->stats.nr_idle_shortcut,
		(unsigned long long)sim->stats.nr_fallbacks);
	fprintf(f, "\n%-16s %6s %8s %29s %29s %10s %10s\n", "", "", "% of one", "wait, us",
		"wake-up, us", "", "");
	fprintf(f, "%-16s %6s %8s %9s %9s %9s %9s %9s %9s %10s %10s\n", "group", "tasks", "CPU",
		"p50", "p99", "max", "p50", "p99", "max", "switches", "migrations");
	for (i = 0; i < sim->load.nr_groups; i++) {
		group = &sim->load.groups[i];
		total = total_of(sim, group);
		print_row(sim, f, group->name, group->nr_tasks, &total);
		if (sim->load.nr_tasks <= MAX_ROWS && group->nr_tasks > 1)
			print_tasks(sim, f, group);
	}
}

static void print_json_times(FILE *f, const char *what, const struct sim_times *times)
{
	fprintf(f,
		",\"%s\":{\"nr\":%llu,\"total_ns\":%llu,\"p50_ns\":%llu,\"p99_ns\":%llu,"
		"\"max_ns\":%llu}",
		what, (unsigned long long)times->nr, (unsigned long long)times->total_ns,
		(unsigned long long)quantile(times, 50), (unsigned long long)quantile(times, 99),
		(unsigned long long)times->max_ns);
}

static void print_json_total(FILE *f, const struct total *total)
{
	fprintf(f,
		"\"exec_ns\":%llu,\"nr_runs\":%llu,\"nr_migrations\":%llu,\"nr_preemptions\":%llu,"
		"\"nr_sleeps\":%llu",
		(unsigned long long)total->exec_ns, (unsigned long long)total->nr_runs,
		(unsigned long long)total->nr_migrations, (unsigned long long)total->nr_preemptions,
		(unsigned long long)total->nr_sleeps);
	print_json_times(f, "wait", &total->waits);
	print_json_times(f, "wakeup", &total->wakeups);
}

static void print_json_task(const struct sim *sim, FILE *f, const struct sim_task *t)
{
	struct total total = { 0 };

	add_task(&total, sim, t);
	fprintf(f, "{\"pid\":%d,\"weight\":%u,\"ended\":%s,", t->view.pid, t->view.weight,
		t->state == SIM_GONE ? "true" : "false");
	print_json_total(f, &total);
	putc('}', f);
}

static void print_json_group(const struct sim *sim, FILE *f, uint32_t nr)
{
	const struct sim_group *group = &sim->load.groups[nr];
	struct total total = total_of(sim, group);
	uint32_t i;

	fputs("{\"name\":", f);
	scxu_print_json_string(f, group->name);
	fprintf(f, ",\"nr_tasks\":%u,", group->nr_tasks);
	print_json_total(f, &total);
	fputs(",\"tasks\":[", f);
	for (i = 0; i < group->nr_tasks; i++) {
		fputs(i ? ",\n " : "\n ", f);
		print_json_task(sim, f, &sim->tasks[group->first_task + i]);
	}
	fputs("]}", f);
}

static void print_json(const struct sim *sim, FILE *f)
{
	uint32_t i;

	fprintf(f, "{\"nr_cpus\":%d,\"simulated_ns\":%llu,\"busy_ns\":%llu,\"policy_ns\":%llu,",
		sim->s->nr_cpus_possible, (unsigned long long)lasted_ns(sim),
		(unsigned long long)cpu_time_ns(sim, false),
		(unsigned long long)cpu_time_ns(sim, true));
	fprintf(f, "\"nr_rounds\":%llu,\"nr_decisions\":%llu,\"nr_stale\":%llu,",
		(unsigned long long)sim->stats.nr_rounds,
		(unsigned long long)sim->stats.nr_dispatched,
		(unsigned long long)sim->stats.nr_stale);
	fprintf(f, "\"nr_idle_shortcut\":%llu,\"nr_fallbacks\":%llu,",
		(unsigned long long)sim->stats.nr_idle_shortcut,
		(unsigned long long)sim->stats.nr_fallbacks);
	fprintf(f,
		"\"in_fallback\":%d,\"nr_refused\":%llu,\"nr_ring_full\":%llu,\"nr_no_slot\":%llu,",
		sim->fallback.on, (unsigned long long)sim->stats.nr_refused,
		(unsigned long long)sim->stats.nr_ring_full,
		(unsigned long long)sim->stats.nr_no_slot);
	fprintf(f,
		"\"nr_enqueued\":%llu,\"nr_withdrawn\":%llu,\"nr_rescued\":%llu,"
		"\"nr_custody\":%zu,\n\"groups\":[",
		(unsigned long long)sim->stats.nr_enqueued,
		(unsigned long long)sim->stats.nr_withdrawn,
		(unsigned long long)sim->stats.nr_rescued, sim->custody.nr);
	for (i = 0; i < sim->load.nr_groups; i++) {
		fputs(i ? ",\n" : "\n", f);
		print_json_group(sim, f, i);
	}
	fputs("]}\n", f);
}

int sim_write_summary(struct scxu *s, FILE *f, int format)
{
	struct sim *sim = sim_of(s);
	int cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		sim_cpu_account(sim, cpu);
	if (format == SCXU_SUMMARY_JSON)
		print_json(sim, f);
	else
		print_text(sim, f);
	return 0;
}
