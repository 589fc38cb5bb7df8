// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/shm.c and lib/shm_read.c: the histograms, with a clock that the test sets. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "kernel_half.h"

#define NR_LOOKS 20000

static uint64_t clock_ns;
static unsigned int nr_clock_reads;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id != CLOCK_MONOTONIC)
		bail("clock %d", (int)id);
	*ts = (struct timespec){ clock_ns / NSEC_PER_SEC, clock_ns % NSEC_PER_SEC };
	nr_clock_reads++;
	return 0;
}

static void open_measured(struct kernel *k, uint32_t nr_cpus)
{
	kernel_has_histograms = true;
	kernel_open(k, nr_cpus, 16, 16, 0);
	kernel_has_histograms = false;
	nr_clock_reads = 0;
}

static struct scxu_histograms histograms(const struct kernel *k)
{
	struct scxu_histograms h = { .sz = sizeof(h) };

	shm_read_histograms(&k->view, &h);
	return h;
}

static uint64_t sum(const uint64_t *buckets)
{
	uint64_t nr = 0;
	int i;

	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		nr += buckets[i];
	return nr;
}

static void test_buckets(void)
{
	unsigned int i, nr_bad = 0;
	uint64_t least, most;

	for (i = 0; i < 64; i++) {
		least = 1ULL << i;
		most = least + (least - 1);
		nr_bad += scxu_shm_bucket(least) != (i < 39 ? i : 39) ||
			  scxu_shm_bucket(most) != (i < 39 ? i : 39);
	}
	is_int(nr_bad, 0, "bucket i begins at 2^i and ends before 2^(i+1); the last has no end");
	is_int(scxu_shm_bucket(0), 0, "nothing is in the first one");
}

static void test_layout(void)
{
	struct scxu_shm_layout without, with;
	unsigned int nr_cpus, nr_bad = 0;

	for (nr_cpus = 1; nr_cpus <= 8192; nr_cpus *= 2) {
		nr_bad += !!shm_layout(&without, &(struct shm_sizes){ nr_cpus, 8192, 64, 0, 0 });
		with = without;
		nr_bad += !!shm_layout_histograms(&with);
		nr_bad += without.waits || without.histograms;
		nr_bad += with.waits != without.size || with.waits % SCXU_CACHE_LINE ||
			  with.histograms % SCXU_CACHE_LINE;
		nr_bad +=
			with.histograms < with.waits + 8192 * sizeof(struct scxu_shm_wait) ||
			with.size < with.histograms + nr_cpus * sizeof(struct scxu_shm_histograms);
		with.waits = with.histograms = 0;
		with.size = without.size;
		nr_bad += !!memcmp(&with, &without, sizeof(with));
	}
	is_int(nr_bad, 0, "histograms lie behind all else, which stays where it is");
	with.size = UINT32_MAX - 0x20000;
	is_int(shm_layout_histograms(&with), -E2BIG, "what an arena cannot hold is refused");
}

static void test_off(void)
{
	struct scxu_task t;
	struct kernel k;

	kernel_open(&k, 1, 16, 16, 0);
	nr_clock_reads = 0;
	ok(!k.view.waits && !k.view.histograms, "without histograms there is no place for them");
	kernel_announce(&k, 0, 1);
	is_int(shm_read_tasks(&k.view, &t, 1), 1, "a task is read");
	is_int(nr_clock_reads, 0, "and no clock");
	kernel_close(&k);
}

/* Have a task wait from @enqueue_ns to @look_ns. */
static struct scxu_histograms after_wait(uint64_t enqueue_ns, uint64_t look_ns)
{
	struct scxu_histograms h;
	struct scxu_task t;
	struct kernel k;

	open_measured(&k, 1);
	k.now_ns = enqueue_ns - 1;
	kernel_announce(&k, 0, 1);
	clock_ns = look_ns;
	shm_read_tasks(&k.view, &t, 1);
	h = histograms(&k);
	kernel_close(&k);
	return h;
}

static void test_wait(void)
{
	static const struct {
		uint64_t wait_ns;
		int bucket;
	} waits[] = {
		{ 0, 0 },
		{ 1, 0 },
		{ 2, 1 },
		{ 3, 1 },
		{ 4, 2 },
		{ 1000000, 19 },
		{ (1ULL << 39) - 1, 38 },
		{ 1ULL << 39, 39 },
		{ 1ULL << 40, 39 },
		{ 1ULL << 62, 39 },
	};
	struct scxu_histograms h;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		h = after_wait(5000, 5000 + waits[i].wait_ns);
		ok(h.enqueue_to_seen[waits[i].bucket] == 1 && sum(h.enqueue_to_seen) == 1,
		   "a wait of %ju ns is in bucket %d", (uintmax_t)waits[i].wait_ns,
		   waits[i].bucket);
	}
	h = after_wait(5000, 4000);
	ok(h.enqueue_to_seen[0] == 1 && sum(h.enqueue_to_seen) == 1,
	   "one that began after its end is none");
	ok(!sum(h.seen_to_dispatched) && !sum(h.dispatched_to_running),
	   "the other stages are the kernel half's");
}

