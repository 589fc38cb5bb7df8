#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what the fallback does and says, and what follows if it has to do it again and again.
# The machine has two last-level caches, of CPUs 0 and 1, and 2 and 3.
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

TRACE=/sys/kernel/tracing

took_over()
{
	[ "$(json_of nr_fallbacks)" -ge "$1" ]
}

# late FOR: stop the policy for so many seconds, and have it go on.
late()
{
	kill -STOP "$sched_pid"
	sleep "$1"
	kill -CONT "$sched_pid"
}

# nr_in_trace EVENT: in a second; the trace of moves has those from one cache to the other alone.
nr_in_trace()
{
	echo 1 >"$TRACE/events/sched/$1/enable"
	echo >$TRACE/trace
	sleep 1
	echo 0 >"$TRACE/events/sched/$1/enable"
	grep -c "$1:.*hogs" $TRACE/trace
}

says_why()
{
	background /tmp/hogs hogs 12 3600
	sleep 1
	kill -STOP "$sched_pid"
	sleep 1
	echo 8192 >$TRACE/buffer_size_kb
	echo '(orig_cpu < 2 && dest_cpu > 1) || (orig_cpu > 1 && dest_cpu < 2)' \
		>$TRACE/events/sched/sched_migrate_task/filter
	nr_moves=$(nr_in_trace sched_migrate_task)
	nr_switches=$(nr_in_trace sched_switch)
	kill -CONT "$sched_pid"
	ok "twelve busy loops stay with their cache, mostly: $nr_moves moves, $nr_switches switches" \
		[ "$nr_switches" -gt 200 -a "$nr_moves" -lt $((nr_switches / 4)) ]
	wait_until 20000 grep -q '"nr_fallbacks_stopped":' $OUT
	ok "the statistics say why" [ "$(json_of nr_fallbacks_stopped)" -ge 1 ]
	ok "and the log" grep -q 'policy was late.*fallback in charge.*stopped by a signal' $OUT
	diag "$(grep 'policy was late' $OUT)"
	kill -KILL "$(cat /tmp/hogs.pid)"
	wait_until 20000 ended /tmp/hogs
}

stay()
{
	start_scheduler --stats 1 --json || fail "stay: it attaches"
	background /tmp/pairs pingpong -t 3600 4 0
	wait_until 5000 in_fallback 0
	before=$(json_of nr_fallbacks)
	for _ in 1 2 3 4; do
		late 0.3
		sleep 0.5
	done
	ok "stay: it takes over each time" wait_until 20000 took_over $((before + 4))
	ok "stay: and gives way" wait_until 20000 in_fallback 0
	ok "stay: soon, each time" [ "$(json_of max_fallback_ms)" -lt 3000 ]
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
	ok "stay: in charge" in_charge
	says_why
	ok "stay: it stops" stop_scheduler INT
}

back_off()
{
	start_scheduler --stats 0.2 --json --fallback-repeated back-off || fail "back off: it attaches"
	background /tmp/pairs pingpong -t 3600 4 0
	for _ in 1 2; do
		late 0.3
		sleep 0.3
	done
	# The third one lasts for a second.
	late 0.3
	ok "back off: it keeps the policy waiting" wait_until 5000 in_fallback 1
	ok "back off: and gives way" wait_until 20000 in_fallback 0
	ok "back off: after a second or more" [ "$(json_of max_fallback_ms)" -ge 1000 ]
	ok "back off: in charge" in_charge
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
	ok "back off: it stops" stop_scheduler INT
}

detach()
{
	start_scheduler --stats 1 --fallback-repeated detach || fail "detach: it attaches"
	background /tmp/pairs pingpong -t 3600 4 0
	for _ in 1 2 3; do
		ended /tmp/sched || late 0.3
		sleep 0.3
	done
	ok "detach: it ends" wait_until 20000 ended /tmp/sched
	is "detach: exit status" "$(cat /tmp/sched.rc 2>/dev/null)" 70
	ok "detach: and why" grep -q 'the fallback took over 3 times in a row' $OUT
	ok "detach: and the cause" grep -q 'late for the last time: it' $OUT
	diag "$(tail -n 3 $OUT)"
	ok "detach: nothing is attached" state_is disabled
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
}

# The proof is that the kernel's watchdog has its way. A busy loop waits for an answer, and waits.
off()
{
	start_scheduler --stats 1 --fallback-ms 0 --timeout-ms 1000 || fail "off: it attaches"
	ok "off: it warns" grep -q 'no fallback: if the policy is late the machine stands still' $OUT
	background /tmp/pairs pingpong -t 3600 4 0
	kill -STOP "$sched_pid"
	wait_until 20000 state_is disabled
	kill -CONT "$sched_pid"
	ok "off: it ends" wait_until 20000 ended /tmp/sched
	ok "off: evicted by the kernel's watchdog" grep -q 'evicted by the kernel: .*stall' $OUT
	diag "$(tail -n 3 $OUT)"
	kill -KILL "$(cat /tmp/pairs.pid)"
	wait_until 20000 ended /tmp/pairs
}

stay
back_off
detach
off
done_testing
