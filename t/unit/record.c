// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/record_*.c: what is put comes out again, what has no room is counted and leaves a gap,
 * and a file that is not whole says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/record.h"
#include "../tap.h"
#include "log_keeper.h"

#define NR_CPUS 70
#define NR_SLOTS 64
#define NR_RECORDS 20000

static char path[64];
static struct log_keeper kept;
static struct scxu handle;
static uint64_t random_state;
static bool with_fields = true;
static struct scxu_task tasks[NR_SLOTS]; /* as they were last */
static uint64_t last_seq;

static uint64_t any(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t below(uint64_t nr)
{
	return any() % nr;
}

/* Numbers of all lengths, the largest and the smallest among them. */
static uint64_t any_number(void)
{
	switch (below(4)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	default:
		return any() >> below(64);
	}
}

static struct scxu_task any_task(void)
{
	struct scxu_task t = {
		.pid = any_number(),
		.cpu = any_number(),
		.flags = below(3),
		.slot = below(2) ? below(NR_SLOTS) : any_number(),
		.generation = any_number(),
		.weight = below(2),
		.nr_cpus_allowed = below(3),
		.enqueue_ns = any_number(),
		.exec_ns = any_number(),
		.nr_switches = any_number(),
		.cookie = any_number(),
		.vtime = any_number(),
		.cgroup_id = any_number(),
		.nice = any_number(),
		.start_ns = any_number(),
		.nr_preemptions = any_number(),
		.id = below(2) ? 1 : any_number(),
	};

	snprintf(t.comm, sizeof(t.comm), "%d", (int)below(3));
	if (!with_fields) {
		memset(t.comm, 0, sizeof(t.comm));
		t.nice = t.start_ns = t.nr_preemptions = 0;
	}
	return t;
}

/* Often one that was there, with the same identity. */
static struct scxu_task some_task(void)
{
	struct scxu_task t = any_task(), *known = &tasks[t.slot % NR_SLOTS];

	if (below(2) || t.slot >= NR_SLOTS || !known->pid) {
		*known = t;
		return t;
	}
	known->enqueue_ns = t.enqueue_ns;
	known->generation += 1 + below(2);
	known->exec_ns = t.exec_ns;
	if (below(2))
		return *known;
	known->cpu = t.cpu;
	known->flags = t.flags;
	known->nr_switches = t.nr_switches;
	known->cookie = t.cookie;
	known->vtime = t.vtime;
	return *known;
}

/* Most often the next event, and where the task was. */
static void any_enqueue(struct scxu_event *ev)
{
	ev->task = some_task();
	ev->cpu = below(4) ? ev->task.cpu : (int32_t)any_number();
	ev->seq = below(4) ? last_seq + 1 : any_number();
	ev->time_ns = ev->task.enqueue_ns;
	ev->type = SCXU_EVENT_ENQUEUE;
}

static void any_event(struct scxu_event *ev)
{
	struct scxu_task t = some_task();
	uint64_t kind = below(3);

	*ev = (struct scxu_event){
		.type = below(5),
		.cpu = any_number(),
		.seq = any_number(),
		.time_ns = any_number(),
		.value = { any_number() | 1, any_number(), any_number(), any_number() },
	};
	if (ev->type == SCXU_EVENT_ENQUEUE)
		ev->task = t;
	else if (kind)
		ev->task = (struct scxu_task){ .pid = t.pid,
					       .slot = t.slot,
					       .cpu = t.cpu,
					       .generation = t.generation,
					       .weight = t.weight,
					       .exec_ns = t.exec_ns,
					       .cookie = t.cookie,
					       .id = t.id };
}

static void any_words(struct record *rec, uint32_t nr)
{
	uint32_t i;

	rec->words.nr = nr;
	for (i = 0; i < nr; i++)
		rec->words.words[i] = any_number();
}

/* The mask without the words at its end that are 0: there is at least one other. */
static void any_mask(struct record *rec)
{
	rec->words.slot = any_number();
	any_words(rec, 2);
	rec->words.words[1] |= 1;
}

static void any_record(struct record *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = 1 + below(RECORD_DROP + 2);
	if (rec->type > RECORD_DROP)
		rec->type = rec->type == RECORD_GAP ? RECORD_ENQUEUE : RECORD_CGROUP;
	switch (rec->type) {
	case RECORD_TASK:
	case RECORD_SLOT:
		rec->event.task = some_task();
		break;
	case RECORD_ENQUEUE:
		any_enqueue(&rec->event);
		last_seq = rec->event.seq;
		break;
	case RECORD_EVENT:
		any_event(&rec->event);
		last_seq = rec->event.seq;
		break;
	case RECORD_DISPATCH:
		rec->dispatch = (struct scxu_dispatch){
			.slot = below(2) ? below(NR_SLOTS) : any_number(),
			.generation = any_number(),
			.cpu = any_number(),
			.flags = below(3),
			.slice_ns = below(2) ? 5000000 : any_number(),
			.vtime = any_number(),
			.cookie = any_number(),
			.queue = below(3),
		};
		break;
	case RECORD_ROUND:
		rec->round.flags = below(2) ? RECORD_R_PENDING : RECORD_R_TIMEOUT;
		if (rec->round.flags == RECORD_R_TIMEOUT)
			rec->round.timeout_ns = any_number() >> 1;
		break;
	case RECORD_COMMAND:
		rec->command = (struct scxu_command){ any_number(), any_number(), any_number(),
						      any_number(), any_number(), any_number(),
						      any_number() };
		break;
	case RECORD_MASK:
		any_mask(rec);
		break;
	case RECORD_STATS:
	case RECORD_HISTOGRAMS:
		any_words(rec, below(RECORD_MAX_WORDS + 1));
		break;
	case RECORD_QUEUE:
		rec->queue.nr = any_number();
		snprintf(rec->queue.name, sizeof(rec->queue.name), "queue%d", (int)below(100));
		break;
	case RECORD_QUEUE_CPU:
		rec->queue.nr = any_number();
		rec->queue.cpu = any_number();
		break;
	case RECORD_CGROUP:
		rec->cgroup.id = any_number();
		rec->cgroup.err = below(2) ? -ENOENT : 0;
		if (rec->cgroup.err)
			break;
		rec->cgroup.parent_id = any_number();
		rec->cgroup.weight = 1 + below(10000);
		break;
	case RECORD_SHORT:
	case RECORD_DROP:
		break;
	case RECORD_ANSWER:
		rec->of_cpu.value = any_number();
		break;
	default:
		rec->of_cpu.cpu = below(NR_CPUS + 1) - 1;
		rec->of_cpu.value = any_number();
	}
}

static void put(struct recorder *r, struct record *rec)
{
	struct scxu_cgroup cgroup = { .parent_id = rec->cgroup.parent_id,
				      .weight = rec->cgroup.weight };

	switch (rec->type) {
	case RECORD_TASK:
		record_put_task(r, &rec->event.task);
		break;
	case RECORD_SLOT:
		record_put_slot(r, &rec->event.task);
		break;
	case RECORD_EVENT:
	case RECORD_ENQUEUE:
		record_put_event(r, &rec->event);
		break;
	case RECORD_DISPATCH:
		record_put_dispatch(r, &rec->dispatch);
		break;
	case RECORD_ROUND:
		record_put_round(
			r,
			rec->round.flags & RECORD_R_TIMEOUT ? (int64_t)rec->round.timeout_ns : -1,
			rec->round.flags & ~RECORD_R_TIMEOUT);
		break;
	case RECORD_COMMAND:
		record_put_command(r, &rec->command);
		break;
	case RECORD_MASK:
		record_put_mask(r, rec->words.slot, rec->words.words, rec->words.nr);
		break;
	case RECORD_STATS:
	case RECORD_HISTOGRAMS:
		record_put_words(r, rec->type, rec->words.words, rec->words.nr);
		break;
	case RECORD_CGROUP:
		record_put_cgroup(r, rec->cgroup.id, rec->cgroup.err, &cgroup);
		break;
	case RECORD_QUEUE:
		record_put_queue(r, rec->queue.nr, rec->queue.name);
		break;
	case RECORD_QUEUE_CPU:
		record_put_queue_cpu(r, rec->queue.nr, rec->queue.cpu);
		break;
	case RECORD_DROP:
		record_put_drop(r);
		break;
	case RECORD_SHORT:
		record_put_short(r);
		record_put_drop(r);
		break;
	case RECORD_ANSWER:
		record_put_answer(r, rec->of_cpu.value);
		break;
	default:
		record_put_of_cpu(r, rec->type, rec->of_cpu.cpu, rec->of_cpu.value);
	}
}

/* A recorder as scxu_record_prepare() makes it, but for its thread. */
static void begin(struct recorder *r, uint32_t nr_chunks)
{
	static uint8_t idle[NR_CPUS];
	static pid_t pids[NR_CPUS];
	struct record_head head = { .numbers = { [RECORD_TAG_NR_SLOTS] = NR_SLOTS,
						 [RECORD_TAG_NR_CPUS] = NR_CPUS,
						 [RECORD_TAG_EVENTS] = UINT64_MAX },
				    .name = "any",
				    .version = "1.2.3" };
	struct topology_cpu info = { .capacity = 1024, .max_khz = 3000000 };
	int cpu;

	memset(&kept, 0, sizeof(kept));
	handle = (struct scxu){ .nr_cpus = NR_CPUS, .opts = { .log = log_keep, .log_arg = &kept } };
	*r = (struct recorder){
		.s = &handle, .fields = SCXU_FIELD_ALL, .idle = idle, .pids = pids
	};
	/* The tests look at how long it is. */
	if (truncate(path, 0) || record_open(r, path) || record_ring_init(&r->ring, nr_chunks) ||
	    record_memory_init(&r->memory, calloc(NR_SLOTS, sizeof(struct record_slot)), NR_SLOTS))
		bail("cannot record to %s", path);
	record_put_head(r, &head);
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		info.group[CORE] = cpu;
		record_put_cpu(r, cpu, &info);
	}
}

