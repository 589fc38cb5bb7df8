/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record.h - a recording: what a policy was told, what it asked, and what it decided.
 *
 *	port_record.c	a port in front of another one, which writes down what passes
 *	record_put.c	records into bytes
 *	record_ring.c	bytes from the policy's thread to the one that writes them
 *	record_write.c	that thread, and the blocks of the file
 *	record_read.c	blocks out of a file, checked
 *	record_get.c	bytes into records
 *	port_replay.c	a port that answers from a recording
 *	replay_walk.c	through that, with the policy
 *	replay_compare.c	what the policy decides otherwise
 *	replay_report.c	that, for people and for programs
 *
 * The format is in scxu_record(5): what changes it changes RECORD_VERSION and that page.
 */
#ifndef SCXU_RECORD_H
#define SCXU_RECORD_H

#include <pthread.h>
#include <stdio.h>

#include "internal.h"
#include "topology.h"

#define RECORD_MAGIC "scxurec\n"
#define RECORD_VERSION 1
#define RECORD_FILE_HEAD 12     /* magic, version */
#define RECORD_BLOCK_HEAD 16    /* length, number, checksum of these two and of what follows */
#define RECORD_MAX_BLOCK 0x4000 /* a chunk of the ring is no longer */
#define RECORD_MAX_LEN 2048     /* of a record: the longest is one of 128 words */
#define RECORD_MAX_WORDS 128
#define RECORD_MAX_CPUS 8192 /* a mask is one record */
#define RECORD_MAX_NODES 1024
#define RECORD_MAX_SLOTS (1 << 20)
#define RECORD_NAME_LEN 128

enum record_type {
	RECORD_TASK = 1,     /* read, without events around it */
	RECORD_EVENT = 2,    /* read */
	RECORD_DISPATCH = 3, /* a decision */
	RECORD_ROUND = 4,    /* the end of a round */
	RECORD_SHORT = 5,    /* a read found less than was asked for */
	RECORD_COMMAND = 6,  /* a kick or the like */
	RECORD_ANSWER = 7,   /* what stands before failed */
	RECORD_IDLE = 8,     /* a CPU became idle, or busy */
	RECORD_OWN_CPU = 9,  /* the policy's CPU, if it is free */
	RECORD_CPU_PID = 10, /* who runs on a CPU */
	RECORD_MASK = 11,    /* the CPUs of a task */
	RECORD_STATS = 12,   /* the counters */
	RECORD_HISTOGRAMS = 13,
	RECORD_SLOT = 14,  /* a task, on the walk through all */
	RECORD_QUEUE = 15, /* one was made */
	RECORD_QUEUE_CPU = 16,
	RECORD_CPUPERF = 17,
	RECORD_DROP = 18,    /* the events that waited were dropped */
	RECORD_GAP = 19,     /* records are missing */
	RECORD_HEAD = 20,    /* first of all: the options */
	RECORD_CPU = 21,     /* then each CPU */
	RECORD_END = 22,     /* last of all */
	RECORD_ENQUEUE = 23, /* an event, read, that is most of them */
	RECORD_CGROUP = 24,  /* where one is, and its weight */
	RECORD_NEXT = 25,    /* an enqueue, the next event, where its task was */
	RECORD_NR_TYPES
};

/* What the next byte of a record says about a task: these members follow. */
enum {
	RECORD_GENERATION = 1 << 0, /* it is not one more than before */
	RECORD_TASK_CPU = 1 << 1,
	RECORD_FLAGS = 1 << 2,
	RECORD_SWITCHES = 1 << 3,
	RECORD_COOKIE = 1 << 4, /* not that of its last decision */
	RECORD_VTIME = 1 << 5,  /* the same */
	RECORD_EXEC = 1 << 6,
	RECORD_REST = 1 << 7, /* a mask of members in the order of record_rest[] */
};

/* And about a decision. */
enum {
	RECORD_D_SLOT = 1 << 0,       /* not the task that was read last */
	RECORD_D_GENERATION = 1 << 1, /* not that of the task's last record */
	RECORD_D_CPU = 1 << 2,        /* not any */
	RECORD_D_SLICE = 1 << 3,      /* not that of the decision before */
	RECORD_D_VTIME = 1 << 4,      /* not 0 */
	RECORD_D_COOKIE = 1 << 5,     /* not the task's */
	RECORD_D_SPECIAL = 1 << 6,    /* flags and queue */
};

/* And about the end of a round. */
enum { RECORD_R_PENDING = 1 << 0, RECORD_R_TIMEOUT = 1 << 1, RECORD_R_ARM = 1 << 2 };

/* The numbers in RECORD_HEAD: what is not known is passed over. */
enum record_tag {
	RECORD_TAG_FLAGS = 1,
	RECORD_TAG_EVENTS = 2,
	RECORD_TAG_FIELDS = 3,
	RECORD_TAG_SLICE_US = 4,
	RECORD_TAG_FALLBACK_MS = 5,
	RECORD_TAG_TIMEOUT_MS = 6,
	RECORD_TAG_NR_SLOTS = 7,
	RECORD_TAG_NR_CPUS = 8,
	RECORD_TAG_FEATURES = 9,
	RECORD_TAG_TIME = 10, /* when it began: seconds since 1970 */
	RECORD_NR_TAGS
};

