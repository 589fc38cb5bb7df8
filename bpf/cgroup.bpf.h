/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cgroup.bpf.h - which cgroup a task is in, and what cgroups ask for.
 *
 * It is the task's cgroup for the cpu controller: the next one above where that is off. The kernel
 * has these operations with CONFIG_EXT_GROUP_SCHED, and some only later versions; lib/ leaves out
 * what it lacks. Those that we would have nothing to do in are left out as well: no kernel warns of
 * that, but for 6.12 to 6.14 when cpu.idle is set, whatever we do.
 */
#ifndef SCXU_CGROUP_BPF_H
#define SCXU_CGROUP_BPF_H

static __always_inline u64 cgroup_id(const struct cgroup *cgrp)
{
	return cgrp->kn->id;
}

static __always_inline u64 task_cgroup_id(const struct scx_init_task_args *args)
{
	return bpf_core_field_exists(args->cgroup) ? cgroup_id(args->cgroup) : 0;
}

/* Called with interrupts off. A runnable task is enqueued anew after that. */
SEC("struct_ops/scxu_cgroup_move")
void BPF_PROG(scxu_cgroup_move, struct task_struct *p, struct cgroup *from, struct cgroup *to)
{
	u32 slot;

	use_arena();
	if (task_slot(p, &slot))
		shm_tasks[slot].cgroup_id = cgroup_id(to);
	if (wanted(EVENT_CGROUP))
		event_task(p, EVENT_CGROUP, cgroup_id(to), cgroup_id(from));
}

/* What the process can ask for, by id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct scxu_shm_cgroup);
} cgroups SEC(".maps");

/* Called for those that are there when we attach, and for each that comes. */
SEC("struct_ops.s/scxu_cgroup_init")
s32 BPF_PROG(scxu_cgroup_init, struct cgroup *cgrp, struct scx_cgroup_init_args *args)
{
	struct cgroup_subsys_state *parent = cgrp->self.parent;
	struct scxu_shm_cgroup info = { .weight = args->weight };
	u64 id = cgroup_id(cgrp);

	if (parent)
		info.parent_id = cgroup_id(parent->cgroup);
	bpf_map_update_elem(&cgroups, &id, &info, BPF_ANY);
	return 0;
}

SEC("struct_ops.s/scxu_cgroup_exit")
void BPF_PROG(scxu_cgroup_exit, struct cgroup *cgrp)
{
	u64 id = cgroup_id(cgrp);

	bpf_map_delete_elem(&cgroups, &id);
	event_slow(EVENT_CGROUP_WEIGHT, bpf_get_smp_processor_id(), id, 0, 0, 0);
}

SEC("struct_ops/scxu_cgroup_set_weight")
void BPF_PROG(scxu_cgroup_set_weight, struct cgroup *cgrp, u32 weight)
{
	u64 id = cgroup_id(cgrp);
	struct scxu_shm_cgroup *info = bpf_map_lookup_elem(&cgroups, &id);

	if (info)
		info->weight = weight;
	event_slow(EVENT_CGROUP_WEIGHT, bpf_get_smp_processor_id(), cgroup_id(cgrp), weight, 0, 0);
}

SEC("struct_ops/scxu_cgroup_set_bandwidth")
void BPF_PROG(scxu_cgroup_set_bandwidth, struct cgroup *cgrp, u64 period_us, u64 quota_us,
	      u64 burst_us)
{
	event_slow(EVENT_CGROUP_BANDWIDTH, bpf_get_smp_processor_id(), cgroup_id(cgrp), period_us,
		   quota_us, burst_us);
}

#endif