static void start_writer(struct recorder *r)
{
	if (record_start_writer(r))
		bail("cannot start the thread");
	record_begin(r);
}

static int finish(struct recorder *r)
{
	int err;

	record_put_end(r);
	err = record_close(r);
	record_ring_free(&r->ring);
	record_memory_free(&r->memory);
	free(r->path);
	return err;
}

static void open_reader(struct record_reader *reader)
{
	struct scxu_topology *topology = NULL;
	struct record_head head;

	memset(&kept, 0, sizeof(kept));
	if (record_reader_open(reader, path, &head, &topology, &handle))
		bail("cannot read %s: %s", path, kept.line);
	scxu_topology_close(topology);
}

static bool same(struct record *a, struct record *b)
{
	/* What nobody promises. */
	memset(a->event.task.reserved, 0, sizeof(a->event.task.reserved));
	memset(b->event.task.reserved, 0, sizeof(b->event.task.reserved));
	return !memcmp(a, b, sizeof(*a));
}

static void begin_again(void)
{
	random_state = 1;
	memset(tasks, 0, sizeof(tasks));
	last_seq = 0;
}

/* Some without the members that cost something, which has a way of its own. */
static void test_all_records(bool fields)
{
	static struct record wanted, got;
	struct record_reader reader;
	struct recorder r;
	int i, nr_same = 0;

	begin(&r, 1000);
	r.fields = fields ? SCXU_FIELD_ALL : 0;
	begin_again();
	for (i = 0; i < NR_RECORDS; i++) {
		any_record(&wanted);
		put(&r, &wanted);
	}
	start_writer(&r);
	is_int(finish(&r), 0, "%d records of all types are written", NR_RECORDS);
	open_reader(&reader);
	begin_again();
	for (i = 0; i < NR_RECORDS; i++) {
		any_record(&wanted);
		/* At the end of a round it would be left out, so that another one follows. */
		if (wanted.type == RECORD_SHORT) {
			if (!record_read(&reader, &got) || got.type != RECORD_SHORT)
				break;
			wanted.type = RECORD_DROP;
		}
		if (!record_read(&reader, &got))
			break;
		if (same(&wanted, &got))
			nr_same++;
		else if (nr_same == i)
			diag("record %d, of type %d, differs", i, wanted.type);
	}
	is_int(nr_same, NR_RECORDS, "and read as they were");
	ok(!record_read(&reader, &got) && reader.complete, "up to the end");
	record_reader_close(&reader);
}

