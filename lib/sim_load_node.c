// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_load_node.c - values in a load file: what they must be, and complaints with their place. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

int load_bad(const struct reader *r, const yaml_node_t *at, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	scxu_make_printable(what, sizeof(what));
	scxu_error(r->s, "%s:%zu:%zu: %s", r->path, at->start_mark.line + 1,
		   at->start_mark.column + 1, what);
	return -EINVAL;
}

yaml_node_t *load_node_at(const struct reader *r, int index)
{
	return yaml_document_get_node((yaml_document_t *)&r->doc, index);
}

static bool is_quoted(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

int load_get_string(const struct reader *r, const yaml_node_t *node, const char *what,
		    const char **text)
{
	if (!is_quoted(node) || strlen(load_text_of(node)) != node->data.scalar.length)
		return load_bad(r, node, "%s: want a string in double quotes", what);
	*text = load_text_of(node);
	return 0;
}

int load_get_number(const struct reader *r, const yaml_node_t *node, const char *what, int64_t min,
		    int64_t max, int64_t *number)
{
	const char *text = node->type == YAML_SCALAR_NODE ? load_text_of(node) : "";
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (is_quoted(node) || !strchr("-0123456789", *text) || !*text || *end || errno ||
	    *number < min || *number > max)
		return load_bad(r, node, "%s: want a whole number from %lld to %lld", what,
				(long long)min, (long long)max);
	return 0;
}

int load_want_object(const struct reader *r, const yaml_node_t *node, const char *what)
{
	return node->type == YAML_MAPPING_NODE ? 0 : load_bad(r, node, "%s: want an object", what);
}

static bool is_repeated(const struct reader *r, const yaml_node_t *object,
			const yaml_node_pair_t *pair)
{
	const yaml_node_pair_t *other = object->data.mapping.pairs.start;
	const char *text = load_text_of(load_node_at(r, pair->key));

	for (; other < pair; other++)
		if (!strcmp(load_text_of(load_node_at(r, other->key)), text))
			return true;
	return false;
}

int load_for_each_pair(struct reader *r, const yaml_node_t *object, pair_fn fn, void *arg)
{
	const yaml_node_pair_t *pair = object->data.mapping.pairs.start;
	const yaml_node_t *key;
	int ret;

	for (; pair < object->data.mapping.pairs.top; pair++) {
		key = load_node_at(r, pair->key);
		if (!is_quoted(key) || strlen(load_text_of(key)) != key->data.scalar.length)
			return load_bad(r, key, "want a key in double quotes");
		ret = fn(r, key, load_node_at(r, pair->value), arg);
		if (ret < 0)
			return ret;
		if (ret && is_repeated(r, object, pair))
			return load_bad(r, key, "%s: once is enough", load_text_of(key));
	}
	return 0;
}

bool load_is_key(const yaml_node_t *key, const char *name)
{
	return !strcmp(load_text_of(key), name);
}

void *load_grow(void *items, uint32_t nr, size_t size)
{
	return nr & (nr - 1) ? items : realloc(items, (nr ? 2 * (size_t)nr : 1) * size);
}

bool load_cpu_is_there(const struct reader *r, int cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };

	return !scxu_topology_get_cpu(r->s->topology, cpu, &info);
}

bool load_cpu_is_online(const struct reader *r, int cpu)
{
	struct scxu_cpu info = { .sz = sizeof(info) };

	return !scxu_topology_get_cpu(r->s->topology, cpu, &info) && info.flags & SCXU_CPU_ONLINE;
}
