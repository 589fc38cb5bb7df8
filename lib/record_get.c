// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* record_get.c - bytes into records: the way back of record_put.c, for bytes that may be anything. */
#include <stddef.h>
#include <string.h>

#include "record.h"

#define MAX_WEIGHT 10000

/* A member of a record; once the bytes are used up, or make no sense, all further ones are 0. */
static uint64_t get(struct record_reader *r)
{
	uint64_t value = 0;
	unsigned int shift;
	uint8_t byte;

	for (shift = 0; shift < 64; shift += 7) {
		if (r->p == r->end) {
			record_refuse(r, "a record is cut off");
			return 0;
		}
		byte = *r->p++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	record_refuse(r, "a number is too long");
	return 0;
}

static int64_t get_signed(struct record_reader *r)
{
	return record_unzigzag(get(r));
}

static uint64_t get_at_most(struct record_reader *r, uint64_t max, const char *why)
{
	uint64_t value = get(r);

	if (value <= max)
		return value;
	record_refuse(r, why);
	return 0;
}

static uint8_t get_byte(struct record_reader *r)
{
	if (r->p < r->end)
		return *r->p++;
	record_refuse(r, "a record is cut off");
	return 0;
}

static void get_bytes(struct record_reader *r, void *to, size_t len)
{
	if ((size_t)(r->end - r->p) < len) {
		record_refuse(r, "a record is cut off");
		return;
	}
	memcpy(to, r->p, len);
	r->p += len;
}

static int64_t get_word(struct record_reader *r)
{
	uint8_t bytes[sizeof(uint64_t)] = { 0 };
	uint32_t word;

	get_bytes(r, bytes, sizeof(word));
	word = record_get_fixed(bytes, sizeof(word));
	if (word != RECORD_LONG_WORD)
		return (int32_t)word;
	get_bytes(r, bytes, sizeof(bytes));
	return record_get_fixed(bytes, sizeof(bytes));
}

/* @to has room for @size bytes, and is all 0. */
static void get_string(struct record_reader *r, char *to, size_t size)
{
	get_bytes(r, to, get_at_most(r, size - 1, "a name is too long"));
}

static void get_member(struct record_reader *r, struct scxu_task *k, const struct record_member *m)
{
	char *at = (char *)k + m->offset;
	uint32_t four;
	uint64_t eight;

	if (m->size == sizeof(four)) {
		memcpy(&four, at, sizeof(four));
		four += get_signed(r);
		memcpy(at, &four, sizeof(four));
	} else if (m->size == sizeof(eight)) {
		memcpy(&eight, at, sizeof(eight));
		eight += get_signed(r);
		memcpy(at, &eight, sizeof(eight));
	} else {
		get_bytes(r, at, m->size);
	}
}

static void get_rest(struct record_reader *r, struct scxu_task *k)
{
	uint64_t mask = get_at_most(r, (1U << RECORD_NR_REST) - 1, "unknown members of a task");
	int i;

	for (i = 0; i < RECORD_NR_REST; i++)
		if (mask >> i & 1)
			get_member(r, k, &record_rest[i]);
	k->comm[sizeof(k->comm) - 1] = '\0';
}

static void get_task(struct record_reader *r, struct scxu_task *t)
{
	uint8_t mask = get_byte(r);
	uint32_t slot = get(r);
	struct scxu_task *k = record_known(&r->memory, slot);

	k->slot = slot;
	k->enqueue_ns = r->memory.last_ns + get_word(r);
	r->memory.last_ns = k->enqueue_ns;
	r->memory.last_slot = slot;
	k->generation += mask & RECORD_GENERATION ? get_signed(r) : 1;
	if (mask & RECORD_TASK_CPU)
		k->cpu = get_signed(r);
	if (mask & RECORD_FLAGS)
		k->flags = get(r);
	if (mask & RECORD_SWITCHES)
		k->nr_switches += get_signed(r);
	if (mask & RECORD_COOKIE)
		k->cookie = get(r);
	if (mask & RECORD_VTIME)
		k->vtime += get_signed(r);
	if (mask & RECORD_EXEC)
		k->exec_ns += get_word(r);
	if (mask & RECORD_REST)
		get_rest(r, k);
	*t = *k;
}

/* Of an event that is no enqueue: what stands for it in scxuser.h. */
static void get_brief(struct record_reader *r, struct scxu_task *t)
{
	uint8_t mask = get_byte(r);
	uint32_t slot = get(r);
	struct scxu_task *k = record_known(&r->memory, slot);

	if (mask & RECORD_GENERATION)
		k->generation += get_signed(r);
	if (mask & RECORD_TASK_CPU)
		k->cpu = get_signed(r);
	if (mask & RECORD_COOKIE)
		k->cookie = get(r);
	if (mask & RECORD_EXEC)
		k->exec_ns += get_word(r);
	if (mask & RECORD_REST)
		get_rest(r, k);
	*t = (struct scxu_task){
		.pid = k->pid,
		.tgid = k->tgid,
		.cpu = k->cpu,
		.slot = slot,
		.generation = k->generation,
		.weight = k->weight,
		.exec_ns = k->exec_ns,
		.cookie = k->cookie,
		.id = k->id,
	};
}

static void get_event(struct record_reader *r, struct record *rec)
{
	struct scxu_event *ev = &rec->event;
	uint8_t mask;
	int i;

	ev->type = get(r);
	ev->cpu = get_signed(r);
	ev->seq = r->memory.last_seq += get_signed(r);
	ev->time_ns = r->memory.last_ns += get_word(r);
	mask = get_byte(r);
	for (i = 0; i < 4; i++)
		if (mask >> i & 1)
			ev->value[i] = get(r);
	if (ev->type == SCXU_EVENT_ENQUEUE)
		get_task(r, &ev->task);
	else
		get_brief(r, &ev->task);
}

static void get_enqueue(struct record_reader *r, struct record *rec)
{
	struct scxu_event *ev = &rec->event;

	ev->type = SCXU_EVENT_ENQUEUE;
	ev->cpu = get_signed(r);
	ev->seq = r->memory.last_seq += get_signed(r);
	get_task(r, &ev->task);
	ev->time_ns = ev->task.enqueue_ns;
}

/* Told from an enqueue only by those who put and get. */
static void get_next(struct record_reader *r, struct record *rec)
{
	struct scxu_event *ev = &rec->event;

	rec->type = RECORD_ENQUEUE;
	ev->type = SCXU_EVENT_ENQUEUE;
	ev->seq = ++r->memory.last_seq;
	get_task(r, &ev->task);
	ev->cpu = ev->task.cpu;
	ev->time_ns = ev->task.enqueue_ns;
}

static void get_dispatch(struct record_reader *r, struct record *rec)
{
	struct scxu_dispatch *d = &rec->dispatch;
	uint8_t mask = get_byte(r);
	struct scxu_task *k;

	d->slot = mask & RECORD_D_SLOT ? get(r) : r->memory.last_slot;
	k = record_known(&r->memory, d->slot);
	d->generation = k->generation;
	if (mask & RECORD_D_GENERATION)
		d->generation += get_signed(r);
	d->cpu = mask & RECORD_D_CPU ? get_signed(r) : SCXU_CPU_ANY;
	if (mask & RECORD_D_SLICE)
		r->memory.last_slice_ns += get_word(r);
	d->slice_ns = r->memory.last_slice_ns;
	if (mask & RECORD_D_VTIME)
		d->vtime = r->memory.last_vtime += get_word(r);
	k->vtime = d->vtime;
	if (mask & RECORD_D_COOKIE)
		k->cookie = get(r);
	d->cookie = k->cookie;
	if (!(mask & RECORD_D_SPECIAL))
		return;
	d->flags = get(r);
	d->queue = get(r);
}

static void get_command(struct record_reader *r, struct record *rec)
{
	struct scxu_command *c = &rec->command;

	c->op = get(r);
	c->flags = get(r);
	c->slot = get(r);
	c->generation = get(r);
	c->cpu = get_signed(r);
	c->slice_ns = get(r);
	c->vtime = get(r);
}

static void get_round(struct record_reader *r, struct record *rec)
{
	rec->round.flags = get_byte(r);
	if (rec->round.flags & RECORD_R_TIMEOUT)
		rec->round.timeout_ns = get(r);
}

static void get_of_cpu(struct record_reader *r, struct record *rec)
{
	int64_t cpu;

	rec->nr = get(r);
	cpu = get_signed(r);
	if (cpu < -1 || cpu >= r->nr_cpus)
		record_refuse(r, "there is no such CPU");
	rec->of_cpu.cpu = cpu;
	rec->of_cpu.value = get_signed(r);
}

static void get_mask(struct record_reader *r, struct record *rec)
{
	uint32_t i;

	rec->nr = get(r);
	rec->words.slot = get(r);
	rec->words.nr = get_at_most(r, (r->nr_cpus + 63) / 64, "a mask is too long");
	for (i = 0; i < rec->words.nr; i++)
		rec->words.words[i] = get(r);
}

static void get_words(struct record_reader *r, struct record *rec)
{
	uint64_t *known = r->memory.words[rec->type - RECORD_STATS];
	uint32_t i;

	rec->nr = get(r);
	rec->words.nr = get_at_most(r, RECORD_MAX_WORDS, "too many counters");
	for (i = 0; i < rec->words.nr; i++)
		rec->words.words[i] = known[i] += get_signed(r);
}

static void get_cgroup(struct record_reader *r, struct record *rec)
{
	rec->nr = get(r);
	rec->cgroup.id = get(r);
	rec->cgroup.err = get_signed(r);
	rec->cgroup.parent_id = get(r);
	rec->cgroup.weight = get(r);
	if (!rec->cgroup.err && (!rec->cgroup.weight || rec->cgroup.weight > MAX_WEIGHT))
		record_refuse(r, "a cgroup with a weight that there is not");
}

static void get_queue(struct record_reader *r, struct record *rec)
{
	rec->queue.nr = get(r);
	if (rec->type == RECORD_QUEUE)
		get_string(r, rec->queue.name, sizeof(rec->queue.name));
	else
		rec->queue.cpu = get_signed(r);
}

static void get_head(struct record_reader *r, struct record *rec)
{
	struct record_head *head = &rec->head;
	uint64_t nr = get_at_most(r, RECORD_MAX_LEN, "too many options"), tag, value;

	while (nr-- && !r->why) {
		tag = get(r);
		value = get(r);
		if (tag < RECORD_NR_TAGS)
			head->numbers[tag] = value;
	}
	get_string(r, head->name, sizeof(head->name));
	get_string(r, head->version, sizeof(head->version));
}

static int get_group(struct record_reader *r, int max)
{
	int64_t group = get_signed(r);

	if (group >= -1 && group < max)
		return group;
	record_refuse(r, "a CPU is in a group that cannot be");
	return -1;
}

/* What scxu_make_topology_of() relies on. */
static void get_cpu(struct record_reader *r, struct record *rec)
{
	struct topology_cpu *info = &rec->topology.info;

	rec->topology.cpu = get_at_most(r, r->nr_cpus - 1, "there is no such CPU");
	info->group[ALL] = get_group(r, 1);
	info->group[NODE] = get_group(r, RECORD_MAX_NODES);
	info->group[LLC] = get_group(r, r->nr_cpus);
	info->group[CORE] = get_group(r, r->nr_cpus);
	info->flags = get(r);
	info->package = get_signed(r);
	info->capacity = get_at_most(r, SCXU_MAX_CAPACITY, "a CPU of too much capacity");
	info->max_khz = get_at_most(r, INT32_MAX, "a CPU of too high a frequency");
}

static void get_only_task(struct record_reader *r, struct record *rec)
{
	get_task(r, &rec->event.task);
}

static void get_value(struct record_reader *r, struct record *rec)
{
	rec->of_cpu.value = get_signed(r);
}

static void get_number(struct record_reader *r, struct record *rec)
{
	rec->nr = get(r);
}

static void get_nothing(struct record_reader *r, struct record *rec)
{
}

static void (*const get_members[RECORD_NR_TYPES])(struct record_reader *r, struct record *rec) = {
	[RECORD_TASK] = get_only_task,    [RECORD_EVENT] = get_event,
	[RECORD_DISPATCH] = get_dispatch, [RECORD_ROUND] = get_round,
	[RECORD_SHORT] = get_nothing,     [RECORD_COMMAND] = get_command,
	[RECORD_ANSWER] = get_value,      [RECORD_IDLE] = get_of_cpu,
	[RECORD_OWN_CPU] = get_of_cpu,    [RECORD_CPU_PID] = get_of_cpu,
	[RECORD_MASK] = get_mask,         [RECORD_STATS] = get_words,
	[RECORD_HISTOGRAMS] = get_words,  [RECORD_SLOT] = get_only_task,
	[RECORD_QUEUE] = get_queue,       [RECORD_QUEUE_CPU] = get_queue,
	[RECORD_CPUPERF] = get_of_cpu,    [RECORD_DROP] = get_nothing,
	[RECORD_GAP] = get_number,        [RECORD_HEAD] = get_head,
	[RECORD_CPU] = get_cpu,           [RECORD_END] = get_number,
	[RECORD_ENQUEUE] = get_enqueue,   [RECORD_CGROUP] = get_cgroup,
	[RECORD_NEXT] = get_next,
};

bool record_get(struct record_reader *r, struct record *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = get_byte(r);
	if ((rec->type == RECORD_HEAD) != !r->memory.slots)
		return record_refuse(r, "the options are not at the start");
	if (rec->type >= RECORD_NR_TYPES || !get_members[rec->type])
		return record_refuse(r, "a record of an unknown type");
	get_members[rec->type](r, rec);
	if (rec->type == RECORD_GAP)
		record_memory_forget(&r->memory);
	return !r->why;
}