static void put_some(struct recorder *r, struct record *rec)
{
	rec->type = RECORD_DISPATCH;
	rec->dispatch.slot = 1;
	rec->dispatch.slice_ns++;
	rec->dispatch.generation += 3;
	rec->dispatch.vtime += 100000;
	put(r, rec);
}

/* Records of which the first and the last have room. */
static void test_gap(void)
{
	static struct record wanted, got;
	uint64_t nr_put = 0, nr_read = 0, nr_lost;
	struct record_reader reader;
	bool in_order = true;
	struct recorder r;

	begin(&r, 3);
	memset(&wanted, 0, sizeof(wanted));
	while (!r.nr_lost) {
		put_some(&r, &wanted);
		nr_put++;
	}
	put_some(&r, &wanted);
	nr_lost = r.nr_lost;
	is_int(nr_lost, 2, "in a full ring records are lost, and counted");
	record_ring_publish(&r.ring);
	start_writer(&r);
	while (r.nr_lost) {
		usleep(1000);
		put_some(&r, &wanted);
	}
	is_int(finish(&r), 0, "the rest is written");
	open_reader(&reader);
	while (record_read(&reader, &got) && got.type == RECORD_DISPATCH) {
		nr_read++;
		in_order &= got.dispatch.slice_ns == nr_read;
	}
	ok(in_order && nr_read == nr_put - 1, "all before the gap is read");
	ok(got.type == RECORD_GAP && got.nr >= nr_lost, "then how many are missing");
	nr_read += got.nr;
	ok(record_read(&reader, &got) && got.dispatch.slice_ns == nr_read + 1 &&
		   got.dispatch.generation == 3 * (nr_read + 1) &&
		   got.dispatch.vtime == 100000 * (nr_read + 1),
	   "and what came after it");
	ok(!record_read(&reader, &got) && reader.complete && reader.nr_lost >= nr_lost,
	   "the end says it as well");
	record_reader_close(&reader);
}

