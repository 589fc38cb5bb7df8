#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: run the examples under load, with time counted in instructions: noise is no excuse.
#
# usage: examples.sh SECONDS EXAMPLE...
# EXAMPLE: fifo_policy; epoll, which is measured by it; vtime_policy; shares, which vtime_policy gives
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

seconds=$1
shift

# value KEY: what the example says at its end.
value()
{
	sed -n "s/.*\<$1=\([0-9]*\).*/\1/p" $OUT | tail -n 1
}

# Voluntary context switches of the policy's thread: how often it slept.
nr_sleeps()
{
	awk '/^voluntary/ { print $2 }' "/proc/$sched_pid/status"
}

# CPU time of the policy's process, in ticks of 10 ms.
nr_ticks()
{
	sed 's/.*) //' "/proc/$sched_pid/stat" | awk '{ print $12 + $13 }'
}

# Nothing to decide any more: it sleeps, and wakes for its own timer only.
idle()
{
	sleep 2
	sleeps=$(nr_sleeps)
	ticks=$(nr_ticks)
	sleep 3
	sleeps=$(($(nr_sleeps) - sleeps))
	ticks=$(($(nr_ticks) - ticks))
	ok "idle: it wakes for its timer, and hardly else" [ $sleeps -ge 2 -a $sleeps -le 12 ]
	ok "idle: it takes no CPU time" [ $ticks -le 15 ]
	diag "in 3 s $sleeps sleeps, $ticks ticks of 10 ms"
}

under_load()
{
	background /tmp/pairs pingpong -t "$seconds" 16 0
	ordinary sleeper -m 100 10 "$seconds" >/tmp/sleeper.out 2>&1
	is "under load: a 10 ms sleeper oversleeps by at most 100 ms" $? 0
	diag "$(cat /tmp/sleeper.out)"
	wait_until 60000 ended /tmp/pairs
	is "under load: no task is lost" "$(cat /tmp/pairs.rc)" 0
	diag "$(cat /tmp/pairs.out)"
	nr_round_trips=$(sed -n 's/.*nr_round_trips=\([0-9]*\).*/\1/p' /tmp/pairs.out)
	ok "under load: in charge to the end" in_charge
}

leave()
{
	if stop_scheduler INT; then
		pass "SIGINT: exit status 0, nothing attached"
	else
		fail "SIGINT: exit status 0, nothing attached"
	fi
	diag "$(cat $OUT)"
}

fifo_policy()
{
	SCHED=fifo_policy
	if ! start_scheduler; then
		fail "fifo_policy: attaches"
		return
	fi
	pass "fifo_policy: attaches"
	ordinary forkwait 200 >/tmp/forks.out
	under_load
	sleep 2 # 6.12 tells of an exit when the last reference to the task is gone
	leave
	ok "it decided" [ "$(value enqueued)" -gt 1000 ]
	ok "it was told of tasks that came" [ "$(value new)" -ge 232 ]
	ok "and that left" [ "$(value ended)" -ge 232 ]
}

# With a second until the fallback, and half of that until the guard helps, lost wake-ups show.
epoll()
{
	SCHED="epoll 1000"
	if ! start_scheduler; then
		fail "epoll: attaches"
		return
	fi
	pass "epoll: attaches"
	nr_at_best=${nr_round_trips:-0}
	under_load
	ok "under load: at least half of what scxu_run() does" \
		[ "$nr_round_trips" -ge $((nr_at_best / 2)) ]
	idle
	leave
	ok "it decided" [ "$(value decisions)" -gt 1000 ]
	is "without the fallback" "$(value nr_fallbacks)" 0
	ok "its timer rang" [ "$(value seconds)" -ge $((seconds + 4)) ]
}

vtime_policy()
{
	SCHED=vtime_policy
	if ! start_scheduler; then
		fail "vtime_policy: attaches"
		return
	fi
	pass "vtime_policy: attaches"
	ordinary forkwait 200 >/tmp/forks.out
	is "under it 200 tasks come and go" $? 0
	under_load
	leave
	ok "it decided" [ "$(value decisions)" -gt 1000 ]
	is "without the fallback" "$(value fallbacks)" 0
}

shares()
{
	SCHED=vtime_policy
	if ! start_scheduler; then
		fail "vtime_policy: attaches"
		return
	fi
	pass "vtime_policy: attaches"
	share 1 15 35
	share 3 15 35
	ok "in charge to the end" in_charge
	leave
	is "without the fallback" "$(value fallbacks)" 0
}

for example; do
	case $example in
	fifo_policy | epoll | vtime_policy | shares)	$example ;;
	*)	fail "there is an example \"$example\"" ;;
	esac
done
done_testing
