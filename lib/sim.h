/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sim.h - the simulator: CPUs and scripted tasks under a clock of their own.
 *
 *	sim_load*.c	what the tasks do, from a file; see sim_load.h
 *	sim_task.c	tasks: their script, wake-ups, sleep
 *	sim_cpu.c	CPUs: what runs, until when, and what comes next
 *	sim_queue.c	dispatch queues
 *	sim_place.c	decisions of the policy, carried out
 *	sim_note.c	what the policy is told
 *	sim_fallback.c	when it is late
 *	sim_plan.c	what happens at a given time: CPUs come and go, tasks get another nice value
 *	sim_policy.c	when the policy's thread runs, and for how long
 *	sim_report.c	what became of the tasks
 *	sim_trace.c	a timeline
 *	port_sim.c	the port
 *
 * It does in one thread what bpf/ does on many CPUs, and in the same order of preference. Nothing in
 * here depends on an address, a real clock or a hash: the same file gives the same run.
 */
#ifndef SCXU_SIM_H
#define SCXU_SIM_H

#include <stdio.h>

#include "internal.h"

#define SIM_START_NS NSEC_PER_SEC /* 0 would be "never" to some policies */
#define SIM_TICK_NS (4 * NSEC_PER_MSEC)
#define SIM_PATIENCE_NS NSEC_PER_MSEC /* how long local work goes before the policy's thread */
#define SIM_FOREVER (-1)

struct sim;
struct sim_group;

/* Something that happens at a certain time. It is in what it happens to. */
struct sim_event {
	struct scxu_heap_item item;
	void (*happen)(struct sim *sim, struct sim_event *ev);
};

/* A set of CPUs that tasks may run on. */
struct sim_mask {
	uint64_t *words;
	int nr_cpus;
};

enum sim_step_type { SIM_RUN, SIM_SLEEP, SIM_TIMER, SIM_YIELD, SIM_SUSPEND, SIM_RESUME };

struct sim_step {
	enum sim_step_type type;
	bool absolute;  /* timer */
	uint32_t timer; /* which of the task's */
	uint32_t name;  /* suspend, resume: where those wait that are resumed together */
	uint64_t ns;    /* run, sleep, timer */
};

struct sim_phase {
	struct sim_step *steps;
	uint32_t nr_steps;
	int64_t nr_loops; /* or SIM_FOREVER */
	uint32_t mask;    /* into sim_load.masks */
	uint32_t cgroup;  /* into sim_load.cgroups */
	int nice;
};

/* Tasks of the same kind. */
struct sim_group {
	char *name;
	struct sim_phase *phases;
	uint32_t nr_phases, nr_tasks, first_task;
	int64_t nr_loops; /* of all phases */
	uint64_t delay_ns;
	uint32_t nr_timers;
};

/* Its id is its number in sim_load.cgroups, and 1. */
struct sim_cgroup {
	char *path;
	uint32_t parent;
	uint32_t weight;
};

/* A CPU comes or goes. */
struct sim_plug {
	struct sim_event ev;
	uint64_t at_ns;
	int cpu, online;
};

/* The tasks of a group get another nice value. */
struct sim_renice {
	struct sim_event ev;
	uint64_t at_ns;
	uint32_t group;
	int nice;
};

struct sim_load {
	struct sim_group *groups;
	uint32_t nr_groups, nr_tasks;
	struct sim_mask *masks; /* the first is all CPUs */
	uint32_t nr_masks;
	struct sim_cgroup *cgroups; /* the first is the root */
	uint32_t nr_cgroups;
	struct sim_plug *plugs; /* in order of time */
	uint32_t nr_plugs;
	struct sim_renice *renices;
	uint32_t nr_renices;
	char **names; /* that tasks suspend on */
	uint32_t nr_names;
	uint64_t duration_ns; /* 0 = until all tasks are gone */
};

