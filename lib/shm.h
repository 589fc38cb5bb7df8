/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* shm.h - the process's end of the shared memory in bpf/intf.h: read announcements, write decisions. */
#ifndef SCXU_SHM_H
#define SCXU_SHM_H

#include <stdbool.h>
#include <stdint.h>

#include "intf.h"

struct scxu_topology;
struct scxu_task;
struct scxu_event;
struct scxu_command;
struct scxu_dispatch;
struct scxu_stats;
struct scxu_histograms;

#define load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define store_relaxed(p, val) __atomic_store_n(p, val, __ATOMIC_RELAXED)
#define store_release(p, val) __atomic_store_n(p, val, __ATOMIC_RELEASE)

/* A ring of announcements or of events, while it is being read. */
struct shm_source {
	uint32_t ring;
	uint32_t end;   /* read up to here, then look at all rings again */
	uint64_t order; /* of the entry at its head: time, or number if there are events */
	bool events;
	struct scxu_shm_cpu *cpu; /* has its head */
	const struct scxu_shm_entry *entries;
};

struct shm_view {
	struct scxu_shm_layout layout;
	struct scxu_shm *shm;
	struct scxu_shm_cpu *cpus;
	struct scxu_shm_decision *decisions;
	struct scxu_shm_entry *rings;
	struct scxu_shm_event *events;
	struct scxu_shm_task *tasks;
	uint64_t *masks;
	struct shm_source *sources; /* one per ring, the first nr_sources have entries */
	uint32_t nr_sources;
	uint64_t limit;                       /* numbers from here on are for the next look */
	uint64_t nr_lost;                     /* events whose loss was reported */
	uint32_t fields;                      /* SCXU_FIELD_* that the records have */
	const struct scxu_topology *topology; /* with SCXU_FIELD_PLACE */
	bool busy;                            /* this round read or wrote something */
	/* Histograms, NULL without. */
	struct scxu_shm_wait *waits;
	struct scxu_shm_histograms *histograms;
	uint64_t look_ns; /* when the rings were looked at */
	__u64 enqueue_to_seen[SCXU_SHM_NR_BUCKETS];
};

/* How large all of it is. */
struct shm_sizes {
	uint32_t nr_cpus;      /* CPU ids */
	uint32_t nr_tasks;     /* at least */
	uint32_t nr_events;    /* at least, in each ring */
	uint32_t nr_ring;      /* 0 = as usual */
	uint32_t nr_decisions; /* 0 = as usual */
};

/* Where everything goes. Return: 0, or -E2BIG if an arena, of at most 4 GiB, cannot hold it. */
int shm_layout(struct scxu_shm_layout *layout, const struct shm_sizes *sizes);

/* And behind it the histograms, which there are none of otherwise. */
int shm_layout_histograms(struct scxu_shm_layout *layout);

/* Look at the memory at @base, of layout->size bytes. Return: 0 or -ENOMEM. */
int shm_view_init(struct shm_view *v, const struct scxu_shm_layout *layout, void *base);
void shm_view_destroy(struct shm_view *v);

/* Step 3. Announcements of one look at the rings come in order of time. */
unsigned int shm_read_tasks(struct shm_view *v, struct scxu_task *tasks, unsigned int nr);

/* The same with the events between them, all in the order of their numbers. */
unsigned int shm_read_events(struct shm_view *v, struct scxu_event *events, unsigned int nr);
void shm_drop_events(struct shm_view *v);

/* The task in @slot as it is now. False if there is none, or it is not ours. */
bool shm_read_slot(struct shm_view *v, uint32_t slot, struct scxu_task *t);

/* Step 5. False if it does not fit. */
bool shm_submit(struct shm_view *v, const struct scxu_dispatch *d);

/* False if it does not fit. */
bool shm_command(struct shm_view *v, const struct scxu_command *command);

/* Whether an announcement or an event waits to be read. */
bool shm_pending(struct shm_view *v);

/* Add up what the CPUs counted. */
void shm_read_stats(const struct shm_view *v, struct scxu_stats *stats);
void shm_read_histograms(const struct shm_view *v, struct scxu_histograms *h);

#endif
