// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/heap.c, at last by a long random run next to a sorted array. */
#include <errno.h>

#include "../../lib/internal.h"
#include "fail_alloc.h"
#include "naive.h"

#define NR_STEPS 10000000
#define NR_HEAPS 2
#define NR_ITEMS 60
#define NR_MANY 5000

/* The item is not the first member, so that scxu_container_of() has something to do. */
struct entry {
	unsigned int number;
	struct scxu_heap_item item;
};

static const uint32_t capacity[NR_HEAPS] = { 20, 30 };

static struct scxu_heap heap[NR_HEAPS];
static struct entry entry[NR_ITEMS];
static struct scxu_heap_item many[NR_MANY];

static void start(void)
{
	unsigned int i;

	memset(entry, 0, sizeof(entry));
	for (i = 0; i < NR_ITEMS; i++)
		entry[i].number = i;
	for (i = 0; i < NR_HEAPS; i++)
		if (scxu_heap_init(&heap[i], capacity[i]))
			bail("no memory");
}

static void stop(void)
{
	scxu_heap_free(&heap[0]);
	scxu_heap_free(&heap[1]);
}

/* -1 if there is none */
static int number_of(struct scxu_heap_item *item)
{
	return item ? (int)scxu_container_of(item, struct entry, item)->number : -1;
}

static int push(unsigned int i, uint64_t key)
{
	return scxu_heap_push(&heap[0], &entry[i].item, key);
}

static int pop(void)
{
	return number_of(scxu_heap_pop(&heap[0]));
}

static void test_init(void)
{
	struct scxu_heap h;

	memset(&h, 0xff, sizeof(h));
	is_int(scxu_heap_init(&h, 0), -EINVAL, "a heap for nothing");
	is_int(scxu_heap_push(&h, &many[0], 1), -ENOSPC, "has no room");
	memset(&h, 0xff, sizeof(h));
	fail_alloc = 1;
	is_int(scxu_heap_init(&h, 4), -ENOMEM, "no memory");
	is_int(scxu_heap_push(&h, &many[0], 1), -ENOSPC, "is no room either");
	ok(!scxu_heap_first(&h) && !scxu_heap_pop(&h) && scxu_heap_empty(&h), "nothing is in");
	scxu_heap_free(&h);

	is_int(scxu_heap_init(&h, 1), 0, "the smallest heap");
	is_int(scxu_heap_push(&h, &many[0], 1), 0, "has room for one");
	is_int(scxu_heap_push(&h, &many[1], 1), -ENOSPC, "and no more");
	ok(scxu_heap_pop(&h) == &many[0] && !scxu_heap_pop(&h), "which comes out");
	is_int(scxu_heap_push(&h, &many[1], 1), 0, "then there is room again");
	scxu_heap_free(&h);
	is_int(scxu_heap_push(&h, &many[0], 1), -ENOSPC, "but none once it is freed");
	ok(scxu_heap_empty(&h), "nor is anything in");
	scxu_heap_free(&h);
}

static void test_order(void)
{
	start();
	ok(scxu_heap_empty(&heap[0]), "a new heap is empty");
	push(0, 30);
	push(1, 10);
	push(2, 20);
	push(3, 10);
	push(4, 10);
	is_int(heap[0].nr, 5, "five items are in");
	ok(!scxu_heap_empty(&heap[0]), "the heap is not empty");
	is_int(number_of(scxu_heap_first(&heap[0])), 1, "the first has the least key");
	is_int(pop(), 1, "and comes out first");
	is_int(entry[1].item.key, 10, "its key can be read then");
	is_int(pop(), 3, "equal keys come in the order of insertion");
	is_int(pop(), 4, "all of them");
	is_int(pop(), 2, "then the next key");
	is_int(pop(), 0, "to the highest");
	is_int(pop(), -1, "then there is none");
	is_int(heap[0].nr, 0, "however often it is asked");
	stop();
}

static void test_wrap(void)
{
	start();
	push(0, 5);
	push(1, UINT64_MAX - 5);
	push(2, 0);
	push(3, UINT64_MAX);
	ok(pop() == 1 && pop() == 3 && pop() == 2 && pop() == 0, "keys may wrap");
	push(0, (1ULL << 63) + 1);
	push(1, (1ULL << 63) - 1);
	push(2, 1ULL << 63);
	ok(pop() == 1 && pop() == 2 && pop() == 0, "and pass the middle");
	push(0, 0);
	push(1, (1ULL << 63) - 1);
	ok(pop() == 0 && pop() == 1, "the largest distance");
	push(0, 1ULL << 63);
	push(1, 1);
	ok(pop() == 1 && pop() == 0, "whichever came first");
	stop();
}