static bool was_seen(const struct kernel *k, uint32_t slot, uint32_t generation, uint64_t ns)
{
	const struct scxu_shm_wait *wait = &k->view.waits[slot];

	return wait->seen == generation && wait->seen_ns == ns && !wait->dispatched &&
	       !wait->dispatched_ns;
}

static void test_look(void)
{
	struct scxu_task t[16];
	struct scxu_event ev;
	struct kernel k;
	uint32_t i;

	open_measured(&k, 3);
	clock_ns = 1000;
	is_int(shm_read_tasks(&k.view, t, 1), 0, "a look that finds nothing");
	is_int(nr_clock_reads, 0, "reads no clock");
	for (i = 0; i < 6; i++)
		kernel_announce(&k, i % 3, i);
	is_int(shm_read_tasks(&k.view, t, 4), 4, "four of six tasks in three rings");
	clock_ns = 2000;
	kernel_announce(&k, 0, 6);
	is_int(shm_read_tasks(&k.view, t, 2), 2, "the other two");
	is_int(nr_clock_reads, 1, "one look, one look at the clock");
	ok(was_seen(&k, 0, 1, 1000) && was_seen(&k, 5, 1, 1000), "they were seen then");
	ok(was_seen(&k, 6, 0, 0), "one that came meanwhile was not");
	is_int(shm_read_events(&k.view, &ev, 1), 1, "it is in the next look, that is for events");
	ok(nr_clock_reads == 2 && was_seen(&k, 6, 1, 2000), "and is seen then");

	kernel_announce(&k, 0, 7);
	kernel_announce(&k, 1, 7);
	clock_ns = 3000;
	is_int(shm_read_tasks(&k.view, t, 4), 1, "a task that was announced twice");
	ok(was_seen(&k, 7, 2, 3000), "is seen once");
	is_int(sum(histograms(&k).enqueue_to_seen), 8, "all that were read have been counted");
	kernel_close(&k);
}

static void test_kernel_half(void)
{
	struct scxu_histograms h;
	unsigned int i, cpu, nr_bad = 0;
	struct kernel k;

	open_measured(&k, 3);
	for (cpu = 0; cpu < 3; cpu++)
		for (i = 0; i < SCXU_NR_BUCKETS; i++) {
			k.view.histograms[cpu].seen_to_dispatched[i] = 1000 * i + cpu;
			k.view.histograms[cpu].dispatched_to_running[i] = 2000 * i + cpu;
		}
	h = histograms(&k);
	for (i = 0; i < SCXU_NR_BUCKETS; i++)
		nr_bad += h.seen_to_dispatched[i] != 3000 * i + 3 ||
			  h.dispatched_to_running[i] != 6000 * i + 3;
	is_int(nr_bad, 0, "each bucket is the sum over all CPUs");
	is_int(sum(h.enqueue_to_seen), 0, "and of its own histogram");
	kernel_close(&k);
}

static struct kernel shared;
static bool policy_done;

/* What it reads must never go back, nor be more than there is. */
static void *reader_thread(void *arg)
{
	uint64_t *nr_reads = arg, nr, last = 0;

	while (!__atomic_load_n(&policy_done, __ATOMIC_ACQUIRE)) {
		nr = sum(histograms(&shared).enqueue_to_seen);
		if (nr < last || nr > 2 * NR_LOOKS)
			return arg;
		last = nr;
		++*nr_reads;
	}
	return NULL;
}

static void test_concurrent_reader(void)
{
	struct scxu_task t[2];
	uint64_t nr_reads = 0;
	pthread_t thread;
	void *bad;
	int i;

	open_measured(&shared, 1);
	if (pthread_create(&thread, NULL, reader_thread, &nr_reads))
		bail("no thread");
	for (i = 0; i < NR_LOOKS; i++) {
		kernel_announce(&shared, 0, 1);
		kernel_announce(&shared, 0, 2);
		clock_ns = shared.now_ns + i;
		shm_read_tasks(&shared.view, t, 2);
		if (i % 100 == 0)
			sched_yield();
	}
	__atomic_store_n(&policy_done, true, __ATOMIC_RELEASE);
	pthread_join(thread, &bad);
	ok(!bad, "another thread reads while they change: %ju times", (uintmax_t)nr_reads);
	is_int(sum(histograms(&shared).enqueue_to_seen), 2 * NR_LOOKS, "and nothing is lost");
	kernel_close(&shared);
}

int main(void)
{
	test_buckets();
	test_layout();
	test_off();
	test_wait();
	test_look();
	test_kernel_half();
	test_concurrent_reader();
	return done_testing();
}
