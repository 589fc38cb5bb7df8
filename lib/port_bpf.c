// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf.c - the port to a real kernel: attach, share memory, wait, detach. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "api.h"
#include "port_bpf.h"
#include "shm.h"
#include "scxu.skel.h"

#define MIN_LIBBPF_MINOR 4
#define SCHED_EXT 7 /* include/uapi/linux/sched.h, Linux 6.12 */

struct port_bpf {
	struct scxu_bpf *skel;
	struct bpf_link *link;
	struct ring_buffer *doorbell; /* its epoll set also holds stop_fd */
	int stop_fd;
	struct shm_view view;
	bool attached;
	int own_cpu; /* in this round; -1 = not known yet */
	uint64_t nr_syscalls;
	uint64_t nr_blocked;
	uint32_t listened_tail; /* decisions written when we listened last */
	struct btf *kernel;     /* while we attach */
	uint64_t ops_flags;
	uint64_t features; /* bits of enum scxu_feature */
	int64_t ecode_restart;
	int kind_sysrq, kind_error;
	struct scxu_exit_rec exit;
	bool exit_read;
	int events_fd;                                 /* the kernel's counters, -1 = it has none */
	uint64_t kernel_events[SCXU_NR_KERNEL_EVENTS]; /* as last read */
};

static struct port_bpf *port_of(struct scxu *s)
{
	return s->port_data;
}

static int check_libbpf(struct scxu *s)
{
	if (libbpf_major_version() > 1 || libbpf_minor_version() >= MIN_LIBBPF_MINOR)
		return 0;
	scxu_error(s, "libbpf %s is too old: install 1.%d or newer", libbpf_version_string(),
		   MIN_LIBBPF_MINOR);
	return -EOPNOTSUPP;
}

/* bpf/api.h has these numbers again, for the kernel half. */
static_assert((int)TASK_WAKEUP == SCXU_TASK_WAKEUP && (int)TASK_PREEMPTED == SCXU_TASK_PREEMPTED &&
	      (int)TASK_REENQUEUED == SCXU_TASK_REENQUEUED &&
	      (int)TASK_KTHREAD == SCXU_TASK_KTHREAD && (int)TASK_EXITING == SCXU_TASK_EXITING &&
	      (int)TASK_SYNC == SCXU_TASK_SYNC && (int)TASK_PINNED == SCXU_TASK_PINNED);
static_assert((int)FIELD_FLAGS == SCXU_FIELD_FLAGS && (int)FIELD_COMM == SCXU_FIELD_COMM &&
	      (int)FIELD_PRIORITY == SCXU_FIELD_PRIORITY && (int)FIELD_WAKER == SCXU_FIELD_WAKER &&
	      (int)FIELD_RUN == SCXU_FIELD_RUN);
static_assert((int)DISPATCH_HEAD == SCXU_DISPATCH_HEAD &&
	      (int)DISPATCH_PREEMPT == SCXU_DISPATCH_PREEMPT);
static_assert((int)KICK_IDLE == SCXU_KICK_IDLE && (int)KICK_PREEMPT == SCXU_KICK_PREEMPT &&
	      (int)KICK_WAIT == SCXU_KICK_WAIT);
static_assert((int)EVENT_NEW == SCXU_EVENT_NEW && (int)EVENT_RUNNABLE == SCXU_EVENT_RUNNABLE &&
	      (int)EVENT_SLEEP == SCXU_EVENT_SLEEP && (int)EVENT_YIELD == SCXU_EVENT_YIELD &&
	      (int)EVENT_PREEMPT == SCXU_EVENT_PREEMPT && (int)EVENT_EXIT == SCXU_EVENT_EXIT &&
	      (int)EVENT_CPUMASK == SCXU_EVENT_CPUMASK && (int)EVENT_WEIGHT == SCXU_EVENT_WEIGHT &&
	      (int)EVENT_CGROUP == SCXU_EVENT_CGROUP &&
	      (int)EVENT_WITHDRAW == SCXU_EVENT_WITHDRAW &&
	      (int)EVENT_CPU_ONLINE == SCXU_EVENT_CPU_ONLINE &&
	      (int)EVENT_CPU_OFFLINE == SCXU_EVENT_CPU_OFFLINE &&
	      (int)EVENT_TICK == SCXU_EVENT_TICK &&
	      (int)EVENT_CGROUP_WEIGHT == SCXU_EVENT_CGROUP_WEIGHT &&
	      (int)EVENT_CGROUP_BANDWIDTH == SCXU_EVENT_CGROUP_BANDWIDTH &&
	      (int)EVENT_RESULT == SCXU_EVENT_RESULT);
