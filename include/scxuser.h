/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * scxuser.h - write a Linux CPU scheduler as an ordinary program.
 *
 * The kernel half hands over the tasks that want to run; the program, the policy, answers where,
 * in which order and for how long; the kernel half carries that out. The whole of a policy:
 *
 *	scxu_open(&s, NULL);
 *	while (!scxu_exited(s)) {
 *		while (scxu_dequeue_task(s, &t) > 0) {
 *			scxu_dispatch_init(&d, &t);
 *			scxu_dispatch_task(s, &d);
 *		}
 *		scxu_notify_complete(s, 0);
 *	}
 *	scxu_close(s);
 *
 * Words: a task is one thread; to dequeue is to take the next task that wants to run; to dispatch
 * is to give it back to run; a round is all that happens between two calls of
 * scxu_notify_complete() or scxu_wait(). See scxuser(7).
 *
 * Rules. Functions return 0 or a count, or a negative errno. A handle is used by one thread, the
 * one that opened it, but for the functions whose comment says otherwise. The library prints
 * nothing, exits never, and keeps no state outside the handle. Times are in the unit that ends
 * their name, and points in time are on CLOCK_MONOTONIC. A CPU is its kernel number, -1 means any.
 */
#ifndef SCXUSER_H
#define SCXUSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A scheduler: opaque, from scxu_open() to scxu_close(). Since 0.1. */
struct scxu;

/** "Any CPU", in a decision. Since 0.1. */
#define SCXU_CPU_ANY (-1)

/** Weight of a task at nice 0. Since 0.1. */
#define SCXU_WEIGHT_DEFAULT 100

/** How serious a log line is. Since 0.1. */
enum scxu_log_level {
	SCXU_LOG_ERROR = 0,   /**< the call that it comes from fails */
	SCXU_LOG_WARNING = 1, /**< something is not as it should be, and works all the same */
	SCXU_LOG_INFO = 2,    /**< what happened */
	SCXU_LOG_DEBUG = 3,   /**< how, with libbpf's own words */
};

/**
 * scxu_log_fn - receives a line of text, without newline, in the thread that called the library;
 * that opts.record cannot be written is said in a thread of the library's own.
 * While attached that is the thread of the policy, at the end of a round, once a second at most: what
 * blocks it makes the policy late.
 * @arg:	opts.log_arg
 * @level:	enum scxu_log_level
 * @line:	valid during the call
 *
 * Since 0.1.
 */
typedef void (*scxu_log_fn)(void *arg, int level, const char *line);

/** Flags of struct scxu_opts. Since 0.1. */
enum {
	/** Schedule only tasks of policy SCHED_EXT and leave all others to the kernel. */
	SCXU_PARTIAL = 1 << 0,
	/** Send every wake-up to the policy, even if a CPU is idle. Costs time, shows all. */
	SCXU_FULL_USER = 1 << 1,
	/** Do not lock the process's memory: for debuggers. The scheduler may stall on a fault. */
	SCXU_NO_MLOCK = 1 << 2,
	/** scxu_dequeue_task() also gives the tasks that left, with cpu -1. Implies the event
	 *  SCXU_EVENT_EXIT. */
	SCXU_EXIT_TASKS = 1 << 3,
	/** Measure how long tasks wait: scxu_get_histograms(). Costs time for each of them. */
	SCXU_HISTOGRAMS = 1 << 4,
	/** scxu_select_cpu() stays in the NUMA node of the CPU that is preferred. */
	SCXU_NUMA_LOCAL = 1 << 5,
	/** Never take over from the policy: for measurements. A policy that is late freezes the
	 *  machine until the kernel's watchdog evicts it, which the log warns of. Single tasks that
	 *  the policy cannot be told of are scheduled all the same. */
	SCXU_NO_FALLBACK = 1 << 6,
};

/** What follows if the fallback takes over three times in a row, each less than 10 s after the end of
 *  the one before: it begins to count anew when it was not needed for that long. Since 0.1. */
enum scxu_fallback_repeated {
	/** Nothing: it gives way as soon as the policy answers. */
	SCXU_FALLBACK_STAY = 0,
	/** It stays in charge for a second at least, the next time for two, up to 64. */
	SCXU_FALLBACK_BACK_OFF = 1,
	/** The scheduler detaches: SCXU_EXIT_EVICTED, and a message that says why. */
	SCXU_FALLBACK_DETACH = 2,
};

/** All groups that the library knows. Since 0.1. */
#define SCXU_FIELD_ALL UINT32_MAX

/** Groups of members of struct scxu_task that cost something: 0 unless asked for. Since 0.1. */
enum {
	SCXU_FIELD_FLAGS = 1 << 0,    /**< flags but for SCXU_TASK_WAKEUP */
	SCXU_FIELD_COMM = 1 << 1,     /**< comm */
	SCXU_FIELD_PRIORITY = 1 << 2, /**< nice, policy */
	SCXU_FIELD_PLACE = 1 << 3,    /**< node, llc */
	SCXU_FIELD_WAKER = 1 << 4,    /**< waker_pid, waker_cpu, SCXU_TASK_SYNC */
	SCXU_FIELD_RUN = 1 << 5,      /**< start_ns, stop_ns, exec_run_ns, exec_awake_ns,
					   nr_preemptions */
};

/**
 * struct scxu_sim_opts - a machine and its tasks for the simulator, which runs a policy without a
 * kernel, without privilege, and each time in the same way. It starts with its size and grows at its
 * end. Since 0.1.
 */
struct scxu_sim_opts {
	/** sizeof(struct scxu_sim_opts) */
	size_t sz;
	/** File that says what the tasks do, in the grammar of rt-app: see the page scxu_simulate
	 *  in section 7 of the manual. */
	const char *load;
	/** Folder that stands for /sys, as for scxu_topology_open(); NULL = a machine of @nr_cpus. */
	const char *root;
	/** Without @root: so many CPUs, each a core, which share a cache: 1 to 4096. Default 4. */
	uint32_t nr_cpus;
	/** How long, in time of the simulated clock. Default: the duration that @load names, or until
	 *  all tasks have ended. */
	uint32_t duration_ms;
	/** Time that a round of the policy takes on its CPU: up to 1000000000. Default 2000. */
	uint32_t round_ns;
	/** And more for each task read and each decision in it: up to 1000000000. Default 200. */
	uint32_t decision_ns;
	/** And up to so much more, by chance: a policy that is late now and then. */
	uint32_t jitter_ns;
	/** Must be 0. */
	uint32_t reserved32;
	/** What chance begins with: the same seed, the same run. */
	uint64_t seed;
	/** File to write a timeline to, for Perfetto and chrome://tracing. Default: none. */
	const char *trace;
	/** How many tasks each CPU can announce before the policy reads; what is beyond is scheduled
	 *  by the fallback: 1 to 1048576. Default 4096, which is what the kernel half has. */
	uint32_t nr_ring;
	/** How many decisions fit into a round; with more it is in two: 1 to 1048576. Default 4096. */
	uint32_t nr_decisions;
};

/**
 * struct scxu_opts - options of scxu_open(). Set it to zero, then @sz, then what you care about:
 * 0 stands for the default. It grows at its end only. Since 0.1.
 */
