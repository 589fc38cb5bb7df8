// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/opts.c: defaults, ranges, names, and option structs of other versions. */
#include "../../lib/internal.h"
#include "../tap.h"
#include "fake_machine.h"
#include "intf.h"
#include "log_keeper.h"

/* Few threads, and so the least default of max_tasks. */
static const struct fake_file quiet_machine[] = {
	{ .path = "/proc/loadavg", .content = "0.1 0.1 0.1 1/100 1\n" },
	{ 0 },
};

static struct log_keeper kept;
static struct scxu s;

static struct scxu_opts new_opts(void)
{
	return (struct scxu_opts){ .sz = sizeof(struct scxu_opts),
				   .log = log_keep,
				   .log_arg = &kept };
}

static int complete(const struct scxu_opts *opts)
{
	memset(&kept, 0, sizeof(kept));
	memset(&s, 0, sizeof(s));
	return scxu_opts_complete(&s, opts);
}

static void have_defaults(const char *what)
{
	const struct scxu_opts *o = &s.opts;

	is_str(o->name, "scxuser", "%s: name", what);
	ok(o->name == s.name, "%s: the name is the handle's own copy", what);
	is_int(o->flags, 0, "%s: flags", what);
	is_int(o->slice_us, 5000, "%s: slice_us", what);
	is_int(o->fallback_ms, 20, "%s: fallback_ms", what);
	is_int(o->timeout_ms, 5000, "%s: timeout_ms", what);
	is_int(o->exit_dump_len, 32768, "%s: exit_dump_len", what);
	is_int(o->max_tasks, 8192, "%s: max_tasks", what);
	is_int(kept.nr_lines, 0, "%s: nothing is logged", what);
}

static void test_defaults(void)
{
	struct scxu_opts o = new_opts();

	is_int(complete(NULL), 0, "no options are good options");
	have_defaults("no options");
	is_int(complete(&o), 0, "empty options are good options");
	have_defaults("empty options");
	ok(s.opts.log == log_keep && s.opts.log_arg == &kept, "the log function is kept");
}