static_assert((int)WITHDRAW_FALLBACK == SCXU_WITHDRAW_FALLBACK &&
	      (int)RESULT_BOUNCED == SCXU_RESULT_BOUNCED &&
	      (int)RESULT_STALE == SCXU_RESULT_STALE &&
	      (int)RESULT_REFUSED == SCXU_RESULT_REFUSED &&
	      (int)RESULT_UNSUPPORTED == SCXU_RESULT_UNSUPPORTED);

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
	};
	uint64_t features = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(found); i++)
		features |= (uint64_t)found[i].there << found[i].feature;
	return features;
}

static int read_kernel_enums(struct scxu *s)
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
		return 0;
	scxu_error(s, "the kernel's BTF does not describe sched_ext: boot a kernel whose BTF was "
		      "made by pahole 1.24 or newer");
	return -EOPNOTSUPP;
}

static int read_topology(struct scxu *s)
{
	struct scxu_topology *t;
	int err = scxu_read_topology(&t, NULL, s);

	err = err ?: scxu_set_topology(s, t);
	return err && err != -ENOMEM ? -EOPNOTSUPP : err;
}

/* The kernel refuses us if a CPU came or went since this was read. */
static uint64_t hotplug_seq(void)
{
	char line[64];

	if (scxu_read_line("/sys/kernel/sched_ext/hotplug_seq", line, sizeof(line)))
		return 0;
	return strtoull(line, NULL, 10);
}

static void set_options(struct scxu *s, struct scxu_bpf *skel, struct scxu_shm_layout *layout)
{
	const struct scxu_opts *o = &s->opts;

	skel->rodata->opts = (struct scxu_shm_opts){
		.layout = *layout,
		.nr_cpus_possible = s->nr_cpus_possible,
		.slice_ns = o->slice_us * NSEC_PER_USEC,
		.min_slice_ns = SCXU_MIN_SLICE_US * NSEC_PER_USEC,
		.max_slice_ns = SCXU_MAX_SLICE_US * NSEC_PER_USEC,
		.fallback_ns = o->fallback_ms * NSEC_PER_MSEC,
		.full_user = !!(o->flags & SCXU_FULL_USER),
		.fields = o->fields,
		.events = o->events,
	};
}

/* The name is the last member, and an array, which bpftool gives no name to. */
static void set_ops(struct scxu *s, struct scxu_bpf *skel)
{
	typeof(skel->struct_ops.scxu_ops) ops = skel->struct_ops.scxu_ops;

	ops->flags = port_of(s)->ops_flags;
	ops->timeout_ms = s->opts.timeout_ms;
	ops->exit_dump_len = s->opts.exit_dump_len;
	ops->hotplug_seq = hotplug_seq();
	memset((char *)(ops + 1) - SCXU_NAME_LEN, 0, SCXU_NAME_LEN);
	strcpy((char *)(ops + 1) - SCXU_NAME_LEN, s->name);
}