struct scxu_opts {
	/** sizeof(struct scxu_opts) */
	size_t sz;
	/** SCXU_* flags */
	uint32_t flags;
	/** Slots for tasks; what is beyond is scheduled by the fallback. Default: twice the threads
	 *  of the system, from 8192. 64 to 1048576, made a power of two. */
	uint32_t max_tasks;
	/** Name in /sys/kernel/sched_ext/root/ops: letters, digits, "_" and ".", at most 127.
	 *  Default "scxuser". */
	const char *name;
	/** Slice of tasks that the kernel half places itself, and of decisions that name none: 100
	 *  to 100000, and to half of @timeout_ms. Default 5000. */
	uint32_t slice_us;
	/** The kernel half schedules when a task has waited so long for an answer: 1 to 1000,
	 *  and to half of @timeout_ms. Default 20. */
	uint32_t fallback_ms;
	/** The kernel's watchdog evicts a scheduler under which a task could not run for so long:
	 *  100 to 30000, the kernel's limit. Default 5000. One that waits in a queue for half of
	 *  that, since others go first again and again, is run by the fallback. */
	uint32_t timeout_ms;
	/** Size of the kernel's debug dump, in bytes: up to 32768. Default 32768. */
	uint32_t exit_dump_len;
	/** Where log lines go, and with which argument. Default: nowhere. */
	scxu_log_fn log;
	/** Its first argument. */
	void *log_arg;
	/** Events to deliver: SCXU_EVENT_BIT() of each type. Default: tasks that want to run. */
	uint64_t events;
	/** SCXU_FIELD_* groups of struct scxu_task to fill in. Default: those that cost nothing. */
	uint32_t fields;
	/** How many events each CPU can hold, of the types in @events: 64 to 65536, made a power of
	 *  two. What does not fit is lost and counted. Default 1024. */
	uint32_t nr_events;
	/** Run in the simulator instead of a kernel: nothing of this machine is touched. Read by
	 *  scxu_open() only. */
	const struct scxu_sim_opts *sim;
	/** File to record to: what the policy is told, what it asks and what it decides, for @replay;
	 *  see the page scxu_record in section 5 of the manual. A thread of the library's writes it,
	 *  and the policy never waits for that: what does not fit is lost and counted. Default: none. */
	const char *record;
	/** Recording to run the policy from, instead of a kernel: scxu_write_summary() tells what it
	 *  decides otherwise. Neither with @sim nor with @record. */
	const char *replay;
	/** A task that wakes while no CPU is idle ends the slice of one that has run for so long,
	 *  so that the policy is asked at once; one that has not goes on until it has. 1 to 100000.
	 *  Default: 0, the policy is asked when a CPU has nothing else to do, or after 1 ms at the
	 *  next tick. */
	uint32_t wakeup_preempt_us;
	/** enum scxu_fallback_repeated */
	uint32_t fallback_repeated;
	/** Faults to inject, for tests of a policy: see the page scxu_inject in section 7 of the manual.
	 *  For root, in the simulator, or if the library was configured so; never with @replay. Read by
	 *  scxu_open() only. Default: what the environment variable SCXU_INJECT says; "" = none. */
	const char *inject;
};

/** Flags of struct scxu_task. Since 0.1. */
enum {
	SCXU_TASK_WAKEUP = 1 << 0,     /**< it slept; else it was preempted, yielded or was moved */
	SCXU_TASK_PREEMPTED = 1 << 1,  /**< it was stopped before its slice ended */
	SCXU_TASK_REENQUEUED = 1 << 2, /**< it had been dispatched, and was recalled */
	SCXU_TASK_KTHREAD = 1 << 3,    /**< a kernel thread; only from scxu_next_task() */
	SCXU_TASK_EXITING = 1 << 4,    /**< it is on its way out: not seen so far, since such a task
					    runs without being asked for */
	SCXU_TASK_SYNC = 1 << 5,       /**< its waker is about to sleep (the kernel's WF_SYNC) */
	SCXU_TASK_PINNED = 1 << 6,     /**< it has migration disabled: only its CPU will do. Kernels
					    after 6.13 run such a task without being asked for */
};

/**
 * struct scxu_task - a task that wants to run. Its size is fixed: what later versions add takes
 * room from @reserved, whose content is unspecified until then. Since 0.1.
 */
struct scxu_task {
	/** Thread id, as the init pid namespace sees it. It may be gone or reused at any time. */
	pid_t pid;
	/** Its process. */
	pid_t tgid;
	/** The CPU it last ran on. */
	int32_t cpu;
	/** SCXU_TASK_* flags. */
	uint32_t flags;
	/** A small number that is the task's for its life, then another's: an index for tables. */
	uint32_t slot;
	/** Counts the task's enqueues. With @slot the one identity that is never confused. */
	uint32_t generation;
	/** 1 to 10000; nice 0 = SCXU_WEIGHT_DEFAULT (the kernel's scale: weight / 1024 * 100). */
	uint32_t weight;
	/** Number of CPUs it may run on. */
	uint32_t nr_cpus_allowed;
	/** When it was enqueued. */
	uint64_t enqueue_ns;
	/** Run time since it was created (the kernel's se.sum_exec_runtime). */
	uint64_t exec_ns;
	/** Voluntary context switches (the kernel's nvcsw). */
	uint64_t nr_switches;
	/** The policy's own word: what the last decision for this task carried, at first 0. */
	uint64_t cookie;
	/** What the last decision for this task carried, at first 0. */
	uint64_t vtime;
	/** Id of its cgroup (the inode number of its folder in cgroupfs); 0 if the kernel does not
	 *  tell, see SCXU_FEATURE_CGROUP. */
	uint64_t cgroup_id;
	/** SCXU_FIELD_COMM: its name, as in /proc/PID/comm. */
	char comm[16];
	/** SCXU_FIELD_PRIORITY: -20 to 19. */
	int32_t nice;
	/** SCXU_FIELD_PRIORITY: SCHED_OTHER and so on. */
	uint32_t policy;
	/** SCXU_FIELD_PLACE: the NUMA node of @cpu, see scxu_topology_open(); -1 = not known. */
	int32_t node;
	/** SCXU_FIELD_PLACE: the last-level cache of @cpu. */
	int32_t llc;
	/** SCXU_FIELD_WAKER: who woke it, if SCXU_TASK_WAKEUP is set: the thread that ran where it
	 *  was woken, also if an interrupt did it. 0 = an idle CPU was interrupted. */
	pid_t waker_pid;
	/** SCXU_FIELD_WAKER: where it was woken. */
	int32_t waker_cpu;
	/** SCXU_FIELD_RUN: when its last run began. */
	uint64_t start_ns;
	/** SCXU_FIELD_RUN: when that ended. */
	uint64_t stop_ns;
	/** SCXU_FIELD_RUN: run time of its last run (difference of se.sum_exec_runtime). */
	uint64_t exec_run_ns;
	/** SCXU_FIELD_RUN: run time since it last slept. */
	uint64_t exec_awake_ns;
	/** SCXU_FIELD_RUN: involuntary context switches (the kernel's nivcsw). */
	uint64_t nr_preemptions;
	/** The task's own number, the same for its life and never another's: a later owner of @slot
	 *  has a higher one. */
	uint64_t id;
	uint64_t reserved[3];
};

/** Flags of struct scxu_dispatch. Since 0.1. */
enum {
	/** Before all others that were dispatched to the same place. Overrides @vtime. */
	SCXU_DISPATCH_HEAD = 1 << 0,
	/** End the slice of the task that runs on @cpu, which must be a CPU, and run this one
	 *  next. */
	SCXU_DISPATCH_PREEMPT = 1 << 1,
};

/**
 * struct scxu_dispatch - a decision: run this task, here, for so long. Fill it with
 * scxu_dispatch_init(), then change what you want. Its size is fixed, as struct scxu_task's.
 * Since 0.1.
 */
struct scxu_dispatch {
	/** From the task. */
	uint32_t slot;
	/** From the task. Another generation than the task's present one makes the decision stale:
	 *  it is dropped and counted, and the task comes again, or has come already. */
	uint32_t generation;
	/** A CPU, or SCXU_CPU_ANY. One that is offline or not allowed counts as any. */
	int32_t cpu;
	/** SCXU_DISPATCH_* flags. */
	uint32_t flags;
	/** How long it may run: made at least 100 us and at most 100 ms. 0 = the
	 *  default slice. */
	uint64_t slice_ns;
	/** Order among tasks dispatched to the same CPU, or to any: least first, equal ones in the
	 *  order of dispatch. It may wrap: a is less than b if (int64_t)(a - b) < 0, so keep them
	 *  within 2^61 of each other. 0 = no order but that of dispatch, which is faster; tasks
	 *  dispatched to any CPU with and without vtime take turns, elsewhere one without goes
	 *  with the last one that had one. */
	uint64_t vtime;
	/** Comes back with the task's next enqueue. */
	uint64_t cookie;
	/** Wait in this queue, from scxu_create_queue(), rather than for a CPU: then @cpu must be
	 *  SCXU_CPU_ANY. 0 = none. */
	uint32_t queue;
	uint32_t reserved32;
	uint64_t reserved[3];
};

