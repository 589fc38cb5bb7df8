// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_load.c - a load file, from its path to struct sim_load. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

/* How rt-app itself goes to work: nothing of the tasks. */
static bool is_for_rt_app_alone(const yaml_node_t *key)
{
	static const char *const keys[] = {
		"calibration", "lock_pages",      "logdir",           "log_basename",
		"log_size",    "ftrace",          "gnuplot",          "pi_enabled",
		"io_device",   "mem_buffer_size", "cumulative_slack",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (load_is_key(key, keys[i]))
			return true;
	return false;
}

static int read_global_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			      void *arg)
{
	int64_t sec = 0;
	int err;

	if (load_is_key(key, "default_policy"))
		return load_read_policy(r, value) ?: 1;
	if (is_for_rt_app_alone(key))
		return 1;
	if (!load_is_key(key, "duration"))
		return load_bad(r, key, "global: \"%s\" is not supported", load_text_of(key));
	err = load_get_number(r, value, "duration", -1, 86400, &sec);
	if (!err && !sec)
		err = load_bad(r, value, "duration: want 1 or more seconds, or -1");
	r->load->duration_ns = sec > 0 ? sec * NSEC_PER_SEC : 0;
	return err ?: 1;
}

static int read_top_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			   void *arg)
{
	pair_fn fn = NULL;
	int err;

	if (load_is_key(key, "hotplug"))
		return load_read_hotplug(r, value) ?: 1;
	if (load_is_key(key, "renice"))
		return load_read_renice(r, value) ?: 1;
	if (load_is_key(key, "tasks"))
		fn = load_read_group;
	else if (load_is_key(key, "global"))
		fn = read_global_member;
	else if (load_is_key(key, "cgroups"))
		fn = load_read_cgroup;
	if (!fn)
		return load_bad(r, key, "\"%s\" is not supported", load_text_of(key));
	err = load_want_object(r, value, load_text_of(key));
	return err ?: load_for_each_pair(r, value, fn, NULL) ?: 1;
}

static int read_document(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	int err = load_all_cpus(r);
	uint32_t cgroup;

	err = err ?: load_cgroup(r, root, "/", &cgroup);
	if (!err && !root) {
		scxu_error(r->s, "%s: it is empty", r->path);
		err = -EINVAL;
	}
	err = err ?: load_want_object(r, root, "the file");
	err = err ?: load_for_each_pair(r, root, read_top_member, NULL);
	if (!err && !r->load->nr_tasks)
		err = load_bad(r, root, "there is no task in it");
	return err;
}

int sim_load_read(struct scxu *s, struct sim_load *load, const char *path, int nr_cpus)
{
	struct reader r = { .s = s, .path = path, .load = load, .nr_cpus = nr_cpus };
	int err = sim_load_parse(&r);

	if (!err) {
		err = read_document(&r);
		yaml_document_delete(&r.doc);
	}
	free(r.text);
	return err;
}

void sim_load_free(struct sim_load *load)
{
	uint32_t i, k;

	for (i = 0; i < load->nr_groups; i++) {
		for (k = 0; k < load->groups[i].nr_phases; k++)
			free(load->groups[i].phases[k].steps);
		free(load->groups[i].phases);
		free(load->groups[i].name);
	}
	for (i = 0; i < load->nr_masks; i++)
		free(load->masks[i].words);
	for (i = 0; i < load->nr_names; i++)
		free(load->names[i]);
	for (i = 0; i < load->nr_cgroups; i++)
		free(load->cgroups[i].path);
	free(load->cgroups);
	free(load->plugs);
	free(load->renices);
	free(load->names);
	free(load->groups);
	free(load->masks);
	*load = (struct sim_load){ 0 };
}
