// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/sim_load.c: what is wrong in a load file is named, with its place. */
#include <errno.h>
#include <unistd.h>

#include "../../lib/sim.h"
#include "../tap.h"
#include "log_keeper.h"

static struct log_keeper kept;
static char path[] = "/tmp/scxuser-load.XXXXXX";

static int try(const char *text)
{
	struct scxu_sim_opts sim = { .sz = sizeof(sim), .load = path };
	struct scxu_opts opts = {
		.sz = sizeof(opts), .sim = &sim, .log = log_keep, .log_arg = &kept
	};
	FILE *f = fopen(path, "w");
	struct scxu *s = NULL;
	int err;

	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", path);
	kept = (struct log_keeper){ 0 };
	err = scxu_open(&s, &opts);
	scxu_close(s);
	return err;
}

static void refuses(const char *text, const char *why)
{
	int err = try(text);

	is_int(err, -EINVAL, "refused: %s", why);
	ok(log_is_one_error(&kept, why), "and it says so");
}

#define TASK(members) "{ \"tasks\": { \"a\": { " members " } } }"

static void test_bad_text(void)
{
	refuses("", ": it is empty");
	refuses("{\n  \"tasks\": {\n", ":3:1: ");
	refuses("[]", ":1:1: the file: want an object");
	refuses("{}", ":1:1: there is no task in it");
	refuses("{ tasks: {} }", ":1:3: want a key in double quotes");
	refuses("{ \"tasks\": 1 }", ":1:12: tasks: want an object");
	refuses("{ \"a*\": &a {}, // *\n \"b\": *a }", ":2:7: \"*\" is no JSON");
	refuses("{ \"a\": &a {}, # \"\n \"b\": *a }", ":2:7: \"*\" is no JSON");
	refuses("{ \"resources\": { \"m\": {} } }", ":1:3: \"resources\" is not supported");
	refuses("{ /* \"\n */ \"task\": {} }", ":2:5: \"task\" is not supported");
}

static void test_bad_tasks(void)
{
	refuses(TASK("\"run\": 1000, \"lock\": \"m\""), ":1:34: \"lock\" is not supported");
	refuses(TASK("\"runx\": 1000"), ":1:21: \"runx\" is not supported");
	refuses(TASK("\"\\u001b[2J\": 1000"), ":1:21: \"?[2J\" is not supported");
	refuses(TASK("\"run\": \"1000\""), ":1:28: run: want a whole number from 0 to 86400000000");
	refuses(TASK("\"run\": 1.5"), ":1:28: run: want a whole number");
	refuses(TASK("\"run\": -1"), ":1:28: run: want a whole number");
	refuses(TASK("\"sleep\": [1]"), ":1:30: sleep: want a whole number");
	refuses(TASK("\"run\": 0"), ":1:14: a: want a run, sleep, timer or suspend of some length");
	refuses(TASK("\"yield\": \"\""), "a: want a run, sleep, timer or suspend of some length");
	refuses(TASK("\"run\": 1, \"priority\": 20"),
		"priority: want a whole number from -20 to 19");
	refuses(TASK("\"run\": 1, \"cpus\": [0, 4]"),
		":1:43: cpus: want a whole number from 0 to 3");
	refuses(TASK("\"run\": 1, \"cpus\": []"), "cpus: want a list of at least one CPU");
	refuses(TASK("\"run\": 1, \"policy\": \"SCHED_FIFO\""),
		"policy SCHED_FIFO: only SCHED_OTHER is simulated");
	refuses(TASK("\"run\": 1, \"loop\": 0"), "loop: want 1 or more, or -1 for ever");
	refuses(TASK("\"run\": 1, \"instance\": 2000000"), "instance: want a whole number");
	refuses(TASK("\"run\": 1, \"resume\": \"\""), ":1:41: resume: want the name");
	refuses(TASK("\"run\": 1, \"suspend\": 1"), ":1:42: suspend: want a string");
	refuses(TASK("\"phases\": {}, \"phases\": {}"), ":1:35: phases: once is enough");
	refuses(TASK("\"run\": 1") ", \"global\": {}", ": did not find");
	refuses(TASK("\"run\": 1") " /*/ [] */ []", ": did not find");
	refuses(TASK("\"timer\": { \"ref\": \"unique\" }"), "timer: want \"ref\" and \"period\"");
	refuses(TASK("\"timer\": { \"ref\": \"t\", \"period\": 1 }"),
		"timer t: only those of one task are simulated");
	refuses(TASK("\"timer\": { \"ref\": \"unique\", \"period\": 1, \"mode\": \"x\" }"),
		"mode x: want relative or absolute");
	refuses(TASK("\"run\": 1, \"phases\": { \"p\": { \"run\": 1 } }"),
		"a: want phases or events, not both");
	refuses(TASK("\"phases\": { \"p\": { \"run\": 1 }, \"q\": { \"loop\": -1, \"yield\": \"\" } }"),
		"a: a phase for ever in which no time passes");
	refuses("{ \"global\": { \"duration\": 0 } }", "duration: want 1 or more seconds, or -1");
	refuses("{ \"global\": { \"speed\": 9 } }", "global: \"speed\" is not supported");
	refuses(TASK("\"run\": 1, \"nice\": 1, \"nice\": 1"), ":1:42: nice: once is enough");
	refuses(TASK("\"run\": 1, \"loop\": 1, \"loop\": 1"), ":1:42: loop: once is enough");
	refuses("{ \"tasks\": {}, \"tasks\": {} }", ":1:16: tasks: once is enough");
}

