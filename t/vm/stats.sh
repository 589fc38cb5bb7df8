#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the line of statistics under load, and a reader of statistics that disturbs nobody.
#
# usage: stats.sh kernel-events|none    whether this kernel counts events of its own
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

kernel_events=$1

# From the line of statistics that was written last.
last_of() # KEY
{
	key_of_line "$1" "$(nr_stats_lines)"
}

ascend()
{
	[ "$1" -lt "$2" ] && [ "$2" -le "$3" ] && [ "$2" -lt 1000000 ]
}

histogram_is_filled() # STAGE
{
	p50=$(last_of "${1}_p50_us")
	p99=$(last_of "${1}_p99_us")
	ok "$1: the median is more than 0, not more than p99, and less than 1 s" \
		ascend 0 "${p50:-0}" "${p99:-0}"
}

under_load()
{
	background /tmp/pairs pingpong -t 3600 16 0
	wait_until 20000 more_stats_lines_than 1
	first=$(nr_stats_lines)
	faults="$(last_of minor_faults) $(last_of major_faults)"
	wait_until 20000 more_stats_lines_than $((first + 2))
	is "page faults during the load" "$(last_of minor_faults) $(last_of major_faults)" "$faults"
	is "idle CPUs are still said as before" "$(tail -n 1 $OUT | grep -c "idle_cpus=[0-9]*/$(nproc)")" 1
	for stage in seen dispatched running; do
		histogram_is_filled $stage
	done
	diag "$(tail -n 1 $OUT)"
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
}

kernel_events_are_right()
{
	if [ "$kernel_events" = none ]; then
		is "no counter of the kernel's is printed" "$(grep -c ' kernel_' $OUT)" 0
	else
		is "the kernel says how often it took over" "$(stat_of kernel_bypass_activate)" 1
	fi
}

# The thread that runs the policy gives up the CPU once a round, and that is all. A line of statistics
# may be written a slice after its figures were read here, since the reader has a CPU to itself.
beside_reader()
{
	SCHED=statreader
	if ! start_scheduler --full-user --histograms --stats 1; then
		fail "it attaches, with a thread that reads statistics all the time"
		return
	fi
	background /tmp/pairs pingpong -t 3600 16 0
	if count_path 2 || count_path 2 || count_path 2; then
		ok "beside a reader of statistics: at most one system call per round" \
			[ "$nr_syscalls" -le $((nr_rounds + nr_rounds / 10 + 5)) ]
		diag "$nr_syscalls system calls, $nr_rounds rounds, $nr_decisions decisions"
	else
		fail "the kernel's tracer sees each statistics line" "$missed missed; $counted; $(tail -n 3 $OUT)"
	fi
	diag "$(tail -n 1 $OUT)"
	ok "in charge, beside a reader" in_charge
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
	ok "it stops, beside a reader" stop_scheduler INT
}

if start_scheduler --full-user --histograms --stats 1; then
	under_load
	kernel_events_are_right
	ok "it is still in charge" in_charge
	ok "it stops" stop_scheduler INT
else
	fail "it attaches"
fi
beside_reader
done_testing