struct record_head {
	uint64_t numbers[RECORD_NR_TAGS];
	char name[RECORD_NAME_LEN];    /* of the scheduler */
	char version[RECORD_NAME_LEN]; /* of the library */
};

/* What is known of a task from its last record: both sides keep it, so that changes are enough. */
struct record_slot {
	uint32_t epoch; /* what is of another one is all 0 */
	struct scxu_task t;
};

/* What both sides know of the records so far. */
struct record_memory {
	struct record_slot *slots;
	uint32_t nr_slots;
	uint32_t epoch; /* goes up where records are missing */
	uint32_t last_slot;
	uint64_t last_ns, last_seq, last_slice_ns, last_vtime;
	uint64_t words[2][RECORD_MAX_WORDS]; /* of RECORD_STATS and RECORD_HISTOGRAMS */
};

/* Takes @slots, of which there are @nr_slots; NULL = -ENOMEM. */
int record_memory_init(struct record_memory *m, struct record_slot *slots, uint32_t nr_slots);
void record_memory_free(struct record_memory *m);
void record_memory_forget(struct record_memory *m); /* there is a gap */

static inline struct record_slot *record_slot_of(struct record_memory *m, uint32_t slot)
{
	return &m->slots[slot & (m->nr_slots - 1)];
}

static inline struct scxu_task *record_known(struct record_memory *m, uint32_t slot)
{
	struct record_slot *k = record_slot_of(m, slot);

	if (__builtin_expect(k->epoch != m->epoch, 0))
		*k = (struct record_slot){ .epoch = m->epoch };
	return &k->t;
}

/* Members of a task that rarely change, or are rarely asked for. */
struct record_member {
	uint16_t offset, size;
};
#define RECORD_NR_REST 18
extern const struct record_member record_rest[RECORD_NR_REST];

/* A small number for a small one of either sign. */
static inline uint64_t record_zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t record_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1 ^ -(value & 1));
}

/*
 * The checksum of a block, word by word: each step can be undone, so that two blocks which differ in
 * one word differ in all sums from there on. A CRC takes ten times as many instructions, here half
 * of what a decision costs to write.
 */
#define RECORD_SUM_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t record_add_to_sum(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
	return sum << 32 | sum >> 32;
}

uint64_t record_sum(uint32_t len, uint32_t nr, const uint8_t *bytes);

/* Numbers in heads of blocks: the low byte comes first. */
static inline void record_put_fixed(uint8_t *p, uint64_t value, int size)
{
	for (; size; size--, value >>= 8)
		*p++ = value;
}

static inline uint64_t record_get_fixed(const uint8_t *p, int size)
{
	uint64_t value = 0;

	while (size)
		value = value << 8 | p[--size];
	return value;
}

/* A change that does not fit into 32 bits, and follows in 64: the one that 32 bits could say last. */
#define RECORD_LONG_WORD 0x80000000

/* A record, once it was read. */
struct record {
	enum record_type type;
	uint64_t
		nr; /* RECORD_SHORT: reads, RECORD_GAP: lost, of an answer: how often it held before */
	union {
		struct scxu_event event; /* also RECORD_TASK and RECORD_SLOT: the task in it */
		struct scxu_dispatch dispatch;
		struct scxu_command command;
		struct {
			uint64_t timeout_ns;
			uint8_t flags;
		} round;
		struct {
			int32_t cpu, value; /* RECORD_IDLE, OWN_CPU, CPU_PID, CPUPERF, ANSWER */
		} of_cpu;
		struct {
			uint32_t slot; /* RECORD_MASK */
			uint32_t nr;
			uint64_t words[RECORD_MAX_WORDS];
		} words;
		struct {
			uint32_t nr;
			int32_t cpu;
			char name[16];
		} queue;
		struct {
			int32_t cpu;
			struct topology_cpu info;
		} topology;
		struct {
			uint64_t id, parent_id;
			int32_t err;
			uint32_t weight;
		} cgroup;
		struct record_head head;
	};
};

/*
 * The ring: chunks, so that a record is never in two pieces. One thread puts, the other writes to the
 * file, and neither waits: where there is no room, what does not fit is lost.
 */
struct record_ring {
	uint8_t *memory;
	uint32_t nr_chunks;
	uint32_t *lens; /* of the chunks that are complete */
	/* Of who puts. */
	uint8_t *p;     /* the next record goes there */
	uint8_t *limit; /* if not behind this */
	uint64_t nr_begun;
	/* Shared; each has one writer. */
	uint64_t tail __attribute__((aligned(64))); /* put: chunk and byte in it */
	uint64_t nr_done __attribute__((aligned(64)));
	/* Of who writes. */
	uint64_t head;
};

