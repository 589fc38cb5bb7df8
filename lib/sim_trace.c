// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_trace.c - a simulation as a timeline, for Perfetto and chrome://tracing.
 *
 * In their "Trace Event Format": a track for each CPU with what ran on it, a mark for each wake-up on
 * the track of the CPU that it was given to, and the lengths of queues. Times are in us there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define US "%" PRIu64 ".%03u"
#define US_ARGS(ns) (uint64_t)((ns) / NSEC_PER_USEC), (unsigned int)((ns) % NSEC_PER_USEC)

static uint64_t since_start(uint64_t time_ns)
{
	return time_ns - SIM_START_NS;
}

int sim_trace_open(struct sim *sim, const char *path)
{
	int cpu, err;

	sim->trace_path = strdup(path);
	if (!sim->trace_path)
		return -ENOMEM;
	sim->trace = fopen(path, "we");
	if (!sim->trace) {
		err = -errno;
		scxu_error(sim->s, "%s: cannot write it: %s", path, strerror(-err));
		return err;
	}
	fprintf(sim->trace, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
			    "{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\","
			    "\"args\":{\"name\":\"CPUs\"}}");
	for (cpu = 0; cpu < sim->s->nr_cpus; cpu++)
		fprintf(sim->trace,
			",\n{\"ph\":\"M\",\"pid\":0,\"tid\":%d,\"name\":\"thread_name\","
			"\"args\":{\"name\":\"CPU %d\"}}",
			cpu, cpu);
	return 0;
}

/* A group's name is from the load file, and may have any character. */
static void print_task(struct sim *sim, const struct sim_task *t)
{
	const char *name = t->group->name;

	for (; *name; name++)
		putc(*name == '"' || *name == '\\' || (unsigned char)*name < ' ' ? '_' : *name,
		     sim->trace);
	fprintf(sim->trace, "-%u\"}", t->view.slot - t->group->first_task);
}

static void print_slice(struct sim *sim, int cpu, uint64_t begin_ns)
{
	fprintf(sim->trace,
		",\n{\"ph\":\"X\",\"pid\":0,\"tid\":%d,\"ts\":" US ",\"dur\":" US ",\"name\":\"",
		cpu, US_ARGS(since_start(begin_ns)), US_ARGS(sim->now_ns - begin_ns));
}

void sim_trace_task(struct sim *sim, int cpu, const struct sim_task *t)
{
	if (!sim->trace || t->run_begin_ns == sim->now_ns)
		return;
	print_slice(sim, cpu, t->run_begin_ns);
	print_task(sim, t);
}

void sim_trace_policy(struct sim *sim)
{
	if (!sim->trace)
		return;
	print_slice(sim, sim->policy.cpu, sim->policy.round_ns);
	fputs("policy\"}", sim->trace);
	fprintf(sim->trace,
		",\n{\"ph\":\"C\",\"pid\":0,\"ts\":" US ",\"name\":\"queued\",\"args\":"
		"{\"custody\":%u,\"any\":%u,\"any by vtime\":%u,\"fallback\":%u}}",
		US_ARGS(since_start(sim->now_ns)), (unsigned int)sim->custody.nr, sim->any.nr,
		sim->any_vtime.nr, sim_fallback_nr_queued(sim));
}

void sim_trace_wakeup(struct sim *sim, int cpu, const struct sim_task *t)
{
	if (!sim->trace)
		return;
	fprintf(sim->trace,
		",\n{\"ph\":\"i\",\"s\":\"t\",\"pid\":0,\"tid\":%d,\"ts\":" US ",\"name\":\"wake ",
		cpu, US_ARGS(since_start(t->ready_ns)));
	print_task(sim, t);
}

int sim_trace_close(struct sim *sim)
{
	int cpu, err;

	if (!sim->trace)
		return 0;
	for (cpu = 0; cpu < sim->s->nr_cpus; cpu++)
		if (sim->cpus[cpu].curr)
			sim_trace_task(sim, cpu, sim->cpus[cpu].curr);
	fputs("\n]}\n", sim->trace);
	err = ferror(sim->trace) ? -EIO : 0;
	if (fclose(sim->trace))
		err = -errno;
	sim->trace = NULL;
	if (err)
		scxu_error(sim->s, "%s: cannot write it: %s", sim->trace_path, strerror(-err));
	return err;
}
