#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: faults that are injected into the scheduler, each beside a load: it happens, the load
# loses no task, a sleeper hardly notices, and the scheduler is not evicted.
#
# usage: inject.sh SECONDS [FAULT]...    FAULT: the name of one or more of those below, all by default
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

seconds=$1
shift
bound_us=100000

text_of() # FAULT
{
	case $1 in
	delay)		echo delay=30-60@5 ;;
	spin)		echo spin=40@5 ;;
	drop-wakeup)	echo drop-wakeup=50 ;;
	lose)		echo lose=2 ;;
	lose-all)	echo lose=100 ;;
	twice)		echo twice=20 ;;
	corrupt)	echo corrupt=5 ;;
	ring)		echo ring=8 ;;
	decisions)	echo decisions=8 ;;
	tasks)		echo tasks=16 ;;
	all)		echo delay=50@2,drop-wakeup=10,corrupt=2,lose=1,twice=5,ring=16,decisions=16 ;;
	esac
}

# counted WORDS: how often the log says that it happened.
counted()
{
	sed -n 's/.*injected: //p' $OUT | tail -n 1 | tr ',' '\n' | sed 's/ of decisions//' |
		awk -v words="$1" '{ nr = $1; sub(/^ *[0-9]+ /, ""); if ($0 == words) print nr }'
}

is_counted() # WORDS
{
	nr=$(counted "$1")
	ok "$fault: $1: ${nr:-none}" [ "${nr:-0}" -gt 0 ]
}

grew() # KEY
{
	ok "$fault: the statistics say so: $1=$(json_of "$1")" [ "$(json_of "$1")" -gt 0 ]
}

# What became of it, when the scheduler has ended.
happened()
{
	case $fault in
	delay)		is_counted 'rounds held up'; grew nr_fallbacks_asleep ;;
	spin)		is_counted 'rounds held up'; grew nr_fallbacks ;;
	drop-wakeup)	is_counted 'wake-ups dropped' ;;
	lose | lose-all) is_counted lost; grew nr_fallbacks; grew nr_rescued ;;
	twice)		is_counted 'given twice'; grew stale ;;
	corrupt)	is_counted corrupted; grew stale; grew refused ;;
	ring)		grew ring_full ;;
	decisions)	grew decisions ;;
	tasks)		grew no_slot ;;
	all)		is_counted 'rounds held up'; is_counted 'wake-ups dropped'; is_counted lost
			is_counted 'given twice'; is_counted corrupted ;;
	esac
}

# The fallback gives way once nobody wants anything any more, also if the policy sleeps by then.
gives_way()
{
	wait_until 20000 in_fallback 0
}

under_fault()
{
	start_sleepers
	background /tmp/load pingpong -t "$seconds" 16 0
	wait_until $((seconds * 1000 + 120000)) ended /tmp/load
	end_sleepers
	is "$fault: the load has lost no task" "$(cat /tmp/load.rc 2>/dev/null)" 0
	diag "$(tail -n 1 /tmp/load.out | cut -c 1-200)"
	ok "$fault: a 10 ms sleeper oversleeps by at most $((bound_us / 1000)) ms" \
		[ "$(longest_us /tmp/sleeper.out)" -le $((bound_us + $(late_beside_us))) ]
	diag "$(tail -n 1 /tmp/sleeper.out); real-time sleepers: $(longest_us /tmp/realtime*.out) us"
	ok "$fault: not evicted" in_charge
	sleep 2.2
	ok "$fault: the fallback gives way" gives_way
	ok "$fault: still in charge" in_charge
	diag "$(tail -n 1 $OUT | cut -c 1-900)"
}

play()
{
	text=$(text_of "$fault")
	if ! start_scheduler --stats 1 --json -v --full-user --inject "$text"; then
		fail "$fault: it attaches"
		return
	fi
	pass "$fault: it attaches"
	ok "$fault: and warns" grep -q "faults are injected on purpose: $text" $OUT
	under_fault
	if stop_scheduler INT; then
		pass "$fault: it stops, and nothing is attached"
	else
		fail "$fault: it stops, and nothing is attached"
	fi
	happened
	diag "$(grep 'injected: ' $OUT | tail -n 1)"
}

# What is not for everybody is refused before anything is tried.
strangers()
{
	rc=0
	ordinary as_user 1000 none scx_fifo --inject lose=5 >/tmp/said.out 2>&1 </dev/null || rc=$?
	is "another user: exit status" $rc 77
	ok "another user: and why" grep -q 'inject: want root' /tmp/said.out
	diag "$(cat /tmp/said.out)"
}

[ $# -gt 0 ] || set -- delay spin drop-wakeup lose lose-all twice corrupt ring decisions tasks all
strangers
for fault; do
	play
done
done_testing
