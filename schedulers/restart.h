/* SPDX-License-Identifier: GPL-2.0-only */
/* restart.h - when to open again after the kernel asked for it: later each time, or never. */
#ifndef RESTART_H
#define RESTART_H

#include <stdint.h>

#define RESTART_MAX 5            /* in one window */
#define RESTART_WINDOW_MS 60000  /* and after a good run of this length the delays begin anew */
#define RESTART_MIN_DELAY_MS 100 /* doubled each time */
#define RESTART_MAX_DELAY_MS 60000

struct restart {
	int64_t at_ms[RESTART_MAX]; /* the last restarts, in a ring */
	unsigned int nr;            /* all of them */
	unsigned int nr_doubled;    /* those in a row */
};

/*
 * How long to wait, or -1 to give up. @now_ms is a clock that is not 0, @ran_ms how long the
 * scheduler ran that has ended.
 */
static inline int restart_delay_ms(struct restart *r, int64_t now_ms, int64_t ran_ms)
{
	int64_t *oldest = &r->at_ms[r->nr % RESTART_MAX], delay_ms;

	if (r->nr >= RESTART_MAX && now_ms - *oldest < RESTART_WINDOW_MS)
		return -1;
	*oldest = now_ms;
	r->nr++;
	if (ran_ms >= RESTART_WINDOW_MS)
		r->nr_doubled = 0;
	delay_ms = (int64_t)RESTART_MIN_DELAY_MS << r->nr_doubled;
	if (delay_ms >= RESTART_MAX_DELAY_MS)
		return RESTART_MAX_DELAY_MS;
	r->nr_doubled++;
	return delay_ms;
}

#endif