int record_ring_init(struct record_ring *ring, uint32_t nr_chunks);
void record_ring_free(struct record_ring *ring);
/* Begin another chunk. False if there is none. */
bool record_ring_advance(struct record_ring *ring);
/* What was put is to be written. */
void record_ring_publish(struct record_ring *ring);
/* What to write next; record_ring_written() when that is done. Return: its length, 0 = nothing. */
size_t record_ring_peek(struct record_ring *ring, const uint8_t **bytes);
void record_ring_written(struct record_ring *ring, size_t len);

/* s->recorder. All but what is marked is the policy's thread's. */
struct recorder {
	struct record_ring ring;
	uint32_t nr_chunks; /* of that, once it is made */
	struct record_memory memory;
	const struct scxu_port *inner;
	uint32_t fields;    /* SCXU_FIELD_* that tasks may have */
	uint8_t *short_end; /* where RECORD_SHORT ends, if it may be the last record */
	uint32_t nr_held;   /* answers as they were before, since the last record */
	uint64_t nr_lost;   /* records, in the gap that is open */
	uint64_t nr_all_lost;
	uint8_t *idle; /* of each CPU: what it was last, and who ran there */
	pid_t *pids;
	int own_cpu;
	uint64_t *mask; /* of a task, as the policy sees it; and whose it is, -1 = nobody's */
	int64_t mask_slot;
	uint32_t mask_words;

	pthread_t policy, writer;
	bool patient; /* nobody waits for the policy, so that it can wait for the writer */
	bool writing; /* there is a writer */
	bool begun;   /* it may write: both threads */
	bool stop;    /* it shall end: both threads */
	bool created; /* there was no such file: without a begin there is none in the end */
	/* The writer's, and before and after it the other's. */
	struct scxu *s;
	char *path;
	int fd, err;
	uint32_t nr_blocks;
	uint64_t nr_bytes, nr_unwritten; /* no bytes: the file is as it was */
};

/* record_put.c: append a record; where there is no room it is counted. */
unsigned int record_put_task(struct recorder *r, const struct scxu_task *t); /* 1 */
void record_put_slot(struct recorder *r, const struct scxu_task *t);
unsigned int record_put_event(struct recorder *r, const struct scxu_event *ev); /* 1 */
bool record_put_dispatch(struct recorder *r, const struct scxu_dispatch *d);    /* true */
void record_put_command(struct recorder *r, const struct scxu_command *c);
void record_put_round(struct recorder *r, int64_t timeout_ns, uint8_t flags);
void record_put_short(struct recorder *r);
void record_put_answer(struct recorder *r, int value);
void record_put_of_cpu(struct recorder *r, enum record_type type, int cpu, int value);
void record_put_mask(struct recorder *r, uint32_t slot, const uint64_t *words, uint32_t nr);
void record_put_words(struct recorder *r, enum record_type type, const uint64_t *words,
		      uint32_t nr);
void record_put_cgroup(struct recorder *r, uint64_t id, int err, const struct scxu_cgroup *info);
void record_put_queue(struct recorder *r, uint32_t nr, const char *name);
void record_put_queue_cpu(struct recorder *r, uint32_t nr, int cpu);
void record_put_drop(struct recorder *r);
void record_put_head(struct recorder *r, const struct record_head *head);
void record_put_cpu(struct recorder *r, int cpu, const struct topology_cpu *info);
void record_put_end(struct recorder *r);

/* record_write.c */
int record_open(struct recorder *r, const char *path);
/* What the file has stays in it until record_begin(). */
int record_start_writer(struct recorder *r);
void record_begin(struct recorder *r);
/* Have the rest written. Return: 0, or why not all of it was. */
int record_close(struct recorder *r);

extern const struct scxu_port scxu_port_record;

/* A file that is being read. It is not trusted. */
struct record_reader {
	struct record_memory memory;
	FILE *f;
	uint8_t *block;
	const uint8_t *p, *end; /* what of it is left */
	uint64_t offset;        /* of that block in the file */
	uint64_t next_offset;   /* of the next one */
	uint32_t nr_blocks;
	int nr_cpus;
	uint64_t nr_lost;    /* what the end says of that */
	bool complete;       /* its end was read, and all is well */
	uint64_t bad_offset; /* else where it cannot be read any more */
	const char *why;     /* and why */
};

/*
 * record_read.c: the file up to what was recorded: its options, and the machine, for
 * scxu_topology_close(). @log is told what is wrong. To be closed also if that fails.
 */
int record_reader_open(struct record_reader *r, const char *path, struct record_head *head,
		       struct scxu_topology **topology, struct scxu *log);
void record_reader_close(struct record_reader *r);
/* The next record. False at the end, or where @r->why says. */
bool record_read(struct record_reader *r, struct record *rec);
bool record_refuse(struct record_reader *r, const char *why);

/* record_get.c: the record at @r->p; false, with @r->why, if it is none. */
bool record_get(struct record_reader *r, struct record *rec);

#endif
