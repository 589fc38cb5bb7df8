#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: attach the scheduler, run each load named, check that it stayed in charge, detach.
#
# usage: load.sh SECONDS LOAD...
# LOAD: pairs threads hogs hackbench stress stress-STRESSOR rounds, and after the loads: pidns again
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

seconds=$1
shift
nr_cpus=$(nproc)
stressors="cpu fork switch yield affinity futex mmap"

# A load that does not end in this time has lost a task.
limit=$((seconds * 4 + 120))

run() # NAME COMMAND...
{
	run_name=$1
	shift
	rc=0
	timeout -s KILL "$limit" chrt -o 0 "$@" >/tmp/load.out 2>&1 </dev/null || rc=$?
	if [ $rc = 0 ]; then
		pass "$run_name"
	else
		fail "$run_name" "exit status $rc (137: lost) of: $*"
	fi
	diag "$(tail -n 15 /tmp/load.out | cut -c 1-200)"
}

hogs_beside_sleeper()
{
	nr_hogs=$((8 * nr_cpus))
	background /tmp/hogs timeout -s KILL "$limit" hogs $nr_hogs "$seconds"
	run "a sleeper beside $nr_hogs busy loops wakes within 1 s" sleeper -m 1000 10 "$seconds"
	wait_until $((limit * 1000)) ended /tmp/hogs
	is "each of $nr_hogs busy loops makes progress to the end" "$(cat /tmp/hogs.rc)" 0
	diag "$(cut -c 1-200 /tmp/hogs.out)"
}

# hackbench has no time limit: short runs, as many as fit.
hackbench_runs()
{
	end=$(($(uptime_ms) + seconds * 1000))
	nr_runs=0
	while [ "$(uptime_ms)" -lt "$end" ]; do
		timeout -s KILL "$limit" chrt -o 0 hackbench -g 2 -l 50 >/tmp/load.out 2>&1 || break
		nr_runs=$((nr_runs + 1))
	done
	ok "hackbench for $seconds s" [ "$(uptime_ms)" -ge "$end" ]
	diag "$nr_runs runs of 80 tasks, the last: $(tail -n 1 /tmp/load.out)"
}

# Each stressor must have done something: one that got no CPU ends in time as well.
stress() # STRESSOR...
{
	# shellcheck disable=SC2046 # two words for each stressor
	run "stress-ng $* for $seconds s" stress-ng --metrics-brief --timeout "${seconds}s" \
		--mmap-bytes 1m --temp-path /tmp $(printf -- '--%s 2 ' "$@")
	idle=
	for stressor; do
		awk -v s="$stressor" '{ for (i = 1; i < NF; i++) if ($i == s && $(i + 1) > 0) ok = 1 }
			END { exit !ok }' /tmp/load.out || idle="$idle $stressor"
	done
	is "stress-ng $*: no stressor without a result" "$idle" ""
}

# The policy's thread gives up the CPU once a round and asks the kernel for nothing else. A line
# of statistics may be written some rounds after its figures were read. A slow guest may write a
# line while its tracer is turned on: then once more.
rounds()
{
	background /tmp/pairs pingpong -t 3600 64 0
	if count_path "$seconds" || count_path "$seconds" || count_path "$seconds"; then
		ok "at most one system call per round" \
			[ "$nr_syscalls" -le $((nr_rounds + nr_rounds / 50 + 5)) ]
		ok "a round handles many tasks" [ "$nr_decisions" -gt $((nr_rounds * 2)) ]
		diag "$nr_syscalls system calls, $nr_rounds rounds, $nr_decisions decisions"
	else
		fail "the kernel's tracer sees each statistics line" "$missed missed; $counted; $(tail -n 3 $OUT)"
	fi
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
}

load()
{
	case $1 in
	pairs)		run "64 ping-pong pairs for $seconds s" pingpong -t "$seconds" 64 0 ;;
	threads)	run "2000 threads at once, for $seconds s" threads -t "$seconds" 2000 ;;
	hogs)		hogs_beside_sleeper ;;
	hackbench)	hackbench_runs ;;
	stress)		# shellcheck disable=SC2086 # a list of words
			stress $stressors ;;
	stress-*)	stress "${1#stress-}" ;;
	rounds)		rounds ;;
	*)		fail "there is a load \"$1\"" ;;
	esac
}

under_scheduler() # LOAD...
{
	ok "the kernel names it" grep -q "^${SCHED%% *}" $SCX/root/ops
	sleep 1
	before=$(faults "$sched_pid")
	for name; do
		load "$name"
		if ! in_charge; then
			fail "in charge after: $name" "state $(state): $(tail -n 5 $OUT)"
			return
		fi
		pass "in charge after: $name"
	done
	is "no page fault in its process during the loads" "$(faults "$sched_pid")" "$before"
	diag "page faults before the loads: $before, after them: $(faults "$sched_pid")"
	diag "$(memory "$sched_pid")"
	ok "it was the one that decided" [ "$(stat_of decisions)" -gt 0 ]
	diag "$(tail -n 1 $OUT)"
	stops INT
	run "afterwards the kernel's own scheduler runs the machine" pingpong 8 50
}

stops() # SIGNAL
{
	if stop_scheduler "$1"; then
		pass "SIG$1: exit status 0, nothing attached"
	else
		fail "SIG$1: exit status 0, nothing attached"
	fi
	diag "$(tail -n 2 $OUT)"
}

attach_again()
{
	nr=0
	nr_again=$((seconds < 20 ? 5 : 20)) # each takes the emulator ten seconds
	while [ $nr -lt $nr_again ]; do
		start_scheduler || break
		ordinary forkwait 5 >/dev/null || break
		stop_scheduler INT || break
		nr=$((nr + 1))
	done
	is "it attaches and detaches again, $nr_again times" $nr $nr_again
}

# Its process id is another one there: it must not mistake itself for a task of the policy.
in_pid_namespace()
{
	plain=$SCHED
	SCHED="unshare -p -f $SCHED"
	if start_scheduler --stats "$STATS_SEC"; then
		pass "it attaches in a pid namespace"
		background /tmp/pairs pingpong -t 3 16 0
		run "a 10 ms sleeper beside it wakes within 300 ms" sleeper -m 300 10 3
		sched_pid=$(child_of "$sched_pid")
		ok "it is still in charge there" in_charge
		ok "it was the one that decided there" [ "$(stat_of decisions)" -gt 0 ]
		diag "$(tail -n 1 $OUT)"
		stops TERM
	else
		fail "it attaches in a pid namespace"
	fi
	SCHED=$plain
}

loads=
afterwards=
for name; do
	case $name in
	pidns | again)	afterwards="$afterwards $name" ;;
	*)		loads="$loads $name" ;;
	esac
done

if [ "$SCHED" = none ]; then
	for name in $loads; do
		load "$name"
	done
	done_testing
	exit 0
fi
if start_scheduler --stats "$STATS_SEC"; then
	pass "it attaches"
	# shellcheck disable=SC2086 # a list of words
	under_scheduler $loads
	for name in $afterwards; do
		case $name in
		pidns)	in_pid_namespace ;;
		again)	attach_again ;;
		esac
	done
else
	fail "it attaches"
fi
done_testing
