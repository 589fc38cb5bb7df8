/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_half.h - the kernel half of the shared memory, played by the test.
 *
 * It stores in the order of bpf/announce.bpf.h and bpf/event.bpf.h, with what a BPF program's stores
 * and exchanges are in C: relaxed stores and sequentially consistent exchanges. Each member of a
 * record is made from its slot and generation, so a record put together from two generations is
 * seen. Several threads may play several CPUs; then what happens to one slot needs a lock, which is
 * the kernel's lock of the task.
 */
#ifndef T_KERNEL_HALF_H
#define T_KERNEL_HALF_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../lib/internal.h"
#include "../../lib/shm.h"
#include "../tap.h"

#define KERNEL_MAX_CPUS 8
#define KERNEL_MAX_SLOTS 64

#define store(p, val) __atomic_store_n(p, val, __ATOMIC_RELAXED)
#define store_mb(p, val) __atomic_exchange_n(p, val, __ATOMIC_SEQ_CST)

static TAP_UNUSED bool kernel_has_histograms; /* for the next kernel_open() */

struct kernel {
	struct shm_view view;           /* the process's end */
	uint32_t tail[KERNEL_MAX_CPUS]; /* of the CPUs' rings */
	uint32_t event_tail[KERNEL_MAX_CPUS + 1];
	uint32_t generation[KERNEL_MAX_SLOTS]; /* of the last announcement */
	uint32_t pending[KERNEL_MAX_SLOTS];    /* of the one without an answer, 0 = none */
	uint64_t now_ns;                       /* moves with each announcement */
};

/* A number that says which member of which generation of which slot it is. */
static inline uint32_t mark(uint32_t slot, uint32_t generation, uint32_t member)
{
	uint32_t x = slot * 0x9e3779b1U ^ generation * 0x85ebca77U ^ member * 0xc2b2ae3dU;

	return x ^ x >> 15;
}

static inline void kernel_begin_record(struct kernel *k, uint32_t slot)
{
	store_mb(&k->view.tasks[slot].generation, 0);
}

/* The next number of the events, and of the enqueues between them. */
static inline uint64_t kernel_number(struct kernel *k)
{
	return __atomic_fetch_add(&k->view.shm->event_seq, 1, __ATOMIC_SEQ_CST);
}

static inline void kernel_fill_record(struct kernel *k, uint32_t slot, uint32_t generation)
{
	struct scxu_shm_task *rec = &k->view.tasks[slot];

	store(&rec->pid, mark(slot, generation, 1));
	store(&rec->tgid, mark(slot, generation, 2));
	store(&rec->cpu, mark(slot, generation, 3));
	store(&rec->flags, mark(slot, generation, 4));
	store(&rec->weight, mark(slot, generation, 5));
	store(&rec->nr_cpus_allowed, mark(slot, generation, 6));
	store(&rec->enqueue_ns, __atomic_load_n(&k->now_ns, __ATOMIC_RELAXED));
	store(&rec->exec_ns, mark(slot, generation, 7));
	store(&rec->nr_switches, mark(slot, generation, 8));
	if (k->view.layout.nr_events)
		store(&rec->seq, kernel_number(k));
}

static inline bool task_is_whole(const struct scxu_task *t)
{
	uint32_t slot = t->slot, generation = t->generation;

	return (uint32_t)t->pid == mark(slot, generation, 1) &&
	       (uint32_t)t->tgid == mark(slot, generation, 2) &&
	       (uint32_t)t->cpu == mark(slot, generation, 3) &&
	       t->flags == mark(slot, generation, 4) && t->weight == mark(slot, generation, 5) &&
	       t->nr_cpus_allowed == mark(slot, generation, 6) &&
	       t->exec_ns == mark(slot, generation, 7) &&
	       t->nr_switches == mark(slot, generation, 8);
}

/* The head is read with acquire only for the thread sanitizer, which knows no control dependency. */
static inline bool kernel_ring_is_full(const struct kernel *k, uint32_t cpu)
{
	uint32_t head = __atomic_load_n(&k->view.cpus[cpu].head, __ATOMIC_ACQUIRE);

	return k->tail[cpu] - head >= k->view.layout.nr_ring;
}

/* The last steps of an announcement, after kernel_begin_record(). */
static inline void kernel_end_announce(struct kernel *k, uint32_t cpu, uint32_t slot)
{
	uint32_t pos = k->tail[cpu] & (k->view.layout.nr_ring - 1), generation;
	struct scxu_shm_entry *entry = &k->view.rings[cpu * k->view.layout.nr_ring + pos];

	generation = ++k->generation[slot] ? k->generation[slot] : ++k->generation[slot];
	k->pending[slot] = generation;
	__atomic_add_fetch(&k->now_ns, 1, __ATOMIC_RELAXED);
	kernel_fill_record(k, slot, generation);
	store_mb(&k->view.tasks[slot].generation, generation);
	store(&entry->slot, slot);
	store(&entry->generation, generation);
	store_mb(&k->view.cpus[cpu].tail, ++k->tail[cpu]);
}

