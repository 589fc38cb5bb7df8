/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* shm.h - the process's end of the shared memory in bpf/intf.h: read announcements, write decisions. */
#ifndef SCXU_SHM_H
#define SCXU_SHM_H

#include <stdbool.h>
#include <stdint.h>

#include "intf.h"

struct scxu_task;
struct scxu_dispatch;
struct scxu_stats;

/* A CPU's ring while its announcements are being read. */
struct shm_source {
	uint32_t cpu;
	uint32_t end;        /* read up to here, then look at all rings again */
	uint64_t enqueue_ns; /* of the entry at its head */
};

struct shm_view {
	struct scxu_shm_layout layout;
	struct scxu_shm *shm;
	struct scxu_shm_cpu *cpus;
	struct scxu_shm_decision *decisions;
	struct scxu_shm_entry *rings;
	struct scxu_shm_task *tasks;
	struct shm_source *sources; /* one per CPU, the first nr_sources have entries */
	uint32_t nr_sources;
	bool busy; /* this round read or wrote something */
};

/* Where everything goes for @nr_cpus CPU ids and at least @nr_tasks tasks. */
void shm_layout(struct scxu_shm_layout *layout, uint32_t nr_cpus, uint32_t nr_tasks);

/* Look at the memory at @base, of layout->size bytes. Return: 0 or -ENOMEM. */
int shm_view_init(struct shm_view *v, const struct scxu_shm_layout *layout, void *base);
void shm_view_destroy(struct shm_view *v);

/* Step 3. Announcements of one look at the rings come in order of time. */
unsigned int shm_read_tasks(struct shm_view *v, struct scxu_task *tasks, unsigned int nr);

/* Step 5. How many of @nr fit. */
unsigned int shm_submit(struct shm_view *v, const struct scxu_dispatch *d, unsigned int nr);

/* Whether an announcement waits to be read. */
bool shm_pending(struct shm_view *v);

/* Add up what the CPUs counted. */
void shm_read_stats(const struct shm_view *v, struct scxu_stats *stats);

#endif