static void test_errors(void)
{
	struct scxu_heap_item before;
	unsigned int i;

	start();
	push(0, 10);
	before = entry[0].item;
	is_int(push(0, 20), -EBUSY, "an item that is in");
	is_int(scxu_heap_push(&heap[1], &entry[0].item, 20), -EBUSY, "also into another heap");
	ok(!memcmp(&before, &entry[0].item, sizeof(before)), "it stays as it is");
	is_int(heap[0].nr + heap[1].nr, 1, "and is not counted again");
	is_int(scxu_heap_remove(&entry[1].item), -ENOENT, "an item that never was in");
	is_int(scxu_heap_update(&entry[1].item, 5), -ENOENT, "has no key to change");
	is_int(scxu_heap_remove(&entry[0].item), 0, "one that is in comes out");
	is_int(scxu_heap_remove(&entry[0].item), -ENOENT, "once");
	is_int(scxu_heap_push(&heap[1], &entry[0].item, 20), 0, "and may go to another heap");
	scxu_heap_pop(&heap[1]);
	is_int(scxu_heap_remove(&entry[0].item), -ENOENT, "one that was popped is out");
	is_int(scxu_heap_update(&entry[0].item, 5), -ENOENT, "and its key stays");
	is_int(entry[0].item.key, 20, "as it was");

	for (i = 0; i < capacity[0]; i++)
		push(i, i);
	is_int(heap[0].nr, capacity[0], "the heap is full");
	is_int(push(i, 0), -ENOSPC, "another item");
	is_int(push(0, 0), -EBUSY, "one that is in");
	is_int(scxu_heap_remove(&entry[i].item), -ENOENT, "what did not fit is not in");
	is_int(scxu_heap_update(&entry[0].item, 100), 0, "a key can be changed all the same");
	ok(pop() == 1 && !push(i, 0) && pop() == (int)i, "and room is made by taking one out");
	stop();
}

static void test_update(void)
{
	start();
	push(0, 10);
	push(1, 20);
	push(2, 30);
	is_int(scxu_heap_update(&entry[2].item, 5), 0, "a key becomes the least");
	is_int(number_of(scxu_heap_first(&heap[0])), 2, "its item the first");
	scxu_heap_update(&entry[2].item, 25);
	is_int(number_of(scxu_heap_first(&heap[0])), 0, "a key becomes greater");
	scxu_heap_update(&entry[0].item, 10);
	is_int(number_of(scxu_heap_first(&heap[0])), 0, "a key stays");
	scxu_heap_update(&entry[0].item, 25);
	is_int(pop(), 1, "a key becomes equal to another");
	is_int(pop(), 2, "its item goes behind that");
	is_int(pop(), 0, "as if it had been put in again");
	stop();
}

static unsigned int step_far_apart(bool *in, unsigned int i)
{
	switch (random_below(4)) {
	case 0:
		if (scxu_heap_remove(&entry[i].item) != (in[i] ? 0 : -ENOENT))
			return 1;
		in[i] = false;
		return 0;
	case 1:
		return scxu_heap_update(&entry[i].item, random_word()) != (in[i] ? 0 : -ENOENT);
	default:
		in[i] |= !push(i, random_word());
		return 0;
	}
}

/* Wrong use: the order is lost, but no item. */
static void test_far_apart(void)
{
	bool in[NR_ITEMS] = { false };
	unsigned int nr_bad = 0, nr;
	int first;

	start();
	for (nr = 1; nr <= 1000000; nr++) {
		nr_bad += step_far_apart(in, random_below(NR_ITEMS));
		while (nr % 100 == 0 && (first = pop()) >= 0) {
			nr_bad += !in[first];
			in[first] = false;
		}
		nr_bad += nr % 100 == 0 && memchr(in, true, sizeof(in));
	}
	is_int(nr_bad, 0, "keys that are too far apart lose and double no item");
	stop();
}

/* More levels than the random run has. */
static void test_many(void)
{
	struct scxu_heap_item *item;
	uint32_t nr = 0, i;
	uint64_t last = 0;

	memset(many, 0, sizeof(many));
	if (scxu_heap_init(&heap[0], NR_MANY))
		bail("no memory");
	for (i = 0; i < NR_MANY; i++)
		scxu_heap_push(&heap[0], &many[i], random_below(NR_MANY));
	for (i = 0; i < NR_MANY; i += 2)
		scxu_heap_update(&many[i], random_below(NR_MANY));
	for (i = 0; i < NR_MANY; i += 5)
		scxu_heap_remove(&many[i]);
	while ((item = scxu_heap_pop(&heap[0])) && item->key >= last) {
		last = item->key;
		nr++;
	}
	is_int(nr, NR_MANY - NR_MANY / 5, "many items come out in order");
	scxu_heap_free(&heap[0]);
}

