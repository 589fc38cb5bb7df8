// SPDX-License-Identifier: GPL-2.0-only
/* patience.c - who waits in the kernel half for too long. */
#include "patience.h"

#define NSEC_PER_MSEC UINT64_C(1000000)
#define MAX_WAIT_NS (1000 * NSEC_PER_MSEC)
#define MAX_HELPED 64 /* in a round */
#define HELP_NS (NSEC_PER_MSEC / 10)

void patience_init(struct patience *p, unsigned int timeout_ms)
{
	*p = (struct patience){ .max_wait_ns = MAX_WAIT_NS };
	if (timeout_ms && timeout_ms * NSEC_PER_MSEC / 2 < MAX_WAIT_NS)
		p->max_wait_ns = timeout_ms * NSEC_PER_MSEC / 2;
}

void patience_begin(struct patience *p, struct patient *w, const struct scxu_task *t)
{
	w->task = t;
	w->since_ns = t->enqueue_ns;
	w->helped = false;
	scxu_list_push(&p->waiting, &w->item);
}

void patience_end(struct patient *w)
{
	scxu_list_remove(&w->item);
}

/* Who does not wait any more loses nothing: then the commands are stale. */
static bool help(struct patience *p, struct scxu *s, struct patient *w, uint64_t now_ns,
		 uint64_t vtime)
{
	if ((int64_t)(now_ns - w->since_ns) < (int64_t)p->max_wait_ns)
		return false;
	if (scxu_set_slice(s, w->task, HELP_NS) || scxu_set_vtime(s, w->task, vtime))
		return false;
	scxu_list_remove(&w->item);
	w->helped = true;
	return true;
}

void patience_help(struct patience *p, struct scxu *s, uint64_t now_ns, uint64_t vtime)
{
	struct scxu_list_item *item;
	int nr = 0;

	while (nr++ < MAX_HELPED && (item = scxu_list_first(&p->waiting)))
		if (!help(p, s, scxu_container_of(item, struct patient, item), now_ns, vtime))
			break;
}
