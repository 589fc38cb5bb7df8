// SPDX-License-Identifier: GPL-2.0-only
/* scx_fifo - run all tasks in the order in which they arrive. */
#include "program.h"

static void give(struct scxu *s, const struct scxu_task *t, uint64_t slice_ns)
{
	struct scxu_dispatch d;

	scxu_dispatch_init(&d, t);
	d.cpu = program_select_cpu(s, t);
	d.slice_ns = slice_ns;
	/* A decision that is refused is not lost: the kernel half runs the task after a while. */
	(void)scxu_dispatch_task(s, &d);
}

static void schedule(struct scxu *s, uint64_t slice_ns)
{
	struct scxu_task t;

	while (!scxu_exited(s)) {
		while (scxu_dequeue_task(s, &t) > 0)
			give(s, &t, slice_ns);
		scxu_notify_complete(s, 0);
	}
}

int main(int argc, char **argv)
{
	static struct program prog = {
		.name = "scx_fifo",
		.about = "runs all tasks in the order in which they arrive",
	};

	program_start(&prog, argc, argv);
	do
		schedule(prog.s, prog.slice_ns);
	while (program_again(&prog));
	return program_end(&prog);
}