static void test_bad_machine(void)
{
	refuses(TASK("\"run\": 1, \"taskgroup\": \"a\""), ":1:44: a: want a path, as \"/a/b\"");
	refuses(TASK("\"run\": 1, \"taskgroup\": \"/a/\""), "/a/: want a path");
	refuses(TASK("\"run\": 1, \"taskgroup\": 1"), "taskgroup: want a string");
	refuses("{ \"cgroups\": { \"/\": { \"weight\": 5 } } }", "/: the root has no weight");
	refuses("{ \"cgroups\": { \"/a\": { \"weight\": 0 } } }",
		":1:34: weight: want a whole number from 1 to 10000");
	refuses("{ \"cgroups\": { \"/a\": { \"max\": 5 } } }", "\"max\" is not supported");
	refuses("{ \"cgroups\": { \"/a\": {}, \"/a\": {} } }", "/a: once is enough");
	refuses("{ \"hotplug\": {} }", "hotplug: want a list of objects");
	refuses("{ \"hotplug\": [ { \"at\": 1, \"cpu\": 2 } ] }",
		"hotplug: want \"at\", \"cpu\" and \"online\"");
	refuses("{ \"hotplug\": [ { \"cpu\": 2, \"online\": 0 } ] }",
		"hotplug: want \"at\", \"cpu\" and \"online\"");
	refuses("{ \"hotplug\": [ { \"at\": 1, \"cpu\": 4, \"online\": 0 } ] }",
		"cpu: want a whole number from 0 to 3");
	refuses("{ \"hotplug\": [ { \"at\": 1, \"cpu\": 2, \"online\": 1 } ] }",
		"hotplug: CPU 2 is online then");
#define OFF(at, cpu) "{ \"at\": " #at ", \"cpu\": " #cpu ", \"online\": 0 }"
	refuses("{ \"hotplug\": [ " OFF(5, 1) ", " OFF(6, 1) " ] }",
		"hotplug: CPU 1 is offline then");
	refuses("{ \"hotplug\": [ " OFF(5, 1) ", " OFF(4, 2) " ] }",
		"hotplug: that is before the one before it");
	refuses("{ \"hotplug\": [ " OFF(5, 1) ", " OFF(5, 2) ", " OFF(5, 3) ", " OFF(5, 0) " ] }",
		"hotplug: no CPU would be left");
	refuses("{ \"renice\": [ { \"at\": 1, \"task\": \"a\", \"nice\": 1 } ] }",
		"task a: there is none so far");
	refuses("{ \"tasks\": { \"a\": { \"run\": 1 } }, \"renice\": [ { \"task\": \"a\" } ] }",
		"renice: want \"at\", \"task\" and \"nice\"");
	is_int(try("{ \"hotplug\": [ " OFF(
		       5,
		       1) ", { \"at\": 9, \"cpu\": 1, \"online\": 1 } ], "
			  "\"cgroups\": { \"/a/b\": { \"weight\": 7 } }, \"tasks\": { \"a\": { \"run\": 1, "
			  "\"taskgroup\": \"/a/b\" } } }"),
	       0, "a CPU that goes and comes, and cgroups");
}

static void test_good(void)
{
	is_int(try(TASK("\"run0\": 10, \"sleep_b\": 5, \"run0\": 3, \"yield\": \"\"")), 0,
	       "suffixes, and keys that repeat");
	is_int(try("// a\n{ \"tasks\":\t{ \"a\": { \"runtime\": 5, /* b */ \"cpus\": [ 1, 3 ] } } }\n"),
	       0, "comments and tabs");
	is_int(try(TASK("\"instance\": 0, \"run\": 1 }, \"b\": { \"run\": 1")), 0,
	       "a group without tasks");
	is_int(try(TASK("\"phases\": { \"p\": { \"loop\": 2, \"run\": 1, \"nice\": -5 }, \"q\": "
			"{ \"suspend\": \"\" } } }, \"b\": { \"run\": 1, \"resume\": \"a\"")),
	       0, "phases, and one that resumes another");
}

static void test_no_file(void)
{
	struct scxu_sim_opts sim = { .sz = sizeof(sim), .load = path };
	struct scxu_opts opts = {
		.sz = sizeof(opts), .sim = &sim, .log = log_keep, .log_arg = &kept
	};
	struct scxu *s;

	kept = (struct log_keeper){ 0 };
	is_int(scxu_open(&s, &opts), -ENOENT, "no file");
	ok(log_is_one_error(&kept, "cannot read it: No such file"), "and it says so");
	kept = (struct log_keeper){ 0 };
	sim.load = NULL;
	is_int(scxu_open(&s, &opts), -EINVAL, "no name of one");
	ok(log_is_one_error(&kept, "sim: load is not set"), "and it says so");
	kept = (struct log_keeper){ 0 };
	sim.nr_cpus = 4097;
	sim.load = path;
	is_int(scxu_open(&s, &opts), -EINVAL, "too many CPUs");
	ok(log_is_one_error(&kept, "sim: nr_cpus 4097: want 1 to 4096"), "and it says so");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	test_bad_text();
	test_bad_tasks();
	test_bad_machine();
	test_good();
	unlink(path);
	test_no_file();
	return done_testing();
}