/* The kernel calls each operation that is there, so those that nobody asked for go. */
#define drop_op(skel, op)                                                  \
	do {                                                               \
		(skel)->struct_ops.scxu_ops->op = NULL;                    \
		bpf_program__set_autoload((skel)->progs.scxu_##op, false); \
	} while (0)

static void drop_ops(struct scxu *s, struct scxu_bpf *skel)
{
	uint64_t events = s->opts.events;
	bool run = s->opts.fields & SCXU_FIELD_RUN, flags = s->opts.fields & SCXU_FIELD_FLAGS;
	bool preempt = events & SCXU_EVENT_BIT(SCXU_EVENT_PREEMPT);

	if (!run && !flags && !preempt)
		drop_op(skel, stopping);
	if (!flags && !preempt && !(events & SCXU_EVENT_BIT(SCXU_EVENT_YIELD)))
		drop_op(skel, yield);
	if (!run && !(events & SCXU_EVENT_BIT(SCXU_EVENT_SLEEP)))
		drop_op(skel, quiescent);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_RUNNABLE)))
		drop_op(skel, runnable);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_NEW)))
		drop_op(skel, enable);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_EXIT)))
		drop_op(skel, disable);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_WEIGHT)))
		drop_op(skel, set_weight);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT)))
		drop_op(skel, cgroup_set_weight);
	if (!(events & SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH)))
		drop_op(skel, cgroup_set_bandwidth);
}

static int set_sizes(struct scxu_bpf *skel, const struct scxu_shm_layout *layout)
{
	long page = sysconf(_SC_PAGESIZE);
	int err;

	err = bpf_map__set_max_entries(skel->maps.arena, (layout->size + page - 1) / page);
	err = err ?: bpf_map__set_max_entries(skel->maps.slots, layout->nr_slots);
	err = err ?: bpf_map__set_max_entries(skel->maps.free_slots, layout->nr_slots);
	err = err ?: bpf_map__set_max_entries(skel->maps.cpus, layout->nr_cpus + 1);
	err = err   ?:
		      bpf_map__set_max_entries(skel->maps.custody,
					       layout->nr_cpus * layout->nr_ring);
	return err;
}

static int load(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct scxu_shm_layout layout;
	int err;

	err = shm_layout(&layout, s->nr_cpus, s->opts.max_tasks,
			 s->opts.events ? s->opts.nr_events : 0);
	if (!err && s->opts.flags & SCXU_HISTOGRAMS)
		err = shm_layout_histograms(&layout);
	if (err) {
		scxu_error(s, "%u events for each of %d CPUs: more than fits in 4 GiB",
			   s->opts.nr_events, s->nr_cpus);
		return -EINVAL;
	}
	s->nr_slots = layout.nr_slots;
	p->skel = scxu_bpf__open();
	if (!p->skel) {
		err = -errno;
	} else {
		set_options(s, p->skel, &layout);
		set_ops(s, p->skel);
		drop_ops(s, p->skel);
		err = drop_missing_ops(s, p->kernel, bpf_object__btf(p->skel->obj),
				       p->skel->maps.scxu_ops);
		err = err ?: set_sizes(p->skel, &layout);
		err = err ?: scxu_bpf__load(p->skel);
	}
	if (err)
		scxu_error(s, "cannot load the kernel half: %s; a log of level debug says more",
			   strerror(-err));
	/* What the verifier refuses is no fault of the caller's options. */
	return err == -EINVAL || err == -E2BIG || err == -EACCES ? -EOPNOTSUPP : err;
}

/* Run a program of the kernel half on @ctx. */
static int run(const struct bpf_program *prog, void *ctx, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = size);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return err ? err : (int)opts.retval;
}

/* Pages of the arena exist from the moment they are touched. */
static int map_shared_memory(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct scxu_shm_layout layout = p->skel->rodata->opts.layout;
	struct scxu_shm_setup setup = { 0 };
	size_t size;
	void *base = bpf_map__initial_value(p->skel->maps.arena, &size);
	int err;

	if (!base) {
		scxu_error(s, "libbpf %s did not map the arena", libbpf_version_string());
		return -EOPNOTSUPP;
	}
	memset(base, 0, layout.size);
	err = shm_view_init(&p->view, &layout, base);
	if (err)
		return err;
	p->view.fields = s->opts.fields;
	p->view.topology = s->opts.fields & SCXU_FIELD_PLACE ? s->topology : NULL;
	setup.shm = (uintptr_t)base;
	err = run(p->skel->progs.scxu_setup, &setup, sizeof(setup));
	if (err)
		scxu_error(s, "cannot set up the kernel half: %s", strerror(-err));
	return err;
}

static int heard(void *ctx, void *data, size_t size)
{
	return 0;
}

