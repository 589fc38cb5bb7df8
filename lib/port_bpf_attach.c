// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_attach.c - the life of the port: all that attaching takes, and its way back. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port_bpf.h"
#include "scxu.skel.h"

#define MIN_LIBBPF_MINOR 4
#define SCHED_EXT 7 /* include/uapi/linux/sched.h, Linux 6.12 */

static int check_libbpf(struct scxu *s)
{
	if (libbpf_major_version() > 1 || libbpf_minor_version() >= MIN_LIBBPF_MINOR)
		return 0;
	scxu_error(s, "libbpf %s is too old: install 1.%d or newer", libbpf_version_string(),
		   MIN_LIBBPF_MINOR);
	return -EOPNOTSUPP;
}

static uint64_t hotplug_seq(void)
{
	char line[64];

	if (scxu_read_line("/sys/kernel/sched_ext/hotplug_seq", line, sizeof(line)))
		return 0;
	return strtoull(line, NULL, 10);
}

/* The number first: the kernel refuses us if a CPU came or went since it was read. */
static int read_topology(struct scxu *s)
{
	struct scxu_topology *t;
	int err;

	port_of(s)->hotplug_seq = hotplug_seq();
	err = scxu_read_topology(&t, NULL, s);
	err = err ?: scxu_set_topology(s, t);
	return err && err != -ENOMEM ? -EOPNOTSUPP : err;
}

/*
 * The kernel half gives this thread a CPU when there is something to decide, so it has to be one of
 * its tasks: in partial mode only who asks for it is, and of a real-time class nobody.
 */
static int join(struct scxu *s)
{
	struct sched_param param = { 0 };
	int err, policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	if (policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE) {
		scxu_error(s, "this thread has a real-time class: the policy must run as an "
			      "ordinary task, without chrt or the like");
		return -EINVAL;
	}
	if (!(s->opts.flags & SCXU_PARTIAL) || !sched_setscheduler(0, SCHED_EXT, &param))
		return 0;
	err = -errno;
	scxu_error(s, "cannot put this thread in class SCHED_EXT: %s", strerror(-err));
	return err;
}

/* The file stays open: it is this scheduler's for ever, whoever attaches after us. */
static void open_kernel_events(struct port_bpf *p)
{
	p->events_fd = open("/sys/kernel/sched_ext/root/events", O_RDONLY | O_CLOEXEC);
}

static int attach_ops(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	int err;

	p->link = bpf_map__attach_struct_ops(p->skel->maps.scxu_ops);
	if (p->link) {
		__atomic_store_n(&p->attached, true, __ATOMIC_RELAXED);
		__atomic_store_n(&p->view.shm->listening, 1, __ATOMIC_RELEASE);
		open_kernel_events(p);
		return 0;
	}
	err = -errno;
	if (err == -EBUSY)
		scxu_error(s, "another scheduler was attached meanwhile: stop it first");
	else
		scxu_error(s, "the kernel did not accept the scheduler: %s", strerror(-err));
	return err;
}

static int prepare(struct scxu *s)
{
	int err = check_libbpf(s);

	err = err ?: port_bpf_read_kernel(s);
	err = err ?: read_topology(s);
	err = err ?: port_bpf_load(s);
	err = err ?: port_bpf_map_memory(s);
	err = err ?: port_bpf_map_doorbell(s);
	err = err ?: scxu_lock_memory(s);
	return err ?: join(s);
}

int port_bpf_prepare(struct scxu *s)
{
	struct port_bpf *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	s->port_data = p;
	p->stop_fd = -1;
	p->events_fd = -1;
	p->own_cpu = -1;

	libbpf_log_begin(s);
	err = prepare(s);
	libbpf_log_end();
	btf__free(p->kernel);
	p->kernel = NULL;
	return err;
}

int port_bpf_attach(struct scxu *s)
{
	int err;

	libbpf_log_begin(s);
	err = attach_ops(s);
	libbpf_log_end();
	return err;
}

void port_bpf_detach(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!__atomic_exchange_n(&p->attached, false, __ATOMIC_RELAXED))
		return;
	scxu_read_kernel_events(p->events_fd, p->kernel_events); /* they go with the link */
	port_bpf_let_go(p);
	port_bpf_save_exit(s);
}

void port_bpf_destroy(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	ring_buffer__free(p->doorbell);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
	if (p->events_fd >= 0)
		close(p->events_fd);
	shm_view_destroy(&p->view);
	scxu_bpf__destroy(p->skel);
	free(p);
	s->port_data = NULL;
}
