/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* replay.h - a policy that runs from a recording, and how its decisions compare to what that has. */
#ifndef SCXU_REPLAY_H
#define SCXU_REPLAY_H

#include "record.h"

#define REPLAY_MAX_SHOWN 10

/* In what a decision differs from the recorded one. */
enum replay_kind {
	REPLAY_CPU,
	REPLAY_SLICE,
	REPLAY_VTIME,
	REPLAY_FLAGS,
	REPLAY_QUEUE,
	REPLAY_ROUND,      /* it was given in another round */
	REPLAY_MISSING,    /* it was not given */
	REPLAY_ADDITIONAL, /* it was given, and was not before */
	REPLAY_NR_KINDS
};

extern const char *const replay_kinds[REPLAY_NR_KINDS];

/* The last enqueue of the task in a slot, and what was decided about it. */
struct replay_slot {
	bool open;
	bool other_words; /* cookie and vtime are not those of the recording */
	uint32_t generation;
	uint32_t nr_recorded, nr_made;
	uint32_t nr_gaps; /* at that time */
	uint64_t recorded_round, made_round;
	size_t place;           /* of the recorded one, in its round */
	uint64_t id;            /* of the task */
	uint64_t cookie, vtime; /* of the last decision that was made for it */
	uint64_t enqueue_ns, round;
	pid_t pid;
	char comm[16];
	struct scxu_dispatch recorded, made;
};

struct replay_difference {
	uint32_t kinds;  /* bits of enum replay_kind */
	int64_t time_ns; /* since the first event, which may have been read before older ones */
	uint64_t round;
	pid_t pid;
	char comm[16];
	struct scxu_dispatch recorded, made;
};

/* In the order in which the decisions of a round came. */
struct replay_order {
	struct {
		uint32_t slot, generation;
	} *tasks;
	size_t nr, capacity;
};

struct replay_commands {
	struct scxu_command *commands;
	size_t nr, capacity;
};

struct replay_compare {
	struct replay_slot *slots;
	uint32_t nr_slots;
	uint64_t recorded_slice_ns, slice_ns; /* what 0 stands for */
	uint64_t first_ns, last_ns;
	uint64_t nr_rounds, nr_events, nr_enqueues;
	uint64_t nr_recorded, nr_made, nr_same, nr_different;
	uint64_t nr_undecided; /* neither way */
	uint64_t nr_unknown;   /* what was recorded is lost */
	uint64_t nr_stale_recorded, nr_stale_made;
	uint64_t nr_of_kind[REPLAY_NR_KINDS];
	uint64_t nr_other_order;
	uint64_t nr_commands_recorded, nr_commands_made, nr_commands_same;
	uint64_t nr_gaps, nr_lost;
	struct replay_order made;
	size_t nr_recorded_in_round;
	size_t *places;
	size_t nr_places;
	struct replay_commands commands_recorded, commands_made;
	struct replay_difference shown[REPLAY_MAX_SHOWN];
	unsigned int nr_shown;
	bool no_memory;
};

/* The last answer about it. */
struct replay_cgroup {
	uint64_t id, parent_id;
	int err;
	uint32_t weight;
};

/* s->port_data */
struct replay {
	struct record_reader reader;
	struct record_head head;
	char *path;
	struct record next; /* the record that comes next, unless it is over */
	bool more;
	bool behind_gap; /* that record is */
	bool over;       /* the policy has seen all of it */
	bool detached;
	pthread_t policy;
	uint64_t nr_held;
	uint64_t nr_read; /* in this round */
	/* What the policy can ask for, as far as it is known. */
	uint8_t *idle;
	pid_t *pids;
	int own_cpu;
	uint32_t mask_words;
	uint64_t **masks; /* by slot */
	uint64_t *all_cpus;
	void *cgroups; /* a tree of struct replay_cgroup, for <search.h> */
	uint64_t words[2][RECORD_MAX_WORDS];
	bool has_words[2];
	/* What was passed over unread: events from @left_head to @left_tail. */
	struct scxu_event *left;
	size_t left_head, left_tail, left_capacity;
	struct replay_compare compare;
};

static inline struct replay *replay_of(struct scxu *s)
{
	return s->port_data;
}

/* replay_walk.c */
static inline bool replay_next_is(const struct replay *r, enum record_type type)
{
	return r->more && r->next.type == type;
}

/* On to the next record. Behind a gap an answer is to what is missing. */
void replay_advance(struct scxu *s);
/* Go past the next record, and keep what it says. */
void replay_pass(struct scxu *s);
/*
 * The policy asks a question: its answer is the recorded one from when it was asked as often. What
 * other threads ask is not in the recording: they get the last answer.
 */
void replay_ask(struct scxu *s);
/* The policy does something that the recorded one did at some time: go past that. */
void replay_follow(struct scxu *s, enum record_type type);
/* What the recorded one was told of a failure, else @good. */
int replay_answer(struct scxu *s, int good);
/* False if there is none before the end of the round, or of what was read at once. */
bool replay_next_event(struct scxu *s, struct scxu_event *ev);
/* The last answer about it; NULL = none. */
const struct replay_cgroup *replay_cgroup(const struct replay *r, uint64_t id);
/* As a command, to be compared with others. */
struct scxu_command replay_cpuperf(int cpu, uint32_t perf);

/* replay_compare.c */
int replay_compare_init(struct replay_compare *c, uint32_t nr_slots);
void replay_compare_free(struct replay_compare *c);
/* @t wants to run; its cookie and vtime become those of the policy that runs. */
void replay_enqueued(struct replay_compare *c, struct scxu_task *t);
void replay_recorded(struct replay_compare *c, const struct scxu_dispatch *d);
void replay_made(struct replay_compare *c, const struct scxu_dispatch *d);
void replay_recorded_command(struct replay_compare *c, const struct scxu_command *command);
void replay_made_command(struct replay_compare *c, const struct scxu_command *command);
void replay_end_round(struct replay_compare *c);
/* @whole: the recording is complete, so that what is missing in it was not decided. */
void replay_finish(struct replay_compare *c, bool whole);

/* replay_report.c */
int replay_write_summary(struct scxu *s, FILE *f, int format);

/* For arrays that grow: room for one more. */
bool replay_grow(void **array, size_t nr, size_t *capacity, size_t size);

#endif