static int map_doorbell(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct epoll_event event = { .events = EPOLLIN };
	int err;

	p->doorbell = ring_buffer__new(bpf_map__fd(p->skel->maps.doorbell), heard, NULL, NULL);
	p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->doorbell && p->stop_fd >= 0 &&
	    !epoll_ctl(ring_buffer__epoll_fd(p->doorbell), EPOLL_CTL_ADD, p->stop_fd, &event))
		return 0;
	err = -errno;
	scxu_error(s, "cannot make the doorbell: %s", strerror(-err));
	return err;
}

/* In partial mode the policy's own thread is scheduled by the kernel half only if it asks. */
static int join(struct scxu *s)
{
	struct sched_param param = { 0 };

	if (!(s->opts.flags & SCXU_PARTIAL) || !sched_setscheduler(0, SCHED_EXT, &param))
		return 0;
	scxu_error(s, "cannot put this thread in class SCHED_EXT: %s", strerror(errno));
	return -errno;
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
		p->attached = true;
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

static int bpf_attach_quietly(struct scxu *s)
{
	int err = check_libbpf(s);

	err = err ?: read_kernel_enums(s);
	err = err ?: read_topology(s);
	err = err ?: load(s);
	err = err ?: map_shared_memory(s);
	err = err ?: map_doorbell(s);
	err = err ?: scxu_lock_memory(s);
	err = err ?: join(s);
	return err ?: attach_ops(s);
}

static int bpf_attach(struct scxu *s)
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
	err = bpf_attach_quietly(s);
	libbpf_log_end();
	btf__free(p->kernel);
	p->kernel = NULL;
	return err;
}

/* The record is written once, by ops.exit(), before the link is gone. */
static void save_exit(struct port_bpf *p)
{
	uint32_t key = 0;

	if (p->exit_read)
		return;
	p->exit_read = !bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.exit_rec), &key, &p->exit);
}

static void let_go(struct port_bpf *p)
{
	struct bpf_link *link = __atomic_exchange_n(&p->link, NULL, __ATOMIC_ACQ_REL);

	if (link)
		bpf_link__destroy(link);
}

static void bpf_detach(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!p->attached)
		return;
	p->attached = false;
	scxu_read_kernel_events(p->events_fd, p->kernel_events); /* they go with the link */
	let_go(p);
	save_exit(p);
}

static void bpf_destroy(struct scxu *s)
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

static unsigned int bpf_read_tasks(struct scxu *s, struct scxu_task *tasks, unsigned int nr)
{
	return shm_read_tasks(&port_of(s)->view, tasks, nr);
}

static unsigned int bpf_read_events(struct scxu *s, struct scxu_event *events, unsigned int nr)
{
	return shm_read_events(&port_of(s)->view, events, nr);
}

static void bpf_drop_events(struct scxu *s)
{
	shm_drop_events(&port_of(s)->view);
}

static bool bpf_read_slot(struct scxu *s, uint32_t slot, struct scxu_task *t)
{
	return shm_read_slot(&port_of(s)->view, slot, t);
}

static const uint64_t *bpf_task_cpumask(struct scxu *s, uint32_t slot)
{
	const struct shm_view *v = &port_of(s)->view;

	return v->masks + (size_t)slot * v->layout.mask_words;
}

static bool bpf_command(struct scxu *s, const struct scxu_command *command)
{
	return shm_command(&port_of(s)->view, command);
}

static int bpf_add_to_queue(struct scxu *s, uint32_t nr, int cpu)
{
	struct scxu_shm_queue queue = { .queue = nr, .cpu = cpu };

	return run(port_of(s)->skel->progs.scxu_setup_queue, &queue, sizeof(queue));
}

static int bpf_create_queue(struct scxu *s, uint32_t nr)
{
	return bpf_add_to_queue(s, nr, -1);
}

static int bpf_set_cpuperf(struct scxu *s, int cpu, uint32_t perf)
{
	struct scxu_shm_cpuperf set = { .cpu = cpu, .perf = perf };

	return run(port_of(s)->skel->progs.scxu_set_cpuperf, &set, sizeof(set));
}

