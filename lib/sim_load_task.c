// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_load_task.c - what the simulated tasks do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

#define MAX_TASKS (1 << 20)
#define MAX_COUNT 1000000000

/* What holds for a task holds for its phases, unless these say something else. */
struct traits {
	uint32_t mask;
	uint32_t cgroup;
	int nice;
};

/* "run", or "run" with something behind it that makes it another key. */
static bool is_event(const yaml_node_t *key, const char *name)
{
	const char *text = load_text_of(key);
	size_t len = strlen(name);

	return !strncmp(text, name, len) && !(text[len] >= 'a' && text[len] <= 'z') &&
	       text[len] != '-';
}

/* The number of a set of CPUs, which is added if it is new. Takes @words. */
static int add_mask(struct reader *r, uint64_t *words, uint32_t *mask)
{
	size_t nr_words = (r->nr_cpus + 63) / 64, i;
	struct sim_load *load = r->load;
	struct sim_mask *masks;

	for (*mask = 0; *mask < load->nr_masks; ++*mask) {
		if (memcmp(load->masks[*mask].words, words, nr_words * sizeof(*words)))
			continue;
		free(words);
		return 0;
	}
	masks = load_grow(load->masks, load->nr_masks, sizeof(*masks));
	if (!masks) {
		free(words);
		return -ENOMEM;
	}
	load->masks = masks;
	masks[load->nr_masks] = (struct sim_mask){ .words = words };
	for (i = 0; i < nr_words; i++)
		masks[load->nr_masks].nr_cpus += __builtin_popcountll(words[i]);
	load->nr_masks++;
	return 0;
}

static uint64_t *new_words(const struct reader *r)
{
	return calloc((r->nr_cpus + 63) / 64, sizeof(uint64_t));
}

static int read_cpu_list(struct reader *r, const yaml_node_t *list, uint64_t *words)
{
	const yaml_node_item_t *item = list->data.sequence.items.start;
	int64_t cpu = 0;
	int err = 0;

	for (; item < list->data.sequence.items.top && !err; item++) {
		err = load_get_number(r, load_node_at(r, *item), "cpus", 0, r->nr_cpus - 1, &cpu);
		if (!err && !load_cpu_is_online(r, cpu))
			err = load_bad(r, load_node_at(r, *item), "CPU %d is not there, or offline",
				       (int)cpu);
		if (!err)
			words[cpu / 64] |= UINT64_C(1) << (cpu % 64);
	}
	return err;
}

static int read_cpus(struct reader *r, const yaml_node_t *list, uint32_t *mask)
{
	uint64_t *words;
	int err;

	if (list->type != YAML_SEQUENCE_NODE ||
	    list->data.sequence.items.start == list->data.sequence.items.top)
		return load_bad(r, list, "cpus: want a list of at least one CPU, as [0, 1]");
	words = new_words(r);
	if (!words)
		return -ENOMEM;
	err = read_cpu_list(r, list, words);
	if (!err)
		return add_mask(r, words, mask);
	free(words);
	return err;
}

int load_read_policy(struct reader *r, const yaml_node_t *value)
{
	const char *policy = "";
	int err = load_get_string(r, value, "policy", &policy);

	if (!err && strcmp(policy, "SCHED_OTHER"))
		err = load_bad(r, value, "policy %s: only SCHED_OTHER is simulated", policy);
	return err;
}

static int read_taskgroup(struct reader *r, const yaml_node_t *value, uint32_t *cgroup)
{
	const char *path = "";
	int err = load_get_string(r, value, "taskgroup", &path);

	return err ?: load_cgroup(r, value, path, cgroup);
}

/* Return: 1 if @key is one of these, 0 if not, or an error. */
static int read_trait(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		      struct traits *traits)
{
	int64_t number = 0;
	int err;

	if (load_is_key(key, "cpus")) {
		err = read_cpus(r, value, &traits->mask);
	} else if (load_is_key(key, "priority") || load_is_key(key, "nice")) {
		err = load_get_number(r, value, load_text_of(key), -20, 19, &number);
		traits->nice = number;
	} else if (load_is_key(key, "policy")) {
		err = load_read_policy(r, value);
	} else if (load_is_key(key, "taskgroup")) {
		err = read_taskgroup(r, value, &traits->cgroup);
	} else {
		return 0;
	}
	return err ?: 1;
}

struct timer_reader {
	struct sim_step *step;
	const char *ref;
};

