// SPDX-License-Identifier: GPL-2.0-only
/* program_json.c - statistics as JSON, what scx_stats calls their meta, and back. */
#include <ctype.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program_stats.h"

#define MAX_DEPTH 8

/* json-c ends at a 0. */
struct json_object *program_json_read(const char *text, size_t size, const char **why)
{
	struct json_tokener *tok;
	struct json_object *object;

	while (size && strchr(" \t\r\n", text[size - 1]) && text[size - 1])
		size--;
	*why = "a 0 byte";
	if (size > INT_MAX - 1 || memchr(text, 0, size))
		return NULL;
	*why = "no memory";
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tok, text, (int)size);
	*why = json_tokener_error_desc(json_tokener_get_error(tok));
	if (json_tokener_get_error(tok) == json_tokener_continue)
		*why = "it is no whole object";
	else if (object && json_tokener_get_parse_end(tok) < size) {
		*why = "something follows it";
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tok);
	return object;
}

static struct json_object *number(const struct program_field *f, double value)
{
	char text[32];

	if (!f->nr_decimals)
		return json_object_new_uint64(value > 0 ? (uint64_t)value : 0);
	/* Or it would be printed with 17 digits. */
	snprintf(text, sizeof(text), "%.*f", f->nr_decimals, value);
	return json_object_new_double_s(value, text);
}

/* json_object_object_add() takes @value over only if it returns 0. */
static bool add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && object && !json_object_object_add(object, key, value))
		return true;
	json_object_put(value);
	return false;
}

static bool add_string(struct json_object *object, const char *key, const char *value)
{
	return add(object, key, json_object_new_string(value));
}

static struct json_object *object_or_null(struct json_object *object, bool ok)
{
	if (ok)
		return object;
	json_object_put(object);
	return NULL;
}

struct json_object *program_json_values(const struct program_values *v)
{
	struct json_object *object = json_object_new_object();
	bool ok = add_string(object, "name", v->name);
	int i;

	for (i = 0; ok && program_fields[i].name; i++)
		if (!isnan(v->value[i]))
			ok = add(object, program_fields[i].name,
				 number(&program_fields[i], v->value[i]));
	return object_or_null(object, ok);
}

/* What begins with "_" is for whoever understands it: "_om_*" is read by scx_stats' exporter. */
static struct json_object *meta_of_name(void)
{
	struct json_object *object = json_object_new_object(), *user = json_object_new_object();
	bool ok = add_string(object, "datum", "string") &&
		  add_string(object, "desc", "the scheduler") &&
		  add_string(user, "_om_skip", "true");

	if (!ok)
		json_object_put(user);
	return object_or_null(object, ok && add(object, "user", user));
}

static struct json_object *meta_of_field(const struct program_field *f)
{
	struct json_object *object = json_object_new_object(), *user = json_object_new_object();
	bool ok = add_string(object, "datum", f->nr_decimals ? "float" : "u64") &&
		  add_string(object, "desc", f->about) &&
		  add_string(user, "_kind", f->flags & PROGRAM_COUNTER ? "counter" : "gauge") &&
		  (!f->unit || add_string(user, "_unit", f->unit));

	if (!ok)
		json_object_put(user);
	return object_or_null(object, ok && add(object, "user", user));
}

static struct json_object *meta_of_fields(void)
{
	struct json_object *object = json_object_new_object();
	bool ok = add(object, "name", meta_of_name());
	const struct program_field *f;

	for (f = program_fields; ok && f->name; f++)
		ok = add(object, f->name, meta_of_field(f));
	return object_or_null(object, ok);
}

struct json_object *program_json_meta(void)
{
	struct json_object *meta = json_object_new_object(), *top = json_object_new_object();
	struct json_object *user = json_object_new_object();
	bool ok = add_string(top, "name", "Stats") &&
		  add_string(top, "desc", "a scheduler that was made with libscxuser") &&
		  add_string(top, "top", "true") && add_string(user, "_om_prefix", "scxuser_");

	if (!ok)
		json_object_put(user);
	ok = ok && add(top, "user", user) && add(top, "fields", meta_of_fields());
	if (!ok)
		json_object_put(top);
	return object_or_null(meta, ok && add(meta, "Stats", top));
}

/* It may come from another process, and goes to a terminal. */
static void read_name(struct json_object *object, struct program_values *v)
{
	struct json_object *name;
	char *c;

	if (!json_object_object_get_ex(object, "name", &name) ||
	    !json_object_is_type(name, json_type_string))
		return;
	snprintf(v->name, sizeof(v->name), "%s", json_object_get_string(name));
	for (c = v->name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-.+", *c))
			*c = '?';
}

static double read_number(struct json_object *object, const char *key)
{
	struct json_object *number;
	double value;

	if (!json_object_object_get_ex(object, key, &number) ||
	    (!json_object_is_type(number, json_type_int) &&
	     !json_object_is_type(number, json_type_double)))
		return NAN;
	value = json_object_get_double(number);
	return value >= 0 && value < (double)INT64_MAX ? value : NAN; /* more is cut off */
}

int program_json_to_values(struct json_object *object, struct program_values *v)
{
	int i, nr = 0;

	*v = (struct program_values){ .name = "?", .at_ms = program_now_ms() };
	read_name(object, v);
	for (i = 0; program_fields[i].name; i++) {
		v->value[i] = read_number(object, program_fields[i].name);
		nr += !isnan(v->value[i]);
	}
	return nr;
}