/* How often something took how long: four buckets for each power of two. */
#define SIM_NR_BUCKETS (4 * 44)

struct sim_times {
	uint64_t nr, total_ns, max_ns;
	uint32_t buckets[SIM_NR_BUCKETS];
};

/* A dispatch queue: in order of vtime, then of insertion, for each set of allowed CPUs apart. */
struct sim_queue {
	struct scxu_heap *heaps; /* by mask */
	uint32_t nr_heaps;
	uint32_t nr;
	bool is_fallback;
	uint64_t nr_inserted;
	uint64_t vtime; /* of the last one that was put there in its order, */
	uint64_t head;  /* and before all others */
};

enum sim_state { SIM_ASLEEP, SIM_CUSTODY, SIM_QUEUED, SIM_LOCAL, SIM_RUNNING, SIM_GONE };

struct sim_task {
	struct scxu_task view; /* what the policy sees of it */
	const struct sim_group *group;
	struct sim_event wake;
	uint64_t *timers; /* when each is due next; 0 = not used yet */

	/* Where it is in its script. */
	uint32_t phase, step;
	int64_t loops_left, phase_loops_left;
	uint64_t left_ns; /* of the run that it is in */

	enum sim_state state;
	uint32_t mask;
	bool reniced; /* its phases do not say any more how nice it is */
	uint64_t slice_ns;
	struct scxu_list_item item;       /* in custody, in a CPU's local list, or suspended */
	struct scxu_heap_item queue_item; /* in a queue */
	struct sim_queue *queue;
	uint64_t queue_seq;
	uint64_t placed_slice_ns;

	/* In the fallback. */
	uint64_t era, fallback_vtime, fallback_exec_ns;
	uint32_t fallback_llc; /* whose queue fallback_vtime belongs to */

	/* For the report. */
	uint64_t ready_ns; /* since when it waits */
	bool woken;        /* and waits since it woke */
	uint64_t run_begin_ns;
	struct sim_times waits, wakeups; /* the second is part of the first */
	uint64_t nr_migrations;
};

struct sim_cpu {
	struct sim_event stop; /* the end of a slice, or of what its task has to do */
	struct sim_event look; /* a kick */
	struct sim_task *curr;
	bool policy_runs; /* the policy's thread is on it */
	bool idle, online;
	bool preempt; /* what runs must stop at the next look */
	bool urgent;  /* its queue comes first then */
	struct scxu_list local;
	struct sim_queue queue;
	uint64_t since_ns; /* the last accounting */
	uint64_t busy_ns, policy_ns;
	int llc, node;
	uint32_t turn, kind, next_own, fallback_looks;
	uint32_t nr_announced, nr_events; /* that the policy has yet to read */
};

/* What is for the policy to read. */
struct sim_note {
	uint32_t type; /* enum scxu_event_type */
	uint32_t slot, generation, weight;
	int32_t cpu;
	uint64_t seq, time_ns, value, exec_ns, cookie;
};

/* A decision or a command. */
struct sim_order {
	bool is_command;
	union {
		struct scxu_dispatch dispatch;
		struct scxu_command command;
	};
};

struct sim_policy {
	struct sim_event done;    /* the end of a round */
	struct sim_event timeout; /* of a wait */
	struct sim_event overdue; /* it preempts */
	struct sim_event wakeup;  /* the same for a task that woke */
	int cpu;                  /* it runs there, or did last */
	bool running, needed, begins, own_cpu_free;
	bool preempting;
	uint64_t hurry_ns; /* since when for a task that woke, 0 = for none */
	int wakeup_cpu;    /* where it preempts for that one */
	uint64_t comes_ns; /* an idle CPU was last found for it */
	uint64_t needed_ns, nr_read, nr_given;
	uint64_t round_ns; /* when it began */
	uint64_t held_ns;  /* injected: it takes so much longer */
	bool deaf;         /* injected: what needs it next is lost */
};

