// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of lib/shm.c: a long random run, compared at each step with a model too simple to be wrong.
 *
 * The model of a look at the rings is a list of all that is announced, ordered by time. A read takes
 * the first of the list that is still true; when there is none it makes a new list.
 *
 * An argument is the seed of the random numbers.
 */
#include "kernel_half.h"

#define NR_STEPS 2000000
#define NR_CPUS 4
#define NR_SLOTS 32
#define NR_RING 16
#define NR_BATCH 5

struct announcement {
	uint32_t cpu, slot, generation;
	uint64_t enqueue_ns;
};

static struct kernel k;

/*
 * The model. Announcements in order of time, those of the present look first. Old ones stay longer
 * than in the rings, at most for a look.
 */
static struct announcement announced[2 * NR_CPUS * NR_RING];
static unsigned int nr_announced, nr_look;
static uint32_t current[NR_SLOTS]; /* generation that is true, 0 = none */
static uint32_t pending[NR_SLOTS]; /* generation without an answer */
static uint64_t cookie[NR_SLOTS];
static struct scxu_dispatch decided[NR_RING];
static unsigned int nr_decided;

static uint64_t nr_read, nr_full, nr_stale, nr_refused;
static uint64_t seed = 1;

/* xorshift64* */
static uint32_t random_below(uint32_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (seed * 0x2545f4914f6cdd1dULL >> 32) % n;
}

static bool fails(const char *what)
{
	diag("  %s: step with seed %ju", what, (uintmax_t)seed);
	return false;
}

static bool step_announce(void)
{
	uint32_t cpu = random_below(NR_CPUS), slot = random_below(NR_SLOTS);

	if (!kernel_announce(&k, cpu, slot)) {
		nr_full++;
		return true;
	}
	if (nr_announced == ARRAY_SIZE(announced))
		return fails("more in the rings than they hold");
	announced[nr_announced++] = (struct announcement){
		.cpu = cpu,
		.slot = slot,
		.generation = k.generation[slot],
		.enqueue_ns = k.now_ns,
	};
	current[slot] = pending[slot] = k.generation[slot];
	return true;
}

static bool step_new_owner(void)
{
	uint32_t slot = random_below(NR_SLOTS);

	kernel_new_owner(&k, slot);
	current[slot] = pending[slot] = 0;
	cookie[slot] = 0;
	return true;
}

/* What the model reads next; false if there is nothing. */
static bool model_read(struct announcement *a)
{
	bool is_true = false;

	while (!is_true && nr_announced) {
		if (!nr_look)
			nr_look = nr_announced;
		*a = announced[0];
		memmove(announced, announced + 1, --nr_announced * sizeof(*announced));
		nr_look--;
		is_true = current[a->slot] == a->generation;
		nr_stale += !is_true;
	}
	return is_true;
}

static bool step_read(void)
{
	unsigned int nr = 1 + random_below(NR_BATCH), nr_got, i;
	struct scxu_task t[NR_BATCH];
	struct announcement a;

	nr_got = shm_read_tasks(&k.view, t, nr);
	nr_read += nr_got;
	for (i = 0; i < nr && model_read(&a); i++) {
		if (i == nr_got)
			return fails("a task was not read");
		if (t[i].slot != a.slot || t[i].generation != a.generation)
			return fails("another task was read");
		if (!task_is_whole(&t[i]) || t[i].enqueue_ns != a.enqueue_ns)
			return fails("a task is not whole");
		if (t[i].cookie != cookie[a.slot])
			return fails("a cookie is wrong");
	}
	return i == nr_got || fails("a task was read that is not there");
}

/* Decisions for what is true, and for what is long past. */
static bool step_submit(void)
{
	struct scxu_dispatch d[NR_BATCH] = { 0 };
	unsigned int nr = random_below(NR_BATCH + 1), nr_taken, i;

	for (i = 0; i < nr; i++) {
		d[i] = (struct scxu_dispatch){
			.slot = random_below(NR_SLOTS),
			.cpu = (int)random_below(NR_CPUS) - 1,
			.slice_ns = random_below(UINT32_MAX),
			.vtime = random_below(UINT32_MAX),
			.cookie = 1 + random_below(UINT32_MAX),
		};
		d[i].generation = k.generation[d[i].slot] - random_below(2);
		d[i].generation += !d[i].generation;
	}
	nr_taken = submit_all(&k, d, nr);
	if (nr_taken != (nr < NR_RING - nr_decided ? nr : NR_RING - nr_decided))
		return fails("decisions that fit");
	nr_refused += nr - nr_taken;
	memcpy(decided + nr_decided, d, nr_taken * sizeof(*d));
	nr_decided += nr_taken;
	return true;
}

/* The first decision for what is announced gives the task its cookie. */
static void model_take(const struct scxu_dispatch *d)
{
	if (pending[d->slot] != d->generation)
		return;
	pending[d->slot] = 0;
	cookie[d->slot] = d->cookie;
}

static bool step_drain(void)
{
	uint32_t nr = random_below(nr_decided + 1), i;
	struct scxu_shm_decision got;

	for (i = 0; i < nr; i++) {
		if (!kernel_take(&k, &got))
			return fails("a decision is missing");
		if (got.slot != decided[i].slot || got.generation != decided[i].generation ||
		    got.cpu != decided[i].cpu || got.slice_ns != decided[i].slice_ns ||
		    got.vtime != decided[i].vtime || got.cookie != decided[i].cookie || got.how)
			return fails("a decision is wrong");
		model_take(&decided[i]);
	}
	nr_decided -= nr;
	memmove(decided, decided + nr, nr_decided * sizeof(*decided));
	return true;
}

static bool step(void)
{
	uint32_t dice = random_below(100);

	if (dice < 65)
		return step_announce();
	if (dice < 80)
		return step_read();
	if (dice < 82)
		return step_new_owner();
	if (dice < 92)
		return step_submit();
	return step_drain();
}

static bool read_rest(void)
{
	while (nr_announced)
		if (!step_read())
			return false;
	return step_read() && !shm_pending(&k.view) &&
	       k.view.shm->decision_tail - k.view.shm->decision_head == nr_decided;
}

int main(int argc, char **argv)
{
	uint32_t i;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (!seed)
		bail("seed \"%s\": want a number from 1", argv[1]);
	kernel_open(&k, NR_CPUS, NR_SLOTS, NR_RING, UINT32_MAX - 1000);
	for (i = 0; i < NR_SLOTS; i++)
		k.generation[i] = UINT32_MAX - 1000;
	for (i = 0; i < NR_STEPS && step(); i++)
		;
	is_int(i, NR_STEPS, "random steps that agree with the model");
	ok(read_rest(), "the rest agrees, and nothing is left");
	ok(nr_read > NR_STEPS / 10 && nr_stale && nr_full && nr_refused,
	   "all kinds of steps happened: %ju tasks read, %ju out of date, %ju times a ring was full, "
	   "%ju decisions did not fit",
	   (uintmax_t)nr_read, (uintmax_t)nr_stale, (uintmax_t)nr_full, (uintmax_t)nr_refused);
	kernel_close(&k);
	return done_testing();
}
