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
 * scxu_log_fn - receives a line of text, without newline, in the thread that called the library.
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
};

/**
 * struct scxu_opts - options of scxu_open(). Set it to zero, then @sz, then what you care about:
 * 0 stands for the default. It grows at its end only.
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
	 *  100 to 30000, the kernel's limit. Default 5000. */
	uint32_t timeout_ms;
	/** Size of the kernel's debug dump, in bytes: up to 32768. Default 32768. */
	uint32_t exit_dump_len;
	/** Where log lines go, and with which argument. Default: nowhere. */
	scxu_log_fn log;
	void *log_arg;
};

/** Flags of struct scxu_task. Since 0.1. */
enum {
	SCXU_TASK_WAKEUP = 1 << 0, /**< it slept; else it was preempted, yielded or was moved */
};

/**
 * struct scxu_task - a task that wants to run. Its size is fixed: what later versions add takes
 * room from @reserved, whose content is unspecified until then.
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
	uint64_t reserved[16];
};

/**
 * struct scxu_dispatch - a decision: run this task, here, for so long. Fill it with
 * scxu_dispatch_init(), then change what you want. Its size is fixed, as struct scxu_task's.
 */
struct scxu_dispatch {
	/** From the task. */
	uint32_t slot;
	/** From the task. Another generation than the task's present one makes the decision stale:
	 *  it is dropped and counted, and the task comes again, or has come already. */
	uint32_t generation;
	/** A CPU, or SCXU_CPU_ANY. One that is offline or not allowed counts as any. */
	int32_t cpu;
	/** None yet: 0. */
	uint32_t flags;
	/** How long it may run: made at least 100 us and at most 100 ms. 0 = the
	 *  default slice. */
	uint64_t slice_ns;
	/** Order among tasks dispatched to the same CPU, or to any: least first, equal ones in the
	 *  order of dispatch. 0 = no order but that, which is faster; tasks dispatched to any CPU
	 *  with and without vtime take turns. */
	uint64_t vtime;
	/** Comes back with the task's next enqueue. */
	uint64_t cookie;
	uint64_t reserved[4];
};

/**
 * struct scxu_stats - counters since scxu_open(). It starts with its size and grows at its end.
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
};

/** How a scheduler ended. Since 0.1. */
enum scxu_exit_kind {
	SCXU_EXIT_NONE = 0,      /**< it has not */
	SCXU_EXIT_DETACHED = 1,  /**< we left */
	SCXU_EXIT_EVICTED = 2,   /**< the kernel threw us out, for an error or a stall */
	SCXU_EXIT_REQUESTED = 3, /**< an operator did, by SysRq-S */
	SCXU_EXIT_RESTART = 4,   /**< the kernel asks for a restart, after CPU hotplug */
};

/**
 * struct scxu_exit_info - how and why a scheduler ended. It starts with its size and grows at its
 * end.
 */
struct scxu_exit_info {
	size_t sz;           /**< sizeof(struct scxu_exit_info), set by the caller */
	int32_t kind;        /**< enum scxu_exit_kind */
	int32_t kernel_kind; /**< the kernel's enum scx_exit_kind */
	int64_t code;        /**< the kernel's exit code */
	char reason[128];    /**< the kernel's word for the kind */
	char message[1024];  /**< and what it has to say */
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
 *	-EINVAL		an option is out of its range, or opts->sz or @sp is not set
 *	-E2BIG		@opts is from a newer version and sets something unknown to this one
 *	-EPERM		missing capability: CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN
 *	-EAGAIN		the limit on locked memory is too low
 *	-EBUSY		another sched_ext scheduler is attached
 *	-EOPNOTSUPP	the kernel or libbpf lacks something
 *	-ENOMEM		no memory
 *	other		what libbpf or the kernel said
 *
 * Context: any thread. Since 0.1.
 */
int scxu_open(struct scxu **sp, const struct scxu_opts *opts);

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
 * fallback takes over for all tasks. To hold a task back is to dispatch it with a later vtime. Tasks that are enqueued while the policy goes
 * through those that were there come after them.
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
 * scxu_dispatch_init() - a decision for @t: any CPU, the default slice, the same cookie.
 *
 * Context: any thread. Since 0.1.
 */
void scxu_dispatch_init(struct scxu_dispatch *d, const struct scxu_task *t);

/**
 * scxu_dispatch_task() - give a task back to run. Takes effect at the end of the round, or before.
 *
 * Return: 0, or
 *	-EINVAL		@d has a slot that does not exist, or an unknown flag
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

/**
 * scxu_select_cpu() - an idle CPU for @t, without a system call.
 * @prev_cpu:	the CPU to prefer, such as @t->cpu, or SCXU_CPU_ANY
 * @flags:	none yet: 0
 *
 * A CPU is given once in a round. The CPU that the policy itself runs on counts as idle if it had
 * nothing else to run: it is free as soon as the round ends. For a task that may not run everywhere only @prev_cpu is
 * considered.
 *
 * Return: the CPU, or -EBUSY if none is idle, or -EINVAL. Since 0.1.
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
 * @timeout_ms:	0 = do not wait, -1 = no limit; kept to within opts.fallback_ms. It may return
 *		before, with nothing to do.
 *
 * Return: 0, or -EINTR. Since 0.1.
 */
int scxu_wait(struct scxu *s, int timeout_ms);

/**
 * scxu_get_cpu_pid() - who runs on a CPU now: a snapshot, true when it was taken. While a task of
 * another class runs there (real-time, say), the last one of ours.
 *
 * Context: any thread. Return: the thread id, 0 if the CPU is idle, or -EINVAL. Since 0.1.
 */
pid_t scxu_get_cpu_pid(struct scxu *s, int cpu);

/**
 * scxu_get_stats() - read the counters.
 * @stats:	@stats->sz set to its size; members beyond what the library knows are set to 0
 *
 * Context: any thread, while the handle is open. Return: 0, or -EINVAL. Since 0.1.
 */
int scxu_get_stats(struct scxu *s, struct scxu_stats *stats);

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

#ifdef __cplusplus
}
#endif

#endif