/* A task wants to run. False if there is no room to say so. */
static inline bool kernel_announce(struct kernel *k, uint32_t cpu, uint32_t slot)
{
	if (kernel_ring_is_full(k, cpu))
		return false;
	kernel_begin_record(k, slot);
	kernel_end_announce(k, cpu, slot);
	return true;
}

/* Something happened. @ring: a CPU, or the one after them. False if there is no room to say so. */
static inline bool kernel_event(struct kernel *k, uint32_t ring, const struct scxu_shm_event *what)
{
	uint32_t nr_events = k->view.layout.nr_events, tail = k->event_tail[ring];
	struct scxu_shm_cpu *cpu = &k->view.cpus[ring];
	struct scxu_shm_event *ev;

	if (tail - __atomic_load_n(&cpu->event_head, __ATOMIC_ACQUIRE) >= nr_events) {
		store(&cpu->nr.nr_events_lost, cpu->nr.nr_events_lost + 1);
		return false;
	}
	ev = &k->view.events[ring * nr_events + (tail & (nr_events - 1))];
	*ev = *what;
	ev->seq = kernel_number(k);
	store_mb(&cpu->event_tail, ++k->event_tail[ring]);
	return true;
}

/* For the process: how many of @nr decisions fit. */
static inline unsigned int submit_all(struct kernel *k, const struct scxu_dispatch *d,
				      unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && shm_submit(&k->view, &d[i]); i++)
		;
	return i;
}

/*
 * Take the next decision. False if there is none. The head is written with release only for the
 * thread sanitizer, as above.
 */
static inline bool kernel_take(struct kernel *k, struct scxu_shm_decision *d)
{
	struct scxu_shm *shm = k->view.shm;

	if (__atomic_load_n(&shm->decision_tail, __ATOMIC_ACQUIRE) == shm->decision_head)
		return false;
	*d = k->view.decisions[shm->decision_head & (k->view.layout.nr_decisions - 1)];
	if (d->generation && d->generation == k->pending[d->slot]) {
		k->pending[d->slot] = 0;
		store(&k->view.tasks[d->slot].cookie, d->cookie);
	}
	__atomic_store_n(&shm->decision_head, shm->decision_head + 1, __ATOMIC_RELEASE);
	return true;
}

/* The task of @slot is no more, and a new one takes its slot. */
static inline void kernel_new_owner(struct kernel *k, uint32_t slot)
{
	k->pending[slot] = 0;
	store(&k->view.tasks[slot].generation, 0);
	store(&k->view.tasks[slot].cookie, 0);
}

/* Small rings wrap soon. @start is where all heads and tails begin. */
static inline void kernel_open_events(struct kernel *k, uint32_t nr_cpus, uint32_t nr_slots,
				      uint32_t nr_ring, uint32_t nr_events, uint32_t start)
{
	struct scxu_shm_layout layout;
	uint32_t cpu;
	void *base;

	shm_layout(&layout, &(struct shm_sizes){ nr_cpus, nr_slots, nr_events, 0, 0 });
	if (kernel_has_histograms)
		shm_layout_histograms(&layout);
	if (nr_cpus > KERNEL_MAX_CPUS || nr_slots > KERNEL_MAX_SLOTS || nr_ring > layout.nr_ring)
		bail("the test asks for more than kernel_half.h has");
	layout.nr_ring = nr_ring;
	layout.nr_decisions = nr_ring;
	/* Shared, so that a child process can be one of the halves. */
	base = mmap(NULL, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*k = (struct kernel){ 0 };
	if (base == MAP_FAILED || shm_view_init(&k->view, &layout, base))
		bail("no memory");

	k->view.shm->decision_head = k->view.shm->decision_tail = start;
	for (cpu = 0; cpu < nr_cpus; cpu++)
		k->tail[cpu] = k->view.cpus[cpu].head = k->view.cpus[cpu].tail = start;
	for (cpu = 0; cpu <= nr_cpus; cpu++)
		k->event_tail[cpu] = k->view.cpus[cpu].event_head = k->view.cpus[cpu].event_tail =
			start;
}

static inline void kernel_open(struct kernel *k, uint32_t nr_cpus, uint32_t nr_slots,
			       uint32_t nr_ring, uint32_t start)
{
	kernel_open_events(k, nr_cpus, nr_slots, nr_ring, 0, start);
}

static inline void kernel_close(struct kernel *k)
{
	munmap(k->view.shm, k->view.layout.size);
	shm_view_destroy(&k->view);
}

#endif
