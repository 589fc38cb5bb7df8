// SPDX-License-Identifier: GPL-2.0-only
/* What a policy hears of cgroups: prints "pass NAME", "fail NAME" or "skip NAME". */
#include "load.h"

#include <fcntl.h>
#include <limits.h>
#include <scxuser.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT "/sys/fs/cgroup"
#define GROUP ROOT "/scxuser"

static void check(bool passed, const char *name)
{
	printf("%s %s\n", passed ? "pass" : "fail", name);
	fflush(stdout);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

static uint64_t id_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path);
	return st.st_ino;
}

static struct scxu *s;

/* Schedule all tasks until there is an event of @type; keep an eye on the cgroup of @pid. */
static bool hear(uint32_t type, struct scxu_event *ev, pid_t pid, uint64_t *cgroup_id)
{
	uint64_t end_ns = now_ns() + 10 * NSEC_PER_SEC;
	struct scxu_dispatch d;

	while (now_ns() < end_ns) {
		while (scxu_next_event(s, ev)) {
			if (ev->type == type)
				return true;
			if (ev->type != SCXU_EVENT_ENQUEUE)
				continue;
			if (ev->task.pid == pid)
				*cgroup_id = ev->task.cgroup_id;
			scxu_dispatch_init(&d, &ev->task);
			scxu_dispatch_task(s, &d);
		}
		scxu_wait(s, 10);
	}
	return false;
}

/* The cgroup that @pid is in as of its enqueues, within a while. */
static uint64_t cgroup_of(pid_t pid, uint64_t want)
{
	uint64_t id = 0, end_ns = now_ns() + 5 * NSEC_PER_SEC;
	struct scxu_event ev;
	struct scxu_dispatch d;

	while (id != want && now_ns() < end_ns) {
		while (scxu_next_event(s, &ev)) {
			if (ev.type != SCXU_EVENT_ENQUEUE)
				continue;
			if (ev.task.pid == pid)
				id = ev.task.cgroup_id;
			scxu_dispatch_init(&d, &ev.task);
			scxu_dispatch_task(s, &d);
		}
		scxu_wait(s, 10);
	}
	return id;
}

static void test_move(pid_t pid, uint64_t root, uint64_t group)
{
	uint64_t id = 0;
	struct scxu_event ev;
	char text[20];

	check(cgroup_of(pid, root) == root, "a task that was there has its cgroup");
	snprintf(text, sizeof(text), "%d", pid);
	check(write_file(GROUP "/cgroup.procs", text), "it moves");
	check(hear(SCXU_EVENT_CGROUP, &ev, pid, &id) && ev.task.pid == pid && ev.value[0] == group &&
		      ev.value[1] == root,
	      "an event says who, to where and from where");
	check(cgroup_of(pid, group) == group, "from then on it has the new one");
}

static void test_weight(uint64_t group)
{
	struct scxu_event ev;
	uint64_t id;

	check(write_file(GROUP "/cpu.weight", "321"), "cpu.weight is set");
	check(hear(SCXU_EVENT_CGROUP_WEIGHT, &ev, 0, &id) && ev.value[0] == group &&
		      ev.value[1] == 321,
	      "an event says of which cgroup, and the weight");
}

static void test_bandwidth(uint64_t group)
{
	struct scxu_event ev;
	uint64_t id;

	if (!scxu_has(s, SCXU_FEATURE_CGROUP_BANDWIDTH)) {
		printf("skip an event for cpu.max: not with this kernel\n");
		return;
	}
	check(write_file(GROUP "/cpu.max", "40000 80000"), "cpu.max is set");
	check(hear(SCXU_EVENT_CGROUP_BANDWIDTH, &ev, 0, &id) && ev.value[0] == group &&
		      ev.value[1] == 80000 && ev.value[2] == 40000 && ev.value[3] == 0,
	      "an event says of which cgroup, and the limit");
	check(write_file(GROUP "/cpu.max", "max 80000") &&
		      hear(SCXU_EVENT_CGROUP_BANDWIDTH, &ev, 0, &id) && ev.value[2] == UINT64_MAX,
	      "and that there is none any more");
}

/* Ones that are born in a cgroup have it, too. */
static void test_fork(uint64_t group)
{
	pid_t pid = start_child();

	if (!pid)
		for (;;)
			;
	check(cgroup_of(pid, group) == group, "a new task has the cgroup of who forked it");
	kill(pid, SIGKILL);
}

int main(void)
{
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "cgroups",
		.flags = SCXU_FULL_USER,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_CGROUP) |
			  SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT) |
			  SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_BANDWIDTH),
	};
	uint64_t root = id_of(ROOT), group;
	pid_t pid = start_child();

	if (!pid)
		for (;;)
			;
	if (!write_file(ROOT "/cgroup.subtree_control", "+cpu") || mkdir(GROUP, 0755))
		die(GROUP);
	group = id_of(GROUP);
	check(!scxu_open(&s, &opts), "a scheduler that wants to hear of cgroups is opened");
	check(scxu_has(s, SCXU_FEATURE_CGROUP), "the kernel tells of them");
	test_move(pid, root, group);
	test_weight(group);
	test_bandwidth(group);
	if (!write_file(GROUP "/cgroup.procs", "0"))
		die(GROUP);
	test_fork(group);
	check(!scxu_exited(s), "it is still in charge");
	scxu_close(s);
	kill(pid, SIGKILL);
	write_file(ROOT "/cgroup.procs", "0");
	return 0;
}
