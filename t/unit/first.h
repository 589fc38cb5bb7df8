/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * first.h - what both halves of the test of the first header share; each has its own scxuser.h.
 *
 * first.c is the program, built when scxuser.h was new; first_port.c is below the library, with the
 * scxuser.h of today. The values here are compiled in both, and are to come through the library.
 */
#ifndef T_FIRST_H
#define T_FIRST_H

#include <stdbool.h>
#include <string.h>

#define FIRST_CPUS 4

/* Nothing has its default. */
static inline void some_opts(struct scxu_opts *o)
{
	o->flags = SCXU_PARTIAL | SCXU_FULL_USER | SCXU_NO_MLOCK;
	o->max_tasks = 1000;
	o->name = "first";
	o->slice_us = 777;
	o->fallback_ms = 33;
	o->timeout_ms = 3333;
	o->exit_dump_len = 4321;
}

/* But for its slot. */
static inline void some_task(struct scxu_task *t)
{
	t->pid = 101;
	t->tgid = 102;
	t->cpu = 2;
	t->flags = SCXU_TASK_WAKEUP;
	t->generation = 105;
	t->weight = SCXU_WEIGHT_DEFAULT;
	t->nr_cpus_allowed = FIRST_CPUS;
	t->enqueue_ns = 108;
	t->exec_ns = 109;
	t->nr_switches = 110;
	t->cookie = 111;
}

static inline void some_decision(struct scxu_dispatch *d)
{
	d->slot = 1;
	d->generation = 105;
	d->cpu = 3;
	d->flags = 0;
	d->slice_ns = 204;
	d->vtime = 205;
	d->cookie = 206;
}

static inline void some_stats(struct scxu_stats *st)
{
	st->nr_tasks = 301;
	st->nr_queued = 302;
	st->nr_enqueued = 303;
	st->nr_dispatched = 304;
	st->nr_stale = 305;
	st->nr_bounced = 306;
	st->nr_refused = 307;
	st->nr_kernel = 308;
	st->nr_idle_shortcut = 309;
	st->nr_fallback = 310;
	st->nr_rescued = 311;
	st->nr_ring_full = 312;
	st->nr_no_slot = 313;
	st->nr_fallbacks = 314;
	st->fallback_ns = 315;
	st->max_fallback_ns = 316;
	st->in_fallback = 317;
	st->nr_rounds = 318;
	st->nr_syscalls = 319;
	st->nr_blocked = 320;
	st->nr_cpus = 321;
	st->nr_cpus_idle = 322;
}

static inline void some_exit(struct scxu_exit_info *info)
{
	info->kind = SCXU_EXIT_EVICTED;
	info->kernel_kind = 402;
	info->code = 403;
	memset(info->reason, 'r', sizeof(info->reason) - 1);
	memset(info->message, 'm', sizeof(info->message) - 1);
}

/* first_port.c: what the program finds there. Sizes and values are those of today's header. */
void first_port_reset(void);
void first_port_enqueue(unsigned int nr_tasks);
void first_port_idle(int cpu);
size_t first_port_task_size(void);
size_t first_port_decision_size(void);

/* Whether the last scxu_open() meant the same as one with today's scxu_opts, some or all defaults. */
bool first_port_has_opts(bool some);

/* Whether it was given @nr times some_decision(), and 0 in what it knows beyond. */
bool first_port_took(unsigned int nr);

#endif
