/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * api.h - the numbers of scxuser.h that the kernel half needs, which cannot include it.
 * lib/port_bpf.c sees to it that they agree.
 */
#ifndef SCXU_API_H
#define SCXU_API_H

enum {
	TASK_WAKEUP = 1 << 0,
	TASK_PREEMPTED = 1 << 1,
	TASK_REENQUEUED = 1 << 2,
	TASK_KTHREAD = 1 << 3,
	TASK_EXITING = 1 << 4,
	TASK_SYNC = 1 << 5,
	TASK_PINNED = 1 << 6,
};

enum {
	FIELD_FLAGS = 1 << 0,
	FIELD_COMM = 1 << 1,
	FIELD_PRIORITY = 1 << 2,
	FIELD_WAKER = 1 << 4,
	FIELD_RUN = 1 << 5,
};

enum {
	DISPATCH_HEAD = 1 << 0,
	DISPATCH_PREEMPT = 1 << 1,
};

enum {
	KICK_IDLE = 1 << 0,
	KICK_PREEMPT = 1 << 1,
	KICK_WAIT = 1 << 2,
};

enum {
	EVENT_NEW = 1,
	EVENT_RUNNABLE = 2,
	EVENT_SLEEP = 3,
	EVENT_YIELD = 4,
	EVENT_PREEMPT = 5,
	EVENT_EXIT = 6,
	EVENT_CPUMASK = 7,
	EVENT_WEIGHT = 8,
	EVENT_CGROUP = 9,
	EVENT_WITHDRAW = 10,
	EVENT_CPU_ONLINE = 11,
	EVENT_CPU_OFFLINE = 12,
	EVENT_TICK = 13,
	EVENT_CGROUP_WEIGHT = 14,
	EVENT_CGROUP_BANDWIDTH = 15,
	EVENT_RESULT = 16,
	EVENT_FALLBACK = 18,
};

enum {
	FALLBACK_BUSY = 0,
	FALLBACK_KEPT = 1,
	FALLBACK_NO_CPU = 2,
	FALLBACK_ASLEEP = 3,
	FALLBACK_STOPPED = 4,
	FALLBACK_FROZEN = 5,
	FALLBACK_GONE = 6,
	NR_FALLBACK_CAUSES = 7,
};

enum {
	REPEATED_STAY = 0,
	REPEATED_BACK_OFF = 1,
	REPEATED_DETACH = 2,
};

enum {
	WITHDRAW_DEQUEUE = 0,
	WITHDRAW_FALLBACK = 1,
};

enum {
	RESULT_PLACED = 0,
	RESULT_BOUNCED = 1,
	RESULT_STALE = 2,
	RESULT_REFUSED = 3,
};

#endif
