/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sim_load.h - what the readers of a load file share.
 *
 *	sim_load.c		the file as a whole
 *	sim_load_text.c		the text, and its grammar
 *	sim_load_node.c		numbers, strings and objects in it, and complaints with their place
 *	sim_load_task.c		"tasks"
 *	sim_load_machine.c	"cgroups", "hotplug" and "renice"
 *
 * The grammar is rt-app's: JSON with comments, in which keys repeat and their order counts. A parser
 * of YAML, of which JSON is a part, keeps both, and knows where in the file it is.
 */
#ifndef SCXU_SIM_LOAD_H
#define SCXU_SIM_LOAD_H

#include <yaml.h>

#include "sim.h"

#define SIM_MAX_US 86400000000ULL /* a day */

struct reader {
	struct scxu *s;
	const char *path;
	char *text;
	size_t len;
	yaml_document_t doc;
	struct sim_load *load;
	int nr_cpus;
	uint32_t nr_timers; /* names of them in this task */
	const char *timers[64];
};

/*
 * Reads what an object has at @key. Return: 0; 1, if a key like that counts only once in an object; or
 * an error.
 */
typedef int (*pair_fn)(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		       void *arg);

/* sim_load_text.c: the file, as @r->doc. */
int sim_load_parse(struct reader *r);

/* sim_load_node.c. @what: the key that the node is the value of. */
__attribute__((format(printf, 3, 4))) int load_bad(const struct reader *r, const yaml_node_t *at,
						   const char *fmt, ...);
yaml_node_t *load_node_at(const struct reader *r, int index);
bool load_is_key(const yaml_node_t *key, const char *name);
int load_get_string(const struct reader *r, const yaml_node_t *node, const char *what,
		    const char **text);
int load_get_number(const struct reader *r, const yaml_node_t *node, const char *what, int64_t min,
		    int64_t max, int64_t *number);
int load_want_object(const struct reader *r, const yaml_node_t *node, const char *what);
int load_for_each_pair(struct reader *r, const yaml_node_t *object, pair_fn fn, void *arg);
bool load_cpu_is_there(const struct reader *r, int cpu);
bool load_cpu_is_online(const struct reader *r, int cpu);
/* Room for one more after @nr, which have been added one by one. */
void *load_grow(void *items, uint32_t nr, size_t size);

static inline const char *load_text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* sim_load_task.c */
int load_read_group(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg);
int load_read_policy(struct reader *r, const yaml_node_t *value);
int load_all_cpus(struct reader *r);

/* sim_load_machine.c; load_cgroup(): the number of the one with that path. */
int load_read_cgroup(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg);
int load_read_hotplug(struct reader *r, const yaml_node_t *list);
int load_read_renice(struct reader *r, const yaml_node_t *list);
int load_cgroup(struct reader *r, const yaml_node_t *at, const char *path, uint32_t *number);

#endif