/** What an event says. Since 0.1. */
enum scxu_event_type {
	/** The task wants to run: decide. Always delivered. */
	SCXU_EVENT_ENQUEUE = 0,
	/** A task is ours from now on. value[0]: the thread that forked it, or 0 if it was there
	 *  and changed its class. Those that are there at scxu_open(): scxu_next_task(). */
	SCXU_EVENT_NEW = 1,
	/** It became runnable; also if the kernel half places it without asking. */
	SCXU_EVENT_RUNNABLE = 2,
	/** It went to sleep. */
	SCXU_EVENT_SLEEP = 3,
	/** It called sched_yield(). */
	SCXU_EVENT_YIELD = 4,
	/** It was stopped although it would go on. value[0]: what was left of its slice, in ns;
	 *  0 = it was used up. */
	SCXU_EVENT_PREEMPT = 5,
	/** It is no longer ours: it ended, or changed its class. Its slot may be another's soon. */
	SCXU_EVENT_EXIT = 6,
	/** Its allowed CPUs changed: scxu_task_next_cpu(). */
	SCXU_EVENT_CPUMASK = 7,
	/** Its weight changed. value[0]: the new one. */
	SCXU_EVENT_WEIGHT = 8,
	/** It moved to another cgroup. value[0]: the id of that, value[1]: of the one before. */
	SCXU_EVENT_CGROUP = 9,
	/** It was in custody, and is not any more: a decision would be stale. value[0]: enum
	 *  scxu_withdraw_reason. */
	SCXU_EVENT_WITHDRAW = 10,
	/** A CPU came. Only @cpu is set. */
	SCXU_EVENT_CPU_ONLINE = 11,
	/** A CPU left. Only @cpu is set. */
	SCXU_EVENT_CPU_OFFLINE = 12,
	/** The timer tick, on a CPU that runs a task of ours: @task. */
	SCXU_EVENT_TICK = 13,
	/** A cgroup's cpu.weight changed. value[0]: its id, value[1]: the weight, 1 to 10000; 0 =
	 *  it is gone. To begin with: scxu_get_cgroup(). */
	SCXU_EVENT_CGROUP_WEIGHT = 14,
	/** A cgroup's cpu.max changed. value[0]: its id, value[1]: period, value[2]: quota, all
	 *  ones = no limit, value[3]: burst, in us. */
	SCXU_EVENT_CGROUP_BANDWIDTH = 15,
	/** What became of a decision or of a command for a task. value[0]: enum scxu_result.
	 *  @task has slot and generation. */
	SCXU_EVENT_RESULT = 16,
	/** Events were lost. value[0]: how many. Always delivered, if others can be lost. Tasks
	 *  that want to run never are. To start again: scxu_next_task(). */
	SCXU_EVENT_LOST = 17,
	/** The fallback was in charge, and gives way. value[0]: enum scxu_fallback_cause, value[1]:
	 *  for how long, in ns; @cpu is -1. Tasks that wanted to run meanwhile were not announced;
	 *  which ones left custody is said by SCXU_EVENT_WITHDRAW, for each. */
	SCXU_EVENT_FALLBACK = 18,
};

/** What the policy's thread did when the fallback took over. Since 0.1. */
enum scxu_fallback_cause {
	SCXU_FALLBACK_BUSY = 0,    /**< it ran: its round took too long */
	SCXU_FALLBACK_KEPT = 1,    /**< it had ended its round without an answer */
	SCXU_FALLBACK_NO_CPU = 2,  /**< it waited for a CPU, or its answer did */
	SCXU_FALLBACK_ASLEEP = 3,  /**< it slept: on a lock, a page, a descriptor */
	SCXU_FALLBACK_STOPPED = 4, /**< a signal or a debugger had stopped it */
	SCXU_FALLBACK_FROZEN = 5,  /**< its cgroup was frozen */
	SCXU_FALLBACK_GONE = 6,    /**< it was on its way out */
};

/** How many causes there are. Since 0.1. */
#define SCXU_NR_FALLBACK_CAUSES 7
/** For how many struct scxu_stats has room. Since 0.1. */
#define SCXU_MAX_FALLBACK_CAUSES 16

/** The bit in opts.events for a type of enum scxu_event_type. Since 0.1. */
#define SCXU_EVENT_BIT(type) (UINT64_C(1) << (type))

/** Why a task was withdrawn from custody. Since 0.1. */
enum scxu_withdraw_reason {
	SCXU_WITHDRAW_DEQUEUE = 0,  /**< its class, affinity or weight changed, or it ended; unless
					 it left, it comes again */
	SCXU_WITHDRAW_FALLBACK = 1, /**< the answer was late, the fallback runs it */
};

/** What became of a decision. Since 0.1. */
enum scxu_result {
	SCXU_RESULT_PLACED = 0,  /**< as it said */
	SCXU_RESULT_BOUNCED = 1, /**< its CPU is offline or not allowed: placed for any CPU */
	SCXU_RESULT_STALE = 2,   /**< the task had moved on */
	SCXU_RESULT_REFUSED = 3, /**< it made no sense: slot, flags or queue */
};

/**
 * struct scxu_event - what happened to a task or a CPU. Its size is fixed, as struct scxu_task's.
 *
 * Since 0.1.
 */
struct scxu_event {
	/** enum scxu_event_type; skip those that you do not know. */
	uint32_t type;
	/** Where it happened; for SCXU_EVENT_CPU_*: the CPU. */
	int32_t cpu;
	/** Counts all events of the handle from 0, in the order in which they happened; a gap is no
	 *  loss, it only was of a type not asked for. Always 0 if opts.events is 0, and for
	 *  SCXU_EVENT_LOST, which is no event of the kernel's. */
	uint64_t seq;
	/** When. */
	uint64_t time_ns;
	/** See the type. */
	uint64_t value[4];
	/** The task. For SCXU_EVENT_ENQUEUE as from scxu_dequeue_task(); else pid, tgid, cpu, slot,
	 *  generation, weight, exec_ns, cookie and id. */
	struct scxu_task task;
	uint64_t reserved[4];
};

/**
 * struct scxu_stats - counters since scxu_open(). It starts with its size and grows at its end.
 * Since 0.1.
 */
struct scxu_stats {
	size_t sz;                 /**< sizeof(struct scxu_stats), set by the caller */
	uint64_t nr_tasks;         /**< tasks that have a slot, now */
	uint64_t nr_queued;        /**< tasks that wait for a decision, now */
	uint64_t nr_enqueued;      /**< tasks handed to the policy */
	uint64_t nr_dispatched;    /**< decisions carried out */
	uint64_t nr_stale;         /**< decisions dropped, the task had moved on */
	uint64_t nr_bounced;       /**< decisions whose CPU was not allowed or offline */
	uint64_t nr_refused;       /**< decisions that made no sense */
	uint64_t nr_kernel;        /**< placed by the kernel half: kernel threads, our own
					     threads, tasks alone on a CPU */
	uint64_t nr_idle_shortcut; /**< wake-ups put on an idle CPU by the kernel half */
	uint64_t nr_fallback;      /**< placed by the fallback */
	uint64_t nr_rescued;       /**< of these: taken back from a late policy */
	uint64_t nr_ring_full;     /**< of these: no room to announce them */
	uint64_t nr_no_slot;       /**< of these: more tasks than max_tasks */
	uint64_t nr_fallbacks;     /**< times that the fallback took over */
	uint64_t fallback_ns;      /**< time it was in charge, without the present one */
	uint64_t max_fallback_ns;  /**< longest time it was in charge */
	uint64_t in_fallback;      /**< 1 while it is in charge */
	uint64_t nr_rounds;        /**< rounds ended by the policy */
	uint64_t nr_syscalls;      /**< system calls that the library made in rounds */
	uint64_t nr_blocked;       /**< of these: sleeps */
	uint64_t nr_cpus;          /**< CPU numbers, from 0, holes included */
	uint64_t nr_cpus_idle;     /**< CPUs that are idle, now */
	uint64_t nr_withdrawn;     /**< tasks that left custody without a decision */
	uint64_t nr_doorbells;     /**< times that the kernel half woke the policy from a sleep */
	uint64_t nr_events;        /**< events of opts.events announced */
	uint64_t nr_events_lost;   /**< and lost for want of room */
	uint64_t nr_minor_faults;  /**< page faults of the process that needed no disk */
	uint64_t nr_major_faults;  /**< and that did */

	/*
	 * What the kernel itself counts of us, under its names (SCX_EV_*). 0 where it does not, see
	 * SCXU_FEATURE_KERNEL_EVENTS. They stay as they were last when the scheduler has ended.
	 */

