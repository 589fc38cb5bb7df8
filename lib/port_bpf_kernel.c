// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_kernel.c - what the running kernel has, by its BTF. */
#include <errno.h>
#include <string.h>

#include "port_bpf.h"

/* To find a type takes a walk over a hundred thousand, so it is done once for each. */
static const struct btf_type *find_enum(const struct btf *btf, const char *type)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);

	if (id < 0)
		id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM64);
	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

/* An enumerator of @t, which may be NULL; numbers differ between versions of the kernel. */
static int64_t value_of(const struct btf *btf, const struct btf_type *t, const char *name)
{
	int i;

	for (i = 0; t && i < btf_vlen(t); i++) {
		if (btf_is_enum(t) &&
		    !strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return btf_enum(t)[i].val;
		if (btf_is_enum64(t) &&
		    !strcmp(btf__name_by_offset(btf, btf_enum64(t)[i].name_off), name))
			return btf_enum64_value(&btf_enum64(t)[i]);
	}
	return 0;
}

static uint64_t kernel_features(const struct btf *btf)
{
	const struct btf_type *ops = btf_find_struct(btf, "sched_ext_ops");
	const struct {
		enum scxu_feature feature;
		bool there;
	} found[] = {
		{ SCXU_FEATURE_CGROUP, btf_has_member(btf, ops, "cgroup_move") },
		{ SCXU_FEATURE_CGROUP_BANDWIDTH, btf_has_member(btf, ops, "cgroup_set_bandwidth") },
		{ SCXU_FEATURE_WITHDRAW,
		  value_of(btf, find_enum(btf, "scx_deq_flags"), "SCX_DEQ_SCHED_CHANGE") },
		{ SCXU_FEATURE_TID,
		  value_of(btf, find_enum(btf, "scx_ops_flags"), "SCX_OPS_TID_TO_TASK") },
		{ SCXU_FEATURE_KERNEL_EVENTS, btf_find_struct(btf, "scx_event_stats") },
		/* bpf/compat.bpf.h says why it is this member */
		{ SCXU_FEATURE_KICK_WAIT,
		  btf_has_member(btf, btf_find_struct(btf, "scx_rq"), "kick_sync_pending") },
	};
	uint64_t features = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(found); i++)
		features |= (uint64_t)found[i].there << found[i].feature;
	return features;
}

uint64_t port_bpf_features(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	uint64_t features = btf ? kernel_features(btf) : 0;

	btf__free(btf);
	return features;
}

/* An event that never comes is not what was asked for. */
static int check_events(struct scxu *s, uint64_t features)
{
	static const uint64_t cgroup =
		SCXU_EVENT_BIT(SCXU_EVENT_CGROUP) | SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT);
	const char *what = NULL;

	if (s->opts.events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH) &&
	    !(features >> SCXU_FEATURE_CGROUP_BANDWIDTH & 1))
		what = "SCXU_EVENT_CGROUP_BANDWIDTH: Linux 6.17 has them";
	if (s->opts.events & cgroup && !(features >> SCXU_FEATURE_CGROUP & 1))
		what = "cgroups: a kernel with CONFIG_EXT_GROUP_SCHED has them";
	if (what)
		scxu_error(s, "this kernel has no events of %s", what);
	return what ? -EOPNOTSUPP : 0;
}

int port_bpf_read_kernel(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct btf *btf = p->kernel = btf__load_vmlinux_btf();
	const struct btf_type *flags, *kinds;

	if (!btf) {
		scxu_error(s, "cannot read the kernel's BTF: %s", strerror(errno));
		return -EOPNOTSUPP;
	}
	flags = find_enum(btf, "scx_ops_flags");
	p->ops_flags = value_of(btf, flags, "SCX_OPS_KEEP_BUILTIN_IDLE") |
		       value_of(btf, flags, "SCX_OPS_ENQ_LAST") |
		       value_of(btf, flags, "SCX_OPS_TID_TO_TASK");
	/* Those that leave are to leave a CPU, too, that our class has lost. */
	p->has_ext_server = btf_has_member(btf, btf_find_struct(btf, "rq"), "ext_server");
	if (!p->has_ext_server)
		p->ops_flags |= value_of(btf, flags, "SCX_OPS_ENQ_EXITING");
	if (s->opts.flags & SCXU_PARTIAL)
		p->ops_flags |= value_of(btf, flags, "SCX_OPS_SWITCH_PARTIAL");
	kinds = find_enum(btf, "scx_exit_kind");
	p->kind_sysrq = value_of(btf, kinds, "SCX_EXIT_SYSRQ");
	p->kind_error = value_of(btf, kinds, "SCX_EXIT_ERROR");
	p->kind_unreg_bpf = value_of(btf, kinds, "SCX_EXIT_UNREG_BPF");
	p->ecode_restart = value_of(btf, find_enum(btf, "scx_exit_code"), "SCX_ECODE_ACT_RESTART");
	p->features = kernel_features(btf);
	/* Kernels that count events, later than 6.14, warn if the flag is set, not if it is not. */
	if (!(p->features >> SCXU_FEATURE_KERNEL_EVENTS & 1))
		p->ops_flags |= value_of(btf, flags, "SCX_OPS_HAS_CGROUP_WEIGHT");
	if (p->ops_flags && p->kind_error)
		return check_events(s, p->features);
	scxu_error(s, "the kernel's BTF does not describe sched_ext: boot a kernel whose BTF was "
		      "made by pahole 1.24 or newer");
	return -EOPNOTSUPP;
}