static int read_timer_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			     void *arg)
{
	struct timer_reader *t = arg;
	int64_t number = 0;
	const char *mode = "";
	int err;

	if (load_is_key(key, "ref"))
		return load_get_string(r, value, "ref", &t->ref) ?: 1;
	if (load_is_key(key, "period")) {
		err = load_get_number(r, value, "period", 1, SIM_MAX_US, &number);
		t->step->ns = number * NSEC_PER_USEC;
		return err ?: 1;
	}
	if (!load_is_key(key, "mode"))
		return load_bad(r, key, "timer: \"%s\" is not supported", load_text_of(key));
	err = load_get_string(r, value, "mode", &mode);
	if (err)
		return err;
	t->step->absolute = !strcmp(mode, "absolute");
	if (!t->step->absolute && strcmp(mode, "relative"))
		return load_bad(r, value, "mode %s: want relative or absolute", mode);
	return 1;
}

/* A timer belongs to one task, as rt-app's do whose name begins with "unique". */
static int read_timer(struct reader *r, const yaml_node_t *value, struct sim_step *step)
{
	struct timer_reader t = { .step = step };
	int err = load_want_object(r, value, "timer");

	err = err ?: load_for_each_pair(r, value, read_timer_member, &t);
	if (!err && (!step->ns || !t.ref))
		err = load_bad(r, value, "timer: want \"ref\" and \"period\"");
	if (!err && strncmp(t.ref, "unique", 6))
		err = load_bad(r, value,
			       "timer %s: only those of one task are simulated: \"unique...\"",
			       t.ref);
	if (err)
		return err;
	for (step->timer = 0; step->timer < r->nr_timers; step->timer++)
		if (!strcmp(r->timers[step->timer], t.ref))
			return 0;
	if (r->nr_timers == ARRAY_SIZE(r->timers))
		return load_bad(r, value, "timer: more than %zu in a task", ARRAY_SIZE(r->timers));
	r->timers[r->nr_timers++] = t.ref;
	return 0;
}

static int read_us(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		   struct sim_step *step)
{
	int64_t us = 0;
	int err = load_get_number(r, value, load_text_of(key), 0, SIM_MAX_US, &us);

	step->ns = us * NSEC_PER_USEC;
	return err;
}

/* The number of what tasks suspend on. Empty, it is the name of the task, as workgen has it. */
static int read_name(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		     uint32_t *number)
{
	struct sim_load *load = r->load;
	const char *name = "";
	char **names;
	int err = load_get_string(r, value, load_text_of(key), &name);

	if (err)
		return err;
	if (!*name && is_event(key, "resume"))
		return load_bad(r, value, "resume: want the name that the others suspend on");
	if (!*name)
		name = load->groups[load->nr_groups - 1].name;
	for (*number = 0; *number < load->nr_names; ++*number)
		if (!strcmp(load->names[*number], name))
			return 0;
	names = load_grow(load->names, load->nr_names, sizeof(*names));
	if (!names)
		return -ENOMEM;
	load->names = names;
	names[load->nr_names] = strdup(name);
	if (!names[load->nr_names])
		return -ENOMEM;
	load->nr_names++;
	return 0;
}

static int read_step(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		     struct sim_step *step)
{
	if (is_event(key, "runtime") || is_event(key, "run")) {
		step->type = SIM_RUN;
		return read_us(r, key, value, step);
	}
	if (is_event(key, "sleep")) {
		step->type = SIM_SLEEP;
		return read_us(r, key, value, step);
	}
	if (is_event(key, "timer")) {
		step->type = SIM_TIMER;
		return read_timer(r, value, step);
	}
	if (is_event(key, "yield")) {
		step->type = SIM_YIELD;
		return 0;
	}
	if (is_event(key, "suspend")) {
		step->type = SIM_SUSPEND;
		return read_name(r, key, value, &step->name);
	}
	if (is_event(key, "resume")) {
		step->type = SIM_RESUME;
		return read_name(r, key, value, &step->name);
	}
	return load_bad(r, key, "\"%s\" is not supported", load_text_of(key));
}

static int add_step(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		    struct sim_phase *phase)
{
	struct sim_step *steps = load_grow(phase->steps, phase->nr_steps, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	phase->steps = steps;
	steps[phase->nr_steps] = (struct sim_step){ 0 };
	return read_step(r, key, value, &steps[phase->nr_steps++]);
}

static int read_loop(struct reader *r, const yaml_node_t *value, int64_t *nr_loops)
{
	int err = load_get_number(r, value, "loop", SIM_FOREVER, MAX_COUNT, nr_loops);

	return err ?: *nr_loops ? 0 : load_bad(r, value, "loop: want 1 or more, or -1 for ever");
}

/* Of a phase, and of a task without phases its properties apart. */
struct phase_reader {
	struct sim_phase *phase;
	struct traits traits;
};

static int read_phase_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			     void *arg)
{
	struct phase_reader *p = arg;
	int ret = read_trait(r, key, value, &p->traits);

	if (ret)
		return ret;
	if (load_is_key(key, "loop"))
		return read_loop(r, value, &p->phase->nr_loops) ?: 1;
	return add_step(r, key, value, p->phase);
}

static struct sim_phase *add_phase(struct sim_group *group)
{
	struct sim_phase *phases = load_grow(group->phases, group->nr_phases, sizeof(*phases));

