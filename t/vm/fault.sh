#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: stop and kill the scheduler under load; a periodic sleeper must hardly notice.
#
# usage: fault.sh STOP_SECONDS NR_KILLS [LOAD]    each kill after half a second to a second of LOAD
# LOAD: pairs (with a busy loop on each CPU, the default) threads hogs hackbench stress
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

stop_seconds=$1
nr_kills=$2
load=${3:-pairs}
bound_us=300000
events=

# Where time is counted in instructions all CPUs together do one in a nanosecond. So 2,000 threads
# must have little work: with more, their order of arrival alone would keep the sleeper for 300 ms.
start_load() # SECONDS
{
	case $load in
	pairs)		set -- pingpong -t "$1" 64 0 "$(nproc)" ;;
	threads)	set -- threads -w 5000 -t "$1" 2000 ;;
	hogs)		set -- hogs $(($(nproc) * 8)) "$1" ;;
	hackbench)	set -- hackbench -g 2 -l $((300 * $1)) ;;
	stress)		set -- stress-ng --timeout "${1}s" --temp-path /tmp --cpu 1 --fork 1 --switch 1 \
				--yield 1 --affinity 1 --futex 1 --mmap 1 --mmap-bytes 1m ;;
	*)		set -- false ;;
	esac
	background /tmp/load setsid "$@"
	sleep 0.5
}

# All of it: the children of hackbench outlive their parent.
cut_load()
{
	kill -KILL "-$(cat /tmp/load.pid)"
	wait_until 20000 ended /tmp/load
}

median_us() # FILE
{
	sed -n 's/.*p50_us=\([0-9]*\).*/\1/p' "$1"
}

# What happened when: to be read beside the sleeper's from_ms and to_ms.
event()
{
	events="$events $(uptime_ms) $1,"
}

sleeper_is_well() # WHEN
{
	end_sleepers
	ok "$1: a 10 ms sleeper oversleeps by at most 300 ms" \
		[ "$(longest_us /tmp/sleeper.out)" -le $((bound_us + $(late_beside_us))) ]
	diag "$(cat /tmp/sleeper.out)"
	diag "at ms:$events"
	diag "real-time sleepers: $(cat /tmp/realtime*.out)"
}

decides()
{
	[ "$(stat_of decisions)" -gt "$before" ] && [ "$(stat_of in_fallback)" = 0 ]
}

no_fault()
{
	events=
	start_sleepers
	start_load 2
	wait_until 60000 ended /tmp/load
	sleeper_is_well "no fault"
}

stop_and_continue()
{
	events=
	start_sleepers
	start_load $((stop_seconds + 3))
	sleep 1
	before=$(stat_of decisions)
	event STOP
	kill -STOP "$sched_pid"
	sleep "$stop_seconds"
	ok "stopped for $stop_seconds s: not evicted" in_charge
	event CONT
	kill -CONT "$sched_pid"
	# The statistics come each STATS_SEC seconds; that much later it may be seen.
	if wait_until $((1000 + STATS_SEC * 1000)) decides; then
		pass "continued: decides again within 1 s"
	else
		fail "continued: decides again within 1 s" "before the stop: $before decisions"
	fi
	event "seen to decide"
	ok "and says why it was late" grep -q 'fallback in charge.*stopped by a signal' $OUT
	diag "$(tail -n 1 $OUT)"
	wait_until 120000 ended /tmp/load
	is "stopped and continued: the load has lost no task" "$(cat /tmp/load.rc)" 0
	diag "$(tail -n 1 /tmp/load.out | cut -c 1-200)"
	sleeper_is_well "stopped for $stop_seconds s"
	# In order of arrival it would wait for a slice, or a tick, of each of 8 busy loops.
	[ "$load" != hogs ] || ok "stopped: a sleeper goes before who used up a slice" \
		[ "$(median_us /tmp/sleeper.out)" -le 10000 ]
	ok "continued: still the one that was started" in_charge
}

kill_at() # MS
{
	start_load 3600
	sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
	event KILL
	kill -KILL "$sched_pid"
	killed=$(uptime_ms)
	wait_until 10000 state_is disabled || return
	took_ms=$(($(uptime_ms) - killed))
	event detached
	wait_until 10000 ended /tmp/sched || return
	[ $took_ms -le $slowest_ms ] || slowest_ms=$took_ms
	cut_load
	start_scheduler --stats "$STATS_SEC" || return
	event attached
}

kill_and_restart()
{
	events=
	start_sleepers
	nr=0
	slowest_ms=0
	# shellcheck disable=SC3028 # the guest's shell has RANDOM
	while [ $nr -lt "$nr_kills" ] && kill_at $((RANDOM % 500)); do
		nr=$((nr + 1))
	done
	is "killed: gone and started again, $nr_kills times" $nr "$nr_kills"
	sleeper_is_well "killed $nr_kills times"
	# We who look at it are late when a real-time sleeper is. Most of it is the kernel's: with 8
	# CPUs, which take turns in the emulator, it has us 80 ms after the signal and is done 1 s later.
	detach_ms=$(($(nproc) > 4 ? 250 * $(nproc) : 1000))
	ok "killed: detached within $detach_ms ms each time" \
		[ $slowest_ms -le $((detach_ms + $(longest_us /tmp/realtime*.out) / 1000)) ]
	diag "detached after at most $slowest_ms ms"
}

# What this load does to this sleeper without us, for the reader of a failure.
start_sleepers
start_load 2
wait_until 60000 ended /tmp/load
end_sleepers
diag "load $load, the kernel's own scheduler: $(cat /tmp/sleeper.out)"

if start_scheduler --stats "$STATS_SEC"; then
	pass "it attaches"
	wait_until 10000 grep -q decisions= $OUT
	no_fault
	stop_and_continue
	kill_and_restart
	if stop_scheduler TERM; then
		pass "SIGTERM: exit status 0, nothing attached"
	else
		fail "SIGTERM: exit status 0, nothing attached"
	fi
else
	fail "it attaches"
fi
done_testing
