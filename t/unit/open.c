// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/open.c: how a handle comes and goes, with a port that never attaches anything.
 *
 * The port defined here takes the place of the one to a real kernel, for the whole program.
 */
#include "../../lib/inject.h"
#include "../../lib/record.h"
#include "../tap.h"
#include "fail_alloc.h"
#include "fake_machine.h"
#include "fake_port.h"
#include "fixture.h"
#include "log_keeper.h"

/* "disabled" means that no scheduler is attached. */
static const struct fake_file good_machine[] = {
	{ .path = "/sys/kernel/sched_ext/state", .content = "disabled\n" },
	{ .path = "/sys/kernel/btf/vmlinux", .content = "\x9f\xeb", .len = 2 },
	{ 0 },
};

#ifdef ENABLE_INJECT
#define STRANGER 0
#else
#define STRANGER -EPERM
#endif

static uid_t euid;

uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
	return euid;
}

static struct log_keeper kept;
static char recording[64];
static bool prepared; /* when it was attached */
static struct fixture fx;

static int stub_prepare(struct scxu *s)
{
	struct scxu_topology *t;
	int err = scxu_read_topology(&t, fx.root, s);

	err = err ?: scxu_set_topology(s, t);
	if (err)
		return err;
	s->nr_slots = 64;
	if (fake.prepare_result)
		scxu_error(s, "the port says what it lacks");
	return fake_prepare(s);
}

/* From here on tasks would wait, so no allocation may be needed any more. */
static int stub_attach(struct scxu *s)
{
	int err = fake_attach(s);

	if (err)
		scxu_error(s, "the port says why");
	if (!s->recorder)
		return err;
	prepared = s->recorder->writing && s->recorder->ring.memory && !s->recorder->begun;
	fail_alloc = err ? 0 : 1;
	return err;
}

const struct scxu_port scxu_port_bpf = {
	.prepare = stub_prepare,
	.attach = stub_attach,
	.detach = fake_detach,
	.destroy = fake_destroy,
	.has = fake_has,
};

/* Any pointer will do for a handle that must not stay what it is. */
static struct scxu *const untouched = (struct scxu *)&kept;

static int open_with(struct scxu **sp, struct scxu_opts *opts, int attach_result)
{
	memset(&fake, 0, sizeof(fake));
	memset(&kept, 0, sizeof(kept));
	fake.attach_result = attach_result;
	*sp = untouched;
	return scxu_open(sp, opts);
}

static struct scxu_opts new_opts(void)
{
	return (struct scxu_opts){ .sz = sizeof(struct scxu_opts),
				   .log = log_keep,
				   .log_arg = &kept };
}

static void test_life(void)
{
	struct scxu_opts o = new_opts();
	struct scxu *s;

	o.name = "fifo";
	is_int(open_with(&s, &o, 0), 0, "a handle is opened");
	if (!ok(s && s != untouched, "and there"))
		return;
	ok(kept.nr_lines == 1 && kept.level == SCXU_LOG_INFO &&
		   !strcmp(kept.line, "\"fifo\" attached: 8 CPUs, 64 task slots"),
	   "a line says so");
	is_int(fake.nr_attach, 1, "it is attached once");
	is_int(fake.nr_detach, 0, "and not detached");
	is_int(s->round, 1, "its first round differs from what no CPU was given in");
	ok(s->minor_faults > 0, "page faults count from here on");
	scxu_close(s);
	is_int(fake.nr_detach, 1, "it is detached when it is closed");
	is_int(fake.nr_destroy, 1, "and freed");

	is_int(open_with(&s, NULL, 0), 0, "a handle is opened without options");
	scxu_close(s);
	scxu_close(NULL);
	is_int(fake.nr_detach, 1, "nothing happens when none is closed");
}

static void test_failures(void)
{
	struct scxu_opts o = new_opts();
	struct scxu *s;

	memset(&fake, 0, sizeof(fake));
	is_int(scxu_open(NULL, &o), -EINVAL, "no place for the handle");
	is_int(fake.nr_attach, 0, "nothing is tried");

	is_int(open_with(&s, &o, -EBUSY), -EBUSY, "the error of the port is the caller's");
	ok(!s, "the handle is NULL");
	ok(log_is_one_error(&kept, "the port says why"), "one line says why");
	is_int(fake.nr_destroy, 1, "what the port left is freed");

	memset(&fake, 0, sizeof(fake));
	memset(&kept, 0, sizeof(kept));
	fake.prepare_result = -EOPNOTSUPP;
	is_int(scxu_open(&s, &o), -EOPNOTSUPP, "a port that cannot be prepared");
	is_int(fake.nr_attach, 0, "it is not attached");
	ok(log_is_one_error(&kept, "what it lacks"), "one line says why");
	is_int(fake.nr_destroy, 1, "what it left is freed");

	o.slice_us = 1;
	is_int(open_with(&s, &o, 0), -EINVAL, "bad options");
	ok(!s && !fake.nr_attach && !fake.nr_destroy, "the handle is NULL, nothing is tried");
	ok(log_is_one_error(&kept, "slice_us"), "one line names the option");

	o = new_opts();
	o.sz = 0;
	is_int(open_with(&s, &o, 0), -EINVAL, "options without size");
	ok(!s && !fake.nr_attach, "the handle is NULL, nothing is tried");
}

static void test_bad_machine(void)
{
	static const struct fake_file no_sched_ext[] = {
		{ .path = "/sys/kernel/sched_ext/state" },
		{ 0 },
	};
	struct scxu_opts o = new_opts();
	struct scxu *s;

	fake_machine.files = no_sched_ext;
	is_int(open_with(&s, &o, 0), -EOPNOTSUPP, "a machine without sched_ext");
	ok(!s && !fake.nr_attach && !fake.nr_destroy, "the handle is NULL, nothing is tried");
	ok(log_is_one_error(&kept, "no sched_ext"), "one line says what is missing");
	o.record = recording;
	is_int(open_with(&s, &o, 0), -EOPNOTSUPP, "a machine without it, and a recording");
	ok(access(recording, F_OK), "no file is made");
	fake_machine.files = good_machine;
}