	/** wake-ups for which the kernel half chose a CPU that was not allowed */
	uint64_t nr_kernel_select_cpu_fallback;
	/** tasks put on a CPU that had just gone offline */
	uint64_t nr_kernel_dispatch_local_dsq_offline;
	/** times that a task went on because its CPU had no other (ours: see nr_kernel) */
	uint64_t nr_kernel_dispatch_keep_last;
	/** tasks that the kernel placed without asking because they were exiting */
	uint64_t nr_kernel_enq_skip_exiting;
	/** and because they had migration disabled */
	uint64_t nr_kernel_enq_skip_migration_disabled;
	/** tasks enqueued again because they were to run at once and could not */
	uint64_t nr_kernel_reenq_immed;
	/** tasks enqueued again twice without a run in between */
	uint64_t nr_kernel_reenq_repeat;
	/** slices that the kernel set to its own default */
	uint64_t nr_kernel_refill_slice_dfl;
	/** slices asked for that were too long to store */
	uint64_t nr_kernel_slice_clamped;
	/** slices not made longer, for want of a right to the CPU */
	uint64_t nr_kernel_slice_denied;
	/** time in which the kernel scheduled our tasks itself: attach, detach, suspend */
	uint64_t kernel_bypass_ns;
	/** tasks that it placed in that time */
	uint64_t nr_kernel_bypass_dispatch;
	/** times that this began */
	uint64_t nr_kernel_bypass_activate;
	/** tasks that the kernel half placed when they were no longer its own */
	uint64_t nr_kernel_insert_not_owned;
	/** of sub-schedulers, which a scheduler of ours does not have as yet: tasks of theirs placed
	 *  while the kernel schedules them */
	uint64_t nr_kernel_sub_bypass_dispatch;
	/** tasks of theirs let onto a CPU that they had no right to, since no other would do */
	uint64_t nr_kernel_sub_forced_admit;
	/** their kicks that did not end a slice, for want of a right */
	uint64_t nr_kernel_sub_preempt_denied;
	/** their kicks that did nothing */
	uint64_t nr_kernel_sub_kick_denied;
	/** their wishes to enqueue what waits on a CPU again that did nothing */
	uint64_t nr_kernel_sub_reenq_denied;
	/** their wishes for a CPU's level of performance that did nothing */
	uint64_t nr_kernel_sub_cidperf_denied;
	/** tasks of theirs that waited for a CPU that they have a right to */
	uint64_t nr_kernel_sub_rescue;

	/** of nr_fallbacks: by enum scxu_fallback_cause */
	uint64_t nr_fallbacks_of[SCXU_MAX_FALLBACK_CAUSES];
	/** of fallback_ns */
	uint64_t fallback_of_ns[SCXU_MAX_FALLBACK_CAUSES];
	/** the longest time of each */
	uint64_t max_fallback_of_ns[SCXU_MAX_FALLBACK_CAUSES];
	/** of nr_dispatched: waited in a queue for half of opts.timeout_ms, and then went to the
	 *  fallback instead */
	uint64_t nr_starved;
};

/** Buckets of a histogram. Since 0.1. */
#define SCXU_NR_BUCKETS 40

/**
 * struct scxu_histograms - how long tasks waited since scxu_open(), stage by stage. Bucket i counts
 * those that waited from 2^i ns up to, but without, 2^(i+1); the first also counts 0, the last all
 * that waited longer. It starts with its size and grows at its end. Since 0.1.
 */
struct scxu_histograms {
	size_t sz; /**< sizeof(struct scxu_histograms), set by the caller */
	/** From the enqueue to the look at the rings in which the policy found the task. The clock is
	 *  read once in each look, which ends when the tasks that it found have been taken. */
	uint64_t enqueue_to_seen[SCXU_NR_BUCKETS];
	/** From there to the moment at which the kernel half carried out the decision: what the
	 *  policy took, and then the rest of the round at most. Sums up to nr_dispatched. */
	uint64_t seen_to_dispatched[SCXU_NR_BUCKETS];
	/** From there until the task ran. Some never do: they leave, or are enqueued again. */
	uint64_t dispatched_to_running[SCXU_NR_BUCKETS];
};

/** How a scheduler ended. Since 0.1. */
enum scxu_exit_kind {
	SCXU_EXIT_NONE = 0,     /**< it has not */
	SCXU_EXIT_DETACHED = 1, /**< we left */
	SCXU_EXIT_EVICTED = 2,  /**< the kernel threw us out, for an error or a stall; or the kernel
				      half has had enough: SCXU_FALLBACK_DETACH */
	SCXU_EXIT_REQUESTED = 3, /**< an operator did, by SysRq-S */
	SCXU_EXIT_RESTART = 4,   /**< the kernel asks for a restart, after CPU hotplug */
};

/**
 * struct scxu_exit_info - how and why a scheduler ended. It starts with its size and grows at its
 * end. Since 0.1.
 */
struct scxu_exit_info {
	size_t sz;           /**< sizeof(struct scxu_exit_info), set by the caller */
	int32_t kind;        /**< enum scxu_exit_kind */
	int32_t kernel_kind; /**< the kernel's enum scx_exit_kind */
	int64_t code;        /**< the kernel's exit code */
	char reason[128];    /**< the kernel's word for the kind */
	char message[1024];  /**< and what it has to say */
	/** The CPU that the kernel was on; -1 if it does not tell, as older ones do not. */
	int32_t cpu;
	/** How many addresses in @backtrace: what the kernel was doing, innermost first; 0 unless
	 *  it was an error. */
	uint32_t nr_backtrace;
	/** Kernel addresses, as in /proc/kallsyms. */
	uint64_t backtrace[64];
};

/**
 * scxu_version() - version of the library that runs, such as "0.1.0".
 *
 * Context: any thread. Since 0.1.
 */
const char *scxu_version(void);

/**
 * scxu_open() - load the kernel half, attach it, and become the scheduler of this machine.
 * @sp:		receives the handle
 * @opts:	options, or NULL for the defaults
 *
 * The calling thread is the one that must run the policy; it and all threads of its process are
 * always scheduled by the kernel half. Unless SCXU_NO_MLOCK is given the process's memory, present
 * and future, is locked: allocate what the policy needs before. On failure nothing is attached,
 * and a line of level SCXU_LOG_ERROR says what is wrong and what to do, if @opts could be read.
 *
 * Return: 0, or
 *	-EINVAL		an option is out of its range, opts->sz or @sp is not set, or this thread is of
 *			a real-time class
 *	-E2BIG		@opts is from a newer version and sets something unknown to this one
 *	-EPERM		missing capability: CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN; or the right to
 *			inject faults
 *	-EAGAIN		the limit on locked memory is too low
 *	-EBUSY		another sched_ext scheduler is attached
 *	-EOPNOTSUPP	the kernel or libbpf lacks something, or an event in @opts: scxu_has();
 *			or opts->replay has a format that is newer than this library, or the machine is
 *			larger than opts->record can say
 *	-EBADMSG	opts->replay is no recording, or its beginning is damaged
 *	-ENOMEM		no memory
 *	other		what libbpf or the kernel said
 *
 * Context: any thread. Since 0.1.
 */
int scxu_open(struct scxu **sp, const struct scxu_opts *opts);

/** How scxu_write_summary() writes. Since 0.1. */
enum scxu_summary_format {
	SCXU_SUMMARY_TEXT = 0, /**< for people */
	SCXU_SUMMARY_JSON = 1, /**< an object, for programs */
};

/**
 * scxu_write_summary() - write what became of the tasks of a simulation: how much they ran, how long
 * they waited; or what the policy decided otherwise in a replay.
 * @fd:		descriptor to write to
 * @format:	enum scxu_summary_format
 *
 * Return: 0, or -EINVAL for another format, -EOPNOTSUPP if @s does neither, or what writing to @fd
 * failed with. Since 0.1.
 */
int scxu_write_summary(struct scxu *s, int fd, int format);

/**
 * scxu_close() - detach, if still attached, and free the handle. NULL is allowed.
 *
 * Since 0.1.
 */
void scxu_close(struct scxu *s);

/**
 * scxu_dequeue_task() - take the next task that wants to run, in order of enqueue.
 * @t:	receives it
 *
 * From now on it waits for scxu_dispatch_task(): keep it no longer than opts.fallback_ms, or the
 * fallback takes over for all tasks. To hold a task back is to dispatch it with a later vtime.
 * Tasks that are enqueued while the policy goes through those that were there come after them.
 *
 * Return: 1, or 0 if no task wants to run. Since 0.1.
 */
int scxu_dequeue_task(struct scxu *s, struct scxu_task *t);

/**
 * scxu_dequeue_tasks() - the same for up to @nr tasks at once.
 *
 * Return: how many, at least 0. Since 0.1.
 */
int scxu_dequeue_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr);

/**
 * scxu_next_event() - take the next event: a task that wants to run, or one of opts.events.
 * @ev:	receives it
 *
 * Events of one task come in the order in which they happened. They are of the tasks that the policy
 * schedules: of kernel threads and of its own process there are none. What is no enqueue does not
 * wake a waiting policy at once, but within half of opts.fallback_ms.
 *
 * Return: 1, or 0 if there is none. Since 0.1.
 */
int scxu_next_event(struct scxu *s, struct scxu_event *ev);

