/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The least object with all that ours needs of the tools: an arena, address-space casts, struct_ops.
 * configure tries clang, llvm-strip and bpftool on it; nothing else uses it.
 */
#ifndef __BPF_FEATURE_ADDR_SPACE_CAST
#error "no address-space casts"
#endif

#define SEC(name) __attribute__((section(name), used))

struct {
	int (*type)[33];           /* BPF_MAP_TYPE_ARENA */
	int (*map_flags)[1 << 10]; /* BPF_F_MMAPABLE */
	int (*max_entries)[1];
} probe_arena SEC(".maps");

struct sched_ext_ops {
	int (*init)(void);
	char name[16];
};

SEC("struct_ops/probe_init") int probe_init(void)
{
	return 0;
}

SEC(".struct_ops.link") struct sched_ext_ops probe_ops = { .init = probe_init, .name = "probe" };

char probe_license[] SEC("license") = "Dual BSD/GPL";
