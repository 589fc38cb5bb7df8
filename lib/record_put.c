// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_put.c - records into bytes, in the policy's thread: as few instructions as it takes.
 *
 * What both sides know already is left out: most tasks come again with little that is new. So where
 * records are lost, both sides forget all that they knew.
 */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define aside __attribute__((noinline)) static

#define MEMBER(name) { offsetof(struct scxu_task, name), sizeof(((struct scxu_task *)0)->name) }

const struct record_member record_rest[RECORD_NR_REST] = {
	MEMBER(pid),           MEMBER(tgid),
	MEMBER(weight),        MEMBER(nr_cpus_allowed),
	MEMBER(cgroup_id),     MEMBER(id),
	MEMBER(comm),          MEMBER(nice),
	MEMBER(policy),        MEMBER(node),
	MEMBER(llc),           MEMBER(waker_pid),
	MEMBER(waker_cpu),     MEMBER(start_ns),
	MEMBER(stop_ns),       MEMBER(exec_run_ns),
	MEMBER(exec_awake_ns), MEMBER(nr_preemptions),
};

int record_memory_init(struct record_memory *m, struct record_slot *slots, uint32_t nr_slots)
{
	*m = (struct record_memory){ .slots = slots, .nr_slots = nr_slots, .epoch = 1 };
	return m->slots ? 0 : -ENOMEM;
}

void record_memory_free(struct record_memory *m)
{
	free(m->slots);
	m->slots = NULL;
}

void record_memory_forget(struct record_memory *m)
{
	m->epoch++;
	m->last_slot = 0;
	m->last_ns = m->last_seq = m->last_slice_ns = m->last_vtime = 0;
	memset(m->words, 0, sizeof(m->words));
}

/* Seven bits a byte, the low ones first; the last byte is below 128. */
static inline uint8_t *put(uint8_t *p, uint64_t value)
{
	while (__builtin_expect(value >= 0x80, 0)) {
		*p++ = value | 0x80;
		value >>= 7;
	}
	*p++ = value;
	return p;
}

static inline uint8_t *put_signed(uint8_t *p, int64_t value)
{
	return put(p, record_zigzag(value));
}

/*
 * A change that has three or four bytes of seven bits most of the time: these would take four times
 * as many instructions.
 */
