#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the scheduler in Python runs a load, stays in charge, ends well and says why.
#
# usage: python.sh SECONDS
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

seconds=$1

pairs() # NAME
{
	rc=0
	timeout -s KILL $((seconds * 4 + 60)) chrt -o 0 pingpong -t "$seconds" 16 0 >/tmp/load.out \
		2>&1 </dev/null || rc=$?
	is "16 ping-pong pairs for $seconds s $1" $rc 0
	diag "$(cat /tmp/load.out)"
}

under_load()
{
	sleep 1
	before=$(faults "$sched_pid")
	decided=$(stat_of decisions)
	pairs 'under it'
	ok 'it is still in charge' in_charge
	sleep 1
	is 'no page fault in its process meanwhile' "$(faults "$sched_pid")" "$before"
	ok 'it was the one that decided' [ "$(stat_of decisions)" -gt $((decided + 100)) ]
	ok 'it says so each second' [ "$(nr_stats_lines)" -ge "$seconds" ]
	diag "$(tail -n 1 $OUT)"
	diag "$(memory "$sched_pid")"
}

another_attached()
{
	rc=0
	# shellcheck disable=SC2086 # a command line
	$SCHED >/tmp/second.out 2>&1 </dev/null || rc=$?
	is 'a second one leaves with 75' $rc 75
	ok 'and names the first' grep -q 'scx_fifo.py.*scx_fifo.py' /tmp/second.out
	diag "$(cat /tmp/second.out)"
	ok 'which stays' in_charge
}

stops() # SIGNAL
{
	ok "SIG$1: exit status 0, nothing attached" stop_scheduler "$1"
	ok "SIG$1: says so" grep -qx 'scx_fifo.py: asked to stop, detached' $OUT
}

evicted()
{
	echo S >/proc/sysrq-trigger
	ok 'evicted: ends by itself' wait_until 20000 ended /tmp/sched
	is 'evicted: exit status' "$(cat /tmp/sched.rc)" 70
	ok "evicted: says so, with the kernel's reason" grep -qi 'evicted.*sysrq-S$' $OUT
	is 'evicted: attaches nothing' "$(state)" disabled
	diag "$(tail -n 2 $OUT)"
}

# starts COMMAND...: what is to be seen once it is attached.
starts()
{
	if start_scheduler; then
		pass 'it attaches'
		"$@"
	else
		fail 'it attaches'
	fi
}

at_work()
{
	ok 'the kernel names it' grep -q '^scx_fifo.py' $SCX/root/ops
	under_load
	another_attached
	stops INT
	pairs 'afterwards'
}

starts at_work
starts stops TERM
starts evicted
done_testing
