// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sim_load.c - what the simulated tasks do, from a file in the grammar of rt-app.
 *
 * That is JSON with comments, in which keys repeat and their order counts. A parser of YAML, of which
 * JSON is a part, keeps both, and knows where in the file it is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim.h"

#define MAX_FILE (64 << 20)
#define MAX_TASKS (1 << 20)
#define MAX_US 86400000000ULL /* a day */
#define MAX_COUNT 1000000000

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

/* What holds for a task holds for its phases, unless these say something else. */
struct traits {
	uint32_t mask;
	int nice;
};

__attribute__((format(printf, 3, 4))) static int bad(const struct reader *r, const yaml_node_t *at,
						     const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	scxu_error(r->s, "%s:%zu:%zu: %s", r->path, at->start_mark.line + 1,
		   at->start_mark.column + 1, what);
	return -EINVAL;
}

static yaml_node_t *node_at(const struct reader *r, int index)
{
	return yaml_document_get_node((yaml_document_t *)&r->doc, index);
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static bool is_quoted(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

static int get_string(const struct reader *r, const yaml_node_t *node, const char *what,
		      const char **text)
{
	if (!is_quoted(node) || strlen(text_of(node)) != node->data.scalar.length)
		return bad(r, node, "%s: want a string in double quotes", what);
	*text = text_of(node);
	return 0;
}

static int get_number(const struct reader *r, const yaml_node_t *node, const char *what,
		      int64_t min, int64_t max, int64_t *number)
{
	const char *text = node->type == YAML_SCALAR_NODE ? text_of(node) : "";
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (is_quoted(node) || !strchr("-0123456789", *text) || !*text || *end || errno ||
	    *number < min || *number > max)
		return bad(r, node, "%s: want a whole number from %lld to %lld", what,
			   (long long)min, (long long)max);
	return 0;
}

static int want_object(const struct reader *r, const yaml_node_t *node, const char *what)
{
	return node->type == YAML_MAPPING_NODE ? 0 : bad(r, node, "%s: want an object", what);
}

typedef int (*pair_fn)(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		       void *arg);

static int for_each_pair(struct reader *r, const yaml_node_t *object, pair_fn fn, void *arg)
{
	const yaml_node_pair_t *pair = object->data.mapping.pairs.start;
	const yaml_node_t *key;
	int err = 0;

	for (; pair < object->data.mapping.pairs.top && !err; pair++) {
		key = node_at(r, pair->key);
		if (!is_quoted(key) || strlen(text_of(key)) != key->data.scalar.length)
			return bad(r, key, "want a key in double quotes");
		err = fn(r, key, node_at(r, pair->value), arg);
	}
	return err;
}

/* "run", or "run" with something behind it that makes it another key. */
static bool is_event(const yaml_node_t *key, const char *name)
{
	const char *text = text_of(key);
	size_t len = strlen(name);

	return !strncmp(text, name, len) && !(text[len] >= 'a' && text[len] <= 'z') &&
	       text[len] != '-';
}

static bool is_key(const yaml_node_t *key, const char *name)
{
	return !strcmp(text_of(key), name);
}

static void *grow(void *items, uint32_t nr, size_t size)
{
	return nr & (nr - 1) ? items : realloc(items, (nr ? 2 * (size_t)nr : 1) * size);
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
	masks = grow(load->masks, load->nr_masks, sizeof(*masks));
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

static bool is_online(const struct reader *r, int64_t cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };

	return !scxu_topology_get_cpu(r->s->topology, cpu, &info) && info.flags & SCXU_CPU_ONLINE;
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
		err = get_number(r, node_at(r, *item), "cpus", 0, r->nr_cpus - 1, &cpu);
		if (!err && !is_online(r, cpu))
			err = bad(r, node_at(r, *item), "CPU %d is not there, or offline",
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
		return bad(r, list, "cpus: want a list of at least one CPU, as [0, 1]");
	words = new_words(r);
	if (!words)
		return -ENOMEM;
	err = read_cpu_list(r, list, words);
	if (!err)
		return add_mask(r, words, mask);
	free(words);
	return err;
}

static int read_policy(struct reader *r, const yaml_node_t *value)
{
	const char *policy = "";
	int err = get_string(r, value, "policy", &policy);

	if (!err && strcmp(policy, "SCHED_OTHER"))
		err = bad(r, value, "policy %s: only SCHED_OTHER is simulated", policy);
	return err;
}

/* Return: 1 if @key is one of these, 0 if not, or an error. */
static int read_trait(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		      struct traits *traits)
{
	int64_t number = 0;
	int err;

	if (is_key(key, "cpus")) {
		err = read_cpus(r, value, &traits->mask);
	} else if (is_key(key, "priority") || is_key(key, "nice")) {
		err = get_number(r, value, text_of(key), -20, 19, &number);
		traits->nice = number;
	} else if (is_key(key, "policy")) {
		err = read_policy(r, value);
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

	if (is_key(key, "ref"))
		return get_string(r, value, "ref", &t->ref);
	if (is_key(key, "period")) {
		err = get_number(r, value, "period", 1, MAX_US, &number);
		t->step->ns = number * NSEC_PER_USEC;
		return err;
	}
	if (!is_key(key, "mode"))
		return bad(r, key, "timer: \"%s\" is not supported", text_of(key));
	err = get_string(r, value, "mode", &mode);
	if (err)
		return err;
	t->step->absolute = !strcmp(mode, "absolute");
	if (!t->step->absolute && strcmp(mode, "relative"))
		return bad(r, value, "mode %s: want relative or absolute", mode);
	return 0;
}

/* A timer belongs to one task, as rt-app's do whose name begins with "unique". */
static int read_timer(struct reader *r, const yaml_node_t *value, struct sim_step *step)
{
	struct timer_reader t = { .step = step };
	int err = want_object(r, value, "timer");

	err = err ?: for_each_pair(r, value, read_timer_member, &t);
	if (!err && (!step->ns || !t.ref))
		err = bad(r, value, "timer: want \"ref\" and \"period\"");
	if (!err && strncmp(t.ref, "unique", 6))
		err = bad(r, value, "timer %s: only those of one task are simulated: \"unique...\"",
			  t.ref);
	if (err)
		return err;
	for (step->timer = 0; step->timer < r->nr_timers; step->timer++)
		if (!strcmp(r->timers[step->timer], t.ref))
			return 0;
	if (r->nr_timers == ARRAY_SIZE(r->timers))
		return bad(r, value, "timer: more than %zu in a task", ARRAY_SIZE(r->timers));
	r->timers[r->nr_timers++] = t.ref;
	return 0;
}

static int read_us(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		   struct sim_step *step)
{
	int64_t us = 0;
	int err = get_number(r, value, text_of(key), 0, MAX_US, &us);

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
	int err = get_string(r, value, text_of(key), &name);

	if (err)
		return err;
	if (!*name && is_event(key, "resume"))
		return bad(r, value, "resume: want the name that the others suspend on");
	if (!*name)
		name = load->groups[load->nr_groups - 1].name;
	for (*number = 0; *number < load->nr_names; ++*number)
		if (!strcmp(load->names[*number], name))
			return 0;
	names = grow(load->names, load->nr_names, sizeof(*names));
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
	return bad(r, key, "\"%s\" is not supported", text_of(key));
}

static int add_step(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		    struct sim_phase *phase)
{
	struct sim_step *steps = grow(phase->steps, phase->nr_steps, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	phase->steps = steps;
	steps[phase->nr_steps] = (struct sim_step){ 0 };
	return read_step(r, key, value, &steps[phase->nr_steps++]);
}

static int read_loop(struct reader *r, const yaml_node_t *value, int64_t *nr_loops)
{
	int err = get_number(r, value, "loop", SIM_FOREVER, MAX_COUNT, nr_loops);

	return err ?: *nr_loops ? 0 : bad(r, value, "loop: want 1 or more, or -1 for ever");
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
		return ret < 0 ? ret : 0;
	if (is_key(key, "loop"))
		return read_loop(r, value, &p->phase->nr_loops);
	return add_step(r, key, value, p->phase);
}

static struct sim_phase *add_phase(struct sim_group *group)
{
	struct sim_phase *phases = grow(group->phases, group->nr_phases, sizeof(*phases));

	if (!phases)
		return NULL;
	group->phases = phases;
	phases[group->nr_phases] = (struct sim_phase){ .nr_loops = 1 };
	return &phases[group->nr_phases++];
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
	int err = p.phase ? want_object(r, value, text_of(key)) : -ENOMEM;

	err = err ?: for_each_pair(r, value, read_phase_member, &p);
	if (err)
		return err;
	p.phase->mask = p.traits.mask;
	p.phase->nice = p.traits.nice;
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
		return ret < 0 ? ret : 0;
	if (is_key(key, "phases")) {
		if (g->phases)
			return bad(r, key, "phases: once is enough");
		g->phases = value;
	} else if (is_key(key, "loop")) {
		return read_loop(r, value, &g->group->nr_loops);
	} else if (is_key(key, "instance")) {
		ret = get_number(r, value, "instance", 0, MAX_TASKS - r->load->nr_tasks, &number);
		g->group->nr_tasks = number;
	} else if (is_key(key, "delay")) {
		ret = get_number(r, value, "delay", 0, MAX_US, &number);
		g->group->delay_ns = number * NSEC_PER_USEC;
	} else {
		if (!g->group->nr_phases && !add_phase(g->group))
			return -ENOMEM;
		return add_step(r, key, value, &g->group->phases[0]);
	}
	return ret;
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
			return bad(r, key, "%s: a phase for ever in which no time passes",
				   group->name);
		some |= takes_time(&group->phases[i]);
	}
	if (!some)
		return bad(r, key, "%s: want a run, sleep, timer or suspend of some length",
			   group->name);
	return 0;
}

static int read_phases(struct reader *r, struct group_reader *g)
{
	struct sim_group *group = g->group;

	if (!g->phases) {
		if (group->nr_phases) {
			group->phases[0].mask = g->traits.mask;
			group->phases[0].nice = g->traits.nice;
		}
		return 0;
	}
	if (group->nr_phases)
		return bad(r, g->phases, "%s: want phases or events, not both", group->name);
	return want_object(r, g->phases, "phases") ?: for_each_pair(r, g->phases, read_phase, g);
}

static int read_group(struct reader *r, const yaml_node_t *key, const yaml_node_t *value, void *arg)
{
	struct sim_group *groups = grow(r->load->groups, r->load->nr_groups, sizeof(*groups));
	struct group_reader g = { 0 };
	int err = groups ? 0 : -ENOMEM;

	if (err)
		return err;
	r->load->groups = groups;
	r->nr_timers = 0;
	g.group = &groups[r->load->nr_groups++];
	*g.group = (struct sim_group){ .nr_loops = SIM_FOREVER, .nr_tasks = 1 };
	g.group->name = strdup(text_of(key));
	if (!g.group->name)
		return -ENOMEM;
	err = want_object(r, value, text_of(key));
	err = err ?: for_each_pair(r, value, read_group_member, &g);
	err = err ?: read_phases(r, &g);
	err = err ?: check_group(r, key, g.group);
	g.group->nr_timers = r->nr_timers;
	g.group->first_task = r->load->nr_tasks;
	r->load->nr_tasks += g.group->nr_tasks;
	return err;
}

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
		if (is_key(key, keys[i]))
			return true;
	return false;
}

static int read_global_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			      void *arg)
{
	int64_t sec = 0;
	int err;

	if (is_key(key, "default_policy"))
		return read_policy(r, value);
	if (is_for_rt_app_alone(key))
		return 0;
	if (!is_key(key, "duration"))
		return bad(r, key, "global: \"%s\" is not supported", text_of(key));
	err = get_number(r, value, "duration", -1, 86400, &sec);
	if (!err && !sec)
		err = bad(r, value, "duration: want 1 or more seconds, or -1");
	r->load->duration_ns = sec > 0 ? sec * NSEC_PER_SEC : 0;
	return err;
}

static int read_top_member(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
			   void *arg)
{
	int err = want_object(r, value, text_of(key));

	if (err)
		return err;
	if (is_key(key, "tasks"))
		return for_each_pair(r, value, read_group, NULL);
	if (is_key(key, "global"))
		return for_each_pair(r, value, read_global_member, NULL);
	return bad(r, key, "\"%s\" is not supported", text_of(key));
}

static int read_document(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	uint64_t *all = new_words(r);
	uint32_t mask;
	int cpu, err;

	for (cpu = 0; all && cpu < r->nr_cpus; cpu++)
		if (is_online(r, cpu))
			all[cpu / 64] |= UINT64_C(1) << (cpu % 64);
	err = all ? add_mask(r, all, &mask) : -ENOMEM;
	if (!err && !root) {
		scxu_error(r->s, "%s: it is empty", r->path);
		err = -EINVAL;
	}
	err = err ?: want_object(r, root, "the file");
	err = err ?: for_each_pair(r, root, read_top_member, NULL);
	if (!err && !r->load->nr_tasks)
		err = bad(r, root, "there is no task in it");
	return err;
}

/* Comments, as in C, become spaces, and so do tabs: then all stands where it stood. */
static void blank(char *text, size_t len)
{
	enum { CODE, STRING, LINE, OPEN, BLOCK } in = CODE;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in == STRING) {
			if (text[i] == '\\' && i + 1 < len)
				i++;
			else if (text[i] == '"')
				in = CODE;
			continue;
		}
		if (in == CODE && text[i] == '"')
			in = STRING;
		else if (in == CODE && text[i] == '/' && i + 1 < len && text[i + 1] == '/')
			in = LINE;
		else if (in == CODE && text[i] == '/' && i + 1 < len && text[i + 1] == '*')
			in = OPEN;
		else if (in == LINE && text[i] == '\n')
			in = CODE;
		if (in == OPEN) {
			text[i] = text[i + 1] = ' ';
			i++;
			in = BLOCK;
		} else if (in == BLOCK && text[i] == '*' && i + 1 < len && text[i + 1] == '/') {
			text[i] = text[i + 1] = ' ';
			in = CODE;
		} else if (text[i] == '\t' || ((in == LINE || in == BLOCK) && text[i] != '\n')) {
			text[i] = ' ';
		}
	}
}