static void test_default_max_tasks(void)
{
	static const struct {
		const char *loadavg;
		uint32_t max_tasks;
	} cases[] = {
		{ "0.00 0.00 0.00 1/4096 77", 8192 },
		{ "0.00 0.00 0.00 1/4097 77", 8194 },
		{ "9.99 9.99 9.99 8/30000 77", 60000 },
		{ "0.00 0.00 0.00 1/524288 77", 1048576 },
		{ "0.00 0.00 0.00 1/524289 77", 1048576 },
		{ "0.00 0.00 0.00 1/4194304 77", 1048576 },
		{ "0.00 0.00 0.00", 8192 },
		{ "1/many", 8192 },
		{ "", 8192 },
		{ NULL, 8192 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fake_file files[] = {
			{ .path = "/proc/loadavg", .content = cases[i].loadavg },
			{ 0 },
		};

		fake_machine.files = files;
		complete(NULL);
		is_int(s.opts.max_tasks, cases[i].max_tasks, "max_tasks with a loadavg of \"%s\"",
		       cases[i].loadavg ? cases[i].loadavg : "(none)");
	}
	fake_machine.files = quiet_machine;
}

/* One option set, and what comes of it; a @result of -EINVAL must be explained by a line. */
static void is_number(const char *name, size_t offset, uint32_t value, int result)
{
	struct scxu_opts o = new_opts();
	char line[64];
	int err;

	memcpy((char *)&o + offset, &value, sizeof(value));
	err = complete(&o);
	snprintf(line, sizeof(line), "%s %u: want ", name, value);
	if (result)
		ok(err == result && log_is_one_error(&kept, line), "%s %u is refused", name, value);
	else
		ok(!err && !kept.nr_lines && !memcmp((char *)&s.opts + offset, &value, 4),
		   "%s %u is taken", name, value);
}

#define is_good(name, value) is_number(#name, offsetof(struct scxu_opts, name), value, 0)
#define is_bad(name, value) is_number(#name, offsetof(struct scxu_opts, name), value, -EINVAL)

static void test_ranges(void)
{
	is_bad(slice_us, 99);
	is_good(slice_us, 100);
	is_good(slice_us, 100000);
	is_bad(slice_us, 100001);
	is_bad(slice_us, UINT32_MAX);
	is_good(fallback_ms, 1);
	is_good(fallback_ms, 1000);
	is_bad(fallback_ms, 1001);
	is_bad(fallback_ms, UINT32_MAX);
	is_bad(timeout_ms, 99);
	is_good(timeout_ms, 100);
	is_good(timeout_ms, 30000);
	is_bad(timeout_ms, 30001);
	is_bad(timeout_ms, UINT32_MAX);
	is_bad(max_tasks, 63);
	is_good(max_tasks, 64);
	is_good(max_tasks, 65);
	is_good(max_tasks, 1048576);
	is_bad(max_tasks, 1048577);
	is_bad(max_tasks, UINT32_MAX);
	is_good(exit_dump_len, 1);
	is_good(exit_dump_len, SCXU_EXIT_DUMP_LEN);
	is_bad(exit_dump_len, SCXU_EXIT_DUMP_LEN + 1);
	is_bad(exit_dump_len, UINT32_MAX);
}

/* The slice ends with half the watchdog's time, whatever that is. */
static void test_slice_and_timeout(void)
{
	struct scxu_opts o = new_opts();

	o.timeout_ms = 100;
	o.slice_us = 50000;
	is_int(complete(&o), 0, "a slice of half the watchdog's time is taken");
	o.slice_us = 50001;
	is_int(complete(&o), -EINVAL, "a longer one is refused");
	ok(log_is_one_error(&kept, "slice_us 50001: want 100 to 50000"), "and the line says why");
	o.slice_us = 100;
	o.fallback_ms = 50;
	is_int(complete(&o), 0, "a fallback within half the watchdog's time is taken");
	o.fallback_ms = 51;
	is_int(complete(&o), -EINVAL, "a later one is refused");
	o.fallback_ms = 0;
	o.wakeup_preempt_us = 100000;
	is_int(complete(&o), 0, "wake-ups may end slices after up to 100 ms");
	o.wakeup_preempt_us = 100001;
	is_int(complete(&o), -EINVAL, "not later");
	ok(log_is_one_error(&kept, "wakeup_preempt_us 100001: want 0 to 100000"), "as it says");
	o.wakeup_preempt_us = 0;
	o.fallback_repeated = SCXU_FALLBACK_DETACH;
	is_int(complete(&o), 0, "repeated fallbacks may end it");
	o.fallback_repeated = SCXU_FALLBACK_DETACH + 1;
	is_int(complete(&o), -EINVAL, "and may not do what nobody knows");
}

static void test_flags(void)
{
	static const uint32_t known = SCXU_PARTIAL | SCXU_FULL_USER | SCXU_NO_MLOCK |
				      SCXU_EXIT_TASKS | SCXU_HISTOGRAMS | SCXU_NUMA_LOCAL |
				      SCXU_NO_FALLBACK;
	struct scxu_opts o = new_opts();
	unsigned int bit, nr_bad = 0;

	o.flags = known;
	is_int(complete(&o), 0, "all flags together are taken");
	is_int(s.opts.flags, o.flags, "and kept");
	for (bit = 0; bit < 32; bit++) {
		o.flags = SCXU_PARTIAL | 1U << bit;
		nr_bad += complete(&o) != (known & 1U << bit ? 0 : -EINVAL);
	}
	is_int(nr_bad, 0, "each other bit is refused");
	ok(log_is_one_error(&kept, "unknown flags 0x80000000"), "and named, alone");
	o.flags = SCXU_NO_FALLBACK;
	is_int(complete(&o), 0, "to have no fallback is taken");
	ok(kept.nr_lines == 1 && kept.level == SCXU_LOG_WARNING &&
		   strstr(kept.line, "no fallback: if the policy is late the machine stands still"),
	   "with a warning");
}

static void is_name(const char *name, int result, const char *what)
{
	struct scxu_opts o = new_opts();
	int err;

	o.name = name;
	err = complete(&o);
	if (result)
		ok(err == result && log_is_one_error(&kept, "name \""), "a name %s is refused",
		   what);
	else
		ok(!err && !strcmp(s.opts.name, name) && s.opts.name == s.name,
		   "a name %s is taken, as a copy", what);
}

static void test_names(void)
{
	char name[3000];

	memset(name, 'x', sizeof(name));
	name[127] = '\0';
	is_name(name, 0, "of 127 letters");
	name[127] = 'x';
	name[128] = '\0';
	is_name(name, -EINVAL, "of 128 letters");
	name[128] = 'x';
	name[sizeof(name) - 1] = '\0';
	is_name(name, -EINVAL, "of 2999 letters");
	is_name("", -EINVAL, "of no letters");
	is_name("a", 0, "of one letter");
	is_name("scx_Fifo.2_x", 0, "of letters, digits, \"_\" and \".\"");
	is_name("scx-fifo", -EINVAL, "with a \"-\"");
	is_name("scx fifo", -EINVAL, "with a space");
	is_name("fifo\n", -EINVAL, "with a newline");
	is_name("../x", -EINVAL, "with a \"/\"");
	is_name("%s", -EINVAL, "with a \"%%\"");
	is_name("f\xc3\xaf", -EINVAL, "that is not ASCII");
	ok(strstr(kept.line, "\"f\xc3\xaf\"") && strstr(kept.line, "127"),
	   "the line has the name and the limit");
}

/* The struct of another version is our own, cut or with something behind it. */
static void test_sizes(void)
{
	struct {
		struct scxu_opts opts;
		unsigned char more[24];
	} later = { .opts = new_opts() };
	struct scxu_opts o = new_opts();
	size_t sz, i, nr_bad = 0;

	for (sz = 0; sz < sizeof(size_t); sz++) {
		o.sz = sz;
		nr_bad += complete(&o) != -EINVAL;
	}
	is_int(nr_bad, 0, "a size that does not even hold itself is refused");

	o = (struct scxu_opts){ .sz = sizeof(size_t), .flags = UINT32_MAX, .max_tasks = 1 };
	is_int(complete(&o), 0, "a struct of nothing but its size is taken");
	have_defaults("only a size");
	o = (struct scxu_opts){ .sz = offsetof(struct scxu_opts, slice_us),
				.flags = SCXU_PARTIAL,
				.max_tasks = 100,
				.name = "old",
				.slice_us = 1,
				.timeout_ms = 1 };
	is_int(complete(&o), 0, "a shorter struct is taken");
	ok(s.opts.flags == SCXU_PARTIAL && s.opts.max_tasks == 100 && !strcmp(s.opts.name, "old"),
	   "as far as it goes");
	ok(s.opts.slice_us == 5000 && s.opts.timeout_ms == 5000, "what is beyond has its default");

	later.opts.sz = sizeof(later);
	later.opts.slice_us = 777;
	is_int(complete(&later.opts), 0, "a longer struct that asks for nothing new is taken");
	ok(s.opts.slice_us == 777 && s.opts.sz == sizeof(s.opts), "as far as we know it");
	for (i = 0, nr_bad = 0; i < sizeof(later.more); i++) {
		memset(later.more, 0, sizeof(later.more));
		later.more[i] = 1;
		nr_bad +=
			complete(&later.opts) != -E2BIG || !log_is_one_error(&kept, scxu_version());
	}
	is_int(nr_bad, 0, "one that does is refused, with a line that has our version");
	later.opts.sz = sizeof(later) - 1;
	is_int(complete(&later.opts), 0, "what is behind its end does not matter");
}

/* The first of several errors is reported, and only that. */
static void test_one_error(void)
{
	struct scxu_opts o = new_opts();

	o.slice_us = 1;
	o.fallback_ms = 5000;
	o.max_tasks = 1;
	is_int(complete(&o), -EINVAL, "three bad options are refused");
	ok(log_is_one_error(&kept, "slice_us"), "with one line");
	o.log = NULL;
	is_int(complete(&o), -EINVAL, "also when nobody listens");
}

int main(void)
{
	fake_machine.on = true;
	fake_machine.files = quiet_machine;
	test_defaults();
	test_default_max_tasks();
	test_ranges();
	test_slice_and_timeout();
	test_flags();
	test_names();
	test_sizes();
	test_one_error();
	return done_testing();
}
