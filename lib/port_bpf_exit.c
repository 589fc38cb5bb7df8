// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_exit.c - whether the kernel has ended the scheduler, and why. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "port_bpf.h"
#include "scxu.skel.h"

void port_bpf_let_go(struct port_bpf *p)
{
	struct bpf_link *link = __atomic_exchange_n(&p->link, NULL, __ATOMIC_ACQ_REL);

	if (!link)
		return;
	bpf_link__detach(link); /* now: a child of ours may have inherited the descriptor */
	bpf_link__destroy(link);
}

bool port_bpf_exited(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!__atomic_load_n(&p->attached, __ATOMIC_RELAXED))
		return true;
	if (!__atomic_load_n(&p->view.shm->exit_kind, __ATOMIC_ACQUIRE))
		return false;
	/* On 6.12 that disables whichever scheduler is attached: so do it before there is one. */
	port_bpf_let_go(p);
	return true;
}

/* The record is written once, by ops.exit(), before the link is gone. */
void port_bpf_save_exit(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	uint32_t key = 0;

	if (p->exit_read)
		return;
	p->exit_read = !bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.exit_rec), &key, &p->exit);
	/* It has had enough of a policy that is late: of that fallback there is no line yet. */
	if (p->exit.kind && (int)p->exit.kind == p->kind_unreg_bpf)
		scxu_log(s, SCXU_LOG_WARNING, "the policy was late for the last time: %s",
			 scxu_cause_text(p->view.shm->last_cause));
}

static int exit_kind(const struct port_bpf *p, const struct scxu_exit_rec *rec)
{
	if (!rec->kind)
		return p->attached ? SCXU_EXIT_NONE : SCXU_EXIT_DETACHED;
	if ((int)rec->kind >= p->kind_error || (int)rec->kind == p->kind_unreg_bpf)
		return SCXU_EXIT_EVICTED;
	if ((int)rec->kind == p->kind_sysrq)
		return SCXU_EXIT_REQUESTED;
	if (p->ecode_restart && rec->code & p->ecode_restart)
		return SCXU_EXIT_RESTART;
	return SCXU_EXIT_DETACHED;
}

void port_bpf_read_exit(struct scxu *s, struct scxu_exit_info *info)
{
	struct port_bpf *p = port_of(s);
	const struct scxu_exit_rec *rec = &p->exit;

	info->kind = exit_kind(p, rec);
	info->kernel_kind = rec->kind;
	info->code = rec->code;
	info->cpu = rec->kind ? rec->cpu : -1;
	info->nr_backtrace = rec->nr_backtrace;
	memcpy(info->backtrace, rec->backtrace, rec->nr_backtrace * sizeof(rec->backtrace[0]));
	snprintf(info->reason, sizeof(info->reason), "%s", rec->reason);
	snprintf(info->message, sizeof(info->message), "%s", rec->message);
}

const char *port_bpf_dump(struct scxu *s)
{
	return port_of(s)->exit.dump;
}
