// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/control.c: commands checked and given to a port that may be full; queues. */
#include "../tap.h"
#include "fake_port.h"
#include "intf.h"

#define NR_CPUS 6

static struct scxu s;
static const struct scxu_task last = { .slot = 63, .generation = 5 }, beyond = { .slot = 64 };

static void open_with_room(unsigned int room, unsigned int room_after_wait)
{
	fake_open(&s, NR_CPUS);
	fake.room = room;
	fake.room_after_wait = room_after_wait;
}

/* The last command is this one, and nothing else is set in it. */
static bool was(struct scxu_command want)
{
	const struct scxu_command *got = &fake.command;

	return got->op == want.op && got->flags == want.flags && got->slot == want.slot &&
	       got->generation == want.generation && got->cpu == want.cpu &&
	       got->slice_ns == want.slice_ns && got->vtime == want.vtime;
}

static void test_kick(void)
{
	static const struct {
		int cpu;
		uint32_t flags;
		int result;
	} cases[] = {
		{ 0, 0, 0 },
		{ NR_CPUS - 1, SCXU_KICK_IDLE, 0 },
		{ 1, SCXU_KICK_PREEMPT, 0 },
		{ 2, SCXU_KICK_WAIT, 0 },
		{ 3, SCXU_KICK_PREEMPT | SCXU_KICK_WAIT, 0 },
		{ NR_CPUS, 0, -EINVAL },
		{ -1, 0, -EINVAL },
		{ INT32_MAX, 0, -EINVAL },
		{ 0, SCXU_KICK_IDLE | SCXU_KICK_PREEMPT, -EINVAL },
		{ 0, SCXU_KICK_IDLE | SCXU_KICK_WAIT, -EINVAL },
		{ 0, 1U << 3, -EINVAL },
		{ 0, 1U << 31, -EINVAL },
	};
	int nr_good = 0;
	unsigned int i;

	open_with_room(ARRAY_SIZE(cases), 0);
	fake.has = true;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		is_int(scxu_kick_cpu(&s, cases[i].cpu, cases[i].flags), cases[i].result,
		       "a kick of CPU %d with flags %#x", cases[i].cpu, cases[i].flags);
		if (cases[i].result)
			continue;
		nr_good++;
		ok(was((struct scxu_command){
			   .op = SCXU_OP_KICK, .cpu = cases[i].cpu, .flags = cases[i].flags }),
		   "is given as it is");
	}
	is_int(fake.nr_commands, nr_good, "only what is good is given");

	fake.has = false;
	is_int(scxu_kick_cpu(&s, 2, SCXU_KICK_WAIT), -EOPNOTSUPP, "a kernel that cannot wait");
	is_int(fake.feature, SCXU_FEATURE_KICK_WAIT, "is asked whether it can");
	is_int(fake.nr_commands, nr_good, "and is not given it");
}

static void test_task_commands(void)
{
	open_with_room(3, 0);
	is_int(scxu_set_slice(&s, &last, 7), 0, "a slice for the last slot");
	ok(was((struct scxu_command){
		   .op = SCXU_OP_SET_SLICE, .slot = 63, .generation = 5, .slice_ns = 7 }),
	   "is given");
	is_int(scxu_set_vtime(&s, &last, UINT64_MAX), 0, "a vtime");
	ok(was((struct scxu_command){
		   .op = SCXU_OP_SET_VTIME, .slot = 63, .generation = 5, .vtime = UINT64_MAX }),
	   "is given");
	is_int(scxu_recall(&s, &last), 0, "a recall");
	ok(was((struct scxu_command){ .op = SCXU_OP_RECALL, .slot = 63, .generation = 5 }),
	   "is given");
	fake.room = 3;
	is_int(scxu_set_slice(&s, &beyond, 7), -EINVAL, "a slice for a slot beyond the last");
	is_int(scxu_set_vtime(&s, &beyond, 7), -EINVAL, "a vtime for it");
	is_int(scxu_recall(&s, &beyond), -EINVAL, "a recall of it");
	is_int(fake.nr_commands, 3, "are not given");
}

static void test_full(void)
{
	open_with_room(0, 1);
	is_int(scxu_recall(&s, &last), 0, "a command that does not fit is given after a wait");
	is_int(fake.nr_commands, 1, "once");
	is_int(fake.nr_wait, 1, "the CPU was given up once");
	ok(fake.timeout_ns == -1 && fake.pending, "with more to do, so that it comes back soon");

	open_with_room(0, 0);
	is_int(scxu_recall(&s, &last), -EAGAIN, "the kernel half takes none");
	is_int(fake.nr_wait, 1, "the CPU was given up once and no more");
}

