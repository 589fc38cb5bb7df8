// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * memory.c - no page fault while attached.
 *
 * A scheduler that waits for a page waits for a disk, or for a kernel thread, that may wait for the
 * scheduler. So everything is in memory and locked before the kernel half attaches.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "internal.h"

#define STACK_SIZE (256 << 10)
#define MIN_PAGE_SIZE 4096

/* The stack grows by faults, locked or not: have it grow now. */
__attribute__((noinline)) static void grow_stack(void)
{
	volatile char stack[STACK_SIZE];
	size_t i;

	for (i = 0; i < sizeof(stack); i += MIN_PAGE_SIZE)
		stack[i] = 0;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY })) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
}

static void explain(struct scxu *s, int err)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	scxu_error(s,
		   "cannot lock memory (%s): the limit of locked memory is %llu KiB; raise it "
		   "with \"ulimit -l unlimited\" or LimitMEMLOCK=infinity, or give CAP_IPC_LOCK",
		   strerror(err), (unsigned long long)limit.rlim_cur >> 10);
}

int scxu_lock_memory(struct scxu *s)
{
	int err;

	if (s->opts.flags & SCXU_NO_MLOCK)
		return 0;
	/* Give back what loading has left behind, or it would be locked with the rest. */
	malloc_trim(0);
	/* Huge pages come and go by faults, and merged ones are copied by faults. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	raise_limit();
	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		err = errno;
		explain(s, err);
		return err == EPERM || err == ENOMEM ? -EAGAIN : -err;
	}
	grow_stack();
	return 0;
}

/* Volatile, or the compiler sees that calloc() wrote 0 there already: but that costs no page. */
void *scxu_alloc_touched(size_t nr, size_t size)
{
	void *memory = calloc(nr, size);
	volatile char *byte = memory;
	size_t i;

	if (!memory)
		return NULL;
	for (i = 0; i < nr * size; i += MIN_PAGE_SIZE)
		byte[i] = 0;
	byte[nr * size - 1] = 0;
	return memory;
}