/* This machine as it is; the port that does nothing stands in for its kernel. */
static void test_this_machine(void)
{
	struct scxu_opts o = new_opts();
	struct scxu *s;
	int err;

	fake_machine.on = false;
	err = open_with(&s, &o, 0);
	diag("here: %s: %s", err ? strerror(-err) : "could attach", kept.line);
	if (err)
		ok((err == -EOPNOTSUPP || err == -EPERM || err == -EBUSY) && !s &&
			   !fake.nr_attach && log_is_one_error(&kept, ""),
		   "this machine cannot, and one line says why");
	else
		ok(fake.nr_attach == 1 && kept.level == SCXU_LOG_INFO, "this machine could");
	scxu_close(s);
	fake_machine.on = true;
}

static void test_allocation_failure(void)
{
	struct scxu_opts o = new_opts();
	int nr_tried, nr_bad = 0, err;
	struct scxu *s;

	for (nr_tried = 0; nr_tried < 100; nr_tried++) {
		fail_alloc = nr_tried + 1;
		err = open_with(&s, &o, 0);
		if (fail_alloc)
			break;
		nr_bad += err != -ENOMEM || s || fake.nr_detach != fake.nr_destroy;
	}
	fail_alloc = 0;
	ok(!err && s, "it is opened when no allocation fails");
	scxu_close(s);
	ok(nr_tried > 10, "the handle, its topology and tables are allocated");
	is_int(nr_bad, 0, "-ENOMEM and no handle when one of %d fails", nr_tried);
}

static void write_recording(const char *text)
{
	FILE *f = fopen(recording, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", recording);
}

/* "" if there is none. */
static const char *read_recording(void)
{
	static char text[16];
	FILE *f = fopen(recording, "r");

	memset(text, 0, sizeof(text));
	if (f) {
		if (fread(text, 1, sizeof(text) - 1, f) < 1)
			text[0] = '\0';
		fclose(f);
	}
	return text;
}

/* The recorder has what the policy sees: so it is in front. */
static void test_injection(void)
{
	struct scxu_opts o = new_opts();
	struct scxu *s;

	o.inject = "lose=5";
	is_int(open_with(&s, &o, 0), 0, "a handle with faults is opened");
	ok(s->port == &scxu_port_inject && s->injector->inner == &scxu_port_bpf,
	   "they are in front of the port");
	scxu_close(s);
	ok(fake.nr_detach == 1 && fake.nr_destroy == 1, "which is closed");
	o.record = recording;
	is_int(open_with(&s, &o, 0), 0, "and recorded");
	ok(s->port == &scxu_port_record && s->recorder->inner == &scxu_port_inject &&
		   s->injector->inner == &scxu_port_bpf,
	   "behind the recorder");
	fail_alloc = 0;
	scxu_close(s);
	unlink(recording);
	is_int(open_with(&s, &o, -EBUSY), -EBUSY, "the port cannot be attached");
	ok(!s && fake.nr_destroy == 1, "and is freed");
	unlink(recording);
	o.record = NULL;
	o.inject = "lose=500";
	is_int(open_with(&s, &o, 0), -EINVAL, "with faults that make no sense");
	ok(!s && !fake.nr_attach && !fake.nr_destroy, "nothing is tried");
	ok(log_is_one_error(&kept, "lose=N"), "one line says why");
	euid = 1000;
	o.inject = "lose=5";
	is_int(open_with(&s, &o, 0), STRANGER, "who is not root");
	scxu_close(s);
	euid = 0;
}

static void test_recording(void)
{
	struct scxu_opts o = new_opts();
	struct scxu *s;

	o.record = recording;
	prepared = false;
	is_int(open_with(&s, &o, 0), 0, "a handle that records is opened");
	ok(prepared, "all that it takes was there before it was attached");
	ok(fail_alloc == 1, "and nothing was allocated since");
	fail_alloc = 0;
	scxu_close(s);
	ok(!memcmp(read_recording(), "scxurec\n", 8), "it has a head");

	unlink(recording);
	is_int(open_with(&s, &o, -EBUSY), -EBUSY, "what cannot attach, without a file");
	ok(access(recording, F_OK), "makes none");
	write_recording("old");
	is_int(open_with(&s, &o, -EBUSY), -EBUSY, "what cannot attach records nothing");
	is_str(read_recording(), "old", "what the file had is still there");
	is_int(open_with(&s, &o, 0), 0, "what can");
	fail_alloc = 0;
	scxu_close(s);
	ok(!memcmp(read_recording(), "scxurec\n", 8), "takes its place");
	unlink(recording);

	o.record = "/dev/full";
	is_int(open_with(&s, &o, 0), -ENOSPC, "a file that has no room");
	is_int(fake.nr_attach, 0, "is known before it is attached");
	ok(log_is_one_error(&kept, "/dev/full: cannot record: No space"), "one line says so");
}

int main(void)
{
	is_str(scxu_version(), PACKAGE_VERSION, "the version is the package's");
	fake_machine.on = true;
	fake_machine.files = good_machine;
	fake_capability(CAP_SYS_ADMIN);
	fixture_unpack(&fx, "phone");
	snprintf(recording, sizeof(recording), "/tmp/scxuser-open.%d", getpid());
	test_life();
	test_failures();
	test_bad_machine();
	test_this_machine();
	test_allocation_failure();
	test_injection();
	test_recording();
	fixture_end(&fx);
	return done_testing();
}