static bool bpf_has(struct scxu *s, int feature)
{
	return feature >= 0 && feature < 64 && port_of(s)->features >> feature & 1;
}

static bool bpf_submit(struct scxu *s, const struct scxu_dispatch *d)
{
	return shm_submit(&port_of(s)->view, d);
}

static void park(struct port_bpf *p, enum scxu_shm_park how)
{
	struct scxu_shm *shm = p->view.shm;

	__atomic_store_n(&shm->parked, how, __ATOMIC_RELEASE);
	p->nr_syscalls++;
	sched_yield();
	__atomic_store_n(&shm->parked, SCXU_PARK_NO, __ATOMIC_RELEASE);
}

static bool is_needed(const struct port_bpf *p)
{
	return __atomic_load_n(&p->view.shm->needed, __ATOMIC_RELAXED);
}

/*
 * Yield before we sleep. The doorbell rings for the first announcement of a round only, and there
 * has been one; or nobody has given up the CPU since we listened last, so that what was decided
 * then is not carried out.
 */
static bool must_yield(const struct port_bpf *p)
{
	uint32_t head = __atomic_load_n(&p->view.shm->decision_head, __ATOMIC_RELAXED);

	return is_needed(p) || (int32_t)(head - p->listened_tail) < 0;
}

/*
 * From now on the doorbell rings when there is something to decide. False if there is already. We
 * say so first and look after; the kernel half does it the other way round, so one of us sees the
 * other.
 */
static bool listen(struct port_bpf *p)
{
	struct scxu_shm *shm = p->view.shm;

	p->listened_tail = shm->decision_tail;
	ring_buffer__consume(p->doorbell);
	__atomic_store_n(&shm->blocked, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_needed(p) && !shm_pending(&p->view) &&
	    !__atomic_load_n(&shm->exit_kind, __ATOMIC_RELAXED))
		return true;
	__atomic_store_n(&shm->blocked, 0, __ATOMIC_RELAXED);
	return false;
}

static void stop_listening(struct port_bpf *p)
{
	__atomic_store_n(&p->view.shm->blocked, 0, __ATOMIC_RELEASE);
}

static int sleep_on_doorbell(struct port_bpf *p, int64_t timeout_ns)
{
	struct epoll_event event;
	int timeout_ms = -1, err = 0;

	if (timeout_ns >= 0)
		timeout_ms = (timeout_ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	if (must_yield(p)) {
		park(p, SCXU_PARK_BRIEFLY);
		return 0;
	}
	if (!listen(p))
		return 0;
	p->nr_syscalls++;
	p->nr_blocked++;
	if (epoll_wait(ring_buffer__epoll_fd(p->doorbell), &event, 1, timeout_ms) < 0)
		err = -errno;
	stop_listening(p);
	return err;
}

/* Who parks is back when there is something to decide, or after some looks of the guard. */
static bool is_short(struct scxu *s, int64_t timeout_ns)
{
	return timeout_ns >= 0 && timeout_ns < 2 * (int64_t)(s->opts.fallback_ms * NSEC_PER_MSEC);
}

static bool may_block(const struct port_bpf *p)
{
	return __atomic_load_n(&p->view.shm->may_block, __ATOMIC_RELAXED);
}

static void end_round(struct port_bpf *p)
{
	struct scxu_shm *shm = p->view.shm;

	p->view.busy = false;
	p->own_cpu = -1;
	__atomic_store_n(&shm->nr_rounds, shm->nr_rounds + 1, __ATOMIC_RELEASE);
}

static int bpf_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct port_bpf *p = port_of(s);
	bool busy = p->view.busy;
	int err = 0;

	end_round(p);
	if (timeout_ns && !pending && (is_short(s, timeout_ns) || (!busy && may_block(p))))
		err = sleep_on_doorbell(p, timeout_ns);
	else
		park(p, pending || !timeout_ns ? SCXU_PARK_NO : SCXU_PARK);
	return err;
}

static int bpf_fd(struct scxu *s)
{
	return ring_buffer__epoll_fd(port_of(s)->doorbell);
}

