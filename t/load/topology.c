// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the library knows of this machine, and a policy that shows what scxu_select_cpu() makes of
 * it: each task that wants to run goes to the CPU that this names, or waits for the one it was on.
 */
#include "load.h"

#include <scxuser.h>
#include <string.h>

static struct scxu *scheduler;

/* As the kernel lists CPUs, but for ranges. */
static void print_list(const struct scxu_topology *t, int group,
		       int (*next)(const struct scxu_topology *, int, int))
{
	const char *before = "";
	int cpu;

	for (cpu = -1; (cpu = next(t, group, cpu)) >= 0; before = ",")
		printf("%s%d", before, cpu);
}

static void print_topology(const struct scxu_topology *t)
{
	struct scxu_cpu info = { .sz = sizeof(info) };
	int cpu;

	printf("cpus=%d nodes=%d llcs=%d cores=%d\n", scxu_topology_nr_cpus(t),
	       scxu_topology_nr_nodes(t), scxu_topology_nr_llcs(t), scxu_topology_nr_cores(t));
	for (cpu = -1; (cpu = scxu_topology_next_cpu(t, cpu)) >= 0;) {
		scxu_topology_get_cpu(t, cpu, &info);
		printf("cpu%d core=", cpu);
		print_list(t, info.core, scxu_topology_next_in_core);
		printf(" llc=");
		print_list(t, info.llc, scxu_topology_next_in_llc);
		printf(" node%d=", info.node);
		print_list(t, info.node, scxu_topology_next_in_node);
		putchar('\n');
	}
	fflush(stdout);
}

static void enqueue(struct scxu *s, const struct scxu_task *t, void *arg)
{
	int cpu = scxu_select_cpu(s, t, t->cpu, 0);
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = cpu >= 0 ? cpu : t->cpu;
	scxu_dispatch_task(s, &d);
}

static void on_signal(int sig)
{
	scxu_stop(scheduler);
}

static void print_log(void *arg, int level, const char *line)
{
	if (level <= SCXU_LOG_WARNING)
		fprintf(stderr, "topology: %s\n", line);
}

/* All wake-ups come to the policy, and no emulator is too slow for it. */
static int schedule(uint32_t flags)
{
	struct scxu_policy policy = { .sz = sizeof(policy), .enqueue = enqueue };
	struct scxu_opts opts = { .sz = sizeof(opts), .name = "topology", .log = print_log };
	int status;

	opts.flags = SCXU_FULL_USER | flags;
	opts.fallback_ms = 1000;
	if (scxu_open(&scheduler, &opts))
		return 1;
	signal(SIGINT, on_signal);
	print_topology(scxu_get_topology(scheduler));
	status = scxu_run(scheduler, &policy, NULL);
	scxu_close(scheduler);
	return status != 0;
}

int main(int argc, char **argv)
{
	struct scxu_topology *t;

	if (argc == 2 && !strcmp(argv[1], "anywhere"))
		return schedule(0);
	if (argc == 2 && !strcmp(argv[1], "numa_local"))
		return schedule(SCXU_NUMA_LOCAL);
	if (argc == 2 && !strcmp(argv[1], "show")) {
		if (scxu_topology_open(&t, NULL))
			return 1;
		print_topology(t);
		scxu_topology_close(t);
		return 0;
	}
	fputs("usage: topology show|anywhere|numa_local\n", stderr);
	return 2;
}
