/* SPDX-License-Identifier: GPL-2.0-only */
/* patience.h - whoever waits for a second runs, however little it has a right to. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <scxuser.h>

struct patience {
	struct scxu_list waiting; /* in the kernel half, or runs; oldest first */
	uint64_t max_wait_ns;
};

struct patient {
	struct scxu_list_item item;
	const struct scxu_task *task;
	uint64_t since_ns;
	bool helped; /* its turn is one that it had no right to */
};

/* @timeout_ms: scxu_opts.timeout_ms, half of which must do. */
void patience_init(struct patience *p, unsigned int timeout_ms);

/* It was dispatched. @t has to stay. */
void patience_begin(struct patience *p, struct patient *w, const struct scxu_task *t);

/* It came back, or sleeps. May be called again. */
void patience_end(struct patient *w);

/*
 * Once a round: those that wait for too long are next, each for the shortest slice there is.
 * @vtime: less than that of all others.
 */
void patience_help(struct patience *p, struct scxu *s, uint64_t now_ns, uint64_t vtime);

#endif