static bool bpf_arm(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	end_round(p);
	if (must_yield(p))
		park(p, SCXU_PARK_BRIEFLY);
	return listen(p);
}

static void bpf_disarm(struct scxu *s)
{
	stop_listening(port_of(s));
}

static void bpf_wake(struct scxu *s)
{
	uint64_t one = 1;
	ssize_t nr = write(port_of(s)->stop_fd, &one, sizeof(one));

	(void)nr; /* full means that it wakes already */
}

static bool bpf_cpu_is_idle(struct scxu *s, int cpu)
{
	return __atomic_load_n(&port_of(s)->view.cpus[cpu].idle, __ATOMIC_RELAXED);
}

static pid_t bpf_cpu_pid(struct scxu *s, int cpu)
{
	return __atomic_load_n(&port_of(s)->view.cpus[cpu].pid, __ATOMIC_RELAXED);
}

/* sched_getcpu() reads a register or the thread's own memory: no system call. */
static int bpf_own_cpu(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!__atomic_load_n(&p->view.shm->own_cpu_free, __ATOMIC_RELAXED))
		return -1;
	if (p->own_cpu < 0)
		p->own_cpu = sched_getcpu();
	return p->own_cpu;
}

static bool bpf_exited(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	if (!p->attached)
		return true;
	if (!__atomic_load_n(&p->view.shm->exit_kind, __ATOMIC_ACQUIRE))
		return false;
	/* On 6.12 that disables whichever scheduler is attached: so do it before there is one. */
	let_go(p);
	return true;
}

static int exit_kind(const struct port_bpf *p, const struct scxu_exit_rec *rec)
{
	if (!rec->kind)
		return p->attached ? SCXU_EXIT_NONE : SCXU_EXIT_DETACHED;
	if ((int)rec->kind >= p->kind_error)
		return SCXU_EXIT_EVICTED;
	if ((int)rec->kind == p->kind_sysrq)
		return SCXU_EXIT_REQUESTED;
	if (p->ecode_restart && rec->code & p->ecode_restart)
		return SCXU_EXIT_RESTART;
	return SCXU_EXIT_DETACHED;
}

static void bpf_read_exit(struct scxu *s, struct scxu_exit_info *info)
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

static const char *bpf_dump(struct scxu *s)
{
	return port_of(s)->exit.dump;
}

static void bpf_read_stats(struct scxu *s, struct scxu_stats *stats)
{
	struct port_bpf *p = port_of(s);

	shm_read_stats(&p->view, stats);
	stats->nr_syscalls = p->nr_syscalls;
	stats->nr_blocked = p->nr_blocked;
	if (stats->sz <= offsetof(struct scxu_stats, nr_kernel_select_cpu_fallback))
		return;
	scxu_read_kernel_events(p->events_fd, p->kernel_events);
	scxu_copy_kernel_events(stats, p->kernel_events);
}

static void bpf_read_histograms(struct scxu *s, struct scxu_histograms *h)
{
	shm_read_histograms(&port_of(s)->view, h);
}

const struct scxu_port scxu_port_bpf = {
	.attach = bpf_attach,
	.detach = bpf_detach,
	.destroy = bpf_destroy,
	.read_tasks = bpf_read_tasks,
	.read_events = bpf_read_events,
	.drop_events = bpf_drop_events,
	.read_slot = bpf_read_slot,
	.task_cpumask = bpf_task_cpumask,
	.submit = bpf_submit,
	.command = bpf_command,
	.create_queue = bpf_create_queue,
	.add_to_queue = bpf_add_to_queue,
	.set_cpuperf = bpf_set_cpuperf,
	.has = bpf_has,
	.wait = bpf_wait,
	.fd = bpf_fd,
	.arm = bpf_arm,
	.disarm = bpf_disarm,
	.wake = bpf_wake,
	.cpu_is_idle = bpf_cpu_is_idle,
	.cpu_pid = bpf_cpu_pid,
	.own_cpu = bpf_own_cpu,
	.exited = bpf_exited,
	.read_exit = bpf_read_exit,
	.dump = bpf_dump,
	.read_stats = bpf_read_stats,
	.read_histograms = bpf_read_histograms,
};
