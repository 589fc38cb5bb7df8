// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_load.c - the kernel half, loaded with the sizes and options of a handle; its memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "port_bpf.h"
#include "scxu.skel.h"
#include "topology.h"

static uint32_t nr_llcs(const struct scxu *s)
{
	return scxu_topology_nr_llcs(s->topology) ?: 1;
}

static void set_options(struct scxu *s, struct scxu_bpf *skel, struct scxu_shm_layout *layout)
{
	const struct scxu_opts *o = &s->opts;

	skel->rodata->opts = (struct scxu_shm_opts){
		.layout = *layout,
		.nr_cpus_possible = s->nr_cpus_possible,
		.nr_llcs = nr_llcs(s),
		.slice_ns = o->slice_us * NSEC_PER_USEC,
		.min_slice_ns = SCXU_MIN_SLICE_US * NSEC_PER_USEC,
		.max_slice_ns = SCXU_MAX_SLICE_US * NSEC_PER_USEC,
		.fallback_ns = o->flags & SCXU_NO_FALLBACK ? 0 : o->fallback_ms * NSEC_PER_MSEC,
		.starved_ns = o->timeout_ms * NSEC_PER_MSEC / 2,
		.fallback_repeated = o->fallback_repeated,
		.wakeup_ns = o->wakeup_preempt_us * NSEC_PER_USEC,
		.full_user = !!(o->flags & SCXU_FULL_USER),
		.partial = !!(o->flags & SCXU_PARTIAL),
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
	ops->hotplug_seq = port_of(s)->hotplug_seq;
	memset((char *)(ops + 1) - SCXU_NAME_LEN, 0, SCXU_NAME_LEN);
	strcpy((char *)(ops + 1) - SCXU_NAME_LEN, s->name);
}

static int set_sizes(struct scxu_bpf *skel, const struct scxu_shm_layout *layout,
		     uint32_t nr_queues)
{
	long page = sysconf(_SC_PAGESIZE);
	int err;

	err = bpf_map__set_max_entries(skel->maps.arena, (layout->size + page - 1) / page);
	err = err ?: bpf_map__set_max_entries(skel->maps.slots, layout->nr_slots);
	err = err ?: bpf_map__set_max_entries(skel->maps.free_slots, layout->nr_slots);
	err = err ?: bpf_map__set_max_entries(skel->maps.cpus, layout->nr_cpus + 1);
	err = err ?: bpf_map__set_max_entries(skel->maps.llcs, layout->nr_cpus);
	err = err ?: bpf_map__set_max_entries(skel->maps.fallback_queues, nr_queues);
	err = err   ?:
		      bpf_map__set_max_entries(skel->maps.custody,
					       layout->nr_cpus * layout->nr_ring);
	return err;
}

/* A CPU that was offline when the topology was read counts as one of the first cache. */
static int tell_llcs(const struct scxu_bpf *skel, const struct scxu_topology *t)
{
	uint32_t cpu, llc;
	int err = 0;

	for (cpu = 0; !err && cpu < (uint32_t)t->nr_cpus; cpu++) {
		llc = topology_has(t, cpu) && t->cpus[cpu].group[LLC] > 0 ?
			      t->cpus[cpu].group[LLC] :
			      0;
		err = bpf_map_update_elem(bpf_map__fd(skel->maps.llcs), &cpu, &llc, 0);
	}
	return err;
}

int port_bpf_load(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct shm_sizes sizes = {
		.nr_cpus = s->nr_cpus,
		.nr_tasks = s->opts.max_tasks,
		.nr_events = s->opts.events ? s->opts.nr_events : 0,
		.nr_ring = s->nr_ring,
		.nr_decisions = s->nr_decisions,
	};
	struct scxu_shm_layout layout;
	int err = shm_layout(&layout, &sizes);

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
		drop_unwanted_ops(s, p->skel);
		err = drop_missing_ops(s, p->kernel, bpf_object__btf(p->skel->obj),
				       p->skel->maps.scxu_ops);
		err = err ?: set_sizes(p->skel, &layout, nr_llcs(s));
		err = err ?: scxu_bpf__load(p->skel);
		err = err ?: tell_llcs(p->skel, s->topology);
	}
	if (err)
		scxu_error(s, "cannot load the kernel half: %s; a log of level debug says more",
			   strerror(-err));
	/* What the verifier refuses is no fault of the caller's options. */
	return err == -EINVAL || err == -E2BIG || err == -EACCES ? -EOPNOTSUPP : err;
}

/* Run a program of the kernel half on @ctx. */
int port_bpf_run(const struct bpf_program *prog, void *ctx, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = size);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return err ? err : (int)opts.retval;
}

/* Pages of the arena exist from the moment they are touched. */
int port_bpf_map_memory(struct scxu *s)
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
	err = port_bpf_run(p->skel->progs.scxu_setup, &setup, sizeof(setup));
	if (err)
		scxu_error(s, "cannot set up the kernel half: %s", strerror(-err));
	return err;
}
