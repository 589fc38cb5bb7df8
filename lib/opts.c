// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* opts.c - the options of scxu_open(): checked, and completed with the defaults. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "intf.h"

#define MAX_TIMEOUT_MS 30000 /* the kernel's, SCX_WATCHDOG_MAX_TIMEOUT */
#define MIN_TASKS 8192
#define MAX_TASKS (1 << 20)

/* Members beyond our struct must be 0: we cannot do what they ask. */
int scxu_copy_sized(void *to, size_t known, const void *from)
{
	const unsigned char *bytes = from;
	size_t sz = *(const size_t *)from, i;

	if (sz < sizeof(sz))
		return -EINVAL;
	memcpy(to, from, sz < known ? sz : known);
	*(size_t *)to = known;
	for (i = known; i < sz; i++)
		if (bytes[i])
			return -E2BIG;
	return 0;
}

static bool name_is_valid(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '.')
			return false;
	return i > 0 && i < SCXU_NAME_LEN;
}

static int complete_name(struct scxu *s)
{
	const char *name = s->opts.name ? s->opts.name : "scxuser";

	if (!name_is_valid(name)) {
		scxu_error(s, "name \"%s\": want 1 to %d letters, digits, \"_\" or \".\"", name,
			   SCXU_NAME_LEN - 1);
		return -EINVAL;
	}
	strcpy(s->name, name);
	s->opts.name = s->name;
	return 0;
}