static int read_text(struct reader *r)
{
	FILE *f = fopen(r->path, "re");
	int err = 0;

	if (f)
		r->text = malloc(MAX_FILE + 1);
	if (r->text)
		r->len = fread(r->text, 1, MAX_FILE + 1, f);
	if (!f || (r->text && ferror(f)))
		err = -errno;
	else if (!r->text)
		err = -ENOMEM;
	else if (r->len > MAX_FILE)
		err = -EFBIG;
	if (f)
		fclose(f);
	if (err)
		scxu_error(r->s, "%s: cannot read it: %s", r->path, strerror(-err));
	return err;
}

static int parse_error(struct reader *r, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	scxu_error(r->s, "%s:%zu:%zu: %s", r->path, parser->problem_mark.line + 1,
		   parser->problem_mark.column + 1, parser->problem ?: "not JSON");
	return -EINVAL;
}

/* What follows the object, if anything does. */
static int want_end(struct reader *r, yaml_parser_t *parser)
{
	yaml_document_t rest;
	yaml_node_t *root;
	int err = 0;

	if (!yaml_parser_load(parser, &rest))
		return parse_error(r, parser);
	root = yaml_document_get_root_node(&rest);
	if (root)
		err = bad(r, root, "want nothing after the object");
	yaml_document_delete(&rest);
	return err;
}

static int parse_text(struct reader *r)
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)r->text, r->len);
	if (!yaml_parser_load(&parser, &r->doc)) {
		err = parse_error(r, &parser);
	} else {
		err = want_end(r, &parser);
		if (err)
			yaml_document_delete(&r->doc);
	}
	yaml_parser_delete(&parser);
	return err;
}

int sim_load_read(struct scxu *s, struct sim_load *load, const char *path, int nr_cpus)
{
	struct reader r = { .s = s, .path = path, .load = load, .nr_cpus = nr_cpus };
	int err = read_text(&r);

	if (!err) {
		blank(r.text, r.len);
		err = parse_text(&r);
	}
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
	free(load->names);
	free(load->groups);
	free(load->masks);
	*load = (struct sim_load){ 0 };
}
