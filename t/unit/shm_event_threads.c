// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of lib/shm_read.c: threads that play the CPUs publish events and announcements beside the
 * process's half, at full speed.
 *
 * What happens to one task happens in turn, on any CPU: a lock of the slot sees to it, as the
 * kernel's lock of the task does.
 */
#include <pthread.h>
#include <sched.h>

#include "kernel_half.h"

#define NR_STEPS 300000 /* of each CPU */
#define NR_CPUS 3
#define NR_SLOTS 4
#define NR_RING 64
#define NR_EVENTS 32
#define NR_BATCH 4

/* What the CPUs know of a task. An event has the last two as values. */
static struct {
	pthread_mutex_t lock;
	uint64_t nr_events; /* published */
	uint64_t nr_lost;   /* of all tasks, known when the last event was published */
} tasks[NR_SLOTS];

static struct kernel k;
static unsigned int nr_running;

/* Seen by the process. */
static struct {
	uint64_t seq, nr_events;
	uint32_t generation;
} seen[NR_SLOTS];
static uint64_t nr_announcements, nr_events, nr_lost;
static unsigned int nr_torn, nr_disordered, nr_missing, nr_early;

static uint64_t count_lost(void)
{
	uint64_t nr = 0;
	uint32_t ring;

	for (ring = 0; ring <= NR_CPUS; ring++)
		nr += __atomic_load_n(&k.view.cpus[ring].nr.nr_events_lost, __ATOMIC_ACQUIRE);
	return nr;
}

/* False if it is lost. */
static bool publish_event(uint32_t cpu, uint32_t slot)
{
	struct scxu_shm_event ev = {
		.type = SCXU_EVENT_TICK,
		.slot = slot,
		.generation = k.generation[slot],
		.value = { tasks[slot].nr_events, count_lost() },
	};

	if (!kernel_event(&k, cpu, &ev))
		return false;
	tasks[slot].nr_events++;
	return true;
}

static void *cpu_thread(void *arg)
{
	uint32_t cpu = (uintptr_t)arg, random = cpu + 1, slot, i;
	bool lost = false;

	for (i = 0; i < NR_STEPS; i++) {
		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		slot = random / 64 % NR_SLOTS;
		pthread_mutex_lock(&tasks[slot].lock);
		if (random % 4)
			lost = !publish_event(cpu, slot);
		else
			kernel_announce(&k, cpu, slot);
		pthread_mutex_unlock(&tasks[slot].lock);
		/* On a busy machine the reader may not get a processor by itself. */
		if (lost || random % 64 == 0)
			sched_yield();
	}
	__atomic_sub_fetch(&nr_running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void judge_event(const struct scxu_event *ev)
{
	uint32_t slot = ev->task.slot;

	nr_events++;
	nr_missing += ev->value[0] != seen[slot].nr_events;
	seen[slot].nr_events = ev->value[0] + 1;
	nr_disordered += (int32_t)(ev->task.generation - seen[slot].generation) < 0;
	nr_early += ev->value[1] > nr_lost;
}

static void judge(const struct scxu_event *ev)
{
	uint32_t slot = ev->task.slot;

	if (ev->type == SCXU_EVENT_LOST) {
		nr_lost += ev->value[0];
		return;
	}
	nr_disordered += ev->seq <= seen[slot].seq;
	seen[slot].seq = ev->seq;
	if (ev->type != SCXU_EVENT_ENQUEUE) {
		judge_event(ev);
		return;
	}
	nr_announcements++;
	nr_torn += !task_is_whole(&ev->task);
	seen[slot].generation = ev->task.generation;
}

static void read_some(void)
{
	struct scxu_event ev[NR_BATCH];
	unsigned int nr = shm_read_events(&k.view, ev, NR_BATCH), i;

	for (i = 0; i < nr; i++)
		judge(&ev[i]);
	if (!nr)
		sched_yield();
}

static void run_cpus(void)
{
	pthread_t thread[NR_CPUS];
	uintptr_t i;

	nr_running = NR_CPUS;
	for (i = 0; i < NR_CPUS; i++)
		if (pthread_create(&thread[i], NULL, cpu_thread, (void *)i))
			bail("no thread");
	while (!count_lost() && __atomic_load_n(&nr_running, __ATOMIC_ACQUIRE))
		sched_yield();
	while (__atomic_load_n(&nr_running, __ATOMIC_ACQUIRE))
		read_some();
	for (i = 0; i < NR_CPUS; i++)
		pthread_join(thread[i], NULL);
	while (shm_pending(&k.view))
		read_some();
	read_some(); /* a loss may be all that is left */
}

int main(void)
{
	unsigned int nr_unseen = 0, i;

	kernel_open_events(&k, NR_CPUS, NR_SLOTS, NR_RING, NR_EVENTS, UINT32_MAX - 10);
	k.view.shm->event_seq = 1;
	for (i = 0; i < NR_SLOTS; i++)
		pthread_mutex_init(&tasks[i].lock, NULL);
	run_cpus();

	for (i = 0; i < NR_SLOTS; i++) {
		nr_missing += seen[i].nr_events != tasks[i].nr_events;
		nr_unseen += seen[i].generation != k.generation[i];
	}
	is_int(nr_disordered, 0, "each task's events and announcements come in order");
	is_int(nr_missing, 0, "of %ju events that found room none is missing or doubled",
	       (uintmax_t)nr_events);
	is_int(nr_torn, 0, "no task of %ju is put together from two", (uintmax_t)nr_announcements);
	is_int(nr_unseen, 0, "the last announcement of each task comes");
	is_int(nr_lost, count_lost(), "all losses are told");
	is_int(nr_early, 0, "and none after what came after it");
	ok(nr_lost && nr_events > NR_STEPS / 10 && nr_announcements > NR_SLOTS,
	   "it was a busy time");
	kernel_close(&k);
	return done_testing();
}