/* The random run. The model is sorted by how far a key is from one that is before all. */

static struct naive model[NR_HEAPS];
static int where[NR_ITEMS]; /* -1 = in no heap */
static uint64_t now, nr_busy, nr_absent, nr_empty, nr_full, nr_wraps;

static uint64_t distance(unsigned int i)
{
	return entry[i].item.key - (now - (1ULL << 62));
}

/* Behind those that are not after it. */
static void model_insert(unsigned int h, unsigned int i)
{
	unsigned int place = 0;

	while (place < model[h].nr && distance(model[h].member[place]) <= distance(i))
		place++;
	naive_insert(&model[h], place, i);
	where[i] = h;
}

static void model_remove(unsigned int i)
{
	naive_remove(&model[where[i]], i);
	where[i] = -1;
}

/* Few different keys, so that many are equal; time goes on slowly, and by leaps over nothing. */
static uint64_t random_key(void)
{
	uint64_t before = now;

	if (!model[0].nr && !model[1].nr)
		now += random_word() >> 2;
	else if (!random_below(16))
		now++;
	nr_wraps += now < before;
	return now + random_below(32);
}

static bool step_push(unsigned int h, unsigned int i)
{
	int err = scxu_heap_push(&heap[h], &entry[i].item, random_key());

	if (where[i] >= 0) {
		nr_busy++;
		return err == -EBUSY;
	}
	if (model[h].nr == capacity[h]) {
		nr_full++;
		return err == -ENOSPC;
	}
	model_insert(h, i);
	return !err;
}

static bool step_pop(unsigned int h)
{
	int first = model[h].nr ? (int)model[h].member[0] : -1;

	if (first >= 0)
		model_remove(first);
	nr_empty += first < 0;
	return number_of(scxu_heap_pop(&heap[h])) == first;
}

static bool step_remove(unsigned int i)
{
	int err = scxu_heap_remove(&entry[i].item);

	if (where[i] < 0) {
		nr_absent++;
		return err == -ENOENT;
	}
	model_remove(i);
	return !err;
}

static bool step_update(unsigned int i)
{
	uint64_t key = random_key();
	int err = scxu_heap_update(&entry[i].item, key), h = where[i];

	if (h < 0)
		return err == -ENOENT;
	model_remove(i);
	model_insert(h, i);
	return !err && entry[i].item.key == key;
}

static bool same(unsigned int h)
{
	int first = model[h].nr ? (int)model[h].member[0] : -1;

	return number_of(scxu_heap_first(&heap[h])) == first && heap[h].nr == model[h].nr &&
	       scxu_heap_empty(&heap[h]) == !model[h].nr;
}

/* Each step is more likely to push for a while, then more likely to take out. */
static bool step(unsigned int nr)
{
	unsigned int h = random_below(NR_HEAPS), i = random_below(NR_ITEMS);
	uint32_t dice = random_below(100);
	bool good;

	if (dice < (nr & 1024 ? 60 : 20))
		good = step_push(h, i);
	else if (dice % 3 == 0)
		good = step_pop(h);
	else if (dice % 3 == 1)
		good = step_remove(i);
	else
		good = step_update(i);
	return good && same(0) && same(1);
}

static void test_random(void)
{
	unsigned int nr;

	start();
	memset(where, -1, sizeof(where));
	for (nr = 0; nr < NR_STEPS && step(nr); nr++)
		;
	is_int(nr, NR_STEPS, "random steps that agree with a sorted array");
	ok(nr_busy && nr_absent && nr_empty && nr_full && nr_wraps,
	   "all kinds of steps happened: %ju items were in, %ju were not, %ju times a heap was "
	   "empty, %ju times full, %ju times keys wrapped",
	   (uintmax_t)nr_busy, (uintmax_t)nr_absent, (uintmax_t)nr_empty, (uintmax_t)nr_full,
	   (uintmax_t)nr_wraps);
	stop();
}

int main(void)
{
	random_seed();
	test_init();
	test_order();
	test_wrap();
	test_errors();
	test_update();
	test_far_apart();
	test_many();
	test_random();
	return done_testing();
}
