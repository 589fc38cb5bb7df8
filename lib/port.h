/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * port.h - all that the library asks of "the kernel".
 *
 * port_bpf*.c answer from a real one. Whatever else can answer these questions, a simulator or a
 * recording, runs the same policy.
 */
#ifndef SCXU_PORT_H
#define SCXU_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct scxu;
struct scxu_task;
struct scxu_event;
struct scxu_dispatch;
struct scxu_stats;
struct scxu_histograms;
struct scxu_cgroup;
struct scxu_exit_info;

/* What the policy asks for beside a decision; what an operation does not use is 0. */
struct scxu_command {
	uint32_t op; /* enum scxu_shm_op */
	uint32_t flags;
	uint32_t slot;
	uint32_t generation;
	int32_t cpu;
	uint64_t slice_ns;
	uint64_t vtime;
};

struct scxu_port {
	/* All that takes memory or time. Sets s->port_data, s->nr_slots; calls scxu_set_topology(). */
	int (*prepare)(struct scxu *s);
	/* Become the scheduler; NULL if nothing is left to do for that. */
	int (*attach)(struct scxu *s);
	/* Leave; the exit record stays. May be called twice. */
	void (*detach)(struct scxu *s);
	/* Free s->port_data. */
	void (*destroy)(struct scxu *s);

	/* Step 3: up to @nr tasks that want to run, in order. */
	unsigned int (*read_tasks)(struct scxu *s, struct scxu_task *tasks, unsigned int nr);
	/* The same with the events of opts.events between them. */
	unsigned int (*read_events)(struct scxu *s, struct scxu_event *events, unsigned int nr);
	/* Forget the events that wait to be read; tasks that want to run stay. */
	void (*drop_events)(struct scxu *s);
	/* The task in @slot as it is now, if there is one. */
	bool (*read_slot)(struct scxu *s, uint32_t slot, struct scxu_task *t);
	/* The CPUs that the task in @slot may run on, nr_cpus bits that may change at any time. */
	const uint64_t *(*task_cpumask)(struct scxu *s, uint32_t slot);

	/* Step 5: take a decision, which was checked; false if there is no room. */
	bool (*submit)(struct scxu *s, const struct scxu_dispatch *d);
	/*
	 * End the round and give up the CPU. @timeout_ns: -1 = until there is something to decide.
	 * With @pending the policy has more to do and wants to be back soon.
	 */
	int (*wait)(struct scxu *s, int64_t timeout_ns, bool pending);
	/* A descriptor to poll, for a policy that sleeps by itself. */
	int (*fd)(struct scxu *s);
	/*
	 * End the round, and let the descriptor ring from now on, once there is something to
	 * decide. False if there is already, or the scheduler has ended.
	 */
	bool (*arm)(struct scxu *s);
	/* It need not ring any more. */
	void (*disarm)(struct scxu *s);

	/* Step 5: something else than a decision; false if there is no room. */
	bool (*command)(struct scxu *s, const struct scxu_command *command);
	/* A queue of the policy's own; @nr from 1, @name fits into SCXU_QUEUE_NAME_LEN. */
	int (*create_queue)(struct scxu *s, uint32_t nr, const char *name);
	int (*add_to_queue)(struct scxu *s, uint32_t nr, int cpu);
	int (*set_cpuperf)(struct scxu *s, int cpu, uint32_t perf);
	/* All but @info->sz, if it is there; else -ENOENT. */
	int (*read_cgroup)(struct scxu *s, uint64_t id, struct scxu_cgroup *info);
	bool (*has)(struct scxu *s, int feature);

	/*
	 * Injected: let time pass in the middle of a round, in which the thread sleeps or, with @spin,
	 * does not; and wait() with @pending false, but sleep through the first wake-up that it gets.
	 */
	void (*hold_up)(struct scxu *s, uint64_t ns, bool spin);
	int (*sleep_through)(struct scxu *s, int64_t timeout_ns);

	/* End a wait() from a signal handler or another thread, and all that follow. */
	void (*wake)(struct scxu *s);

	/* False for one that is offline. */
	bool (*cpu_is_idle)(struct scxu *s, int cpu);
	pid_t (*cpu_pid)(struct scxu *s, int cpu); /* -ENODEV: offline */
	/* The CPU that the policy runs on, if it is free once the round ends; else -1. */
	int (*own_cpu)(struct scxu *s);

	bool (*exited)(struct scxu *s);
	void (*read_exit)(struct scxu *s, struct scxu_exit_info *info);
	const char *(*dump)(struct scxu *s);
	/* All but page faults, up to stats->sz at least. */
	void (*read_stats)(struct scxu *s, struct scxu_stats *stats);
	/* Only with SCXU_HISTOGRAMS. */
	void (*read_histograms)(struct scxu *s, struct scxu_histograms *h);
	/* What became of all, in a form of enum scxu_summary_format; NULL if that cannot be told. */
	int (*write_summary)(struct scxu *s, FILE *f, int format);
};

extern const struct scxu_port scxu_port_bpf;
extern const struct scxu_port scxu_port_sim;
extern const struct scxu_port scxu_port_replay;

#endif
