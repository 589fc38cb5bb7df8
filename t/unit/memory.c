// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/memory.c: the limit is raised as far as it goes, and a failure is explained. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../../lib/internal.h"
#include "../tap.h"
#include "log_keeper.h"

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

int main(void)
{
	test_limit();
	test_failure();
	return done_testing();
}