	if (!phases)
		return NULL;
	group->phases = phases;
	phases[group->nr_phases] = (struct sim_phase){ .nr_loops = 1 };
	return &phases[group->nr_phases++];
}

static void set_traits(struct sim_phase *phase, const struct traits *traits)
{
	phase->mask = traits->mask;
	phase->cgroup = traits->cgroup;
	phase->nice = traits->nice;
}

struct group_reader {
	struct sim_group *group;
	struct traits traits;
	const yaml_node_t *phases;
	bool has_steps;
};

static int read_phase(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg)
{
	struct group_reader *g = arg;
	struct phase_reader p = { .phase = add_phase(g->group), .traits = g->traits };
	int err = p.phase ? load_want_object(r, value, load_text_of(key)) : -ENOMEM;

	err = err ?: load_for_each_pair(r, value, read_phase_member, &p);
	if (err)
		return err;
	set_traits(p.phase, &p.traits);
	return 0;
}

/* The properties of the task; its phases follow when all of these are known. */
static int read_group_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			     void *arg)
{
	struct group_reader *g = arg;
	int64_t number = 0;
	int ret = read_trait(r, key, value, &g->traits);

	if (ret)
		return ret;
	if (load_is_key(key, "phases")) {
		g->phases = value;
	} else if (load_is_key(key, "loop")) {
		ret = read_loop(r, value, &g->group->nr_loops);
	} else if (load_is_key(key, "instance")) {
		ret = load_get_number(r, value, "instance", 0, MAX_TASKS - r->load->nr_tasks,
				      &number);
		g->group->nr_tasks = number;
	} else if (load_is_key(key, "delay")) {
		ret = load_get_number(r, value, "delay", 0, SIM_MAX_US, &number);
		g->group->delay_ns = number * NSEC_PER_USEC;
	} else {
		if (!g->group->nr_phases && !add_phase(g->group))
			return -ENOMEM;
		return add_step(r, key, value, &g->group->phases[0]);
	}
	return ret ?: 1;
}

static bool takes_time(const struct sim_phase *phase)
{
	uint32_t i;

	for (i = 0; i < phase->nr_steps; i++)
		if (phase->steps[i].ns || phase->steps[i].type == SIM_SUSPEND)
			return true;
	return false;
}

/* What does nothing for ever would keep the simulator for ever. */
static int check_group(struct reader *r, const yaml_node_t *key, const struct sim_group *group)
{
	bool some = false;
	uint32_t i;

	for (i = 0; i < group->nr_phases; i++) {
		if (group->phases[i].nr_loops == SIM_FOREVER && !takes_time(&group->phases[i]))
			return load_bad(r, key, "%s: a phase for ever in which no time passes",
					group->name);
		some |= takes_time(&group->phases[i]);
	}
	if (!some)
		return load_bad(r, key, "%s: want a run, sleep, timer or suspend of some length",
				group->name);
	return 0;
}

static int read_phases(struct reader *r, struct group_reader *g)
{
	struct sim_group *group = g->group;

	if (!g->phases) {
		if (group->nr_phases)
			set_traits(&group->phases[0], &g->traits);
		return 0;
	}
	if (group->nr_phases)
		return load_bad(r, g->phases, "%s: want phases or events, not both", group->name);
	return load_want_object(r, g->phases, "phases") ?:
		       load_for_each_pair(r, g->phases, read_phase, g);
}

int load_read_group(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg)
{
	struct sim_group *groups = load_grow(r->load->groups, r->load->nr_groups, sizeof(*groups));
	struct group_reader g = { 0 };
	int err = groups ? 0 : -ENOMEM;

	if (err)
		return err;
	r->load->groups = groups;
	r->nr_timers = 0;
	g.group = &groups[r->load->nr_groups++];
	*g.group = (struct sim_group){ .nr_loops = SIM_FOREVER, .nr_tasks = 1 };
	g.group->name = strdup(load_text_of(key));
	if (!g.group->name)
		return -ENOMEM;
	err = load_want_object(r, value, load_text_of(key));
	err = err ?: load_for_each_pair(r, value, read_group_member, &g);
	err = err ?: read_phases(r, &g);
	err = err ?: check_group(r, key, g.group);
	g.group->nr_timers = r->nr_timers;
	g.group->first_task = r->load->nr_tasks;
	r->load->nr_tasks += g.group->nr_tasks;
	return err;
}

int load_all_cpus(struct reader *r)
{
	uint64_t *all = new_words(r);
	uint32_t mask;
	int cpu;

	for (cpu = 0; all && cpu < r->nr_cpus; cpu++)
		if (load_cpu_is_there(r, cpu))
			all[cpu / 64] |= UINT64_C(1) << (cpu % 64);
	return all ? add_mask(r, all, &mask) : -ENOMEM;
}
