// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/kernel_events.c: the kernel's counters, as different kernels write them. */
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/internal.h"
#include "../tap.h"

/* Linux 7.3. */
static const char all[] = "SCX_EV_SELECT_CPU_FALLBACK 1\n"
			  "SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE 2\n"
			  "SCX_EV_DISPATCH_KEEP_LAST 3\n"
			  "SCX_EV_ENQ_SKIP_EXITING 4\n"
			  "SCX_EV_ENQ_SKIP_MIGRATION_DISABLED 5\n"
			  "SCX_EV_REENQ_IMMED 6\n"
			  "SCX_EV_REENQ_REPEAT 7\n"
			  "SCX_EV_REFILL_SLICE_DFL 8\n"
			  "SCX_EV_SLICE_CLAMPED 9\n"
			  "SCX_EV_SLICE_DENIED 10\n"
			  "SCX_EV_BYPASS_DURATION 1234567890123456789\n"
			  "SCX_EV_BYPASS_DISPATCH 12\n"
			  "SCX_EV_BYPASS_ACTIVATE 13\n"
			  "SCX_EV_INSERT_NOT_OWNED 14\n"
			  "SCX_EV_SUB_BYPASS_DISPATCH 15\n"
			  "SCX_EV_SUB_FORCED_ADMIT 16\n"
			  "SCX_EV_SUB_PREEMPT_DENIED 17\n"
			  "SCX_EV_SUB_KICK_DENIED 18\n"
			  "SCX_EV_SUB_REENQ_DENIED 19\n"
			  "SCX_EV_SUB_CIDPERF_DENIED 20\n"
			  "SCX_EV_SUB_RESCUE 21\n";

/* Linux 6.16, whose order is another one. */
static const char fewer[] = "SCX_EV_SELECT_CPU_FALLBACK 31\n"
			    "SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE 32\n"
			    "SCX_EV_DISPATCH_KEEP_LAST 33\n"
			    "SCX_EV_ENQ_SKIP_EXITING 34\n"
			    "SCX_EV_ENQ_SKIP_MIGRATION_DISABLED 35\n"
			    "SCX_EV_REFILL_SLICE_DFL 38\n"
			    "SCX_EV_BYPASS_DURATION 41\n"
			    "SCX_EV_BYPASS_DISPATCH 42\n"
			    "SCX_EV_BYPASS_ACTIVATE 43\n";

static uint64_t last[SCXU_NR_KERNEL_EVENTS];

static int file_with(const char *text)
{
	int fd = memfd_create("events", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		bail("no file in memory");
	return fd;
}

/* Read @text over what was read before. */
static struct scxu_stats stats_of(const char *text)
{
	struct scxu_stats stats = { .sz = sizeof(stats) };
	int fd = file_with(text);

	scxu_read_kernel_events(fd, last);
	scxu_copy_kernel_events(&stats, last);
	close(fd);
	return stats;
}

#define is_event(member, value) is_int(s.member, value, #member)

static void test_all(void)
{
	struct scxu_stats s = stats_of(all);

	is_event(nr_kernel_select_cpu_fallback, 1);
	is_event(nr_kernel_dispatch_local_dsq_offline, 2);
	is_event(nr_kernel_dispatch_keep_last, 3);
	is_event(nr_kernel_enq_skip_exiting, 4);
	is_event(nr_kernel_enq_skip_migration_disabled, 5);
	is_event(nr_kernel_reenq_immed, 6);
	is_event(nr_kernel_reenq_repeat, 7);
	is_event(nr_kernel_refill_slice_dfl, 8);
	is_event(nr_kernel_slice_clamped, 9);
	is_event(nr_kernel_slice_denied, 10);
	is_event(kernel_bypass_ns, 1234567890123456789);
	is_event(nr_kernel_bypass_dispatch, 12);
	is_event(nr_kernel_bypass_activate, 13);
	is_event(nr_kernel_insert_not_owned, 14);
	is_event(nr_kernel_sub_bypass_dispatch, 15);
	is_event(nr_kernel_sub_forced_admit, 16);
	is_event(nr_kernel_sub_preempt_denied, 17);
	is_event(nr_kernel_sub_kick_denied, 18);
	is_event(nr_kernel_sub_reenq_denied, 19);
	is_event(nr_kernel_sub_cidperf_denied, 20);
	is_event(nr_kernel_sub_rescue, 21);
	is_int(s.nr_major_faults + s.nr_minor_faults + s.nr_tasks, 0, "no other member is touched");
}

static void test_other_kernels(void)
{
	struct scxu_stats s;

	memset(last, 0, sizeof(last));
	s = stats_of(fewer);
	is_int(s.nr_kernel_enq_skip_migration_disabled, 35, "an older kernel, in another order");
	is_int(s.nr_kernel_bypass_activate, 43, "to its end");
	is_int(s.nr_kernel_reenq_immed + s.nr_kernel_slice_denied + s.nr_kernel_insert_not_owned +
		       s.nr_kernel_sub_rescue,
	       0, "what it does not count is 0");

	memset(last, 0, sizeof(last));
	s = stats_of("SCX_EV_NEW 1\nSCX_EV_SLICE 2\nSCX_EV_SLICE_DENIED_TWICE 3\nSCX_EV_ 4\n"
		     "NOT_EV_REENQ_IMMED 5\n\nSCX_EV_SUB_RESCUE 6\n");
	is_int(s.nr_kernel_sub_rescue, 6, "a newer kernel has lines that we do not know");
	is_int(s.nr_kernel_slice_clamped + s.nr_kernel_slice_denied + s.nr_kernel_reenq_immed, 0,
	       "and do not take for others");
	s = stats_of("SCX_EV_SUB_RESCUE 7\nSCX_EV_REENQ_IMMED 12");
	is_int(s.nr_kernel_reenq_immed, 0, "a line that is cut off is not read");
}

static void test_end(void)
{
	struct scxu_stats s;

	stats_of(all);
	s = stats_of("");
	is_int(s.nr_kernel_sub_rescue, 21, "nothing to read: the last values remain");
	scxu_read_kernel_events(-1, last);
	scxu_copy_kernel_events(&s, last);
	is_int(s.nr_kernel_sub_rescue, 21, "no file: they remain");
	s = stats_of("SCX_EV_SUB_RESCUE 22\n");
	ok(s.nr_kernel_sub_rescue == 22 && s.nr_kernel_select_cpu_fallback == 1,
	   "each remains by itself");
}

static void test_again(void)
{
	int fd = file_with(fewer);

	scxu_read_kernel_events(fd, last);
	is_int(last[0], 31, "a file is read");
	if (ftruncate(fd, 0) || pwrite(fd, all, strlen(all), 0) != (ssize_t)strlen(all))
		bail("cannot write to a file in memory");
	scxu_read_kernel_events(fd, last);
	is_int(last[0], 1, "and again, from its beginning");
	close(fd);
}

int main(void)
{
	test_all();
	test_other_kernels();
	test_end();
	test_again();
	return done_testing();
}
