// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sim_load_text.c - a load file as text: read it, blank what is no JSON, parse the rest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

#define MAX_FILE (64 << 20)

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

/* In YAML an alias stands for another part of the file, so that a short one would fill all memory. */
static int want_no_alias(struct reader *r, yaml_parser_t *parser)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t event;

	while (type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(parser, &event))
			return parse_error(r, parser);
		type = event.type;
		if (type == YAML_ALIAS_EVENT)
			scxu_error(r->s, "%s:%zu:%zu: \"*\" is no JSON", r->path,
				   event.start_mark.line + 1, event.start_mark.column + 1);
		yaml_event_delete(&event);
		if (type == YAML_ALIAS_EVENT)
			return -EINVAL;
	}
	return 0;
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
		err = load_bad(r, root, "want nothing after the object");
	yaml_document_delete(&rest);
	return err;
}

static int read_all(struct reader *r, yaml_parser_t *parser)
{
	int err;

	if (!yaml_parser_load(parser, &r->doc))
		return parse_error(r, parser);
	err = want_end(r, parser);
	if (err)
		yaml_document_delete(&r->doc);
	return err;
}

static int parse_text(struct reader *r, int (*parse)(struct reader *r, yaml_parser_t *parser))
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)r->text, r->len);
	err = parse(r, &parser);
	yaml_parser_delete(&parser);
	return err;
}

int sim_load_parse(struct reader *r)
{
	int err = read_text(r);

	if (err)
		return err;
	blank(r->text, r->len);
	return parse_text(r, want_no_alias) ?: parse_text(r, read_all);
}
