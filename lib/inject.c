// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* inject.c - the text that says which faults are injected. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inject.h"

#define MAX_MS 60000

enum kind { TIME, NUMBER, SIZE };

/* Where it goes is a struct inject_time, or a uint32_t. */
struct word {
	const char *name;
	enum kind kind;
	uint32_t min, max;
	size_t offset;
};

static const struct word words[] = {
	{ "delay", TIME, 1, MAX_MS, offsetof(struct inject, delay) },
	{ "spin", TIME, 1, MAX_MS, offsetof(struct inject, spin) },
	{ "drop-wakeup", NUMBER, 1, 100, offsetof(struct inject, drop_wakeup) },
	{ "corrupt", NUMBER, 1, 100, offsetof(struct inject, corrupt) },
	{ "lose", NUMBER, 1, 100, offsetof(struct inject, lose) },
	{ "twice", NUMBER, 1, 100, offsetof(struct inject, twice) },
	{ "ring", SIZE, 8, 4096, offsetof(struct inject, nr_ring) },
	{ "decisions", SIZE, 8, 4096, offsetof(struct inject, nr_decisions) },
	{ "events", SIZE, 8, 65536, offsetof(struct inject, nr_events) },
	{ "tasks", SIZE, 8, 1 << 20, offsetof(struct inject, nr_tasks) },
	{ "seed", NUMBER, 0, UINT32_MAX, offsetof(struct inject, seed) },
};

/* True if a number in these bounds begins at @text, which then goes on behind it. */
static bool number(const char **text, uint32_t min, uint32_t max, uint32_t *value)
{
	const char *c = *text;
	uint64_t n = 0;

	for (; *c >= '0' && *c <= '9' && n <= max; c++)
		n = n * 10 + *c - '0';
	if (c == *text || n < min || n > max)
		return false;
	*text = c;
	*value = n;
	return true;
}

static bool parse_time(const struct word *w, const char *text, struct inject_time *to)
{
	if (!number(&text, w->min, w->max, &to->min_ms))
		return false;
	to->max_ms = to->min_ms;
	to->percent = 100;
	if (*text == '-') {
		text++;
		if (!number(&text, to->min_ms, w->max, &to->max_ms))
			return false;
	}
	if (*text == '@') {
		text++;
		if (!number(&text, 1, 100, &to->percent))
			return false;
	}
	return !*text;
}

static bool parse_number(const struct word *w, const char *text, uint32_t *to)
{
	if (!number(&text, w->min, w->max, to) || *text)
		return false;
	return w->kind != SIZE || !(*to & (*to - 1));
}

static void complain(struct scxu *s, const char *from, const char *text, const struct word *w)
{
	if (w->kind == TIME)
		scxu_error(s,
			   "%s \"%s\": want %s=MS[-MS][@PERCENT], MS from %u to %u and not less "
			   "than the one before, PERCENT from 1 to 100",
			   from, text, w->name, w->min, w->max);
	else
		scxu_error(s, "%s \"%s\": want %s=N, %s from %u to %u", from, text, w->name,
			   w->kind == SIZE ? "a power of two" : "a number", w->min, w->max);
}

static void complain_of_name(struct scxu *s, const char *from, const char *text)
{
	char all[256];
	int len = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		len += snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "", words[i].name);
	scxu_error(s, "%s \"%s\": want one of %s, then \"=\" and a value", from, text, all);
}

static const struct word *find_word(const char *text)
{
	size_t len = strcspn(text, "="), i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (text[len] && strlen(words[i].name) == len && !strncmp(words[i].name, text, len))
			return &words[i];
	return NULL;
}

static int parse_word(struct scxu *s, struct inject *to, const char *from, char *text,
		      uint32_t *seen)
{
	const struct word *w = find_word(text);
	const char *value;
	void *at;

	scxu_make_printable(text, strlen(text));
	if (!w) {
		complain_of_name(s, from, text);
		return -EINVAL;
	}
	if (*seen & UINT32_C(1) << (w - words)) {
		scxu_error(s, "%s \"%s\": want %s once", from, text, w->name);
		return -EINVAL;
	}
	*seen |= UINT32_C(1) << (w - words);
	value = text + strlen(w->name) + 1;
	at = (char *)to + w->offset;
	if (w->kind == TIME ? parse_time(w, value, at) : parse_number(w, value, at))
		return 0;
	complain(s, from, text, w);
	return -EINVAL;
}

int inject_parse(struct scxu *s, struct inject *to, const char *from, const char *text)
{
	uint32_t seen = 0;
	char word[64];
	size_t len;
	int err;

	*to = (struct inject){ 0 };
	for (;;) {
		len = strcspn(text, ",");
		/* What is cut off is longer than any that is right. */
		snprintf(word, sizeof(word), "%.*s", (int)(len < 64 ? len : 64), text);
		err = parse_word(s, to, from, word, &seen);
		if (err || !text[len])
			return err;
		text += len + 1;
	}
}