/* Of the CPUs that share a last-level cache. */
struct sim_fallback_queue {
	struct sim_queue queue;
	uint64_t aged_ns, vtime_now;
	uint32_t nr_cpus; /* online */
};

struct sim_fallback {
	struct sim_fallback_queue *queues;
	uint32_t nr_queues;
	bool on;
	uint64_t era;
	uint64_t round;            /* when it began */
	uint64_t nr_rounds_before; /* when the guard looked last */
	uint64_t since_ns;
	uint64_t over_ns, hold_ns;
	uint32_t cause, nr_repeated;
};

struct sim {
	struct scxu *s;
	struct scxu_sim_opts opts;
	struct sim_load load;
	uint64_t now_ns;
	struct scxu_heap clock;
	struct sim_event end;
	struct sim_event guard;
	bool ended, failed, detached;
	const char *why; /* it ended */

	struct sim_task *tasks;
	struct sim_cpu *cpus;
	uint32_t nr_alive, nr_suspended;
	struct scxu_list *suspended; /* by name */
	int nr_words;
	uint64_t *idle;   /* CPUs */
	uint64_t **llcs;  /* CPUs of each */
	uint64_t *timers; /* of all tasks */

	struct scxu_list custody; /* oldest first */
	struct sim_queue any, any_vtime;
	struct sim_fallback fallback;
	struct sim_queue *own;
	uint64_t **own_cpus;
	uint32_t nr_own;

	struct sim_note *notes; /* a ring that grows */
	uint32_t nr_notes, notes_head, notes_tail;
	uint64_t next_seq;
	uint64_t nr_lost;    /* since the policy was told so */
	bool events_pending; /* beside tasks that want to run */
	struct sim_order *orders;
	uint32_t nr_orders, orders_capacity;

	struct sim_policy policy;
	struct scxu_stats stats;
	FILE *trace; /* or NULL */
	char *trace_path;
	uint64_t nr_at_once; /* events since the clock last went on */
	uint64_t random;
};

static inline struct sim *sim_of(struct scxu *s)
{
	return s->port_data;
}

static inline bool sim_in_mask(const uint64_t *words, int cpu)
{
	return words[cpu / 64] >> (cpu % 64) & 1;
}

/* port_sim.c: at @time_ns, instead of when it was to happen before. */
void sim_at(struct sim *sim, struct sim_event *ev, uint64_t time_ns);
void sim_cancel(struct sim_event *ev);
void sim_stop(struct sim *sim, const char *why);
void sim_fail(struct sim *sim, const char *why);

/* sim_load.c. What is wrong there goes to the log of @s, with its line and column. */
int sim_load_read(struct scxu *s, struct sim_load *load, const char *path, int nr_cpus);
void sim_load_free(struct sim_load *load);

/* sim_task.c */
enum sim_next { SIM_NEXT_RUN, SIM_NEXT_YIELD, SIM_NEXT_MOVE, SIM_NEXT_SLEEP, SIM_NEXT_EXIT };
int sim_task_init(struct sim *sim);
enum sim_next sim_task_go_on(struct sim *sim, struct sim_task *t);
void sim_task_leaves(struct sim *sim, struct sim_task *t, enum sim_next how);
void sim_task_enqueue(struct sim *sim, struct sim_task *t, uint32_t flags, int cpu);
void sim_task_set_mask(struct sim *sim, struct sim_task *t, uint32_t mask);
void sim_task_set_nice(struct sim *sim, struct sim_task *t, int nice);

static inline bool sim_may_run_on(const struct sim *sim, const struct sim_task *t, int cpu)
{
	return sim_in_mask(sim->load.masks[t->mask].words, cpu);
}

/* sim_plan.c; sim_usable_mask(): @mask, or all CPUs if none of it is online. */
void sim_plan_init(struct sim *sim);
uint32_t sim_usable_mask(const struct sim *sim, uint32_t mask);