static inline uint8_t *put_word(uint8_t *p, int64_t value)
{
	uint32_t word = htole32(value);
	uint64_t whole = htole64(value);

	if (__builtin_expect((uint64_t)value + INT32_MAX <= 2 * (uint64_t)INT32_MAX, 1)) {
		memcpy(p, &word, sizeof(word));
		return p + sizeof(word);
	}
	word = htole32(RECORD_LONG_WORD);
	memcpy(p, &word, sizeof(word));
	memcpy(p + sizeof(word), &whole, sizeof(whole));
	return p + sizeof(word) + sizeof(whole);
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

static uint8_t *put_string(uint8_t *p, const char *text)
{
	size_t len = strlen(text);

	return put_bytes(put(p, len), text, len);
}

/* What the reader is to know from here on is what it knows at the start. */
static uint8_t *put_gap(struct recorder *r, uint8_t *p)
{
	*p++ = RECORD_GAP;
	p = put(p, r->nr_lost);
	r->nr_all_lost += r->nr_lost;
	r->nr_lost = 0;
	r->nr_held = 0;
	record_memory_forget(&r->memory);
	memset(r->idle, 0, r->s->nr_cpus);
	memset(r->pids, 0, r->s->nr_cpus * sizeof(*r->pids));
	r->own_cpu = -1;
	r->mask_slot = -1;
	return p;
}

static bool make_room(struct recorder *r)
{
	static const struct timespec pause = { 0, NSEC_PER_MSEC };

	while (!record_ring_advance(&r->ring)) {
		if (!r->patient || !r->writing)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

aside uint8_t *begin_slowly(struct recorder *r)
{
	uint8_t *p;

	r->short_end = NULL;
	if (!make_room(r)) {
		r->nr_lost++;
		return NULL;
	}
	p = r->ring.p;
	if (r->nr_lost)
		p = put_gap(r, p);
	return p;
}

/* There is room. */
static inline bool is_easy(const struct recorder *r)
{
	return __builtin_expect(r->ring.p <= r->ring.limit, 1);
}

/* Where a record goes; NULL if there is no room: then it is counted. */
static inline uint8_t *begin(struct recorder *r)
{
	return is_easy(r) ? r->ring.p : begin_slowly(r);
}

static inline void end(struct recorder *r, uint8_t *p)
{
	r->ring.p = p;
	r->nr_held = 0;
}

/*
 * In the order of record_rest[]. The mask has its three bytes at once, so that one look at each member
 * is enough.
 */
#define PUT(nr, type, member)                                                       \
	do {                                                                        \
		if (t->member != k->member) {                                       \
			mask |= 1U << (nr);                                         \
			p = put_signed(p, (type)((uint64_t)t->member - k->member)); \
			k->member = t->member;                                      \
		}                                                                   \
	} while (0)

aside uint8_t *put_rest(uint8_t *p, const struct scxu_task *t, struct scxu_task *k)
{
	uint8_t *mask_at = p;
	uint32_t mask = 0;

	p += 3;
	PUT(0, int32_t, pid);
	PUT(1, int32_t, tgid);
	PUT(2, int32_t, weight);
	PUT(3, int32_t, nr_cpus_allowed);
	PUT(4, int64_t, cgroup_id);
	PUT(5, int64_t, id);
	if (memcmp(t->comm, k->comm, sizeof(t->comm))) {
		mask |= 1U << 6;
		p = put_bytes(p, t->comm, sizeof(t->comm));
		memcpy(k->comm, t->comm, sizeof(k->comm));
	}
	PUT(7, int32_t, nice);
	PUT(8, int32_t, policy);
	PUT(9, int32_t, node);
	PUT(10, int32_t, llc);
	PUT(11, int32_t, waker_pid);
	PUT(12, int32_t, waker_cpu);
	PUT(13, int64_t, start_ns);
	PUT(14, int64_t, stop_ns);
	PUT(15, int64_t, exec_run_ns);
	PUT(16, int64_t, exec_awake_ns);
	PUT(17, int64_t, nr_preemptions);
	mask_at[0] = mask | 0x80;
	mask_at[1] = mask >> 7 | 0x80;
	mask_at[2] = mask >> 14;
	return p;
}

static inline uint64_t two(const void *words)
{
	uint64_t both;

	memcpy(&both, words, sizeof(both));
	return both;
}

/* What a task keeps for long. */
static inline bool identity_differs(const struct scxu_task *t, const struct scxu_task *k)
{
	return (two(&t->pid) ^ two(&k->pid)) | (two(&t->weight) ^ two(&k->weight)) |
	       (t->cgroup_id ^ k->cgroup_id) | (t->id ^ k->id);
}

/* What was asked for: what a task keeps for long, and what it does not. */
static inline bool fields_differ(const struct recorder *r, const struct scxu_task *t,
				 const struct scxu_task *k)
{
	uint64_t differs = 0;

	if (r->fields & (SCXU_FIELD_COMM | SCXU_FIELD_PRIORITY | SCXU_FIELD_PLACE))
		differs = (two(t->comm) ^ two(k->comm)) | (two(t->comm + 8) ^ two(k->comm + 8)) |
			  (two(&t->nice) ^ two(&k->nice)) | (two(&t->node) ^ two(&k->node));
	if (r->fields & (SCXU_FIELD_WAKER | SCXU_FIELD_RUN))
		differs |= (two(&t->waker_pid) ^ two(&k->waker_pid)) | (t->start_ns ^ k->start_ns) |
			   (t->stop_ns ^ k->stop_ns) | (t->exec_run_ns ^ k->exec_run_ns) |
			   (t->exec_awake_ns ^ k->exec_awake_ns) |
			   (t->nr_preemptions ^ k->nr_preemptions);
	return differs;
}

/*
 * What may change with each enqueue and often does not: all at once, so that this is one branch. The
 * switches are not among it, which most tasks have one more of.
 */
static inline bool state_differs(const struct scxu_task *t, const struct scxu_task *k)
{
	return (two(&t->cpu) ^ two(&k->cpu)) | (t->cookie ^ k->cookie) | (t->vtime ^ k->vtime);
}

_Static_assert(offsetof(struct scxu_task, tgid) == offsetof(struct scxu_task, pid) + 4 &&
		       offsetof(struct scxu_task, flags) == offsetof(struct scxu_task, cpu) + 4 &&
		       offsetof(struct scxu_task, policy) == offsetof(struct scxu_task, nice) + 4 &&
		       offsetof(struct scxu_task, llc) == offsetof(struct scxu_task, node) + 4 &&
		       offsetof(struct scxu_task, waker_cpu) ==
			       offsetof(struct scxu_task, waker_pid) + 4 &&
		       offsetof(struct scxu_task, nr_cpus_allowed) ==
			       offsetof(struct scxu_task, weight) + 4,
	       "two() takes a pair");

#define inlined static inline __attribute__((always_inline))

inlined uint8_t *put_generation(uint8_t *p, const struct scxu_task *t, struct scxu_task *k,
				uint32_t expected, uint8_t *mask)
{
	if (t->generation != expected) {
		*mask |= RECORD_GENERATION;
		p = put_signed(p, (int32_t)(t->generation - k->generation));
	}
	k->generation = t->generation;
	return p;
}

inlined uint8_t *put_cpu(uint8_t *p, const struct scxu_task *t, struct scxu_task *k, uint8_t *mask)
{
	if (t->cpu == k->cpu)
		return p;
	*mask |= RECORD_TASK_CPU;
	k->cpu = t->cpu;
	return put_signed(p, t->cpu);
}

inlined uint8_t *put_switches(uint8_t *p, const struct scxu_task *t, struct scxu_task *k,
			      uint8_t *mask)
{
	if (t->nr_switches == k->nr_switches)
		return p;
	*mask |= RECORD_SWITCHES;
	p = put_signed(p, t->nr_switches - k->nr_switches);
	k->nr_switches = t->nr_switches;
	return p;
}

inlined uint8_t *put_cookie(uint8_t *p, const struct scxu_task *t, struct scxu_task *k,
			    uint8_t *mask)
{
	if (t->cookie == k->cookie)
		return p;
	*mask |= RECORD_COOKIE;
	k->cookie = t->cookie;
	return put(p, t->cookie);
}

inlined uint8_t *put_exec(uint8_t *p, const struct scxu_task *t, struct scxu_task *k, uint8_t *mask)
{
	if (t->exec_ns == k->exec_ns)
		return p;
	*mask |= RECORD_EXEC;
	p = put_word(p, t->exec_ns - k->exec_ns);
	k->exec_ns = t->exec_ns;
	return p;
}

inlined uint8_t *put_state(uint8_t *p, const struct scxu_task *t, struct scxu_task *k,
			   uint8_t *mask)
{
	p = put_cpu(p, t, k, mask);
	if (t->flags != k->flags) {
		*mask |= RECORD_FLAGS;
		p = put(p, t->flags);
		k->flags = t->flags;
	}
	p = put_switches(p, t, k, mask);
	p = put_cookie(p, t, k, mask);
	if (t->vtime != k->vtime) {
		*mask |= RECORD_VTIME;
		p = put_signed(p, t->vtime - k->vtime);
		k->vtime = t->vtime;
	}
	return p;
}

/* Behind the type. @rest: whether a member of record_rest[] is not as it was. */
inlined uint8_t *put_task(struct recorder *r, uint8_t *p, const struct scxu_task *t,
			  struct scxu_task *k, bool rest)
{
	uint8_t *mask_at = p++, mask = 0;

	p = put(p, t->slot);
	p = put_word(p, t->enqueue_ns - r->memory.last_ns);
	r->memory.last_ns = t->enqueue_ns;
	r->memory.last_slot = t->slot;
	p = put_generation(p, t, k, k->generation + 1, &mask);
	if (state_differs(t, k))
		p = put_state(p, t, k, &mask);
	else
		p = put_switches(p, t, k, &mask);
	p = put_exec(p, t, k, &mask);
	if (rest) {
		mask |= RECORD_REST;
		p = put_rest(p, t, k);
	}
	*mask_at = mask;
	return p;
}

aside uint8_t *put_any_task(struct recorder *r, uint8_t *p, const struct scxu_task *t)
{
	struct scxu_task *k = record_known(&r->memory, t->slot);

	return put_task(r, p, t, k, identity_differs(t, k) || fields_differ(r, t, k));
}

aside void put_task_record(struct recorder *r, enum record_type type, const struct scxu_task *t)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = type;
	end(r, put_any_task(r, p, t));
}

/* It is known, and nothing of it is new that rarely is. */
static inline bool is_as_before(const struct recorder *r, const struct record_slot *slot,
				const struct scxu_task *t)
{
	return slot->epoch == r->memory.epoch && !identity_differs(t, &slot->t) &&
	       (!r->fields || !fields_differ(r, t, &slot->t));
}

/* The way of most tasks, which calls nothing, so that no register is saved for it. */
unsigned int record_put_task(struct recorder *r, const struct scxu_task *t)
{
	struct record_slot *slot = record_slot_of(&r->memory, t->slot);
	uint8_t *p = r->ring.p;

	if (is_easy(r) && is_as_before(r, slot, t)) {
		*p++ = RECORD_TASK;
		end(r, put_task(r, p, t, &slot->t, false));
	} else {
		put_task_record(r, RECORD_TASK, t);
	}
	return 1;
}

void record_put_slot(struct recorder *r, const struct scxu_task *t)
{
	put_task_record(r, RECORD_SLOT, t);
}

static uint8_t *put_values(uint8_t *p, const uint64_t *value)
{
	uint8_t *mask_at = p++, mask = 0;
	int i;

	*mask_at = 0;
	if (!(value[0] | value[1] | value[2] | value[3]))
		return p;
	for (i = 0; i < 4; i++) {
		if (!value[i])
			continue;
		mask |= 1 << i;
		p = put(p, value[i]);
	}
	*mask_at = mask;
	return p;
}

inlined uint8_t *put_event_head(struct recorder *r, uint8_t *p, const struct scxu_event *ev)
{
	*p++ = RECORD_EVENT;
	p = put(p, ev->type);
	p = put_signed(p, ev->cpu);
	p = put_signed(p, ev->seq - r->memory.last_seq);
	r->memory.last_seq = ev->seq;
	p = put_word(p, ev->time_ns - r->memory.last_ns);
	r->memory.last_ns = ev->time_ns;
	return put_values(p, ev->value);
}

/* An event that is no enqueue has a few members of the task. This is all of them that rarely change. */
static inline bool brief_identity_differs(const struct scxu_task *t, const struct scxu_task *k)
{
	return (two(&t->pid) ^ two(&k->pid)) | (t->id ^ k->id) | (t->weight ^ k->weight);
}

aside uint8_t *put_brief_identity(uint8_t *p, const struct scxu_task *t, struct scxu_task *k)
{
	struct scxu_task all = *k;

	all.pid = t->pid;
	all.tgid = t->tgid;
	all.weight = t->weight;
	all.id = t->id;
	return put_rest(p, &all, k);
}

inlined uint8_t *put_brief(uint8_t *p, const struct scxu_task *t, struct scxu_task *k, bool rest)
{
	uint8_t *mask_at = p++, mask = 0;

	p = put(p, t->slot);
	p = put_generation(p, t, k, k->generation, &mask);
	p = put_cpu(p, t, k, &mask);
	p = put_cookie(p, t, k, &mask);
	p = put_exec(p, t, k, &mask);
	if (rest) {
		mask |= RECORD_REST;
		p = put_brief_identity(p, t, k);
	}
	*mask_at = mask;
	return p;
}

static uint8_t *put_any_event(struct recorder *r, uint8_t *p, const struct scxu_event *ev)
{
	struct scxu_task *k;

	p = put_event_head(r, p, ev);
	if (ev->type == SCXU_EVENT_ENQUEUE)
		return put_any_task(r, p, &ev->task);
	k = record_known(&r->memory, ev->task.slot);
	return put_brief(p, &ev->task, k, brief_identity_differs(&ev->task, k));
}

/* Nothing is in it but the task, and where it was enqueued. */
static inline bool is_plain(const struct scxu_event *ev)
{
	return ev->type == SCXU_EVENT_ENQUEUE && ev->time_ns == ev->task.enqueue_ns &&
	       !(ev->value[0] | ev->value[1] | ev->value[2] | ev->value[3]);
}

inlined uint8_t *put_enqueue(struct recorder *r, uint8_t *p, const struct scxu_event *ev)
{
	uint64_t last_seq = r->memory.last_seq;

	r->memory.last_seq = ev->seq;
	if (ev->seq == last_seq + 1 && ev->cpu == ev->task.cpu) {
		*p++ = RECORD_NEXT;
		return p;
	}
	*p++ = RECORD_ENQUEUE;
	p = put_signed(p, ev->cpu);
	return put_signed(p, ev->seq - last_seq);
}

aside void put_event_record(struct recorder *r, const struct scxu_event *ev)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	if (is_plain(ev))
		p = put_any_task(r, put_enqueue(r, p, ev), &ev->task);
	else
		p = put_any_event(r, p, ev);
	end(r, p);
}

/* As for tasks. */
unsigned int record_put_event(struct recorder *r, const struct scxu_event *ev)
{
	struct record_slot *slot = record_slot_of(&r->memory, ev->task.slot);

	if (!is_easy(r) || slot->epoch != r->memory.epoch)
		put_event_record(r, ev);
	else if (is_plain(ev) && is_as_before(r, slot, &ev->task))
		end(r, put_task(r, put_enqueue(r, r->ring.p, ev), &ev->task, &slot->t, false));
	else if (ev->type != SCXU_EVENT_ENQUEUE && !brief_identity_differs(&ev->task, &slot->t))
		end(r, put_brief(put_event_head(r, r->ring.p, ev), &ev->task, &slot->t, false));
	else
		put_event_record(r, ev);
	return 1;
}

inlined void put_dispatch(struct recorder *r, uint8_t *p, const struct scxu_dispatch *d,
			  struct scxu_task *k)
{
	uint8_t *mask_at = p + 1, mask = 0;

	*p = RECORD_DISPATCH;
	p += 2;
	if (d->slot != r->memory.last_slot) {
		mask |= RECORD_D_SLOT;
		p = put(p, d->slot);
	}
	if (d->generation != k->generation) {
		mask |= RECORD_D_GENERATION;
		p = put_signed(p, (int32_t)(d->generation - k->generation));
	}
	if (d->cpu != SCXU_CPU_ANY) {
		mask |= RECORD_D_CPU;
		p = put_signed(p, d->cpu);
	}
	if (d->slice_ns != r->memory.last_slice_ns) {
		mask |= RECORD_D_SLICE;
		p = put_word(p, d->slice_ns - r->memory.last_slice_ns);
		r->memory.last_slice_ns = d->slice_ns;
	}
	if (d->vtime) {
		mask |= RECORD_D_VTIME;
		p = put_word(p, d->vtime - r->memory.last_vtime);
		r->memory.last_vtime = d->vtime;
	}
	k->vtime = d->vtime;
	if (d->cookie != k->cookie) {
		mask |= RECORD_D_COOKIE;
		p = put(p, d->cookie);
		k->cookie = d->cookie;
	}
	if (d->flags || d->queue) {
		mask |= RECORD_D_SPECIAL;
		p = put(put(p, d->flags), d->queue);
	}
	*mask_at = mask;
	end(r, p);
}

aside void put_dispatch_record(struct recorder *r, const struct scxu_dispatch *d)
{
	uint8_t *p = begin(r);

	if (p)
		put_dispatch(r, p, d, record_known(&r->memory, d->slot));
}

/* As for tasks. */
bool record_put_dispatch(struct recorder *r, const struct scxu_dispatch *d)
{
	struct record_slot *slot = record_slot_of(&r->memory, d->slot);

	if (is_easy(r) && slot->epoch == r->memory.epoch)
		put_dispatch(r, r->ring.p, d, &slot->t);
	else
		put_dispatch_record(r, d);
	return true;
}

void record_put_command(struct recorder *r, const struct scxu_command *c)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_COMMAND;
	p = put(put(p, c->op), c->flags);
	p = put(put(p, c->slot), c->generation);
	p = put_signed(p, c->cpu);
	end(r, put(put(p, c->slice_ns), c->vtime));
}

