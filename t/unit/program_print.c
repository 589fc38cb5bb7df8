// SPDX-License-Identifier: GPL-2.0-only
/* The forms in which statistics are printed: a line, JSON, OpenMetrics and a table. */
#include <json-c/json.h>
#include <math.h>
#include <unistd.h>

#include "../../schedulers/program.h"
#include "../tap.h"

static char printed[64 << 10];
static struct program_values before, now;

/* What @print writes to standard output, which is where our own results go too. */
static const char *output_of(void (*print)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO);
	size_t nr;

	if (!file || saved < 0)
		bail("tmpfile, dup");
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	print();
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	nr = fread(printed, 1, sizeof(printed) - 1, file);
	printed[nr] = 0;
	fclose(file);
	return printed;
}

static void print_line(void)
{
	program_print_line(&now);
}

static void print_openmetrics(void)
{
	program_print_openmetrics(&now);
}

static void print_table(void)
{
	program_print_table(&now, &before);
}

static void print_json(void)
{
	struct program_printer printer;

	program_printer_init(&printer, PROGRAM_JSON);
	program_print(&printer, &now);
}

/* Each counter differs from the others. */
static void fill(void)
{
	struct program_reading old = { .at_ms = 1000 }, new = { .at_ms = 3000 };
	struct scxu_stats *s = &new.stats;

	program_fill(&before, "scx_test", &old, &old);
	s->nr_tasks = 1, s->nr_queued = 2, s->nr_dispatched = 300, s->nr_rounds = 4;
	s->nr_syscalls = 5, s->nr_cpus_idle = 6, s->nr_cpus = 7, s->nr_kernel = 8;
	s->nr_idle_shortcut = 9, s->nr_stale = 10, s->nr_bounced = 11, s->nr_refused = 12;
	s->nr_fallback = 13, s->nr_rescued = 14, s->nr_fallbacks = 15;
	s->max_fallback_ns = 16999999, s->in_fallback = 1;
	s->nr_minor_faults = 17, s->nr_major_faults = 18;
	s->nr_enqueued = 19;
	program_fill(&now, "scx_test", &new, &old);
}

#define LINE                                                                                   \
	"tasks=1 queued=2 decisions=300 per_s=150 rounds=4 syscalls=5 idle_cpus=6/7 kernel=8 " \
	"idle_shortcut=9 stale=10 bounced=11 refused=12 nr_fallback=13 nr_rescued=14 "         \
	"nr_fallbacks=15 max_fallback_ms=16 in_fallback=1 minor_faults=17 major_faults=18"

static void test_line(void)
{
	struct program_reading old = { .at_ms = 1000 }, new = { .at_ms = 2000, .has_waits = true };

	fill();
	is_str(output_of(print_line), LINE "\n", "the line");
	now.value[0] = NAN;
	is_str(output_of(print_line), strchr(LINE "\n", ' ') + 1, "what is not known is not in it");
	new.stats.nr_kernel_bypass_activate = 3;
	new.stats.kernel_bypass_ns = 1550000;
	new.waits.enqueue_to_seen[3] = 1;
	program_fill(&now, "scx_test", &new, &old);
	output_of(print_line);
	ok(strstr(printed, " major_faults=0 kernel_bypass_activate=3 kernel_bypass_ms=1.6 "
			   "seen_p50_us=0.0 seen_p99_us=0.0 dispatched_p50_us=0.0 "),
	   "what is rare, and waits");
	diag("%s", printed);
}

static void test_json(void)
{
	static const char bad[] = "{\"name\":\"\\u001b[2J\\n\",\"tasks\":-1,\"queued\":1e400,"
				  "\"stale\":\"1\",\"rounds\":18446744073709551616e3,"
				  "\"cpus\":2}";
	struct json_object *object, *value;
	struct program_values again;
	const char *why = "";
	int i, nr_wrong = 0;

	fill();
	output_of(print_json);
	is_int(strcspn(printed, "\n") + 1, strlen(printed), "JSON: a line");
	object = program_json_read(printed, strlen(printed), &why);
	ok(object && json_object_object_get_ex(object, "enqueued", &value) &&
		   json_object_get_int(value) == 19,
	   "with what is not in the other line (%s)", why);
	program_json_to_values(object, &again);
	for (i = 0; program_fields[i].name; i++)
		nr_wrong += !isnan(now.value[i]) && now.value[i] != again.value[i];
	is_int(nr_wrong, 0, "it is read as it was written");
	is_str(again.name, "scx_test", "and who wrote it");
	json_object_put(object);

	object = program_json_read(bad, strlen(bad), &why);
	ok(object != NULL, "another one (%s)", why);
	is_int(object ? program_json_to_values(object, &again) : 0, 1,
	       "numbers that cannot be are not taken");
	is_str(again.name, "??2J?", "nor is a name that writes on a terminal");
	json_object_put(object);
}

static bool has_line(const char *line)
{
	const char *at = strstr(printed, line);

	return at && at[strlen(line)] == '\n' && (at == printed || at[-1] == '\n');
}

static void test_openmetrics(void)
{
	const char *end = "# EOF\n";

	fill();
	output_of(print_openmetrics);
	ok(has_line("# TYPE scxuser_tasks gauge"), "OpenMetrics: a gauge");
	ok(has_line("scxuser_tasks{scheduler=\"scx_test\"} 1"), "and its value");
	ok(has_line("# TYPE scxuser_decisions counter"), "a counter");
	ok(has_line("scxuser_decisions_total{scheduler=\"scx_test\"} 300"), "and its value");
	ok(has_line("# UNIT scxuser_max_fallback_seconds seconds"), "a time");
	ok(has_line("scxuser_max_fallback_seconds{scheduler=\"scx_test\"} 0.016"),
	   "and its value, in seconds");
	ok(has_line("scxuser_kernel_bypass_seconds_total{scheduler=\"scx_test\"} 0"),
	   "one that counts");
	is_str(printed + strlen(printed) - strlen(end), end, "the end");
}

static void test_table(void)
{
	const char *line;
	size_t longest = 0;

	fill();
	output_of(print_table);
	ok(!strncmp(printed, "\033[H", 3) && strstr(printed, "\033[J"), "a table: over the last");
	ok(strstr(printed, "idle_cpus                6/7"), "a gauge");
	ok(strstr(printed, "decisions                    300        150\033[K"), "a counter");
	ok(!strstr(printed, "kernel_"), "nothing rare");
	for (line = strtok(printed + 3, "\n"); line; line = strtok(NULL, "\n"))
		if (strcspn(line, "\033") > longest)
			longest = strcspn(line, "\033");
	ok(longest <= 80, "the longest row has %zu columns", longest);
}

int main(void)
{
	test_line();
	test_json();
	test_openmetrics();
	test_table();
	return done_testing();
}