/**
 * scxu_next_task() - walk all tasks that are ours, kernel threads (SCXU_TASK_KTHREAD) included: at
 * the start, or after SCXU_EVENT_LOST.
 * @iter:	0 for the first call; then left alone
 * @t:		receives the task: weight and nr_cpus_allowed as they are now, the rest as it was at
 *		its last enqueue, or before the first one when it came, as far as that can be known.
 *		The generation is that of its last enqueue: a decision for it is stale unless it
 *		still waits for one
 *
 * The first call drops all events that wait to be read, but for tasks that want to run. A task that
 * comes or leaves meanwhile may be seen here, in an event, or both.
 *
 * Return: 1, or 0 after the last one. Since 0.1.
 */
int scxu_next_task(struct scxu *s, uint32_t *iter, struct scxu_task *t);

/**
 * scxu_task_next_cpu() - walk the CPUs that a task may run on, in ascending order.
 * @prev:	-1 for the first, then the one that the call before returned
 *
 * It is the mask of now, and of the task that has the slot now. Offline CPUs may be in it.
 *
 * Return: the CPU, or -1 if there is none after @prev. Since 0.1.
 */
int scxu_task_next_cpu(struct scxu *s, const struct scxu_task *t, int prev);

/**
 * scxu_task_may_run_on() - whether @cpu is among the CPUs that a task may run on, as above.
 *
 * Since 0.1.
 */
bool scxu_task_may_run_on(struct scxu *s, const struct scxu_task *t, int cpu);

/**
 * scxu_dispatch_init() - a decision for @t: any CPU, the default slice, the same cookie.
 *
 * Context: any thread. Since 0.1.
 */
void scxu_dispatch_init(struct scxu_dispatch *d, const struct scxu_task *t);

/**
 * scxu_dispatch_task() - give a task back to run. Takes effect at the end of the round, or before.
 *
 * Return: 0, or
 *	-EINVAL		@d has a slot or queue that does not exist, an unknown flag, or flags that
 *			do not go together
 *	-EAGAIN		the kernel half does not take decisions for now; the task is not lost, the
 *			fallback runs it if the policy does not come back to it
 *
 * Since 0.1.
 */
int scxu_dispatch_task(struct scxu *s, const struct scxu_dispatch *d);

/**
 * scxu_dispatch_tasks() - the same for @nr decisions, in order.
 *
 * Return: how many were given, or the error of the first if none was. Since 0.1.
 */
int scxu_dispatch_tasks(struct scxu *s, const struct scxu_dispatch *d, unsigned int nr);

/** Flags of scxu_kick_cpu(). Since 0.1. */
enum {
	SCXU_KICK_IDLE = 1 << 0,    /**< only if it is idle */
	SCXU_KICK_PREEMPT = 1 << 1, /**< end the slice of the task that runs there */
	SCXU_KICK_WAIT = 1 << 2,    /**< the CPU that carries this out waits until it has switched;
				      see SCXU_FEATURE_KICK_WAIT */
};

/**
 * scxu_kick_cpu() - make a CPU look for work again. Takes effect as a decision does.
 * @flags:	SCXU_KICK_* flags; 0 = now, whatever runs there: that ends no slice
 *
 * Return: 0, or -EINVAL, or -EAGAIN as scxu_dispatch_task(), or -EOPNOTSUPP for SCXU_KICK_WAIT on a
 * kernel without that. Since 0.1.
 */
int scxu_kick_cpu(struct scxu *s, int cpu, uint32_t flags);

/**
 * scxu_set_slice() - change the slice of a task that was dispatched, whether it runs or waits.
 * @t:		the task, with the generation under which it was dispatched
 * @slice_ns:	made at least 100 us and at most 100 ms; 0 = the default slice
 *
 * Takes effect as a decision does. For a task that has moved on it does nothing.
 *
 * Return: 0, or -EINVAL, or -EAGAIN as scxu_dispatch_task(). Since 0.1.
 */
int scxu_set_slice(struct scxu *s, const struct scxu_task *t, uint64_t slice_ns);

/**
 * scxu_set_vtime() - change the vtime of a task that was dispatched and waits in order of vtime.
 *
 * The rest is as for scxu_set_slice().
 *
 * Return: 0, or -EINVAL, or -EAGAIN as scxu_dispatch_task(). Since 0.1.
 */
int scxu_set_vtime(struct scxu *s, const struct scxu_task *t, uint64_t vtime);

/**
 * scxu_recall() - take back a task that was dispatched and does not run yet. It comes again, as an
 * enqueue with a new generation; if it is too late it does not.
 * @t:	the task, with the generation under which it was dispatched
 *
 * Return: 0, or -EINVAL, or -EAGAIN as scxu_dispatch_task(). Since 0.1.
 */
int scxu_recall(struct scxu *s, const struct scxu_task *t);

/**
 * scxu_create_queue() - a queue of the policy's own in the kernel half, into which it can dispatch.
 * @name:	what the kernel's debug dump calls it: 1 to 15 printable characters, no spaces
 * @cpus:	the CPUs that take tasks from it: CPU n is bit n % 64 of word n / 64; NULL = all
 * @nr_words:	words in @cpus
 *
 * In order of vtime, least first, equal ones in order of dispatch. A CPU takes turns between its
 * queues. A task that may run on none of @cpus is placed as for any CPU, and counts as bounced.
 * While all of @cpus are offline any CPU takes what waits there. There are at most 64, until
 * scxu_close().
 *
 * Makes system calls: do it before the first round.
 *
 * Return: its number, at least 1, or
 *	-EINVAL		@name is none, or none of @cpus exists
 *	-ENOSPC		there are 64
 *	other		what the kernel said
 *
 * Since 0.1.
 */
int scxu_create_queue(struct scxu *s, const char *name, const uint64_t *cpus,
		      unsigned int nr_words);

/**
 * struct scxu_cgroup - a cgroup that has the cpu controller. It starts with its size and grows at
 * its end. Since 0.1.
 */
struct scxu_cgroup {
	size_t sz;          /**< sizeof(struct scxu_cgroup), set by the caller */
	uint64_t id;        /**< as struct scxu_task has it */
	uint64_t parent_id; /**< the one that it is in; 0 = it is the root */
	uint32_t weight;    /**< its cpu.weight among its siblings and the tasks of its parent,
				 1 to 10000; SCXU_WEIGHT_DEFAULT is that of a task of nice 0 */
	uint32_t reserved;  /**< 0 */
};

/**
 * scxu_get_cgroup() - where a cgroup is, and its weight.
 * @id:	from struct scxu_task
 *
 * Only with SCXU_EVENT_CGROUP_WEIGHT in opts.events, which tells of changes: keep what you got, and
 * ask again after SCXU_EVENT_LOST. It makes a system call, which does not block.
 *
 * Return: 0, or
 *	-EINVAL		@info->sz is not set
 *	-ENOENT		it is gone, or has no cpu controller
 *	-EOPNOTSUPP	there is no SCXU_EVENT_CGROUP_WEIGHT in opts.events
 *
 * Since 0.1.
 */
int scxu_get_cgroup(struct scxu *s, uint64_t id, struct scxu_cgroup *info);

/** The highest level of performance of a CPU. Since 0.1. */
#define SCXU_CPUPERF_MAX 1024

/**
 * scxu_set_cpuperf() - ask for a level of performance of a CPU: its frequency, where the kernel's
 * governor is schedutil. One system call.
 * @perf:	0 to SCXU_CPUPERF_MAX, the CPU's highest
 *
 * Return: 0, or -EINVAL if there is no such CPU or level, or it is offline. Since 0.1.
 */
int scxu_set_cpuperf(struct scxu *s, int cpu, uint32_t perf);

/** What not every kernel can do. Since 0.1. */
enum scxu_feature {
	SCXU_FEATURE_CGROUP = 0,           /**< cgroup ids and events: CONFIG_EXT_GROUP_SCHED */
	SCXU_FEATURE_CGROUP_BANDWIDTH = 1, /**< SCXU_EVENT_CGROUP_BANDWIDTH: Linux 6.17 */
	SCXU_FEATURE_WITHDRAW = 2,         /**< SCXU_EVENT_WITHDRAW is exact: Linux 7.1 */
	SCXU_FEATURE_TID = 3,              /**< tasks are found by a number that is never reused,
						not by pid: Linux 7.2 */
	SCXU_FEATURE_KERNEL_EVENTS = 4,    /**< the kernel's own counters: Linux 6.15 */
	SCXU_FEATURE_KICK_WAIT = 5,        /**< SCXU_KICK_WAIT: Linux 7.1 */
};