/* Answers that held before the gap are none that held since. */
static void test_held(void)
{
	struct record_reader reader;
	static struct record rec;
	struct recorder r;

	begin(&r, 2);
	memset(&rec, 0, sizeof(rec));
	while (!r.nr_lost)
		put_some(&r, &rec);
	record_ring_publish(&r.ring);
	start_writer(&r);
	while (r.nr_lost) {
		usleep(1000);
		r.nr_held = 7;
		record_put_of_cpu(&r, RECORD_IDLE, 1, 1);
	}
	r.nr_held = 7;
	record_put_of_cpu(&r, RECORD_IDLE, 1, 0);
	finish(&r);
	open_reader(&reader);
	while (record_read(&reader, &rec) && rec.type != RECORD_GAP)
		;
	ok(record_read(&reader, &rec) && rec.type == RECORD_IDLE && rec.nr == 0,
	   "behind a gap no answer held");
	ok(record_read(&reader, &rec) && rec.nr == 7, "later some have");
	record_reader_close(&reader);
}

static void test_full_disk(void)
{
	int full = open("/dev/full", O_WRONLY);
	struct record rec = { 0 };
	struct recorder r;
	int i;

	if (full < 0) {
		skip(3, "there is no /dev/full");
		return;
	}
	begin(&r, 3);
	start_writer(&r);
	dup2(full, r.fd);
	close(full);
	for (i = 0; i < 10000; i++) {
		rec.dispatch.vtime += any();
		put_some(&r, &rec);
		record_ring_publish(&r.ring);
		if (i % 100 == 0)
			usleep(1000);
	}
	is_int(finish(&r), -ENOSPC, "a full disk is told of");
	ok(r.nr_unwritten > 10000, "and how much could not be written");
	ok(kept.nr_lines == 1 && kept.level == SCXU_LOG_WARNING && strstr(kept.line, "No space"),
	   "a line of the log says so");
}

/* How a file is read, from its beginning to where it cannot be. */
enum reading { REFUSED, DAMAGED, WHOLE };

static enum reading read_all(size_t size)
{
	struct scxu_topology *topology = NULL;
	struct record_reader reader;
	static struct record rec;
	struct record_head head;
	enum reading reading;

