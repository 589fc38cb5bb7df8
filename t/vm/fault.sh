#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: stop and kill the scheduler under load; a periodic sleeper must hardly notice.
#
# usage: fault.sh STOP_SECONDS NR_KILLS [LOAD]
# LOAD: pairs (with a busy loop on each CPU, the default) threads hogs hackbench stress
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

# It loads its programs as one task among many hundred others: soon enough only if favoured.
SCHED="nice -n -20 $SCHED"
stop_seconds=$1
nr_kills=$2
load=${3:-pairs}
bound_us=300000

load_once()
{
	case $load in
	pairs)		ordinary pingpong -t 5 64 0 "$(nproc)" ;;
	threads)	ordinary threads -t 5 2000 ;;
	hogs)		ordinary hogs $(($(nproc) * 8)) 5 ;;
	hackbench)	ordinary hackbench -g 2 -l 50 ;;
	stress)		ordinary stress-ng --timeout 5s --temp-path /tmp --cpu 1 --fork 1 --switch 1 \
				--yield 1 --affinity 1 --futex 1 --mmap 1 --mmap-bytes 1m ;;
	*)		false ;;
	esac >/tmp/load.out 2>&1
}

# Again and again until /tmp/load.end is there; one that loses a task does not end.
start_load()
{
	(
		while [ ! -e /tmp/load.end ]; do
			load_once || exit
		done
		touch /tmp/load.well
	) >/dev/null 2>&1 &
}

# What happened when, in ms since the sleepers started, as their own "max_at_ms".
event()
{
	echo "$(($(uptime_ms) - started)) $*" >>/tmp/events
}

# Two sleepers: an ordinary task, and a real-time one that no scheduler but only the host of this
# guest can make late.
start_sleepers() # SECONDS
{
	started=$(uptime_ms)
	echo "0 start" >/tmp/events
	background /tmp/sleeper sleeper 10 "$1"
	background /tmp/host chrt -f 50 sleeper -k 10 "$1"
}

end_sleepers()
{
	kill -TERM "$(cat /tmp/sleeper.pid)" "$(cat /tmp/host.pid)"
	wait_until 60000 ended /tmp/sleeper
	wait_until 60000 ended /tmp/host
	late_us=$(sed 's/.*max_us=\([0-9]*\).*/\1/' /tmp/sleeper.out)
	host_us=$(sed 's/.*max_us=\([0-9]*\).*/\1/' /tmp/host.out)
}

sleeper_is_well() # WHEN
{
	end_sleepers
	ok "$1: a 10 ms sleeper oversleeps by at most 300 ms" \
		[ "$late_us" -le $((bound_us + host_us)) ]
	diag "$(cat /tmp/sleeper.out); the host's part: at most $host_us us"
	diag "at ms: $(tr '\n' ',' </tmp/events)"
}

decides()
{
	[ "$(stat_of decisions)" -gt "$before" ] && [ "$(stat_of in_fallback)" = 0 ]
}

stop_and_continue()
{
	start_sleepers $((stop_seconds + 60))
	sleep 2
	before=$(stat_of decisions)
	event STOP
	kill -STOP "$sched_pid"
	sleep "$stop_seconds"
	ok "stopped for $stop_seconds s: not evicted" in_charge
	event CONT
	kill -CONT "$sched_pid"
	continued=$(uptime_ms)
	# The statistics come each STATS_SEC seconds; that much later it may be seen.
	if wait_until $((1000 + STATS_SEC * 1000)) decides; then
		pass "continued: decides again within 1 s"
	else
		fail "continued: decides again within 1 s" "before the stop: $before decisions"
	fi
	diag "seen $(($(uptime_ms) - continued)) ms after: $(tail -n 1 $OUT)"
	sleeper_is_well "stopped for $stop_seconds s"
	ok "continued: still the one that was started" in_charge
}

sleep_some() # MAX_MS
{
	# shellcheck disable=SC3028 # the guest's shell has RANDOM
	ms=$((RANDOM % $1))
	moments="$moments $ms"
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

kill_and_restart()
{
	start_sleepers $((nr_kills * 20 + 60))
	nr=0
	slowest_ms=0
	moments=
	while [ $nr -lt "$nr_kills" ]; do
		sleep_some 1500
		event KILL
		kill -KILL "$sched_pid"
		killed=$(uptime_ms)
		wait_until 10000 state_is disabled || break
		event detached
		took_ms=$(($(uptime_ms) - killed))
		[ $took_ms -le $slowest_ms ] || slowest_ms=$took_ms
		nr=$((nr + 1))
		start_scheduler --stats "$STATS_SEC" || break
		event attached
	done
	is "killed: gone and started again, $nr_kills times" $nr "$nr_kills"
	diag "killed after ms:$moments; detached after at most $slowest_ms ms"
	ok "killed: detached within 1 s each time" [ $slowest_ms -le 1000 ]
	sleeper_is_well "killed $nr_kills times"
}

# What this load does to this sleeper without us, for the reader of a failure.
start_load
start_sleepers 60
sleep 4
end_sleepers
diag "load $load, the kernel's own scheduler: $(cat /tmp/sleeper.out); the host: $host_us us"

if ! start_scheduler --stats "$STATS_SEC"; then
	fail "it attaches under load"
	done_testing
	exit 0
fi
pass "it attaches under load"
wait_until 10000 grep -q decisions= $OUT
stop_and_continue
kill_and_restart
if stop_scheduler TERM; then
	pass "SIGTERM: exit status 0, nothing attached"
else
	fail "SIGTERM: exit status 0, nothing attached"
fi
touch /tmp/load.end
ok "the load has lost no task" wait_until 60000 test -e /tmp/load.well
diag "$(cat /tmp/load.out)"
done_testing