static int complete_number(struct scxu *s, const char *what, uint32_t *value, uint32_t dflt,
			   uint32_t min, uint32_t max)
{
	if (!*value)
		*value = dflt;
	if (*value >= min && *value <= max)
		return 0;
	scxu_error(s, "%s %u: want %u to %u", what, *value, min, max);
	return -EINVAL;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Twice the threads there are, so that the system may grow. */
static uint32_t default_max_tasks(void)
{
	char line[128], *threads;
	unsigned long nr = 0;

	if (!scxu_read_line("/proc/loadavg", line, sizeof(line))) {
		threads = strchr(line, '/');
		nr = threads ? 2 * strtoul(threads + 1, NULL, 10) : 0;
	}
	return nr < MIN_TASKS ? MIN_TASKS : nr > MAX_TASKS ? MAX_TASKS : nr;
}

/* Which events and which members of the record. */
static int complete_wishes(struct scxu *s)
{
	static const uint64_t known = SCXU_EVENT_BIT(SCXU_EVENT_FALLBACK + 1) - 1;
	static const uint32_t known_fields = SCXU_FIELD_FLAGS | SCXU_FIELD_COMM |
					     SCXU_FIELD_PRIORITY | SCXU_FIELD_PLACE |
					     SCXU_FIELD_WAKER | SCXU_FIELD_RUN;
	struct scxu_opts *o = &s->opts;

	if (o->flags & SCXU_EXIT_TASKS)
		o->events |= SCXU_EVENT_BIT(SCXU_EVENT_EXIT);
	if (o->events & ~known) {
		scxu_error(s, "events 0x%llx: unknown types",
			   (unsigned long long)(o->events & ~known));
		return -EINVAL;
	}
	if (o->fields == SCXU_FIELD_ALL)
		o->fields = known_fields;
	if (o->fields & ~known_fields) {
		scxu_error(s, "fields 0x%x: unknown groups", o->fields & ~known_fields);
		return -EINVAL;
	}
	/* These come without asking. */
	o->events &= ~(SCXU_EVENT_BIT(SCXU_EVENT_ENQUEUE) | SCXU_EVENT_BIT(SCXU_EVENT_LOST));
	return complete_number(s, "nr_events", &o->nr_events, 1024, 64, 65536);
}

/* Only one kernel, or what stands for it, answers. */
static int complete_port(struct scxu *s)
{
	const struct scxu_opts *o = &s->opts;
	const char *other = o->sim ? "sim" : o->record ? "record" : NULL;

	if (!o->replay || !other)
		return 0;
	scxu_error(s, "replay and %s: want one of them", other);
	return -EINVAL;
}

int scxu_sim_opts_complete(struct scxu *s, struct scxu_sim_opts *o,
			   const struct scxu_sim_opts *opts)
{
	int err = scxu_copy_sized(o, sizeof(*o), opts);

	if (err == -E2BIG)
		scxu_error(s, "sim: the options are from a newer libscxuser and set what %s lacks",
			   scxu_version());
	else if (err)
		scxu_error(s, "sim: sz is not set");
	if (!err && !o->load) {
		scxu_error(s, "sim: load is not set: want the name of a file");
		err = -EINVAL;
	}
	err = err ?: complete_number(s, "sim: nr_cpus", &o->nr_cpus, 4, 1, 4096);
	err = err ?: complete_number(s, "sim: round_ns", &o->round_ns, 2000, 1, NSEC_PER_SEC);
	err = err ?: complete_number(s, "sim: decision_ns", &o->decision_ns, 200, 1, NSEC_PER_SEC);
	err = err ?: complete_number(s, "sim: reserved32", &o->reserved32, 0, 0, 0);
	err = err ?: complete_number(s, "sim: nr_ring", &o->nr_ring, 4096, 1, 1 << 20);
	return err ?: complete_number(s, "sim: nr_decisions", &o->nr_decisions, 4096, 1, 1 << 20);
}

int scxu_opts_complete(struct scxu *s, const struct scxu_opts *opts)
{
	static const uint32_t known_flags = SCXU_PARTIAL | SCXU_FULL_USER | SCXU_NO_MLOCK |
					    SCXU_EXIT_TASKS | SCXU_HISTOGRAMS | SCXU_NUMA_LOCAL |
					    SCXU_NO_FALLBACK;
	struct scxu_opts *o = &s->opts;
	int err = opts ? scxu_copy_sized(o, sizeof(*o), opts) : 0;

	if (err == -E2BIG)
		scxu_error(s, "the options are from a newer libscxuser and set what %s lacks",
			   scxu_version());
	if (!err && o->flags & ~known_flags) {
		scxu_error(s, "unknown flags 0x%x", o->flags & ~known_flags);
		err = -EINVAL;
	}
	if (!err)
		err = complete_port(s);
	if (!err)
		err = complete_wishes(s);
	if (!err)
		err = complete_name(s);
	if (!err)
		err = complete_number(s, "timeout_ms", &o->timeout_ms, 5000, 100, MAX_TIMEOUT_MS);
	if (!err)
		err = complete_number(s, "slice_us", &o->slice_us, 5000, SCXU_MIN_SLICE_US,
				      smaller(o->timeout_ms * 1000 / 2, SCXU_MAX_SLICE_US));
	if (!err)
		err = complete_number(s, "fallback_ms", &o->fallback_ms, 20, 1,
				      smaller(o->timeout_ms / 2, 1000));
	if (!err)
		err = complete_number(s, "wakeup_preempt_us", &o->wakeup_preempt_us, 0, 0, 100000);
	if (!err)
		err = complete_number(s, "fallback_repeated", &o->fallback_repeated, 0, 0,
				      SCXU_FALLBACK_DETACH);
	if (!err)
		err = complete_number(s, "max_tasks", &o->max_tasks,
				      o->sim ? MAX_TASKS : default_max_tasks(), 64, MAX_TASKS);
	if (!err)
		err = complete_number(s, "exit_dump_len", &o->exit_dump_len, SCXU_EXIT_DUMP_LEN, 1,
				      SCXU_EXIT_DUMP_LEN);
	if (!err && o->flags & SCXU_NO_FALLBACK && !o->sim && !o->replay)
		scxu_log(
			s, SCXU_LOG_WARNING,
			"no fallback: if the policy is late the machine stands still for up to %u ms",
			o->timeout_ms);
	return err;
}
