// SPDX-License-Identifier: GPL-2.0-only
/* program_protocol.c - requests of the scx_stats protocol: a line of JSON each, and so are answers. */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "program_stats.h"

#define MAX_QUOTED 64 /* bytes of what somebody sent, in an error message */

/* Takes @resp over. */
static struct json_object *answer(int err, struct json_object *resp)
{
	struct json_object *object = json_object_new_object(), *args = json_object_new_object();

	if (object && args && resp &&
	    !json_object_object_add(object, "errno", json_object_new_int(err)) &&
	    !json_object_object_add(args, "resp", resp)) {
		resp = NULL;
		if (!json_object_object_add(object, "args", args))
			return object;
	}
	json_object_put(resp);
	json_object_put(args);
	json_object_put(object);
	return NULL;
}

/* What was quoted in it may have been cut in the middle of a character. */
static void end_with_a_whole_character(char *text)
{
	size_t end = strlen(text), start = end;

	while (start && (text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start && (text[start - 1] & 0xc0) == 0xc0)
		text[start - 1] = 0;
}

struct json_object *program_answer_error(int err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return answer(err, json_object_new_string(text));
}

/* @what is "a request", or else. */
static struct json_object *unknown(const char *what, const char *name, const char *want)
{
	char quoted[MAX_QUOTED];

	if (snprintf(quoted, sizeof(quoted), "%s", name) >= (int)sizeof(quoted))
		end_with_a_whole_character(quoted);
	return program_answer_error(EINVAL, "unknown %s '%s': want %s", what, quoted, want);
}

/* The only one that is known is @known. Return: an error, or NULL if all is well. */
static struct json_object *check_strings(struct json_object *object, const char *known)
{
	json_object_object_foreach(object, key, value)
	{
		if (strcmp(key, known))
			return unknown("argument", key, known);
		if (!json_object_is_type(value, json_type_string))
			return program_answer_error(EINVAL, "%s: want a string", key);
	}
	return NULL;
}

static struct json_object *check_fields(struct json_object *request)
{
	json_object_object_foreach(request, key, value)
	{
		if (!strcmp(key, "args")) {
			if (!json_object_is_type(value, json_type_object))
				return program_answer_error(EINVAL, "args: want an object");
		} else if (strcmp(key, "req")) {
			return unknown("field", key, "req and args");
		} else if (!json_object_is_type(value, json_type_string)) {
			return program_answer_error(EINVAL, "req: want a string");
		}
	}
	return NULL;
}

static struct json_object *stats(struct program *prog, struct program_reading *before)
{
	struct program_reading now;
	struct program_values values;

	program_read(prog, &now);
	program_fill(&values, prog->name, &now, before);
	*before = now;
	return answer(0, program_json_values(&values));
}

static struct json_object *carry_out(struct program *prog, struct json_object *request,
				     struct program_reading *before)
{
	struct json_object *error, *req, *args, *target;

	if (!json_object_is_type(request, json_type_object))
		return program_answer_error(EINVAL, "want an object with req and args");
	error = check_fields(request);
	if (!error && !json_object_object_get_ex(request, "req", &req))
		error = program_answer_error(EINVAL, "no req: want stats or stats_meta");
	if (!error && json_object_object_get_ex(request, "args", &args)) {
		error = check_strings(args, "target");
		if (!error && json_object_object_get_ex(args, "target", &target) &&
		    strcmp(json_object_get_string(target), "top"))
			error = unknown("target", json_object_get_string(target), "top");
	}
	if (error)
		return error;
	if (!strcmp(json_object_get_string(req), "stats"))
		return stats(prog, before);
	if (!strcmp(json_object_get_string(req), "stats_meta"))
		return answer(0, program_json_meta());
	return unknown("request", json_object_get_string(req), "stats or stats_meta");
}

struct json_object *program_answer(struct program *prog, const char *text, size_t size,
				   struct program_reading *before)
{
	struct json_object *request, *result;
	const char *why;

	request = program_json_read(text, size, &why);
	if (!request)
		return program_answer_error(EINVAL, "not a line of JSON: %s", why);
	result = carry_out(prog, request, before);
	json_object_put(request);
	return result;
}
