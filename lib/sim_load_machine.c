// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_load_machine.c - what is not rt-app's: cgroups with weights, and what happens at a given time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

#define MAX_WEIGHT 10000

static bool is_path(const char *path)
{
	size_t len = strlen(path);

	return *path == '/' && !strstr(path, "//") && (len == 1 || path[len - 1] != '/');
}

static int add_cgroup(struct sim_load *load, const char *path, size_t len, uint32_t parent)
{
	struct sim_cgroup *cgroups = load_grow(load->cgroups, load->nr_cgroups, sizeof(*cgroups));

	if (!cgroups)
		return -ENOMEM;
	load->cgroups = cgroups;
	cgroups[load->nr_cgroups] = (struct sim_cgroup){
		.path = strndup(path, len),
		.parent = parent,
		.weight = SCXU_WEIGHT_DEFAULT,
	};
	return cgroups[load->nr_cgroups++].path ? 0 : -ENOMEM;
}

/* The number of the cgroup that the first @len characters of @path name, made if it is not there. */
static int find_or_add(struct sim_load *load, const char *path, size_t len, uint32_t parent,
		       uint32_t *number)
{
	for (*number = 0; *number < load->nr_cgroups; ++*number)
		if (!strncmp(load->cgroups[*number].path, path, len) &&
		    !load->cgroups[*number].path[len])
			return 0;
	return add_cgroup(load, path, len, parent);
}

int load_cgroup(struct reader *r, const yaml_node_t *at, const char *path, uint32_t *number)
{
	const char *end = path;
	uint32_t parent;
	int err;

	if (!is_path(path))
		return load_bad(r, at, "%s: want a path, as \"/a/b\"", path);
	err = find_or_add(r->load, "/", 1, 0, number);
	while (!err && end[1] && *end) {
		end += 1 + strcspn(end + 1, "/");
		parent = *number;
		err = find_or_add(r->load, path, end - path, parent, number);
	}
	return err;
}

static int read_weight(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		       void *arg)
{
	struct sim_cgroup *cgroup = arg;
	int64_t weight = 0;
	int err;

	if (!load_is_key(key, "weight"))
		return load_bad(r, key, "\"%s\" is not supported", load_text_of(key));
	err = load_get_number(r, value, "weight", 1, MAX_WEIGHT, &weight);
	cgroup->weight = weight;
	return err ?: 1;
}

int load_read_cgroup(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg)
{
	uint32_t number;
	int err = load_want_object(r, value, load_text_of(key));

	err = err ?: load_cgroup(r, key, load_text_of(key), &number);
	if (!err && !number)
		err = load_bad(r, key, "/: the root has no weight");
	return err ?: load_for_each_pair(r, value, read_weight, &r->load->cgroups[number]) ?: 1;
}

static int read_plug_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			    void *arg)
{
	struct sim_plug *plug = arg;
	int64_t number = 0;
	int err;

	if (load_is_key(key, "at")) {
		err = load_get_number(r, value, "at", 0, SIM_MAX_US, &number);
		plug->at_ns = number * NSEC_PER_USEC;
	} else if (load_is_key(key, "cpu")) {
		err = load_get_number(r, value, "cpu", 0, r->nr_cpus - 1, &number);
		plug->cpu = number;
	} else if (load_is_key(key, "online")) {
		err = load_get_number(r, value, "online", 0, 1, &number);
		plug->online = number;
	} else {
		err = load_bad(r, key, "\"%s\" is not supported", load_text_of(key));
	}
	return err ?: 1;
}

/* What the CPU is before that, by what the file says so far. */
static bool was_online(const struct reader *r, int cpu)
{
	uint32_t i;

	for (i = r->load->nr_plugs; i; i--)
		if (r->load->plugs[i - 1].cpu == cpu)
			return r->load->plugs[i - 1].online;
	return load_cpu_is_online(r, cpu);
}

static int nr_online(const struct reader *r)
{
	int cpu, nr = 0;

	for (cpu = 0; cpu < r->nr_cpus; cpu++)
		nr += was_online(r, cpu);
	return nr;
}

