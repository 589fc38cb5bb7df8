// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_ops.c - operations of the kernel half that are not loaded: missing, or not wanted. */
#include <errno.h>
#include <string.h>

#include "port_bpf.h"
#include "scxu.skel.h"

const struct btf_type *btf_find_struct(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

bool btf_has_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	int i;

	for (i = 0; t && i < btf_vlen(t); i++) {
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return true;
	}
	return false;
}

/*
 * libbpf refuses a member that is set and that the kernel does not know. It lets us see the
 * members as pointers to the programs.
 */
int drop_missing_ops(struct scxu *s, const struct btf *kernel, const struct btf *ours,
		     struct bpf_map *map)
{
	const struct btf_type *t = btf_find_struct(ours, "sched_ext_ops");
	const struct btf_type *theirs = btf_find_struct(kernel, "sched_ext_ops");
	struct bpf_program **member;
	char *ops = bpf_map__initial_value(map, NULL);
	const char *name;
	int i, err;

	if (!t || !ops)
		return -EINVAL;
	for (i = 0; i < btf_vlen(t); i++) {
		name = btf__name_by_offset(ours, btf_members(t)[i].name_off);
		if (!btf_is_ptr(btf__type_by_id(ours, btf_members(t)[i].type)) ||
		    btf_has_member(kernel, theirs, name))
			continue;
		member = (struct bpf_program **)(ops + btf_member_bit_offset(t, i) / 8);
		err = *member ? bpf_program__set_autoload(*member, false) : 0;
		if (err)
			return err;
		*member = NULL;
		scxu_debug(s, "this kernel has no operation %s", name);
	}
	return 0;
}

/* The kernel calls each operation that is there, so those that nobody asked for go. */
#define drop_op(skel, op)                                                  \
	do {                                                               \
		(skel)->struct_ops.scxu_ops->op = NULL;                    \
		bpf_program__set_autoload((skel)->progs.scxu_##op, false); \
	} while (0)

void drop_unwanted_ops(struct scxu *s, struct scxu_bpf *skel)
{
	uint64_t events = s->opts.events;
	bool run = s->opts.fields & SCXU_FIELD_RUN, flags = s->opts.fields & SCXU_FIELD_FLAGS;
	bool preempt = events & SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT);

	/* With the deadline server nobody waits for ever, and soon the kernel warns of this one. */
	if (port_of(s)->has_ext_server)
		drop_op(skel, cpu_release);
	if (!run && !flags && !preempt)
		drop_op(skel, stopping);
	if (!flags && !preempt && !(events & SCXU_EVENT_BIT(SCXU_EVENT_YIELD)))
		drop_op(skel, yield);
	if (!run && !(events & SCXU_EVENT_BIT(SCXU_EVENT_SLEEP)))
		drop_op(skel, quiescent);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_RUNNABLE)))
		drop_op(skel, runnable);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT))) {
		drop_op(skel, cgroup_init);
		drop_op(skel, cgroup_exit);
		drop_op(skel, cgroup_set_weight);
	}
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH)))
		drop_op(skel, cgroup_set_bandwidth);
}