/* A read found less than was asked for. */
void record_put_short(struct recorder *r)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_SHORT;
	end(r, p);
	r->short_end = p;
}

/* That nothing was left to read goes without saying. It was not published yet. */
void record_put_round(struct recorder *r, int64_t timeout_ns, uint8_t flags)
{
	uint8_t *p;

	if (r->ring.p == r->short_end)
		r->ring.p--;
	r->short_end = NULL;
	p = begin(r);
	if (!p)
		return;
	*p++ = RECORD_ROUND;
	*p++ = flags | (timeout_ns >= 0 ? RECORD_R_TIMEOUT : 0);
	if (timeout_ns >= 0)
		p = put(p, timeout_ns);
	end(r, p);
	record_ring_publish(&r->ring);
}

void record_put_answer(struct recorder *r, int value)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_ANSWER;
	end(r, put_signed(p, value));
}

void record_put_of_cpu(struct recorder *r, enum record_type type, int cpu, int value)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = type;
	p = put(p, r->nr_held);
	end(r, put_signed(put_signed(p, cpu), value));
}

/* Words at the end that are 0 are left out. */
void record_put_mask(struct recorder *r, uint32_t slot, const uint64_t *words, uint32_t nr)
{
	uint8_t *p = begin(r);
	uint32_t i;

	if (!p)
		return;
	while (nr && !words[nr - 1])
		nr--;
	*p++ = RECORD_MASK;
	p = put(put(put(p, r->nr_held), slot), nr);
	for (i = 0; i < nr; i++)
		p = put(p, words[i]);
	end(r, p);
}

