// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of lib/shm.c: a thread that plays the kernel half beside the process's half, at full speed.
 *
 * Few slots, so that records are rewritten while they are read.
 */
#include <pthread.h>
#include <sched.h>

#include "kernel_half.h"

#define NR_ANNOUNCEMENTS 2000000
#define NR_CPUS 2
#define NR_SLOTS 4
#define NR_RING 64
#define NR_BATCH 4

static struct kernel k;
static bool kernel_done;

/* Seen by the kernel half, which is its thread until it is joined. */
static unsigned int nr_decisions, nr_bad_decisions;

/* Seen by the process. */
static uint32_t last[NR_SLOTS]; /* generation read */
static unsigned int nr_read, nr_torn, nr_disordered;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void take_decisions(void)
{
	struct scxu_shm_decision d;

	while (kernel_take(&k, &d)) {
		nr_bad_decisions += d.slice_ns != mark(d.slot, d.generation, 10) ||
				    d.vtime != nr_decisions || d.how;
		nr_decisions++;
	}
}

static void *kernel_thread(void *arg)
{
	uint32_t random = 1, i;

	for (i = 0; i < NR_ANNOUNCEMENTS; i++) {
		next_random(&random);
		if (random % 64 == 0)
			kernel_new_owner(&k, random / 64 % NR_SLOTS);
		while (!kernel_announce(&k, random / 64 % NR_CPUS, random / 1024 % NR_SLOTS)) {
			take_decisions();
			sched_yield();
		}
		if (random % 8 == 0)
			take_decisions();
	}
	/* Now each slot has an announcement that counts. */
	for (i = 0; i < NR_SLOTS; i++)
		while (!kernel_announce(&k, 0, i))
			sched_yield();
	take_decisions();
	__atomic_store_n(&kernel_done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void judge(const struct scxu_task *t)
{
	if (!task_is_whole(t)) {
		nr_torn++;
		return;
	}
	nr_disordered += (int32_t)(t->generation - last[t->slot]) <= 0;
	last[t->slot] = t->generation;
}

static void read_and_decide(void)
{
	static uint64_t nr_given;
	struct scxu_task t[NR_BATCH];
	unsigned int nr = shm_read_tasks(&k.view, t, NR_BATCH), i;
	struct scxu_dispatch d;

	for (i = 0; i < nr; i++) {
		judge(&t[i]);
		scxu_dispatch_init(&d, &t[i]);
		d.slice_ns = mark(d.slot, d.generation, 10);
		d.vtime = nr_given;
		nr_given += shm_submit(&k.view, &d);
	}
	nr_read += nr;
	if (!nr)
		sched_yield();
}

int main(void)
{
	unsigned int nr_lost = 0, i;
	pthread_t thread;

	kernel_open(&k, NR_CPUS, NR_SLOTS, NR_RING, UINT32_MAX - 10);
	if (pthread_create(&thread, NULL, kernel_thread, NULL))
		bail("no thread");
	while (!__atomic_load_n(&kernel_done, __ATOMIC_ACQUIRE))
		read_and_decide();
	pthread_join(thread, NULL);
	while (shm_pending(&k.view))
		read_and_decide();
	take_decisions();

	for (i = 0; i < NR_SLOTS; i++)
		nr_lost += last[i] != k.generation[i];
	is_int(nr_torn, 0, "no task of %u is put together from two", nr_read);
	is_int(nr_disordered, 0, "no announcement comes twice, or after a later one of its task");
	is_int(nr_lost, 0, "the last announcement of each task comes");
	ok(nr_read > NR_SLOTS, "tasks were read while they were announced");
	is_int(nr_bad_decisions, 0, "%u decisions come whole and in order", nr_decisions);
	kernel_close(&k);
	return done_testing();
}