static void test_queues(void)
{
	uint64_t cpus[2] = { 1 << 1 | 1 << 4, ~UINT64_C(0) };
	int i, nr_bad = 0;

	open_with_room(0, 0);
	is_int(scxu_create_queue(&s, "first", cpus, 1), 1, "the first queue");
	is_str(fake.queue_name, "first", "has its name");
	is_int(fake.queue_cpus, 1 << 1 | 1 << 4, "has the CPUs that are named");
	is_int(scxu_create_queue(&s, "q", NULL, 0), 2, "the second one");
	is_int(fake.queue_cpus, (1 << NR_CPUS) - 1, "without a mask, has all");
	cpus[0] = UINT64_C(1) << NR_CPUS | UINT64_C(1) << 63 | 1;
	is_int(scxu_create_queue(&s, "q", cpus, 2), 3, "CPUs that do not exist");
	is_int(fake.queue_cpus, 1, "are left out");
	cpus[0] = UINT64_C(1) << NR_CPUS;
	is_int(scxu_create_queue(&s, "q", cpus, 2), -EINVAL, "one with none that exists");
	is_int(scxu_create_queue(&s, "q", cpus, 0), -EINVAL, "one with a mask of no words");
	is_int(scxu_create_queue(&s, NULL, NULL, 0), -EINVAL, "one without a name");
	is_int(scxu_create_queue(&s, "", NULL, 0), -EINVAL, "one with an empty name");
	is_int(scxu_create_queue(&s, "a b", NULL, 0), -EINVAL, "a space in its name");
	is_int(scxu_create_queue(&s, "a\nb", NULL, 0), -EINVAL, "a control character there");
	is_int(scxu_create_queue(&s, "\xc3\xa4", NULL, 0), -EINVAL, "a letter beyond ASCII");
	is_int(scxu_create_queue(&s, "0123456789abcdef", NULL, 0), -EINVAL, "16 characters");
	is_int(fake.queue, 3, "are not made");
	is_int(scxu_create_queue(&s, "0123456789abcde", NULL, 0), 4, "15 characters are");
	is_str(fake.queue_name, "0123456789abcde", "all of its name");

	fake.queue_result = -ENOMEM;
	is_int(scxu_create_queue(&s, "q", NULL, 0), -ENOMEM, "a CPU cannot be added to a queue");
	fake.queue_result = 0;
	is_int(scxu_create_queue(&s, "q", NULL, 0), 6, "the number of which is taken");
	for (i = 7; i <= 64; i++)
		nr_bad += scxu_create_queue(&s, "q", NULL, 0) != i;
	is_int(nr_bad, 0, "there can be 64");
	is_int(scxu_create_queue(&s, "q", NULL, 0), -ENOSPC, "and no more");
}

static void test_cpuperf(void)
{
	open_with_room(0, 0);
	is_int(scxu_set_cpuperf(&s, NR_CPUS - 1, SCXU_CPUPERF_MAX), 0, "the highest level");
	ok(fake.cpuperf_cpu == NR_CPUS - 1 && fake.cpuperf == 1024, "is asked for");
	is_int(scxu_set_cpuperf(&s, 0, SCXU_CPUPERF_MAX + 1), -EINVAL, "one too high");
	is_int(scxu_set_cpuperf(&s, NR_CPUS, 0), -EINVAL, "a CPU too high");
	is_int(scxu_set_cpuperf(&s, -1, 0), -EINVAL, "and any CPU");
	is_int(fake.nr_set_cpuperf, 1, "are not");
	fake.cpuperf_result = -EINVAL;
	is_int(scxu_set_cpuperf(&s, 0, 0), -EINVAL, "what the kernel says is the answer");
}

static void test_cgroup(void)
{
	struct scxu_cgroup info = { .sz = sizeof(info), .id = 1 };
	struct {
		size_t sz;
		uint64_t id, after;
	} old = { .sz = 16, .after = 4711 };

	open_with_room(0, 0);
	is_int(scxu_get_cgroup(&s, 7, &info), -EOPNOTSUPP, "a cgroup without events of cgroups");
	s.opts.events = SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT);
	is_int(scxu_get_cgroup(&s, 8, &info), -ENOENT, "one that is not there");
	is_int(info.id, 1, "changes nothing");
	is_int(scxu_get_cgroup(&s, 7, &info), 0, "one that is");
	ok(info.sz == sizeof(info) && info.id == 7 && info.parent_id == 1 && info.weight == 321,
	   "has all that the port says");
	is_int(scxu_get_cgroup(&s, 7, (struct scxu_cgroup *)&old), 0, "for an older program");
	ok(old.sz == 16 && old.id == 7 && old.after == 4711, "no more than that knows");
	info.sz = 0;
	is_int(scxu_get_cgroup(&s, 7, &info), -EINVAL, "without a size");
}

static void test_has(void)
{
	open_with_room(0, 0);
	ok(!scxu_has(&s, SCXU_FEATURE_TID), "a feature that the port does not have");
	fake.has = true;
	ok(scxu_has(&s, SCXU_FEATURE_TID), "one that it has");
	is_int(fake.feature, SCXU_FEATURE_TID, "the one that was asked for");
}

int main(void)
{
	test_kick();
	test_task_commands();
	test_full();
	test_queues();
	test_cpuperf();
	test_cgroup();
	test_has();
	return done_testing();
}
