// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/list.c, at last by a long random run next to an array. */
#include <errno.h>

#include "../../lib/internal.h"
#include "naive.h"

#define NR_STEPS 10000000
#define NR_LISTS 2
#define NR_ITEMS 12

/* The item is not the first member, so that scxu_container_of() has something to do. */
struct entry {
	unsigned int number;
	struct scxu_list_item item;
};

static struct scxu_list list[NR_LISTS];
static struct entry entry[NR_ITEMS];

static void clear(void)
{
	unsigned int i;

	memset(list, 0, sizeof(list));
	memset(entry, 0, sizeof(entry));
	for (i = 0; i < NR_ITEMS; i++)
		entry[i].number = i;
}

/* -1 if there is none */
static int number_of(struct scxu_list_item *item)
{
	return item ? (int)scxu_container_of(item, struct entry, item)->number : -1;
}

static void test_order(void)
{
	clear();
	ok(scxu_list_empty(&list[0]), "a list that is all 0 is empty");
	ok(!scxu_list_first(&list[0]) && !scxu_list_pop(&list[0]), "and gives nothing");
	is_int(list[0].nr, 0, "however often it is asked");

	is_int(scxu_list_push(&list[0], &entry[1].item), 0, "push");
	is_int(scxu_list_push(&list[0], &entry[2].item), 0, "push another");
	is_int(scxu_list_push_head(&list[0], &entry[0].item), 0, "push a third in front");
	is_int(list[0].nr, 3, "there are three");
	ok(!scxu_list_empty(&list[0]), "the list is not empty");
	is_int(number_of(scxu_list_first(&list[0])), 0, "the one in front is the first");
	is_int(number_of(scxu_list_pop(&list[0])), 0, "and comes out first");
	is_int(number_of(scxu_list_pop(&list[0])), 1, "then the others as they came");
	is_int(number_of(scxu_list_pop(&list[0])), 2, "to the last");
	ok(scxu_list_empty(&list[0]) && !list[0].last, "then the list is empty");
	is_int(scxu_list_push_head(&list[0], &entry[3].item), 0, "push in front of nothing");
	is_int(number_of(list[0].last), 3, "is push at the end of nothing");
}

static void test_errors(void)
{
	struct scxu_list_item before;

	clear();
	scxu_list_push(&list[0], &entry[0].item);
	scxu_list_push(&list[0], &entry[1].item);
	before = entry[0].item;
	is_int(scxu_list_push(&list[0], &entry[0].item), -EBUSY, "an item that is in");
	is_int(scxu_list_push_head(&list[0], &entry[0].item), -EBUSY, "also in front");
	is_int(scxu_list_push(&list[1], &entry[0].item), -EBUSY, "also into another list");
	is_int(scxu_list_push_head(&list[1], &entry[0].item), -EBUSY, "and in front there");
	ok(!memcmp(&before, &entry[0].item, sizeof(before)), "it stays where it is");
	is_int(list[0].nr + list[1].nr, 2, "and is not counted again");
	is_int(scxu_list_remove(&entry[2].item), -ENOENT, "an item that never was in");
	is_int(scxu_list_remove(&entry[0].item), 0, "one that is in comes out");
	is_int(scxu_list_remove(&entry[0].item), -ENOENT, "once");
	scxu_list_pop(&list[0]);
	is_int(scxu_list_remove(&entry[1].item), -ENOENT, "nor does one that was popped");
	is_int(scxu_list_push(&list[1], &entry[0].item), 0, "and may go to another list");
	is_int(list[1].nr, 1, "which counts it");
}

/* The random run. */

static struct naive model[NR_LISTS];
static int where[NR_ITEMS]; /* -1 = in no list */
static uint64_t nr_busy, nr_absent, nr_empty, nr_full;

static bool step_push(unsigned int l, unsigned int i)
{
	bool head = random_below(4) == 0;
	int err = head ? scxu_list_push_head(&list[l], &entry[i].item) :
			 scxu_list_push(&list[l], &entry[i].item);

	if (where[i] >= 0) {
		nr_busy++;
		return err == -EBUSY;
	}
	naive_insert(&model[l], head ? 0 : model[l].nr, i);
	where[i] = l;
	return !err;
}

static bool step_pop(unsigned int l)
{
	int first = model[l].nr ? (int)model[l].member[0] : -1;

	if (first >= 0) {
		naive_remove(&model[l], first);
		where[first] = -1;
	}
	nr_empty += first < 0;
	return number_of(scxu_list_pop(&list[l])) == first;
}

static bool step_remove(unsigned int i)
{
	int err = scxu_list_remove(&entry[i].item);

	if (where[i] < 0) {
		nr_absent++;
		return err == -ENOENT;
	}
	naive_remove(&model[where[i]], i);
	where[i] = -1;
	return !err;
}

/* The same from the first to the last, and from the last to the first. */
static bool same(unsigned int l)
{
	struct scxu_list_item *item = scxu_list_first(&list[l]), *prev = NULL;
	unsigned int i;

	for (i = 0; i < model[l].nr; i++) {
		if (item != &entry[model[l].member[i]].item || item->prev != prev ||
		    item->list != &list[l])
			return false;
		prev = item;
		item = item->next;
	}
	return !item && list[l].last == prev && list[l].nr == model[l].nr &&
	       scxu_list_empty(&list[l]) == !model[l].nr;
}

/* Each step is more likely to push for a while, then more likely to take out. */
static bool step(unsigned int nr)
{
	unsigned int l = random_below(NR_LISTS), i = random_below(NR_ITEMS);
	uint32_t dice = random_below(100);
	bool good;

	if (dice < (nr & 1024 ? 75 : 25))
		good = step_push(l, i);
	else if (dice % 2)
		good = step_pop(l);
	else
		good = step_remove(i);
	nr_full += model[0].nr + model[1].nr == NR_ITEMS;
	return good && same(0) && same(1);
}

static void test_random(void)
{
	unsigned int nr;

	clear();
	memset(where, -1, sizeof(where));
	random_seed();
	for (nr = 0; nr < NR_STEPS && step(nr); nr++)
		;
	is_int(nr, NR_STEPS, "random steps that agree with an array");
	ok(nr_busy && nr_absent && nr_empty && nr_full,
	   "all kinds of steps happened: %ju items were in, %ju were not, %ju times a list was "
	   "empty, %ju times all were in",
	   (uintmax_t)nr_busy, (uintmax_t)nr_absent, (uintmax_t)nr_empty, (uintmax_t)nr_full);
}

int main(void)
{
	test_order();
	test_errors();
	test_random();
	return done_testing();
}