/**
 * scxu_has() - whether this kernel can do something.
 * @s:		NULL before there is a handle; the answer then takes some 10 ms
 * @feature:	enum scxu_feature
 *
 * Context: any thread. Return: false also for a feature that this library does not know. Since 0.1.
 */
bool scxu_has(struct scxu *s, int feature);

/** What the machine is made of: opaque, from scxu_topology_open() to scxu_topology_close(), or a
 *  handle's own. It never changes, so any thread may ask. Since 0.1. */
struct scxu_topology;

/** Flags of struct scxu_cpu. Since 0.1. */
enum {
	SCXU_CPU_PRESENT = 1 << 0, /**< it is there; the other possible ones may be plugged in */
	SCXU_CPU_ONLINE = 1 << 1,  /**< it was online when the topology was read */
};

/**
 * struct scxu_cpu - what is known of a CPU. It starts with its size and grows at its end.
 *
 * A CPU that was offline has no LLC and no core, and perhaps no node: -1. One that was online has
 * all of them. Since 0.1.
 */
struct scxu_cpu {
	/** sizeof(struct scxu_cpu), set by the caller */
	size_t sz;
	/** SCXU_CPU_* flags. */
	uint32_t flags;
	/** NUMA node, the kernel's number; 0 on a machine without nodes. */
	int32_t node;
	/** Whose last-level cache it shares: counted from 0 in the order of the first CPUs. Where
	 *  the kernel says nothing of caches, the cluster, else the package, else the node. It never
	 *  goes beyond a node. */
	int32_t llc;
	/** Core, counted from 0 in the order of the first CPUs. It never goes beyond an LLC. */
	int32_t core;
	/** The kernel's physical_package_id, or -1. */
	int32_t package;
	/** Which of its core's CPUs it is, from 0, in ascending order. */
	uint32_t smt;
	/** How many CPUs its core has. */
	uint32_t nr_smt;
	/** Computing power, 1 to 1024, that of the largest CPU: by the kernel's cpu_capacity, else by
	 *  @max_khz, else by what the firmware says (acpi_cppc), else 1024. */
	uint32_t capacity;
	/** Highest frequency (cpuinfo_max_freq), 0 = not known. */
	uint64_t max_khz;
};

/**
 * scxu_topology_open() - read the topology of a machine. Needs no scheduler and no privilege.
 * @tp:		receives the topology, for scxu_topology_close(); NULL on failure
 * @root:	NULL for this machine, "/sys"; or a folder with such files, for tests. It is read
 *		now: devices/system/cpu and devices/system/node
 *
 * Files that are missing have defaults, see struct scxu_cpu, but devices/system/cpu/possible.
 * Without "present" all possible CPUs are present, without "online" all present ones are online.
 *
 * Context: any thread, but not that of a policy that is attached: it reads files.
 *
 * Return: 0, or
 *	-EINVAL		@tp is NULL, or a file is not what it should be: a list of CPUs or a number
 *	-ENOENT		there is no devices/system/cpu/possible
 *	-ENOMEM		no memory
 *	other		why a list of CPUs could not be read
 *
 * Since 0.1.
 */
int scxu_topology_open(struct scxu_topology **tp, const char *root);

/**
 * scxu_topology_close() - free what scxu_topology_open() gave, or NULL.
 *
 * Since 0.1.
 */
void scxu_topology_close(struct scxu_topology *t);

/**
 * scxu_get_topology() - the topology of the machine that @s schedules, as scxu_open() found it.
 *
 * It is the handle's: do not close it. CPUs that came or went later: SCXU_CPU_ONLINE of it is out of
 * date, and CPUs that were offline stay without LLC.
 *
 * Context: any thread, while the handle is open. Since 0.1.
 */
const struct scxu_topology *scxu_get_topology(struct scxu *s);

/**
 * scxu_topology_nr_cpus() - how many CPU numbers there are, from 0, holes included.
 *
 * Context: any thread. Since 0.1.
 */
int scxu_topology_nr_cpus(const struct scxu_topology *t);

/**
 * scxu_topology_nr_nodes() - how many node numbers there are, from 0: to the last that has a CPU.
 *
 * Context: any thread. Since 0.1.
 */
int scxu_topology_nr_nodes(const struct scxu_topology *t);

/**
 * scxu_topology_nr_llcs() - how many last-level caches there are.
 *
 * Context: any thread. Since 0.1.
 */
int scxu_topology_nr_llcs(const struct scxu_topology *t);

/**
 * scxu_topology_nr_cores() - how many cores there are.
 *
 * Context: any thread. Since 0.1.
 */
int scxu_topology_nr_cores(const struct scxu_topology *t);

/**
 * scxu_topology_get_cpu() - what is known of a CPU.
 * @info:	@info->sz set to its size; members beyond what the library knows are set to 0
 *
 * Context: any thread.
 *
 * Return: 0, or
 *	-EINVAL		@cpu is not below scxu_topology_nr_cpus(), or @info->sz is too small
 *	-ENOENT		there is no such CPU: a hole in the numbers
 *
 * Since 0.1.
 */
int scxu_topology_get_cpu(const struct scxu_topology *t, int cpu, struct scxu_cpu *info);

/**
 * scxu_topology_next_cpu() - walk all CPUs, in ascending order, offline ones included.
 * @prev:	-1 for the first, then the one that the call before returned
 *
 *	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;)
 *
 * Context: any thread. Return: the CPU, or -1 if there is none after @prev. Since 0.1.
 */
int scxu_topology_next_cpu(const struct scxu_topology *t, int prev);

/**
 * scxu_topology_next_in_node() - the same for the CPUs of a node.
 *
 * Context: any thread. Return: also -1 if there is no such node. Since 0.1.
 */
int scxu_topology_next_in_node(const struct scxu_topology *t, int node, int prev);

/**
 * scxu_topology_next_in_llc() - the same for the CPUs that share a last-level cache.
 *
 * Context: any thread. Return: also -1 if there is no such LLC. Since 0.1.
 */
int scxu_topology_next_in_llc(const struct scxu_topology *t, int llc, int prev);

/**
 * scxu_topology_next_in_core() - the same for the CPUs of a core.
 *
 * Context: any thread. Return: also -1 if there is no such core. Since 0.1.
 */
int scxu_topology_next_in_core(const struct scxu_topology *t, int core, int prev);

/** Flags of scxu_select_cpu(). Since 0.1. */
enum {
	SCXU_SELECT_CORE = 1 << 0, /**< only if all CPUs of its core are idle */
	SCXU_SELECT_LLC = 1 << 1,  /**< only one that shares the last-level cache of @prev_cpu */
	SCXU_SELECT_NODE = 1 << 2, /**< only one in the NUMA node of @prev_cpu */
};

/**
 * scxu_select_cpu() - an idle CPU for @t, without a system call.
 * @prev_cpu:	the CPU to prefer and to stay near, such as @t->cpu, or SCXU_CPU_ANY
 * @flags:	SCXU_SELECT_* flags; two of them only with a @prev_cpu
 *
 * It is the first of these that @t may run on, and in each group the one of most capacity:
 *
 *	1. @prev_cpu, if its whole core is idle
 *	2. a CPU whose whole core is idle: in the last-level cache of @prev_cpu, else in its node,
 *	   else anywhere
 *	3. @prev_cpu, if it is idle
 *	4. an idle CPU: in its last-level cache, else in its node, else anywhere
 *
 * A CPU is given once in a round, and counts as busy for the round once it was found so. The CPU
 * that the policy itself runs on counts as idle if it had nothing else to run: it is free as soon as
 * the round ends. One that is to take a task which was dispatched before counts as busy although
 * it may not have woken up yet. A CPU that is offline is never idle.
 *
 * Return: the CPU, or
 *	-EBUSY		none that will do is idle
 *	-EINVAL		there is no such CPU or flag, or SCXU_SELECT_LLC or SCXU_SELECT_NODE came
 *			with SCXU_CPU_ANY
 *
 * Since 0.1.
 */
int scxu_select_cpu(struct scxu *s, const struct scxu_task *t, int prev_cpu, uint64_t flags);

/**
 * scxu_notify_complete() - end the round and give up the CPU until there is something to decide.
 * @nr_pending:	tasks that the policy keeps for later; if not 0 the call returns soon
 *
 * Makes at most one system call. Returns early on a signal, and when the scheduler has ended.
 *
 * Return: 0, or -EINTR. Since 0.1.
 */
int scxu_notify_complete(struct scxu *s, uint64_t nr_pending);

