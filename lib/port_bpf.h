/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* port_bpf.h - what the files of the port to a real kernel ask of each other. */
#ifndef SCXU_PORT_BPF_H
#define SCXU_PORT_BPF_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"
#include "shm.h"

struct scxu_bpf;

/* s->port_data */
struct port_bpf {
	struct scxu_bpf *skel;
	struct bpf_link *link;
	struct ring_buffer *doorbell; /* its epoll set also holds stop_fd */
	int stop_fd;
	struct shm_view view;
	bool attached; /* other threads ask, as for the counts below */
	int own_cpu;   /* in this round; -1 = not known yet */
	uint64_t nr_syscalls;
	uint64_t nr_blocked;
	uint32_t listened_tail; /* decisions written when we listened last */
	struct btf *kernel;     /* while we attach */
	bool has_ext_server;    /* it has a deadline server for our class */
	uint64_t hotplug_seq;
	uint64_t ops_flags;
	uint64_t features; /* bits of enum scxu_feature */
	int64_t ecode_restart;
	uint32_t nr_over;          /* fallbacks that were told of, */
	uint64_t told_fallback_ns; /* and how long they were, in all */
	int kind_sysrq, kind_error, kind_unreg_bpf;
	struct scxu_exit_rec exit;
	bool exit_read;
	int events_fd;                                 /* the kernel's counters, -1 = it has none */
	uint64_t kernel_events[SCXU_NR_KERNEL_EVENTS]; /* as last read */
};

static inline struct port_bpf *port_of(struct scxu *s)
{
	return s->port_data;
}

/*
 * port_bpf_log.c: from begin to end, what libbpf has to say goes to @s's log, if this thread made
 * it say so. Others who want to begin wait meanwhile.
 */
void libbpf_log_begin(struct scxu *s);
void libbpf_log_end(void);

/* port_bpf_kernel.c: what is in p->kernel goes to ops_flags, features and the numbers of exits. */
int port_bpf_read_kernel(struct scxu *s);

/* port_bpf_kernel.c: bits of enum scxu_feature, without a handle. */
uint64_t port_bpf_features(void);

/* port_bpf_ops.c: NULL if there is none; and whether it has a member @name, which NULL has not. */
const struct btf_type *btf_find_struct(const struct btf *btf, const char *type);
bool btf_has_member(const struct btf *btf, const struct btf_type *t, const char *name);

/* port_bpf_ops.c: of the operations in @map, do not load those that the kernel does not have. */
int drop_missing_ops(struct scxu *s, const struct btf *kernel, const struct btf *ours,
		     struct bpf_map *map);

/* port_bpf_ops.c: do not load those either that only serve what @s's options do not ask for. */
void drop_unwanted_ops(struct scxu *s, struct scxu_bpf *skel);

/* port_bpf_load.c: open the kernel half, make it fit and load it; then map what we share. */
int port_bpf_load(struct scxu *s);
int port_bpf_map_memory(struct scxu *s);

/* port_bpf_load.c: run a program of the kernel half on @ctx. */
int port_bpf_run(const struct bpf_program *prog, void *ctx, size_t size);

/* port_bpf_attach.c */
int port_bpf_prepare(struct scxu *s);
int port_bpf_attach(struct scxu *s);
void port_bpf_detach(struct scxu *s);
void port_bpf_destroy(struct scxu *s);

/* port_bpf_wait.c: what wakes a thread that sleeps. */
int port_bpf_map_doorbell(struct scxu *s);

/* port_bpf_wait.c */
int port_bpf_wait(struct scxu *s, int64_t timeout_ns, bool pending);
int port_bpf_fd(struct scxu *s);
bool port_bpf_arm(struct scxu *s);
void port_bpf_disarm(struct scxu *s);
void port_bpf_wake(struct scxu *s);
void port_bpf_hold_up(struct scxu *s, uint64_t ns, bool spin);
int port_bpf_sleep_through(struct scxu *s, int64_t timeout_ns);

/* port_bpf_exit.c: detach, in whatever thread comes first. */
void port_bpf_let_go(struct port_bpf *p);

/* port_bpf_exit.c: keep the exit record, which is there once we are detached. */
void port_bpf_save_exit(struct scxu *s);

/* port_bpf_exit.c */
bool port_bpf_exited(struct scxu *s);
void port_bpf_read_exit(struct scxu *s, struct scxu_exit_info *info);
const char *port_bpf_dump(struct scxu *s);

#endif