/* sim_note.c; sim_note_has_room(): to announce another task from @cpu. */
bool sim_note_has_room(const struct sim *sim, int cpu);
void sim_note_cpu(struct sim *sim, uint32_t type, int cpu);
void sim_note_fallback(struct sim *sim, uint32_t cause, uint64_t lasted_ns);
void sim_note(struct sim *sim, uint32_t type, const struct sim_task *t, int cpu, uint64_t value);
void sim_note_result(struct sim *sim, uint32_t slot, uint32_t generation, uint32_t result);
bool sim_read_note(struct sim *sim, struct scxu_event *ev);
void sim_drop_notes(struct sim *sim);
bool sim_read_task(const struct sim *sim, uint32_t slot, struct scxu_task *to);

/* sim_fallback.c */
void sim_fallback_init(struct sim *sim);
int sim_fallback_init_queues(struct sim *sim, uint32_t nr_masks);
void sim_fallback_free_queues(struct sim *sim);
void sim_fallback_add_cpu(struct sim *sim, int cpu, int nr);
uint32_t sim_fallback_nr_queued(const struct sim *sim);
struct sim_task *sim_fallback_take(struct sim *sim, int cpu);
void sim_fallback_insert(struct sim *sim, struct sim_task *t, bool slept);
void sim_fallback_running(struct sim *sim, const struct sim_task *t);
void sim_guard_wake(struct sim *sim);

/* sim_cpu.c */
int sim_cpu_init(struct sim *sim);
void sim_cpu_look(struct sim *sim, int cpu); /* soon */
void sim_cpu_preempt(struct sim *sim, int cpu);
void sim_cpu_schedule(struct sim *sim, int cpu); /* now */
void sim_cpu_insert_local(struct sim *sim, struct sim_task *t, int cpu, uint64_t slice_ns);
void sim_cpu_kick_idle(struct sim *sim, const struct sim_task *t, const uint64_t *among);
int sim_cpu_take_idle(struct sim *sim, const struct sim_task *t, int near);
void sim_cpu_account(struct sim *sim, int cpu);
void sim_cpu_set_online(struct sim *sim, int cpu, bool online);

/* sim_queue.c; memory that lacks ends the simulation. */
int sim_queue_init(struct sim_queue *q, uint32_t nr_masks);
void sim_queue_free(struct sim_queue *q);
void sim_queue_insert(struct sim *sim, struct sim_queue *q, struct sim_task *t, uint64_t vtime,
		      uint64_t slice_ns, bool head);
struct sim_task *sim_queue_take(struct sim *sim, struct sim_queue *q, int cpu);
void sim_queue_remove(struct sim_task *t);
void sim_queue_set_vtime(struct sim_task *t, uint64_t vtime);

/* sim_place.c */
void sim_carry_out(struct sim *sim);

/* sim_policy.c */
void sim_policy_init(struct sim *sim);
void sim_policy_need(struct sim *sim, int near);
void sim_policy_call(struct sim *sim, int near); /* the same, which it may sleep through */
void sim_policy_hurry(struct sim *sim, int cpu); /* a task woke there, and was announced */
bool sim_policy_take(struct sim *sim, int cpu, bool free);
bool sim_policy_overdue(const struct sim *sim);
void sim_policy_wait(struct sim *sim, int64_t timeout_ns, bool pending);

/* sim_trace.c; nothing happens without opts.trace. */
int sim_trace_open(struct sim *sim, const char *path);
void sim_trace_task(struct sim *sim, int cpu, const struct sim_task *t);   /* it stops */
void sim_trace_policy(struct sim *sim);                                    /* its round ends */
void sim_trace_wakeup(struct sim *sim, int cpu, const struct sim_task *t); /* it runs */
int sim_trace_close(struct sim *sim);

/* sim_report.c */
void sim_times_add(struct sim_times *times, uint64_t ns);
int sim_write_summary(struct scxu *s, FILE *f, int format);

#endif
