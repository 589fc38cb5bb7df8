// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* open.c - the life of a handle. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

#ifndef PACKAGE_VERSION
#error "PACKAGE_VERSION comes from configure"
#endif

SCXU_API const char *scxu_version(void)
{
	return PACKAGE_VERSION;
}

/* Tasks wait from the moment that we are attached, so that is the last step. */
static int attach(struct scxu *s)
{
	int err = s->port->prepare(s);

	if (!err && s->opts.record)
		err = scxu_record_open(s) ?: scxu_record_prepare(s);
	if (!err && s->port->attach)
		err = s->port->attach(s);
	if (!err && s->injector)
		scxu_inject_begin(s);
	if (!err && s->recorder)
		scxu_record_begin(s);
	return err;
}

static int begin(struct scxu *s, const struct scxu_opts *opts)
{
	int err = scxu_opts_complete(s, opts);

	err = err ?: scxu_inject_open(s);
	if (s->opts.sim)
		s->port = &scxu_port_sim;
	else if (s->opts.replay)
		s->port = &scxu_port_replay;
	else if (!err)
		err = scxu_preflight(s);
	if (!err)
		err = attach(s);
	if (err)
		return err;

	scxu_start_faults(s);
	scxu_log(s, SCXU_LOG_INFO, "\"%s\" attached: %d CPUs, %u task slots", s->name, s->nr_cpus,
		 s->nr_slots);
	return 0;
}

SCXU_API int scxu_open(struct scxu **sp, const struct scxu_opts *opts)
{
	struct scxu *s;
	int err;

	if (!sp)
		return -EINVAL;
	*sp = NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->port = &scxu_port_bpf;
	s->round = 1;

	err = begin(s, opts);
	if (err) {
		scxu_close(s);
		return err;
	}
	*sp = s;
	return 0;
}

SCXU_API void scxu_close(struct scxu *s)
{
	if (!s)
		return;
	if (s->port_data) {
		s->port->detach(s);
		s->port->destroy(s);
	}
	scxu_record_free(s);
	scxu_free_topology(s);
	free(s->injector);
	free(s);
}
