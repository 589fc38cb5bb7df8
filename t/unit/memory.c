// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/memory.c: the limit is raised as far as it goes, a failure is explained, and what
 * is allocated is there.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../lib/internal.h"
#include "../tap.h"
#include "log_keeper.h"

#define NR_PAGES 1024

/* The machine: its limit of locked memory, who may raise it, and how much it can lock. */
static struct rlimit limit;
static bool may_raise;
static int mlockall_errno, mlockall_flags, nr_mlockall, nr_setrlimit;

int __wrap_getrlimit(int resource, struct rlimit *r);
int __wrap_setrlimit(int resource, const struct rlimit *r);
int __wrap_mlockall(int flags);

int __wrap_getrlimit(int resource, struct rlimit *r)
{
	if (resource != RLIMIT_MEMLOCK)
		bail("limit %d", resource);
	*r = limit;
	return 0;
}

int __wrap_setrlimit(int resource, const struct rlimit *r)
{
	if (resource != RLIMIT_MEMLOCK)
		bail("limit %d", resource);
	nr_setrlimit++;
	if (r->rlim_max > limit.rlim_max && !may_raise) {
		errno = EPERM;
		return -1;
	}
	limit = *r;
	return 0;
}

int __wrap_mlockall(int flags)
{
	nr_mlockall++;
	mlockall_flags = flags;
	errno = mlockall_errno;
	return mlockall_errno ? -1 : 0;
}

static struct log_keeper kept;

static int lock_memory(uint32_t flags, rlim_t soft, rlim_t hard)
{
	struct scxu s = { .opts = { .flags = flags, .log = log_keep, .log_arg = &kept } };

	memset(&kept, 0, sizeof(kept));
	limit = (struct rlimit){ soft, hard };
	nr_mlockall = nr_setrlimit = 0;
	return scxu_lock_memory(&s);
}

static void test_limit(void)
{
	may_raise = true;
	is_int(lock_memory(0, 65536, 131072), 0, "memory is locked");
	is_int(mlockall_flags, MCL_CURRENT | MCL_FUTURE, "what there is and what there will be");
	ok(limit.rlim_cur == RLIM_INFINITY, "one who may raise the limit does");
	may_raise = false;
	is_int(lock_memory(0, 65536, 131072), 0, "memory is locked by one who may not");
	is_int(limit.rlim_cur, 131072, "who goes to the hard limit");
	is_int(lock_memory(0, RLIM_INFINITY, RLIM_INFINITY), 0, "memory is locked without limit");
	is_int(nr_setrlimit, 0, "which is left alone");
	is_int(kept.nr_lines, 0, "nothing is logged");
}

static void test_failure(void)
{
	mlockall_errno = ENOMEM;
	is_int(lock_memory(0, 65536, 131072), -EAGAIN, "the limit is too low");
	ok(log_is_one_error(&kept, "locked memory is 128 KiB; raise it"), "one line says so");
	mlockall_errno = EPERM;
	is_int(lock_memory(0, 0, 0), -EAGAIN, "the limit is 0");
	ok(log_is_one_error(&kept, "locked memory is 0 KiB; raise it"), "one line says so");
	mlockall_errno = ENOSYS;
	is_int(lock_memory(0, 65536, 65536), -ENOSYS, "another error is the caller's");
	is_int(kept.nr_errors, 1, "with a line too");

	mlockall_errno = ENOMEM;
	is_int(lock_memory(SCXU_NO_MLOCK, 65536, 65536), 0, "SCXU_NO_MLOCK");
	is_int(nr_mlockall + nr_setrlimit + kept.nr_lines, 0, "does nothing");
}

/* Whether all pages of @memory are there. */
static bool is_resident(const void *memory, size_t size)
{
	uintptr_t page = sysconf(_SC_PAGESIZE), from = (uintptr_t)memory / page * page;
	size_t nr = ((uintptr_t)memory + size - from + page - 1) / page, i;
	unsigned char there[NR_PAGES + 2];

	if (nr > sizeof(there) || mincore((void *)from, nr * page, there))
		bail("cannot ask for %zu pages", nr);
	for (i = 0; i < nr; i++)
		if (!(there[i] & 1))
			return false;
	return true;
}

/* Sizes for which the allocator asks the kernel, which gives pages that are not there yet. */
static void test_touched(void)
{
	size_t size = NR_PAGES * (size_t)sysconf(_SC_PAGESIZE), i, nr_bad = 0;
	unsigned char *memory = scxu_alloc_touched(size / 8, 8);

	if (!memory)
		bail("no memory");
	ok(is_resident(memory, size), "all pages of what is allocated are there");
	for (i = 0; i < size; i++)
		nr_bad += memory[i];
	is_int(nr_bad, 0, "and 0");
	free(memory);
	memory = scxu_alloc_touched(1, 1);
	ok(memory && !*memory, "a single byte");
	free(memory);
}

int main(void)
{
	test_limit();
	test_failure();
	test_touched();
	return done_testing();
}