/**
 * scxu_wait() - end the round as scxu_notify_complete(s, 0) does, for a limited time.
 * @timeout_ms:	0 = do not wait, -1 = no limit. It may return before, with nothing to do.
 *
 * A limit below twice opts.fallback_ms is kept, and costs more than waiting without one: the thread
 * sleeps, and must be woken. A longer one is kept to within opts.fallback_ms.
 *
 * Return: 0, or -EINTR. Since 0.1.
 */
int scxu_wait(struct scxu *s, int timeout_ms);

/**
 * scxu_get_fd() - a descriptor for epoll or poll, for a policy that waits for other things too:
 * readable once there is something to decide, the scheduler has ended, or scxu_stop() was called.
 * It speaks of the first of these only after scxu_arm().
 *
 * It is the library's, until scxu_close(): neither read nor close it.
 *
 * Context: any thread. Return: the descriptor. Since 0.1.
 */
int scxu_get_fd(struct scxu *s);

/**
 * scxu_arm() - end the round, and let the descriptor of scxu_get_fd() ring from now on.
 *
 * In place of scxu_notify_complete() or scxu_wait(), and directly before a call that sleeps:
 *
 *	nr = epoll_wait(epfd, events, max, scxu_arm(s) ? 0 : -1);
 *
 * Nothing is missed between the two. Decisions take effect when the thread sleeps, or in the next
 * scxu_arm(). The next scxu_dequeue_task() or scxu_next_event(), or another end of a round, disarms.
 *
 * Return: 0 if it is safe to sleep, or 1 if there is something to do already. Since 0.1.
 */
int scxu_arm(struct scxu *s);

/**
 * scxu_get_cpu_pid() - who runs on a CPU now: a snapshot, true when it was taken. While a task of
 * another class runs there (real-time, say), the last one of ours.
 *
 * Context: any thread. Return: the thread id, 0 if the CPU is idle, -ENODEV if it is offline, or
 * -EINVAL if there can be no such CPU. Since 0.1.
 */
pid_t scxu_get_cpu_pid(struct scxu *s, int cpu);

/**
 * scxu_get_stats() - read the counters.
 * @stats:	@stats->sz set to its size; members beyond what the library knows are set to 0
 *
 * Takes no lock and stops nobody. Makes two system calls, for the members from nr_minor_faults on,
 * and none if @stats ends before these.
 *
 * Context: any thread, while the handle is open. Return: 0, or -EINVAL. Since 0.1.
 */
int scxu_get_stats(struct scxu *s, struct scxu_stats *stats);

/**
 * scxu_get_histograms() - read how long tasks waited.
 * @h:	@h->sz set to its size; members beyond what the library knows are set to 0
 *
 * Context: any thread, while the handle is open. Return: 0, or
 *	-EINVAL		@h->sz is not set
 *	-ENODATA	opts.flags had no SCXU_HISTOGRAMS
 *
 * Since 0.1.
 */
int scxu_get_histograms(struct scxu *s, struct scxu_histograms *h);

/**
 * scxu_histogram_percentile() - how long at most waited the @percent of tasks that waited least.
 * @buckets:	one histogram of struct scxu_histograms, or the difference of two
 * @nr:		SCXU_NR_BUCKETS
 * @percent:	over 0, up to 100
 *
 * It is known as well as the buckets tell: it may be up to twice too high.
 *
 * Context: any thread. Return: the upper bound of the bucket that has it, in ns; UINT64_MAX for the
 * last bucket, which has none; 0 if the histogram is empty. Since 0.1.
 */
uint64_t scxu_histogram_percentile(const uint64_t *buckets, unsigned int nr, double percent);

/**
 * scxu_exited() - whether it is time to leave: the kernel has ended the scheduler, or scxu_stop()
 * was called. Cheap.
 *
 * Context: any thread. Since 0.1.
 */
bool scxu_exited(struct scxu *s);

/**
 * scxu_stop() - ask the policy to leave: scxu_exited() is true from now on, and a wait ends within
 * opts.fallback_ms.
 *
 * Detaches nothing: that is for the thread that runs the policy.
 *
 * Context: any thread, or a signal handler. Since 0.1.
 */
void scxu_stop(struct scxu *s);

/**
 * scxu_shutdown_and_report() - detach, if still attached, and tell how the scheduler ended.
 * @info:	@info->sz set to its size; or NULL
 *
 * The kernel's own scheduler is in charge when it returns. The handle stays good for
 * scxu_get_stats() and scxu_close(). May be called again.
 *
 * Return: 0 if we left by ourselves, 1 if the kernel ended it, or -EINVAL. Since 0.1.
 */
int scxu_shutdown_and_report(struct scxu *s, struct scxu_exit_info *info);

/**
 * scxu_get_dump() - the kernel's debug dump, "" if it made none.
 *
 * Valid until scxu_close(). Call it after scxu_shutdown_and_report(). Since 0.1.
 */
const char *scxu_get_dump(struct scxu *s);

/*
 * Helpers for policies: a list, a heap and a table, which never allocate once they are set up.
 *
 * Lists and heaps are intrusive: the item is a member of the policy's own structure, and
 * scxu_container_of() leads back from it. An item that is all 0 is in nothing, as in a new entry of
 * a table. While it is in, it must not be moved, freed or overwritten.
 *
 * These structures are the caller's, and their layout is fixed. Members may be read, but only the
 * functions below write them. Context: any thread, but each structure is one thread's at a time.
 */

/**
 * scxu_container_of() - the structure that an item is a member of.
 * @ptr:	to the member; not NULL
 * @type:	of the structure
 * @member:	its name; that @ptr is to another type is found when compiling
 *
 * Since 0.1.
 */
#define scxu_container_of(ptr, type, member)                       \
	((type *)(void *)((char *)(ptr) - offsetof(type, member) - \
			  0 * sizeof((ptr) == &((type *)0)->member)))

/** struct scxu_list_item - what puts a structure into a list. Since 0.1. */
struct scxu_list_item {
	struct scxu_list_item *next; /**< NULL in the last one */
	struct scxu_list_item *prev; /**< NULL in the first one */
	struct scxu_list *list;      /**< the list that it is in, NULL = none */
};

/** struct scxu_list - items in the order in which they came. All 0 is an empty list. Since 0.1. */
struct scxu_list {
	struct scxu_list_item *first; /**< NULL = none */
	struct scxu_list_item *last;  /**< NULL = none */
	size_t nr;                    /**< how many are in */
};

/** scxu_list_first() - the item that came first, or NULL. Since 0.1. */
static inline struct scxu_list_item *scxu_list_first(const struct scxu_list *list)
{
	return list->first;
}

/** scxu_list_empty() - whether no item is in. Since 0.1. */
static inline bool scxu_list_empty(const struct scxu_list *list)
{
	return !list->first;
}

/**
 * scxu_list_push() - put an item behind all others.
 *
 * Return: 0, or -EBUSY if it is in a list, this one or another. Since 0.1.
 */
int scxu_list_push(struct scxu_list *list, struct scxu_list_item *item);

/**
 * scxu_list_push_head() - put an item in front of all others.
 *
 * Return: 0, or -EBUSY as scxu_list_push(). Since 0.1.
 */
int scxu_list_push_head(struct scxu_list *list, struct scxu_list_item *item);

/**
 * scxu_list_pop() - take the first item out.
 *
 * Return: the item, or NULL if there is none. Since 0.1.
 */
struct scxu_list_item *scxu_list_pop(struct scxu_list *list);

/**
 * scxu_list_remove() - take an item out of the list that it is in, wherever it stands there.
 *
 * Return: 0, or -ENOENT if it is in none. Since 0.1.
 */
int scxu_list_remove(struct scxu_list_item *item);
/**
 * scxu_event_fn - a callback of struct scxu_policy that is told of an event.
 * @ev:		see enum scxu_event_type; valid during the call
 * @arg:	from scxu_run()
 *
 * Since 0.1.
 */
typedef void (*scxu_event_fn)(struct scxu *s, const struct scxu_event *ev, void *arg);

/**
 * struct scxu_policy - a policy as a table of callbacks, named after the operations of the kernel's
 * struct sched_ext_ops. Set it to zero, then @sz, then what you want: one of @enqueue and @dispatch
 * must be there. It grows at its end only.
 *
 * Since 0.1.
 */
