#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the socket at which a scheduler serves its statistics, good clients and others.
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

socket=/var/run/scx/root/stats

served()
{
	[ -S $socket ]
}

# monitor FILE LINES [OPTION]...: until it has printed so many lines; the exit status is in rc.
monitor()
{
	file=$1
	nr_lines=$2
	shift 2
	background /tmp/monitor scx_rr --monitor 0.2 "$@"
	wait_until 20000 monitor_printed "$nr_lines"
	ended /tmp/monitor || kill -INT "$(cat /tmp/monitor.pid)"
	wait_until 20000 ended /tmp/monitor
	rc=$(cat /tmp/monitor.rc)
	cp /tmp/monitor.out "$file"
}

monitor_printed()
{
	ended /tmp/monitor || [ "$(grep -c '' /tmp/monitor.out)" -ge "$1" ]
}

keys() # FILE
{
	head -n 1 "$1" | tr ' ' '\n' | sed '/^kernel_/d; s/=.*//' | tr '\n' ' '
}

# What the text format says of a line, and that each number has been announced.
is_openmetrics()
{
	awk '/^# TYPE [a-z0-9_]+ (gauge|counter)$/ { known[$3] = known[$3 "_total"] = 1; next }
	     /^# UNIT [a-z0-9_]+_seconds seconds$/ || /^# HELP [a-z0-9_]+ ./ { next }
	     /^# EOF$/ { nr_ends++; next }
	     /^[a-z0-9_]+\{scheduler="scx_fifo"\} [0-9.e+-]+$/ {
		sub(/\{.*/, ""); if (known[$0]) { nr++; next } }
	     { print "line " NR ": " $0; bad = 1; exit 1 }
	     END { exit bad || !nr || !nr_ends }' "$1"
}

good_clients()
{
	ok "it makes its socket" wait_until 20000 served
	is "which is for its user alone" "$(stat -c %a $socket)" 600
	wait_until 20000 more_stats_lines_than 1
	grep decisions= $OUT >/tmp/own
	faults="$(stat_of minor_faults) $(stat_of major_faults)"
	monitor /tmp/mon 3
	is "--monitor: the exit status after SIGINT" "$rc" 0
	is "and it prints what --stats prints" "$(keys /tmp/mon)" "$(keys /tmp/own)"
	diag "$(head -n 1 /tmp/mon)"
	monitor /tmp/mon 2 --json
	is "--monitor --json: an object in each line" \
		"$(grep -vc '^{"name":"scx_fifo","tasks":[0-9]*,.*}$' /tmp/mon)" 0
	monitor /tmp/mon 400 --openmetrics
	ok "--monitor --openmetrics: what the format allows" is_openmetrics /tmp/mon
}

other_users()
{
	rc=0
	as_user 1000 none scx_rr --monitor 1 >/tmp/other.out 2>&1 || rc=$?
	is "another user: the exit status" $rc 1
	ok "and why" grep -q "$socket: Permission denied" /tmp/other.out
	chmod 666 $socket
	rc=0
	as_user 1000 none scx_rr --monitor 1 >/tmp/other.out 2>&1 || rc=$?
	is "who gets through to the scheduler is refused there" $rc 1
	ok "by an answer" grep -q "does not want to say" /tmp/other.out
	chmod 600 $socket
}

# The same load as in other tests of rounds, beside clients of all kinds.
hostile_clients()
{
	background /tmp/pairs pingpong -t 3600 16 0
	wait_until 20000 more_stats_lines_than $(($(nr_stats_lines) + 1))
	fallbacks=$(stat_of nr_fallbacks)
	background /tmp/clients clients 3600 $socket
	wait_until 20000 more_stats_lines_than $(($(nr_stats_lines) + 3))
	is "beside hostile clients: not one page fault since no client was there" \
		"$(stat_of minor_faults) $(stat_of major_faults)" "$faults"
	is "the fallback has nothing to do" "$(stat_of nr_fallbacks)" "$fallbacks"
	diag "$(tail -n 1 $OUT)"
	if count_path 2 || count_path 2 || count_path 2; then
		ok "at most one system call per round" \
			[ "$nr_syscalls" -le $((nr_rounds + nr_rounds / 50 + 5)) ]
		diag "$nr_syscalls system calls, $nr_rounds rounds, $nr_decisions decisions"
	else
		fail "the kernel's tracer sees each statistics line" "$missed missed; $counted"
	fi
	diag "$(tail -n 1 $OUT)"
	ok "they are still there" [ ! -e /tmp/clients.rc ]
	kill -KILL "$(cat /tmp/clients.pid)"
	wait_until 20000 ended /tmp/clients
	ordinary clients 2 $socket >/tmp/clients.out 2>&1
	is "and some of them are served" $? 0
	diag "$(cat /tmp/clients.out)"
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
	monitor /tmp/mon 2
	is "then good clients are served again" "$rc" 0
}

after_a_crash()
{
	kill -KILL "$sched_pid"
	wait_until 20000 ended /tmp/sched
	wait_until 20000 state_is disabled
	ok "a killed scheduler leaves its socket" served
	monitor /tmp/mon 1
	is "--monitor then: the exit status" "$rc" 1
	ok "and why" grep -q "no scheduler serves statistics there" /tmp/mon
	if start_scheduler --stats 1; then
		wait_until 20000 more_stats_lines_than 1
		monitor /tmp/mon 1
		is "the next one replaces it" "$rc" 0
	else
		fail "it attaches again"
	fi
}

# The other one serves on, and the second does its work without.
two_places()
{
	ok "it stops" stop_scheduler INT
	ok "and removes its socket" [ ! -e $socket ]
	mkdir -p /var/run/scx/root
	echo precious >$socket
	if start_scheduler --stats 1; then
		wait_until 20000 more_stats_lines_than 1
		ok "a file in its place is a warning" grep -q "no statistics at $socket" $OUT
		is "and stays" "$(cat $socket)" precious
		ok "the scheduler runs all the same" in_charge
		ok "it stops, then" stop_scheduler INT
	else
		fail "it attaches beside a file"
	fi
	rm -f $socket
	if start_scheduler --stats-path /tmp/here/stats; then
		ok "--stats-path" wait_until 20000 [ -S /tmp/here/stats ]
		monitor /tmp/mon 1 --stats-path /tmp/here/stats
		is "and --monitor there" "$rc" 0
		ok "it stops at last" stop_scheduler INT
	else
		fail "it attaches with --stats-path"
	fi
}

if start_scheduler --full-user --histograms --stats 1; then
	good_clients
	other_users
	hostile_clients
	ok "it is still in charge" in_charge
	after_a_crash
	two_places
else
	fail "it attaches"
fi
done_testing
