// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/shm.c: the layout, announcements in, decisions out, counters. */
#include "fail_alloc.h"
#include "kernel_half.h"

#define NEAR_WRAP (UINT32_MAX - 2)

struct area {
	const char *name;
	uint64_t at, size;
};

static bool areas_are_apart(const struct area *a, size_t nr, uint64_t end)
{
	size_t i, j;

	for (i = 0; i < nr; i++) {
		if (a[i].at % SCXU_CACHE_LINE || a[i].at + a[i].size > end) {
			diag("  %s at %ju", a[i].name, (uintmax_t)a[i].at);
			return false;
		}
		for (j = 0; j < i; j++)
			if (a[i].at < a[j].at + a[j].size && a[j].at < a[i].at + a[i].size) {
				diag("  %s overlaps %s", a[i].name, a[j].name);
				return false;
			}
	}
	return true;
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool layout_is_good(uint32_t nr_cpus, uint32_t nr_tasks, uint32_t nr_events,
			   uint32_t nr_ring, uint32_t nr_decisions)
{
	struct scxu_shm_layout l;

	if (shm_layout(&l,
		       &(struct shm_sizes){ nr_cpus, nr_tasks, nr_events, nr_ring, nr_decisions }))
		return false;
	const struct area areas[] = {
		{ "shm", 0, sizeof(struct scxu_shm) },
		{ "cpus", l.cpus, sizeof(struct scxu_shm_cpu) * (nr_cpus + 1ULL) },
		{ "decisions", l.decisions,
		  sizeof(struct scxu_shm_decision) * (uint64_t)l.nr_decisions },
		{ "rings", l.rings, sizeof(struct scxu_shm_entry) * (uint64_t)l.nr_ring * nr_cpus },
		{ "events", l.events,
		  sizeof(struct scxu_shm_event) * (uint64_t)l.nr_events * (nr_cpus + 1ULL) },
		{ "tasks", l.tasks, sizeof(struct scxu_shm_task) * (uint64_t)l.nr_slots },
		{ "masks", l.masks, 8ULL * l.mask_words * l.nr_slots },
	};

	return l.nr_cpus == nr_cpus && l.nr_events == nr_events && l.mask_words * 64 >= nr_cpus &&
	       l.nr_slots >= nr_tasks && l.nr_slots < 2 * nr_tasks && is_power_of_two(l.nr_slots) &&
	       is_power_of_two(l.nr_ring) && is_power_of_two(l.nr_decisions) &&
	       (nr_ring ? l.nr_ring == nr_ring : l.nr_ring > 64) &&
	       (nr_decisions ? l.nr_decisions == nr_decisions : l.nr_decisions >= SCXU_MAX_BATCH) &&
	       areas_are_apart(areas, ARRAY_SIZE(areas), l.size);
}

static void test_layout(void)
{
	static const uint32_t nr_tasks[] = { 1, 64, 65, 1000, 8192, 8193, 1 << 20 };
	uint32_t nr_cpus, i, nr_bad = 0;
	struct scxu_shm_layout l;

	for (i = 0; i < ARRAY_SIZE(nr_tasks); i++) {
		for (nr_cpus = 1; nr_cpus <= 1024; nr_cpus++)
			nr_bad += !layout_is_good(nr_cpus, nr_tasks[i], nr_cpus % 2 * 1024, 0, 0);
		/* The kernel's own limit. */
		nr_bad += !layout_is_good(8192, nr_tasks[i], 1024, 0, 0);
		nr_bad += !layout_is_good(3, nr_tasks[i], 8, 8, 16);
	}
	is_int(nr_bad, 0, "layouts for 1 to 1024 and 8192 CPUs: aligned, apart, powers of two");
	is_int(shm_layout(&l, &(struct shm_sizes){ 8192, 64, 65536, 0, 0 }), -E2BIG,
	       "what an arena cannot hold is refused");
	is_int(offsetof(struct scxu_shm_cpu, head) % SCXU_CACHE_LINE, 0,
	       "what the process writes of a CPU has its own cache line");
	is_int(offsetof(struct scxu_shm, decision_head) % SCXU_CACHE_LINE, 0,
	       "what the kernel half writes has its own cache line");
}

static void test_allocation_failure(void)
{
	struct scxu_shm_layout layout;
	struct shm_view view;
	char base[1];

	shm_layout(&layout, &(struct shm_sizes){ 2, 64, 0, 0, 0 });
	fail_alloc = 1;
	is_int(shm_view_init(&view, &layout, base), -ENOMEM, "no memory for a view");
	is_int(fail_alloc, 0, "the allocation was tried");
	shm_view_destroy(&view);
	is_int(shm_view_init(&view, &layout, base), 0, "memory for a view");
	shm_view_destroy(&view);
	shm_view_destroy(&view);
}

/* The next task is whole and is this one. */
static bool next_is(struct kernel *k, uint32_t slot, uint32_t generation)
{
	struct scxu_task t = { 0 };
	unsigned int nr = shm_read_tasks(&k->view, &t, 1);

	if (nr == 1 && task_is_whole(&t) && t.slot == slot && t.generation == generation)
		return true;
	diag("  got %u tasks, slot %u, generation %u", nr, t.slot, t.generation);
	return false;
}

static bool is_empty(struct kernel *k)
{
	struct scxu_task t;

	return shm_read_tasks(&k->view, &t, 1) == 0;
}

static void test_order(void)
{
	static const uint32_t cpus[] = { 2, 0, 1, 1, 2, 0, 0, 2 };
	struct scxu_task t[ARRAY_SIZE(cpus)];
	unsigned int i, nr_bad = 0;
	struct kernel k;

	kernel_open(&k, 3, 16, 16, 0);
	ok(is_empty(&k) && !k.view.busy, "nothing to read at first, and the round is not busy");
	ok(!shm_pending(&k.view), "nothing is pending");
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		kernel_announce(&k, cpus[i], i);
	ok(shm_pending(&k.view), "announcements are pending");
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		nr_bad += !next_is(&k, i, 1);
	is_int(nr_bad, 0, "tasks of three rings come one by one in order of time");
	ok(k.view.busy, "the round is busy");
	ok(is_empty(&k) && !shm_pending(&k.view), "then nothing is left");

	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		kernel_announce(&k, cpus[i], i);
	is_int(shm_read_tasks(&k.view, t, 0), 0, "none asked for, none read");
	is_int(shm_read_tasks(&k.view, t, 3), 3, "a batch is full");
	is_int(shm_read_tasks(&k.view, t + 3, 8), 5, "a batch holds what is left");
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		nr_bad += t[i].slot != i || !task_is_whole(&t[i]) || t[i].enqueue_ns != 9 + i;
	is_int(nr_bad, 0, "batches come in order of time");
	kernel_close(&k);
}

static void test_snapshot(void)
{
	unsigned int i, nr_other = 0;
	struct scxu_task t;
	struct kernel k;

	kernel_open(&k, 2, 16, 16, 0);
	k.now_ns = 10;
	kernel_announce(&k, 0, 0);
	k.now_ns = 50;
	kernel_announce(&k, 1, 1);
	ok(next_is(&k, 0, 1), "a look at two rings begins");
	/* The time is taken before the entry is written: it may be older than what was there. */
	k.now_ns = 20;
	kernel_announce(&k, 0, 2);
	ok(next_is(&k, 1, 1), "a task announced after the look comes after those of the look");
	ok(next_is(&k, 2, 1), "in the next look");

	k.now_ns = 50;
	kernel_announce(&k, 1, 1);
	k.now_ns = 0;
	for (i = 0; i < 8; i++)
		kernel_announce(&k, 0, 2 + i);
	while (shm_read_tasks(&k.view, &t, 1) && t.slot != 1 && nr_other < 100) {
		kernel_announce(&k, 0, t.slot);
		nr_other++;
	}
	is_int(nr_other, 8, "a ring that never gets empty does not keep another one waiting");
	kernel_close(&k);
}

static void test_stale(void)
{
	struct kernel k;

	kernel_open(&k, 2, 16, 8, 0);
	kernel_announce(&k, 0, 3);
	kernel_announce(&k, 0, 4);
	kernel_announce(&k, 1, 3);
	ok(next_is(&k, 4, 1) && next_is(&k, 3, 2) && is_empty(&k),
	   "a task announced twice comes once, in the place of the second");

	kernel_announce(&k, 0, 3);
	kernel_announce(&k, 0, 4);
	kernel_announce(&k, 1, 5);
	ok(next_is(&k, 3, 3), "a look at three tasks begins");
	kernel_announce(&k, 1, 4);
	ok(next_is(&k, 5, 1) && next_is(&k, 4, 3) && is_empty(&k),
	   "a task announced again during the look comes in the next one");

	kernel_announce(&k, 0, 6);
	kernel_new_owner(&k, 6);
	ok(is_empty(&k), "a task that is no more does not come");
	is_int(k.view.cpus[0].head, k.tail[0], "and its entry is read");

	kernel_announce(&k, 0, 7);
	kernel_announce(&k, 1, 8);
	kernel_begin_record(&k, 7);
	ok(next_is(&k, 8, 1) && is_empty(&k), "a task whose record is being written is skipped");
	kernel_end_announce(&k, 1, 7);
	ok(next_is(&k, 7, 2) && is_empty(&k), "its announcement follows");
	kernel_close(&k);
}

static void test_full_ring(void)
{
	unsigned int nr_fit = 0, nr_bad = 0, i;
	struct kernel k;

	kernel_open(&k, 1, 64, 8, NEAR_WRAP);
	while (nr_fit < 64 && kernel_announce(&k, 0, nr_fit))
		nr_fit++;
	is_int(nr_fit, 8, "a ring of 8 holds 8");
	ok(next_is(&k, 0, 1), "all of them are announced");
	ok(kernel_announce(&k, 0, 8), "reading one makes room for one");
	for (i = 1; i < 9; i++)
		nr_bad += !next_is(&k, i, 1);
	is_int(nr_bad, 0, "a full ring whose counters go over 2^32 is read in order");
	ok(is_empty(&k), "and is empty then");

	for (i = 0; i < 8; i++)
		kernel_announce(&k, 0, 5);
	ok(!kernel_announce(&k, 0, 5) && next_is(&k, 5, 9) && is_empty(&k),
	   "of one task in all entries the last announcement counts");
	ok(kernel_announce(&k, 0, 5) && next_is(&k, 5, 10), "and the ring has room again");

	k.generation[6] = UINT32_MAX - 1;
	kernel_announce(&k, 0, 6);
	ok(next_is(&k, 6, UINT32_MAX), "the last generation before the wrap");
	kernel_announce(&k, 0, 6);
	ok(next_is(&k, 6, 1), "and the one after");
	kernel_close(&k);
}

static struct scxu_dispatch decision(uint32_t n)
{
	return (struct scxu_dispatch){
		.slot = n % 16,
		.generation = n + 100,
		.cpu = (int)n - 1,
		.slice_ns = n * 1000ULL,
		.vtime = UINT64_MAX - n,
		.cookie = n,
	};
}

/* The kernel half takes @nr decisions; return how many were not those from @first on. */
static unsigned int drain(struct kernel *k, uint32_t first, unsigned int nr)
{
	struct scxu_shm_decision got = { 0 };
	unsigned int nr_bad = 0;
	struct scxu_dispatch want;

	for (; nr--; first++) {
		want = decision(first);
		nr_bad += !kernel_take(k, &got) || got.slot != want.slot ||
			  got.generation != want.generation || got.cpu != want.cpu ||
			  got.slice_ns != want.slice_ns || got.vtime != want.vtime ||
			  got.cookie != want.cookie || got.how;
	}
	return nr_bad;
}

static void test_submit(void)
{
	struct scxu_dispatch d[40];
	struct kernel k;
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = decision(i);
	kernel_open(&k, 1, 16, 8, NEAR_WRAP);
	memset(k.view.decisions, 0xff, 8 * sizeof(*k.view.decisions));
	is_int(submit_all(&k, d, 0), 0, "no decision is given");
	ok(!k.view.busy, "the round is not busy");
	is_int(submit_all(&k, d, 5), 5, "five fit");
	ok(k.view.busy, "the round is busy");
	is_int(submit_all(&k, d + 5, 10), 3, "three more fit, over 2^32");
	is_int(submit_all(&k, d + 8, 1), 0, "then none");
	is_int(k.view.shm->decision_tail, (uint32_t)(NEAR_WRAP + 8), "the tail says so");
	is_int(drain(&k, 0, 3), 0, "the kernel half takes three");
	is_int(submit_all(&k, d + 8, 10), 3, "which makes room for three");
	is_int(drain(&k, 3, 8), 0, "the others come in order");
	is_int(submit_all(&k, d + 11, 29), 8, "an empty ring takes all it has room for");
	is_int(drain(&k, 11, 8), 0, "and they are right");
	kernel_close(&k);
}

static uint64_t next_cookie(struct kernel *k, uint32_t slot)
{
	struct scxu_task t = { .cookie = 12345 };

	kernel_announce(k, 0, slot);
	shm_read_tasks(&k->view, &t, 1);
	return t.slot == slot ? t.cookie : 54321;
}

static void test_cookie(void)
{
	struct scxu_dispatch d = { .slot = 3, .generation = 1, .cookie = 0xfedcba9876543210 };
	struct scxu_shm_decision taken;
	struct scxu_shm_task before[16];
	struct kernel k;

	kernel_open(&k, 1, 16, 8, 0);
	is_int(next_cookie(&k, 3), 0, "a new task has cookie 0");
	memcpy(before, k.view.tasks, sizeof(before));
	shm_submit(&k.view, &d);
	ok(!memcmp(before, k.view.tasks, sizeof(before)), "a decision leaves the records alone");
	kernel_take(&k, &taken);
	is_int(next_cookie(&k, 3), d.cookie, "a task comes with the cookie of its last decision");
	is_int(next_cookie(&k, 4), 0, "and its neighbour with its own");
	kernel_close(&k);
}

/* Each counter of each CPU has its own value; what is in the struct by name is 3000 * place + 3. */
static void count_up(struct kernel *k)
{
	uint64_t *counter;
	uint32_t cpu, i;

	for (cpu = 0; cpu < 3; cpu++) {
		counter = (uint64_t *)&k->view.cpus[cpu].nr;
		for (i = 0; i < sizeof(struct scxu_shm_counters) / sizeof(*counter); i++)
			counter[i] = 1000 * (i + 1) + cpu;
	}
}

#define SUM(member) (3000 * (offsetof(struct scxu_shm_counters, member) / 8 + 1) + 3)
#define is_sum(member) is_int(stats.member, SUM(member), #member " is the sum over all CPUs")

static void test_stats(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct kernel k;

	kernel_open(&k, 3, 16, 8, 0);
	count_up(&k);
	shm_read_stats(&k.view, &stats);
	is_sum(nr_enqueued);
	is_sum(nr_dispatched);
	is_sum(nr_stale);
	is_sum(nr_bounced);
	is_sum(nr_refused);
	is_sum(nr_kernel);
	is_sum(nr_idle_shortcut);
	is_sum(nr_fallback);
	is_sum(nr_ring_full);
	is_sum(nr_no_slot);
	is_sum(nr_rescued);
	is_sum(nr_starved);
	is_sum(nr_withdrawn);
	is_sum(nr_doorbells);
	is_sum(nr_events);
	is_sum(nr_events_lost);
	is_int(stats.nr_queued, 0, "nr_queued does not go below 0");
	is_int(stats.nr_cpus, 3, "nr_cpus");
	is_int(stats.nr_cpus_idle, 0, "nr_cpus_idle: none");
	kernel_close(&k);
}

static void test_stats_of_state(void)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	struct kernel k;

	kernel_open(&k, 3, 16, 8, 0);
	*k.view.shm = (struct scxu_shm){
		.nr_rounds = 11,
		.in_fallback = 1,
		.nr_fallbacks = 12,
		.fallback_ns = 13,
		.max_fallback_ns = 14,
		.nr_tasks = 15,
		.fallbacks[SCXU_FALLBACK_FROZEN] = { 16, 17, 18 },
	};
	k.view.cpus[0].idle = k.view.cpus[2].idle = 1;
	k.view.cpus[0].nr = (struct scxu_shm_counters){ .nr_enqueued = 40, .nr_rescued = 3 };
	k.view.cpus[1].nr = (struct scxu_shm_counters){ .nr_enqueued = 60, .nr_dispatched = 50 };
	k.view.cpus[2].nr = (struct scxu_shm_counters){ .nr_withdrawn = 7, .nr_stale = 500 };
	shm_read_stats(&k.view, &stats);
	is_int(stats.nr_queued, 40,
	       "nr_queued: enqueued, neither dispatched, rescued nor withdrawn");
	is_int(stats.nr_cpus_idle, 2, "nr_cpus_idle: two");
	is_int(stats.nr_rounds, 11, "nr_rounds");
	is_int(stats.in_fallback, 1, "in_fallback");
	is_int(stats.nr_fallbacks, 12, "nr_fallbacks");
	is_int(stats.fallback_ns, 13, "fallback_ns");
	is_int(stats.max_fallback_ns, 14, "max_fallback_ns");
	is_int(stats.nr_tasks, 15, "nr_tasks");
	ok(stats.nr_fallbacks_of[SCXU_FALLBACK_FROZEN] == 16 &&
		   stats.fallback_of_ns[SCXU_FALLBACK_FROZEN] == 17 &&
		   stats.max_fallback_of_ns[SCXU_FALLBACK_FROZEN] == 18 &&
		   !stats.nr_fallbacks_of[SCXU_FALLBACK_BUSY],
	   "fallbacks by cause");
	kernel_close(&k);
}

int main(void)
{
	test_layout();
	test_allocation_failure();
	test_order();
	test_snapshot();
	test_stale();
	test_full_ring();
	test_submit();
	test_cookie();
	test_stats();
	test_stats_of_state();
	return done_testing();
}