struct scxu_policy {
	/** sizeof(struct scxu_policy) */
	size_t sz;
	/** First of all. Return: 0, or a negative errno, then nothing else is called. */
	int (*init)(struct scxu *s, void *arg);
	/** A task wants to run: dispatch it, here or in @dispatch. Without @enqueue no events are
	 *  read: @dispatch has to take the tasks, with scxu_dequeue_task(). */
	void (*enqueue)(struct scxu *s, const struct scxu_task *t, void *arg);
	/** Once a round, after what there was to tell. Return: how many tasks the policy keeps for
	 *  later, as scxu_notify_complete() takes it. */
	uint64_t (*dispatch)(struct scxu *s, void *arg);
	/** SCXU_EVENT_WITHDRAW: a task that was enqueued needs no answer any more. */
	scxu_event_fn dequeue;
	/** SCXU_EVENT_NEW; and at the start for all tasks that are there, see scxu_next_task(). */
	scxu_event_fn init_task;
	/** SCXU_EVENT_EXIT */
	scxu_event_fn exit_task;
	/** SCXU_EVENT_RUNNABLE */
	scxu_event_fn runnable;
	/** SCXU_EVENT_SLEEP */
	scxu_event_fn quiescent;
	/** SCXU_EVENT_YIELD */
	scxu_event_fn yield;
	/** SCXU_EVENT_PREEMPT */
	scxu_event_fn stopping;
	/** SCXU_EVENT_CPUMASK */
	scxu_event_fn set_cpumask;
	/** SCXU_EVENT_WEIGHT */
	scxu_event_fn set_weight;
	/** SCXU_EVENT_CGROUP */
	scxu_event_fn cgroup_move;
	/** SCXU_EVENT_CGROUP_WEIGHT */
	scxu_event_fn cgroup_set_weight;
	/** SCXU_EVENT_CGROUP_BANDWIDTH */
	scxu_event_fn cgroup_set_bandwidth;
	/** SCXU_EVENT_CPU_ONLINE */
	scxu_event_fn cpu_online;
	/** SCXU_EVENT_CPU_OFFLINE */
	scxu_event_fn cpu_offline;
	/** SCXU_EVENT_TICK */
	scxu_event_fn tick;
	/** SCXU_EVENT_RESULT */
	scxu_event_fn result;
	/** SCXU_EVENT_LOST */
	scxu_event_fn lost;
	/** Last of all: the scheduler is detached, and this is why. */
	void (*exit)(struct scxu *s, const struct scxu_exit_info *info, void *arg);
	/** SCXU_EVENT_FALLBACK */
	scxu_event_fn on_fallback;
};

/**
 * scxu_policy_events() - the events that the callbacks of a policy need, for opts.events.
 *
 * Context: any thread. Return: bits of SCXU_EVENT_BIT(). Since 0.1.
 */
uint64_t scxu_policy_events(const struct scxu_policy *policy);

/**
 * scxu_run() - run a policy until scxu_exited(), then detach.
 * @policy:	the callbacks; all are called in this thread
 * @arg:	handed to each
 *
 * Why the scheduler ended is what @exit is told; scxu_shutdown_and_report() says it again.
 *
 * Return: 0 if it was asked to stop, 1 if the kernel ended it; else nothing was run or detached:
 *	-EINVAL		policy->sz is not set, @enqueue and @dispatch are both missing, opts.events
 *			lacks the event of a callback, or @enqueue is missing beside one; a log
 *			line says which
 *	-E2BIG		@policy is from a newer version and sets something unknown to this one
 *	other		what @init returned
 *
 * Since 0.1.
 */
int scxu_run(struct scxu *s, const struct scxu_policy *policy, void *arg);

/** struct scxu_heap_item - what puts a structure into a heap. Since 0.1. */
struct scxu_heap_item {
	uint64_t key;           /**< stays as it was once the item is out */
	uint64_t seq;           /**< order among equal keys */
	struct scxu_heap *heap; /**< the heap that it is in, NULL = none */
	uint32_t index;         /**< its place there */
	uint32_t reserved;
};

/**
 * struct scxu_heap - items in order of their key, equal ones in the order in which they came.
 *
 * The order is that of vtimes, which may wrap: a is before b if (int64_t)(a - b) < 0. So keys in
 * one heap must be less than 2^63 apart, or the order is unspecified.
 *
 * Since 0.1.
 */
struct scxu_heap {
	struct scxu_heap_item **items; /**< @nr of them; items[0] is the first */
	uint64_t next_seq;             /**< for the next one that comes */
	uint32_t nr;                   /**< how many are in */
	uint32_t capacity;             /**< how many can be */
};

/**
 * scxu_heap_init() - an empty heap.
 * @capacity:	how many items it can hold; with scxu_get_nr_slots(), an item for each task
 *
 * Allocates all that the heap needs, and touches it: do it before the first round. If it fails, the
 * heap is empty and has no room.
 *
 * Return: 0, -EINVAL if @capacity is 0, or -ENOMEM. Since 0.1.
 */
int scxu_heap_init(struct scxu_heap *heap, uint32_t capacity);

/**
 * scxu_heap_free() - free what scxu_heap_init() allocated. The heap is as if that had failed.
 *
 * Does not look at items that are in; to be used again they must be set to 0.
 *
 * Since 0.1.
 */
void scxu_heap_free(struct scxu_heap *heap);

/** scxu_heap_first() - the item with the least key, or NULL. Since 0.1. */
static inline struct scxu_heap_item *scxu_heap_first(const struct scxu_heap *heap)
{
	return heap->nr ? heap->items[0] : NULL;
}

/** scxu_heap_empty() - whether no item is in. Since 0.1. */
static inline bool scxu_heap_empty(const struct scxu_heap *heap)
{
	return !heap->nr;
}

/**
 * scxu_heap_push() - put an item in, behind those with the same key. O(log n).
 *
 * Return: 0, or
 *	-EBUSY		it is in a heap, this one or another
 *	-ENOSPC		the heap is full
 *
 * Since 0.1.
 */
int scxu_heap_push(struct scxu_heap *heap, struct scxu_heap_item *item, uint64_t key);

/**
 * scxu_heap_pop() - take the item with the least key out. O(log n).
 *
 * Return: the item, or NULL if there is none. Since 0.1.
 */
struct scxu_heap_item *scxu_heap_pop(struct scxu_heap *heap);

/**
 * scxu_heap_remove() - take an item out of the heap that it is in. O(log n).
 *
 * Return: 0, or -ENOENT if it is in none. Since 0.1.
 */
int scxu_heap_remove(struct scxu_heap_item *item);

/**
 * scxu_heap_update() - change the key of an item in place, as if it was taken out and put in again.
 * O(log n).
 *
 * Return: 0, or -ENOENT if it is in no heap. Since 0.1.
 */
int scxu_heap_update(struct scxu_heap_item *item, uint64_t key);

/**
 * scxu_get_nr_slots() - how many slots there are: scxu_task.slot is below. A power of two that does
 * not change while the handle is open.
 *
 * Context: any thread. Since 0.1.
 */
uint32_t scxu_get_nr_slots(struct scxu *s);

/** struct scxu_table - an entry of the policy's own for each slot. Since 0.1. */
struct scxu_table {
	void *entries;     /**< one behind the other, in order of slot */
	uint64_t *ids;     /**< of the tasks that have claimed the slots, 0 = none has */
	size_t entry_size; /**< in bytes */
	uint32_t nr_slots; /**< how many entries there are */
	uint32_t reserved;
};

/**
 * scxu_table_init() - a table of entries that are all 0.
 * @entry_size:	sizeof the policy's structure; aligned as malloc() does it
 *
 * Allocates all that the table needs, and touches it: do it before the first round. The table does
 * not use @s later. If it fails, the table has no slots.
 *
 * Return: 0, -EINVAL if @entry_size is 0, or -ENOMEM. Since 0.1.
 */
int scxu_table_init(struct scxu_table *table, struct scxu *s, size_t entry_size);

/**
 * scxu_table_free() - free what scxu_table_init() allocated. The table is as if that had failed.
 *
 * Since 0.1.
 */
void scxu_table_free(struct scxu_table *table);

/**
 * scxu_table_get() - the entry of a slot, whichever task has claimed that.
 *
 * Return: the entry, NULL if there is no such slot. It stays where it is. Since 0.1.
 */
void *scxu_table_get(const struct scxu_table *table, uint32_t slot);

/**
 * scxu_table_claim() - have the slot's entry belong to a task, and learn whether it did before.
 *
 * Does not write the entry: its last owner may have left it in a list or a heap, from which the
 * policy takes it out before it sets it to 0.
 *
 * Return:
 *	1		from now on; the entry is as the last owner left it, at first all 0
 *	0		as before
 *	-ESTALE		it belongs to a later task: @t is an old one's, from an event
 *	-EINVAL		there is no such slot, or @t has no id, as in SCXU_EVENT_RESULT
 *
 * Since 0.1.
 */
int scxu_table_claim(struct scxu_table *table, const struct scxu_task *t);

#ifdef __cplusplus
}
#endif

#endif