	if (record_reader_open(&reader, path, &head, &topology, &handle)) {
		reading = REFUSED;
	} else {
		while (record_read(&reader, &rec))
			;
		reading = reader.complete ? WHOLE : DAMAGED;
		if (!reader.complete && (!reader.why || reader.bad_offset > size))
			bail("it is not said where the damage is");
	}
	record_reader_close(&reader);
	scxu_topology_close(topology);
	return reading;
}

/* Wait until more of it is written than so many bytes. Return: how many there are. */
static size_t wait_for_more(struct recorder *r, size_t size)
{
	struct stat st;

	record_ring_publish(&r->ring);
	do
		usleep(1000);
	while (!fstat(r->fd, &st) && st.st_size <= (off_t)size);
	return st.st_size;
}

/* A recording of three blocks, the middle one from @middle to @last. */
static size_t make_file(uint8_t *bytes, size_t max, size_t *middle, size_t *last)
{
	struct record rec = { 0 };
	struct recorder r;
	ssize_t size;
	int i, fd;

	begin(&r, 3);
	start_writer(&r);
	*middle = wait_for_more(&r, RECORD_FILE_HEAD);
	for (i = 0; i < 20; i++)
		put_some(&r, &rec);
	*last = wait_for_more(&r, *middle);
	for (i = 0; i < 20; i++)
		put_some(&r, &rec);
	finish(&r);
	fd = open(path, O_RDONLY);
	size = read(fd, bytes, max);
	close(fd);
	return size;
}

static void write_file(const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (write(fd, bytes, size) != (ssize_t)size)
		bail("cannot write %s", path);
	close(fd);
}

static void test_damage(void)
{
	static uint8_t bytes[20000];
	size_t middle, last, size = make_file(bytes, sizeof(bytes), &middle, &last), i;
	int nr[3] = { 0 };
	uint8_t bit;

	is_int(read_all(size), WHOLE, "a recording is whole");
	for (i = 0; i < size; i++) {
		write_file(bytes, i);
		nr[read_all(i)]++;
	}
	ok(nr[REFUSED] > 100 && nr[DAMAGED] > 50 && !nr[WHOLE],
	   "cut at any of %d places it is refused, or read up to there", (int)size);
	memset(nr, 0, sizeof(nr));
	for (i = 0; i < size; i++) {
		bit = 1 << below(8);
		bytes[i] ^= bit;
		write_file(bytes, size);
		nr[read_all(size)]++;
		bytes[i] ^= bit;
	}
	ok(nr[REFUSED] > 100 && nr[DAMAGED] > 50 && !nr[WHOLE],
	   "so with a bit changed in any byte");
	memmove(bytes + middle, bytes + last, size - last);
	size -= last - middle;
	write_file(bytes, size);
	is_int(read_all(size), DAMAGED, "a block that is missing is missed");
}

/* What is said of a file that is none. */
static void refuses(const char *content, size_t size, int want, const char *what)
{
	struct scxu_topology *topology = NULL;
	struct record_reader reader;
	struct record_head head;

	memset(&kept, 0, sizeof(kept));
	write_file((const uint8_t *)content, size);
	is_int(record_reader_open(&reader, path, &head, &topology, &handle), want, "%s", what);
	ok(log_is_one_error(&kept, what), "it is said so");
	record_reader_close(&reader);
}

static void test_refused(void)
{
	refuses("", 0, -EBADMSG, "too short");
	refuses("scxurec", 7, -EBADMSG, "too short");
	refuses("#!/bin/sh\necho\n", 15, -EBADMSG, "not a recording");
	refuses("scxurec\n\2\0\0\0", 12, -EOPNOTSUPP, "version 2");
	refuses("scxurec\n\1\0\0\0", 12, -EBADMSG, "the end is missing");
	refuses("scxurec\n\1\0\0\0abcdefghabcdefgh", 28, -EBADMSG, "impossible length");
}

int main(void)
{
	/* In memory: it is written a few thousand times. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd_create("recording", 0));
	test_all_records(true);
	with_fields = false;
	test_all_records(false);
	with_fields = true;
	test_gap();
	test_held();
	test_full_disk();
	test_damage();
	test_refused();
	return done_testing();
}
