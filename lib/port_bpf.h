/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* port_bpf.h - what the files of the port to a real kernel ask of each other. */
#ifndef SCXU_PORT_BPF_H
#define SCXU_PORT_BPF_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/*
 * port_bpf_log.c: from begin to end, what libbpf has to say goes to @s's log, if this thread made
 * it say so. Others who want to begin wait meanwhile.
 */
void libbpf_log_begin(struct scxu *s);
void libbpf_log_end(void);

/* port_bpf_ops.c: whether struct @type has a member @name. */
bool btf_has_member(const struct btf *btf, const char *type, const char *name);

/* port_bpf_ops.c: of the operations in @map, do not load those that the kernel does not have. */
int drop_missing_ops(struct scxu *s, const struct btf *kernel, const struct btf *ours,
		     struct bpf_map *map);

#endif