static int check_plug(struct reader *r, const yaml_node_t *at, const struct sim_plug *plug)
{
	const struct sim_load *load = r->load;

	if (plug->at_ns == UINT64_MAX || plug->cpu < 0 || plug->online < 0)
		return load_bad(r, at, "hotplug: want \"at\", \"cpu\" and \"online\"");
	if (load->nr_plugs && plug->at_ns < load->plugs[load->nr_plugs - 1].at_ns)
		return load_bad(r, at, "hotplug: that is before the one before it");
	if (!load_cpu_is_there(r, plug->cpu))
		return load_bad(r, at, "hotplug: CPU %d is not there", plug->cpu);
	if (was_online(r, plug->cpu) == plug->online)
		return load_bad(r, at, "hotplug: CPU %d is %s then", plug->cpu,
				plug->online ? "online" : "offline");
	if (!plug->online && nr_online(r) == 1)
		return load_bad(r, at, "hotplug: no CPU would be left");
	return 0;
}

static int read_plug(struct reader *r, const yaml_node_t *object)
{
	struct sim_plug plug = { .at_ns = UINT64_MAX, .cpu = -1, .online = -1 }, *plugs;
	int err = load_want_object(r, object, "hotplug");

	err = err ?: load_for_each_pair(r, object, read_plug_member, &plug);
	err = err ?: check_plug(r, object, &plug);
	if (err)
		return err;
	plugs = load_grow(r->load->plugs, r->load->nr_plugs, sizeof(*plugs));
	if (!plugs)
		return -ENOMEM;
	r->load->plugs = plugs;
	plugs[r->load->nr_plugs++] = plug;
	return 0;
}

static int read_renice_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			      void *arg)
{
	struct sim_renice *renice = arg;
	const char *name = "";
	int64_t number = 0;
	int err;

	if (load_is_key(key, "at")) {
		err = load_get_number(r, value, "at", 0, SIM_MAX_US, &number);
		renice->at_ns = number * NSEC_PER_USEC;
	} else if (load_is_key(key, "nice")) {
		err = load_get_number(r, value, "nice", -20, 19, &number);
		renice->nice = number;
	} else if (load_is_key(key, "task")) {
		err = load_get_string(r, value, "task", &name);
		while (!err && renice->group < r->load->nr_groups &&
		       strcmp(r->load->groups[renice->group].name, name))
			renice->group++;
		if (!err && renice->group == r->load->nr_groups)
			err = load_bad(r, value, "task %s: there is none so far", name);
	} else {
		err = load_bad(r, key, "\"%s\" is not supported", load_text_of(key));
	}
	return err ?: 1;
}

static int read_renice(struct reader *r, const yaml_node_t *object)
{
	struct sim_renice renice = { 0 }, *renices;
	int err = load_want_object(r, object, "renice");

	err = err ?: load_for_each_pair(r, object, read_renice_member, &renice);
	if (!err && object->data.mapping.pairs.top - object->data.mapping.pairs.start != 3)
		err = load_bad(r, object, "renice: want \"at\", \"task\" and \"nice\"");
	if (err)
		return err;
	renices = load_grow(r->load->renices, r->load->nr_renices, sizeof(*renices));
	if (!renices)
		return -ENOMEM;
	r->load->renices = renices;
	renices[r->load->nr_renices++] = renice;
	return 0;
}

static int read_list(struct reader *r, const yaml_node_t *list, const char *what,
		     int (*read)(struct reader *r, const yaml_node_t *item))
{
	const yaml_node_item_t *item;
	int err = 0;

	if (list->type != YAML_SEQUENCE_NODE)
		return load_bad(r, list, "%s: want a list of objects", what);
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top && !err;
	     item++)
		err = read(r, load_node_at(r, *item));
	return err;
}

int load_read_hotplug(struct reader *r, const yaml_node_t *list)
{
	return read_list(r, list, "hotplug", read_plug);
}

int load_read_renice(struct reader *r, const yaml_node_t *list)
{
	return read_list(r, list, "renice", read_renice);
}
