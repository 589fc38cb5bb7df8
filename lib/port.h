/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * port.h - all that the library asks of "the kernel".
 *
 * port_bpf.c answers from a real one. Whatever else can answer these questions, a simulator or a
 * recording, runs the same policy.
 */
#ifndef SCXU_PORT_H
#define SCXU_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct scxu;
struct scxu_task;
struct scxu_dispatch;
struct scxu_stats;
struct scxu_exit_info;

struct scxu_port {
	/* Become the scheduler. Sets s->port_data, the counts of CPUs and slots, and s->claimed. */
	int (*attach)(struct scxu *s);
	/* Leave; the exit record stays. May be called twice. */
	void (*detach)(struct scxu *s);
	/* Free s->port_data. */
	void (*destroy)(struct scxu *s);

	/* Step 3: up to @nr tasks that want to run, in order. */
	unsigned int (*read_tasks)(struct scxu *s, struct scxu_task *tasks, unsigned int nr);
	/* Step 5: how many of @nr checked decisions were taken. */
	unsigned int (*submit)(struct scxu *s, const struct scxu_dispatch *d, unsigned int nr);
	/*
	 * End the round and give up the CPU. @timeout_ns: -1 = until there is something to decide.
	 * With @pending the policy has more to do and wants to be back soon.
	 */
	int (*wait)(struct scxu *s, int64_t timeout_ns, bool pending);

	/* End a wait() from a signal handler or another thread, and all that follow. */
	void (*wake)(struct scxu *s);

	bool (*cpu_is_idle)(struct scxu *s, int cpu);
	pid_t (*cpu_pid)(struct scxu *s, int cpu);
	/* The CPU that the policy runs on, if it is free once the round ends; else -1. */
	int (*own_cpu)(struct scxu *s);

	bool (*exited)(struct scxu *s);
	void (*read_exit)(struct scxu *s, struct scxu_exit_info *info);
	const char *(*dump)(struct scxu *s);
	void (*read_stats)(struct scxu *s, struct scxu_stats *stats);
};

extern const struct scxu_port scxu_port_bpf;

#endif
