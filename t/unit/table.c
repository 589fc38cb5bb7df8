// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/table.c, at last by a long random run next to an array. */
#include <errno.h>

#include "../../lib/internal.h"
#include "fail_alloc.h"
#include "naive.h"

#define NR_STEPS 10000000
#define NR_SLOTS 64

/* An odd size, so that entries which overlap are seen. */
struct entry {
	unsigned char byte[13];
};

static struct scxu s = { .nr_slots = NR_SLOTS };
static struct scxu_table table;

static bool is_filled(uint32_t slot, unsigned char byte)
{
	const struct entry *e = scxu_table_get(&table, slot);
	unsigned int i;

	for (i = 0; i < sizeof(e->byte); i++)
		if (e->byte[i] != byte)
			return false;
	return true;
}

static void fill(uint32_t slot, unsigned char byte)
{
	memset(scxu_table_get(&table, slot), byte, sizeof(struct entry));
}

static int claim(uint32_t slot, uint64_t id)
{
	return scxu_table_claim(&table, &(struct scxu_task){ .slot = slot, .id = id });
}

static void test_no_slots(const char *why)
{
	ok(!scxu_table_get(&table, 0), "no entry: %s", why);
	is_int(claim(0, 1), -EINVAL, "no slot to claim");
	scxu_table_free(&table);
}

static void test_init(void)
{
	int i;

	is_int(scxu_get_nr_slots(&s), NR_SLOTS, "number of slots");

	memset(&table, 0xff, sizeof(table));
	is_int(scxu_table_init(&table, &s, 0), -EINVAL, "a table of nothing");
	test_no_slots("an entry has a size");
	for (i = 1; i <= 2; i++) {
		memset(&table, 0xff, sizeof(table));
		fail_alloc = i;
		is_int(scxu_table_init(&table, &s, 8), -ENOMEM, "allocation %d fails", i);
		ok(!table.entries && !table.ids, "the other is freed");
		test_no_slots("no memory");
	}
	fail_alloc = 3;
	is_int(scxu_table_init(&table, &s, 8), 0, "there is no third");
	fail_alloc = 0;
	scxu_table_free(&table);
	test_no_slots("it was freed");
}

static void test_entries(void)
{
	unsigned int nr_zero = 0, nr_good = 0, i;

	is_int(scxu_table_init(&table, &s, sizeof(struct entry)), 0, "a table");
	for (i = 0; i < NR_SLOTS; i++)
		nr_zero += is_filled(i, 0);
	is_int(nr_zero, NR_SLOTS, "all entries are 0");
	for (i = 0; i < NR_SLOTS; i++)
		fill(i, i + 1);
	for (i = 0; i < NR_SLOTS; i++)
		nr_good += is_filled(i, i + 1);
	is_int(nr_good, NR_SLOTS, "each slot has its own");
	ok(!scxu_table_get(&table, NR_SLOTS), "a slot beyond the last");
	ok(!scxu_table_get(&table, UINT32_MAX), "far beyond");
	scxu_table_free(&table);
}

static void test_claim(void)
{
	scxu_table_init(&table, &s, sizeof(struct entry));
	is_int(claim(5, 100), 1, "the first task of a slot is new");
	fill(5, 1);
	is_int(claim(5, 100), 0, "once");
	is_int(claim(5, 101), 1, "the next one is too");
	ok(is_filled(5, 1), "the entry is as the last one left it");
	is_int(claim(5, 100), -ESTALE, "the last one is not the owner any more");
	is_int(claim(5, 101), 0, "the next one stays it");
	is_int(claim(6, 100), 1, "another slot is another matter");
	is_int(claim(5, 0), -EINVAL, "a task without id");
	is_int(claim(NR_SLOTS, 102), -EINVAL, "a slot beyond the last");
	is_int(claim(UINT32_MAX, 102), -EINVAL, "far beyond");
	is_int(claim(NR_SLOTS - 1, UINT64_MAX), 1, "the highest slot and id");
	is_int(claim(NR_SLOTS - 1, 1ULL << 32), -ESTALE, "an id has 64 bits");
	scxu_table_free(&table);
}

/* The random run. */

static uint64_t owner[NR_SLOTS];
static unsigned char content[NR_SLOTS];
static uint64_t last_id, nr_new, nr_same, nr_stale;

/* The owner of a slot, a later one, or one of the last thousand tasks anywhere. */
static uint64_t random_id(uint32_t slot)
{
	uint32_t dice = random_below(3);

	if (!dice)
		return ++last_id;
	return dice == 1 && owner[slot] ? owner[slot] : 1 + last_id - random_below(1000) % last_id;
}

static int model_claim(uint32_t slot, uint64_t id)
{
	if (owner[slot] > id) {
		nr_stale++;
		return -ESTALE;
	}
	if (owner[slot] == id) {
		nr_same++;
		return 0;
	}
	owner[slot] = id;
	nr_new++;
	return 1;
}

static bool step(void)
{
	uint32_t slot = random_below(NR_SLOTS);
	uint64_t id = random_id(slot);

	if (claim(slot, id) != model_claim(slot, id) || !is_filled(slot, content[slot]))
		return false;
	if (owner[slot] == id) {
		content[slot] = random_word();
		fill(slot, content[slot]);
	}
	slot = random_below(NR_SLOTS);
	return is_filled(slot, content[slot]);
}

static void test_random(void)
{
	unsigned int nr;

	scxu_table_init(&table, &s, sizeof(struct entry));
	random_seed();
	last_id = 1;
	for (nr = 0; nr < NR_STEPS && step(); nr++)
		;
	is_int(nr, NR_STEPS, "random steps that agree with an array");
	ok(nr_new && nr_same && nr_stale,
	   "all kinds of steps happened: %ju tasks were new, %ju were not, %ju were gone",
	   (uintmax_t)nr_new, (uintmax_t)nr_same, (uintmax_t)nr_stale);
	scxu_table_free(&table);
}

int main(void)
{
	test_init();
	test_entries();
	test_claim();
	test_random();
	return done_testing();
}
