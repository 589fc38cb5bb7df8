// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of lib/shm_read.c: events between the announcements, compared in a long random run with a
 * model too simple to be wrong.
 *
 * The model of a look at the rings is a list of all that was published, in the order of its
 * numbers. What found no room is told when a look begins, before all else.
 *
 * An argument is the seed of the random numbers.
 */
#include "kernel_half.h"

#define NR_STEPS 1000000
#define NR_CPUS 3
#define NR_SLOTS 16
#define NR_RING 16
#define NR_EVENTS 8
#define NR_BATCH 5
#define NR_TYPES 5

/* An announcement or, with a type, an event. */
struct item {
	uint32_t type, ring, slot, generation;
	uint64_t seq;
};

static struct kernel k;

static struct item items[2 * (NR_CPUS + 1) * (NR_RING + NR_EVENTS)];
static unsigned int nr_items, nr_look;
static uint64_t nr_untold; /* losses */
static uint32_t current[NR_SLOTS];
static uint32_t room[NR_CPUS + 1]; /* for events */
static uint64_t nr_read, nr_stale, nr_lost, nr_dropped;
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

static void add_item(uint32_t type, uint32_t ring, uint32_t slot)
{
	items[nr_items++] = (struct item){
		.type = type,
		.ring = ring,
		.slot = slot,
		.generation = k.generation[slot],
		.seq = k.view.shm->event_seq - 1,
	};
}

static bool step_announce(void)
{
	uint32_t cpu = random_below(NR_CPUS), slot = random_below(NR_SLOTS);

	if (!kernel_announce(&k, cpu, slot))
		return true;
	if (nr_items == ARRAY_SIZE(items))
		return fails("more in the rings than they hold");
	current[slot] = k.generation[slot];
	add_item(0, cpu, slot);
	return true;
}

/* Each member is made from the number. */
static struct scxu_shm_event made_event(uint32_t type, uint32_t slot, uint64_t seq)
{
	return (struct scxu_shm_event){
		.time_ns = seq * 3,
		.type = type,
		.cpu = mark(slot, seq, 20),
		.slot = slot,
		.generation = k.generation[slot],
		.pid = mark(slot, seq, 21),
		.tgid = mark(slot, seq, 22),
		.task_cpu = mark(slot, seq, 23),
		.weight = mark(slot, seq, 24),
		.exec_ns = mark(slot, seq, 25),
		.cookie = mark(slot, seq, 26),
		.id = mark(slot, seq, 27),
		.value = { mark(slot, seq, 28), mark(slot, seq, 29), mark(slot, seq, 30),
			   mark(slot, seq, 31) },
	};
}

static bool event_is_whole(const struct scxu_event *ev)
{
	struct scxu_shm_event want = made_event(ev->type, ev->task.slot, ev->seq);
	const struct scxu_task *t = &ev->task;

	return ev->time_ns == want.time_ns && ev->cpu == want.cpu && t->pid == want.pid &&
	       t->tgid == want.tgid && t->cpu == want.task_cpu && t->weight == want.weight &&
	       t->exec_ns == want.exec_ns && t->cookie == want.cookie && t->id == want.id &&
	       !memcmp(ev->value, want.value, sizeof(want.value));
}

static bool step_event(void)
{
	uint32_t ring = random_below(NR_CPUS + 1), slot = random_below(NR_SLOTS);
	uint32_t type = 1 + random_below(NR_TYPES);
	struct scxu_shm_event ev = made_event(type, slot, k.view.shm->event_seq);

	if (kernel_event(&k, ring, &ev) != (room[ring] > 0))
		return fails("an event fits, or does not");
	if (!room[ring]) {
		nr_untold++;
		return true;
	}
	room[ring]--;
	if (nr_items == ARRAY_SIZE(items))
		return fails("more in the rings than they hold");
	add_item(type, ring, slot);
	return true;
}

static bool step_new_owner(void)
{
	uint32_t slot = random_below(NR_SLOTS);

	kernel_new_owner(&k, slot);
	current[slot] = 0;
	return true;
}

/* What the model reads next; false if there is nothing. A loss has no number. */
static bool model_read(struct item *it)
{
	for (;;) {
		if (!nr_look) {
			nr_look = nr_items;
			*it = (struct item){ .type = SCXU_EVENT_LOST, .seq = nr_untold };
			nr_untold = 0;
			if (it->seq)
				return true;
			if (!nr_items)
				return false;
		}
		*it = items[0];
		memmove(items, items + 1, --nr_items * sizeof(*items));
		nr_look--;
		if (it->type) {
			room[it->ring]++;
			return true;
		}
		if (current[it->slot] == it->generation)
			return true;
		nr_stale++;
	}
}