void record_put_words(struct recorder *r, enum record_type type, const uint64_t *words, uint32_t nr)
{
	uint64_t *known = r->memory.words[type - RECORD_STATS];
	uint8_t *p = begin(r);
	uint32_t i;

	if (!p)
		return;
	*p++ = type;
	p = put(put(p, r->nr_held), nr);
	for (i = 0; i < nr; i++) {
		p = put_signed(p, words[i] - known[i]);
		known[i] = words[i];
	}
	end(r, p);
}

void record_put_cgroup(struct recorder *r, uint64_t id, int err, const struct scxu_cgroup *info)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_CGROUP;
	p = put_signed(put(put(p, r->nr_held), id), err);
	end(r, put(put(p, err ? 0 : info->parent_id), err ? 0 : info->weight));
}

void record_put_queue(struct recorder *r, uint32_t nr, const char *name)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_QUEUE;
	end(r, put_string(put(p, nr), name));
}

void record_put_queue_cpu(struct recorder *r, uint32_t nr, int cpu)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_QUEUE_CPU;
	end(r, put_signed(put(p, nr), cpu));
}

void record_put_drop(struct recorder *r)
{
	uint8_t *p = begin(r);

	if (!p)
		return;
	*p++ = RECORD_DROP;
	end(r, p);
}

void record_put_head(struct recorder *r, const struct record_head *head)
{
	uint8_t *p = begin(r);
	int tag;

	if (!p)
		return;
	*p++ = RECORD_HEAD;
	p = put(p, RECORD_NR_TAGS - 1);
	for (tag = 1; tag < RECORD_NR_TAGS; tag++)
		p = put(put(p, tag), head->numbers[tag]);
	end(r, put_string(put_string(p, head->name), head->version));
}

void record_put_cpu(struct recorder *r, int cpu, const struct topology_cpu *info)
{
	uint8_t *p = begin(r);
	int scope;

	if (!p)
		return;
	*p++ = RECORD_CPU;
	p = put(p, cpu);
	for (scope = ALL; scope < NR_SCOPES; scope++)
		p = put_signed(p, info->group[scope]);
	p = put_signed(put(p, info->flags), info->package);
	end(r, put(put(p, info->capacity), info->max_khz));
}

void record_put_end(struct recorder *r)
{
	uint8_t *p;

	p = begin(r);
	if (!p) {
		r->nr_all_lost += r->nr_lost;
		return;
	}
	*p++ = RECORD_END;
	end(r, put(p, r->nr_all_lost));
	record_ring_publish(&r->ring);
}
