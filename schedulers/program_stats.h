/* SPDX-License-Identifier: GPL-2.0-only */
/* program_stats.h - the statistics of a scheduler: what there is, and the ways in which it is told. */
#ifndef PROGRAM_STATS_H
#define PROGRAM_STATS_H

#include <scxuser.h>
#include <stdbool.h>
#include <stdint.h>

struct json_object;
struct program;

enum { PROGRAM_MAX_FIELDS = 80, PROGRAM_NAME_SIZE = 32 };

#define PROGRAM_STATS_PATH "/var/run/scx/root/stats"

/* What the library counts, at one moment. */
struct program_reading {
	struct scxu_stats stats;
	struct scxu_histograms waits; /* all 0 without --histograms */
	bool has_waits;
	int64_t at_ms; /* on CLOCK_MONOTONIC */
};

enum program_field_flags {
	PROGRAM_COUNTER = 1 << 0,    /* only goes up, but for a restart; else a gauge */
	PROGRAM_RARE = 1 << 1,       /* not worth a word to people while it is 0 */
	PROGRAM_MORE = 1 << 2,       /* not in the line */
	PROGRAM_SLASH = 1 << 3,      /* in the line, behind the one before and a slash */
	PROGRAM_PER_SECOND = 1 << 4, /* by how much it went up */
	PROGRAM_PERCENTILE = 1 << 5, /* of a histogram */
};

struct program_field {
	const char *name;
	const char *about;
	const char *unit;     /* "ms" or "us", or NULL: a number */
	unsigned int flags;   /* PROGRAM_* */
	unsigned int percent; /* with PROGRAM_PERCENTILE */
	int nr_decimals;      /* 0: an integer */
	size_t offset;        /* in struct program_reading */
	double scale;         /* what of the number there is one here; 0 = 1 */
};

/* What is told of it: by this process, or by another one to --monitor. */
struct program_values {
	char name[PROGRAM_NAME_SIZE];
	int64_t at_ms;
	double value[PROGRAM_MAX_FIELDS]; /* in the order of program_fields; NAN = not known */
};

enum program_format { PROGRAM_FOR_PEOPLE, PROGRAM_JSON, PROGRAM_OPENMETRICS };

struct program_printer {
	enum program_format format;
	bool table;                   /* standard output is a terminal: for people, a table */
	struct program_values before; /* for the table: what was printed last */
};

/* All there is; the last one has no name. */
extern const struct program_field program_fields[];

/* What @now says, and where it is about a time, about that since @before. */
void program_fill(struct program_values *v, const char *name, const struct program_reading *now,
		  const struct program_reading *before);

int64_t program_now_ms(void);

/* From any thread. */
void program_read(struct program *prog, struct program_reading *r);

/* --help-stats */
void program_print_fields(void);

/* To standard output, which is looked at once. */
void program_printer_init(struct program_printer *p, enum program_format format);
void program_print(struct program_printer *p, const struct program_values *v);
void program_print_line(const struct program_values *v);
void program_print_table(const struct program_values *now, const struct program_values *before);
void program_print_openmetrics(const struct program_values *v);

/*
 * JSON. What returns an object returns NULL if memory ran out; the caller puts it.
 * program_json_read() refuses what is not UTF-8, not strictly JSON, or nested deeply; @why says so.
 */
struct json_object *program_json_read(const char *text, size_t size, const char **why);
struct json_object *program_json_values(const struct program_values *v);
struct json_object *program_json_meta(void);
/* Return: how many fields were found, and are what they should be. */
int program_json_to_values(struct json_object *object, struct program_values *v);

/*
 * The answer to one request of the scx_stats protocol, without the end of the line. @before is what
 * was told last on this connection, and becomes what is told now.
 */
struct json_object *program_answer(struct program *prog, const char *text, size_t size,
				   struct program_reading *before);
struct json_object *program_answer_error(int err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A thread of our own, without signals; says so if there is none. */
void program_start_thread(struct program *prog, void *(*run)(void *), const char *what);

/* Print statistics each --stats seconds, or serve them at --stats-path, until the process ends. */
void program_start_stats(struct program *prog);
void program_start_server(struct program *prog);

/* Of the server, for its test: to bind, and to do what there is to do, which waits up to @wait_ms. */
struct program_server;
struct program_server *program_server_open(struct program *prog);
void program_server_turn(struct program_server *server, int wait_ms);
void program_server_close(struct program_server *server);

/* --monitor. Return: the exit status. */
int program_monitor(struct program *prog);

#endif
