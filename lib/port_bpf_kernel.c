// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_kernel.c - what the running kernel has, by its BTF. */
#include <errno.h>
#include <string.h>

#include "port_bpf.h"

/* An enumerator of the running kernel; numbers differ between versions. */
static int64_t kernel_enum(const struct btf *btf, const char *type, const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM), i;
	const struct btf_type *t;

	if (id < 0)
		id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM64);
	if (id < 0)
		return 0;
	t = btf__type_by_id(btf, id);
	for (i = 0; i < btf_vlen(t); i++) {
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
	const struct {
		enum scxu_feature feature;
		bool there;
	} found[] = {
		{ SCXU_FEATURE_CGROUP, btf_has_member(btf, "sched_ext_ops", "cgroup_move") },
		{ SCXU_FEATURE_CGROUP_BANDWIDTH,
		  btf_has_member(btf, "sched_ext_ops", "cgroup_set_bandwidth") },
		{ SCXU_FEATURE_WITHDRAW,
		  kernel_enum(btf, "scx_deq_flags", "SCX_DEQ_SCHED_CHANGE") },
		{ SCXU_FEATURE_TID, kernel_enum(btf, "scx_ops_flags", "SCX_OPS_TID_TO_TASK") },
		{ SCXU_FEATURE_KERNEL_EVENTS,
		  btf__find_by_name_kind(btf, "scx_event_stats", BTF_KIND_STRUCT) > 0 },
		/* bpf/compat.bpf.h says why it is this member */
		{ SCXU_FEATURE_KICK_WAIT, btf_has_member(btf, "scx_rq", "kick_sync_pending") },
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

	if (!btf) {
		scxu_error(s, "cannot read the kernel's BTF: %s", strerror(errno));
		return -EOPNOTSUPP;
	}
	p->ops_flags = kernel_enum(btf, "scx_ops_flags", "SCX_OPS_KEEP_BUILTIN_IDLE") |
		       kernel_enum(btf, "scx_ops_flags", "SCX_OPS_ENQ_LAST") |
		       kernel_enum(btf, "scx_ops_flags", "SCX_OPS_TID_TO_TASK");
	/* Those that leave are to leave a CPU, too, that our class has lost. */
	if (!btf_has_member(btf, "rq", "ext_server"))
		p->ops_flags |= kernel_enum(btf, "scx_ops_flags", "SCX_OPS_ENQ_EXITING");
	if (s->opts.flags & SCXU_PARTIAL)
		p->ops_flags |= kernel_enum(btf, "scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL");
	p->kind_sysrq = kernel_enum(btf, "scx_exit_kind", "SCX_EXIT_SYSRQ");
	p->kind_error = kernel_enum(btf, "scx_exit_kind", "SCX_EXIT_ERROR");
	p->ecode_restart = kernel_enum(btf, "scx_exit_code", "SCX_ECODE_ACT_RESTART");
	p->features = kernel_features(btf);
	/* Later kernels than 6.14, which have this type, warn if the flag is set, not if it is not. */
	if (btf__find_by_name_kind(btf, "scx_event_stats", BTF_KIND_STRUCT) < 0)
		p->ops_flags |= kernel_enum(btf, "scx_ops_flags", "SCX_OPS_HAS_CGROUP_WEIGHT");
	if (p->ops_flags && p->kind_error)
		return check_events(s, p->features);
	scxu_error(s, "the kernel's BTF does not describe sched_ext: boot a kernel whose BTF was "
		      "made by pahole 1.24 or newer");
	return -EOPNOTSUPP;
}