static bool is_item(const struct scxu_event *ev, const struct item *it)
{
	if (ev->type != it->type)
		return fails("another type was read");
	if (it->type == SCXU_EVENT_LOST) {
		nr_lost += it->seq;
		return ev->value[0] == it->seq || fails("as many were lost");
	}
	if (ev->seq != it->seq || ev->task.slot != it->slot ||
	    ev->task.generation != it->generation)
		return fails("another event was read");
	if (it->type)
		return event_is_whole(ev) || fails("an event is not whole");
	return (task_is_whole(&ev->task) && ev->cpu == (int)it->ring &&
		ev->time_ns == ev->task.enqueue_ns) ||
	       fails("a task is not whole");
}

static bool step_read(void)
{
	unsigned int nr = 1 + random_below(NR_BATCH), nr_got, i;
	struct scxu_event ev[NR_BATCH];
	struct item it;

	nr_got = shm_read_events(&k.view, ev, nr);
	nr_read += nr_got;
	for (i = 0; i < nr && model_read(&it); i++) {
		if (i == nr_got)
			return fails("an event was not read");
		if (!is_item(&ev[i], &it))
			return false;
	}
	return i == nr_got || fails("an event was read that is not there");
}

/* Announcements stay. */
static bool step_drop(void)
{
	unsigned int i, nr = 0;

	shm_drop_events(&k.view);
	for (i = 0; i < nr_items; i++) {
		if (items[i].type)
			room[items[i].ring]++;
		else
			items[nr++] = items[i];
	}
	nr_dropped += nr_items - nr;
	nr_items = nr;
	nr_look = 0;
	nr_untold = 0;
	return true;
}

static bool step(void)
{
	uint32_t dice = random_below(1000);

	if (dice < 400)
		return step_announce();
	if (dice < 780)
		return step_event();
	if (dice < 980)
		return step_read();
	if (dice < 998)
		return step_new_owner();
	return step_drop();
}

static void test_random(void)
{
	uint32_t i;

	kernel_open_events(&k, NR_CPUS, NR_SLOTS, NR_RING, NR_EVENTS, UINT32_MAX - 1000);
	for (i = 0; i < NR_SLOTS; i++)
		k.generation[i] = UINT32_MAX - 1000;
	for (i = 0; i <= NR_CPUS; i++)
		room[i] = NR_EVENTS;
	for (i = 0; i < NR_STEPS && step(); i++)
		;
	is_int(i, NR_STEPS, "random steps that agree with the model");
	while (nr_items && step_read())
		;
	ok(step_read() && step_read() && !shm_pending(&k.view),
	   "the rest agrees, and nothing is left");
	ok(nr_read > NR_STEPS / 10 && nr_stale && nr_lost && nr_dropped,
	   "all kinds of steps happened: %ju read, %ju out of date, %ju lost, %ju dropped",
	   (uintmax_t)nr_read, (uintmax_t)nr_stale, (uintmax_t)nr_lost, (uintmax_t)nr_dropped);
	kernel_close(&k);
}

static void test_pending(void)
{
	struct scxu_shm_event what = { .type = SCXU_EVENT_SLEEP };
	struct scxu_event ev;

	kernel_open_events(&k, 2, 16, 16, 4, 0);
	ok(!shm_pending(&k.view) && !shm_read_events(&k.view, &ev, 1), "at first nothing waits");
	kernel_event(&k, 2, &what);
	ok(shm_pending(&k.view), "an event waits, in the ring of no CPU");
	ok(shm_read_events(&k.view, &ev, 1) == 1 && !shm_pending(&k.view), "it is read");
	kernel_close(&k);
}

static void test_snapshot_of_slots(void)
{
	struct scxu_task t;

	kernel_open_events(&k, 1, 16, 16, 4, 0);
	ok(!shm_read_slot(&k.view, 3, &t), "a slot without a task");
	kernel_fill_record(&k, 3, 0);
	store_mb(&k.view.tasks[3].id, 77);
	store(&k.view.tasks[3].kind, SCXU_KIND_KTHREAD);
	ok(!shm_read_slot(&k.view, 3, &t), "one with a task that is not ours");
	store(&k.view.tasks[3].kind, SCXU_KIND_OURS);
	ok(shm_read_slot(&k.view, 3, &t) && t.id == 77 && t.slot == 3 && !t.generation &&
		   task_is_whole(&t),
	   "a task that was never enqueued");
	kernel_announce(&k, 0, 3);
	ok(shm_read_slot(&k.view, 3, &t) && t.generation == 1 && task_is_whole(&t), "one that was");
	ok(!(t.flags & SCXU_TASK_KTHREAD) == !(mark(3, 1, 4) & SCXU_TASK_KTHREAD),
	   "its flags are its own");
	store(&k.view.tasks[3].flags, 0);
	store(&k.view.tasks[3].kind, SCXU_KIND_OURS | SCXU_KIND_KTHREAD);
	ok(shm_read_slot(&k.view, 3, &t) && t.flags == SCXU_TASK_KTHREAD,
	   "a kernel thread says so");
	kernel_close(&k);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (!seed)
		bail("seed \"%s\": want a number from 1", argv[1]);
	test_pending();
	test_snapshot_of_slots();
	test_random();
	return done_testing();
}
