/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* internal.h - the handle, and what the files of the library ask of each other. */
#ifndef SCXU_INTERNAL_H
#define SCXU_INTERNAL_H

#include "port.h"
#include "scxuser.h"

#define SCXU_API __attribute__((visibility("default")))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

#define SCXU_NAME_LEN 128
#define SCXU_MIN_SLICE_US 100
#define SCXU_MAX_SLICE_US 100000

/* Fallbacks since the last line about them. */
struct scxu_late {
	uint64_t told_ns;
	uint64_t total_ns;
	uint32_t nr;
};

struct scxu {
	struct scxu_opts opts; /* complete: no default left to fill in */
	char name[SCXU_NAME_LEN];
	const struct scxu_port *port;
	void *port_data;
	int nr_cpus;          /* CPU ids, holes included */
	int nr_cpus_possible; /* without the holes */
	uint32_t nr_slots;
	uint32_t nr_queues; /* of the policy's own */
	struct scxu_topology *topology;
	struct selection *selection; /* what scxu_select_cpu() looks up */
	struct recorder *recorder;   /* of opts.record, or NULL */
	struct injector *injector;   /* of opts.inject, or NULL */
	uint32_t nr_ring;            /* at most so many, 0 = as many as usual */
	uint32_t nr_decisions;       /* the same */
	uint64_t round;
	bool stopped;          /* by scxu_stop() */
	bool armed;            /* by scxu_arm(), until the policy looks for work */
	uint64_t minor_faults; /* of the process, before it attached */
	uint64_t major_faults;
	struct scxu_late late;
};

/* The policy looks for work by itself: the doorbell need not ring for it. */
static inline void scxu_disarm(struct scxu *s)
{
	if (!s->armed)
		return;
	s->armed = false;
	s->port->disarm(s);
}

/* opts.c: copy @opts, check it and fill in the defaults. */
int scxu_opts_complete(struct scxu *s, const struct scxu_opts *opts);

/* opts.c: the same for the simulator's. */
int scxu_sim_opts_complete(struct scxu *s, struct scxu_sim_opts *o,
			   const struct scxu_sim_opts *opts);

/*
 * opts.c: copy a struct that begins with its size, of any version, to ours of @known bytes, which are 0.
 * Return: 0, -EINVAL without a size, or -E2BIG if it sets what we do not know.
 */
int scxu_copy_sized(void *to, size_t known, const void *from);

/* preflight.c: say why this machine cannot run us before anything is tried. */
int scxu_preflight(struct scxu *s);

/* memory.c: no page fault from here on. */
int scxu_lock_memory(struct scxu *s);

/* memory.c: as calloc(), for neither size 0; no page fault later, locked or not. free() it. */
void *scxu_alloc_touched(size_t nr, size_t size);

/* sysfs.c: the first line of a file, without its newline; what does not fit is cut off. */
int scxu_read_line(const char *path, char *buf, size_t len);

/* topology.c: what is under @root, NULL = "/sys"; @log, or NULL, is told what is wrong there. */
int scxu_read_topology(struct scxu_topology **tp, const char *root, struct scxu *log);

/* topology.c: a machine of @nr_cpus cores that share a cache. */
int scxu_make_topology(struct scxu_topology **tp, int nr_cpus);

/* select_tables.c: the machine of a handle; @t is the handle's from now on, also on failure. */
int scxu_set_topology(struct scxu *s, struct scxu_topology *t);
void scxu_free_topology(struct scxu *s);

/*
 * fallback.c: a log line about @nr that are over, which lasted @lasted_ns in all, the last one for
 * @cause; and what that says.
 */
void scxu_tell_of_fallbacks(struct scxu *s, uint64_t now_ns, uint32_t nr, uint32_t cause,
			    uint64_t lasted_ns);
const char *scxu_cause_text(uint32_t cause);

/* stats.c: page faults count from now on. */
void scxu_start_faults(struct scxu *s);

/*
 * kernel_events.c: the members of struct scxu_stats that the kernel counts. @fd is its text, @last
 * has one word for each, which stays as it is if there is nothing to read. Any thread.
 */
#define SCXU_NR_KERNEL_EVENTS                                           \
	((offsetof(struct scxu_stats, nr_kernel_sub_rescue) -           \
	  offsetof(struct scxu_stats, nr_kernel_select_cpu_fallback)) / \
		 sizeof(uint64_t) +                                     \
	 1)
void scxu_read_kernel_events(int fd, uint64_t *last);
void scxu_copy_kernel_events(struct scxu_stats *stats, const uint64_t *last);

/*
 * port_record.c: the file, made if it is not there; then, before we attach, all that takes memory or
 * time; once we are, all is recorded, and what the file had before is lost; free what there is.
 */
int scxu_record_open(struct scxu *s);
int scxu_record_prepare(struct scxu *s);
void scxu_record_begin(struct scxu *s);
void scxu_record_free(struct scxu *s);

/*
 * port_inject.c: what faults are asked for, if any, before anything is tried; in front of s->port, which
 * is attached.
 */
int scxu_inject_open(struct scxu *s);
void scxu_inject_begin(struct scxu *s);

/* summary.c */
void scxu_print_json_string(FILE *f, const char *text);

/* log.c: text of others, for terminals and for JSON, which is UTF-8: what it should not have is "?". */
void scxu_make_printable(char *text, size_t size);
__attribute__((format(printf, 3, 4))) void scxu_log(struct scxu *s, int level, const char *fmt,
						    ...);

#define scxu_error(s, ...) scxu_log(s, SCXU_LOG_ERROR, __VA_ARGS__)
#define scxu_debug(s, ...) scxu_log(s, SCXU_LOG_DEBUG, __VA_ARGS__)

#endif
