#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest, of one CPU: does each scheduler do what it is for?
#
# usage: schedulers.sh PART...
# PART: turns, of scx_rr; shares and patience, of scx_vruntime
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

attach() # SCHEDULER [ARG]...
{
	SCHED=$1
	shift
	if start_scheduler "$@"; then
		pass "$SCHED $*: attaches"
	else
		fail "$SCHED $*: attaches"
	fi
}

leave()
{
	ok "$SCHED: in charge to the end" in_charge
	if stop_scheduler INT; then
		pass "$SCHED: SIGINT: exit status 0, nothing attached"
	else
		fail "$SCHED: SIGINT: exit status 0, nothing attached"
	fi
	diag "$(tail -n 1 $OUT)"
}

# Sets nr_turns: how many decisions a second it makes while so many busy loops run. The statistics
# tell, of the second before the last, when all of them ran.
count_turns() # NR_HOGS
{
	ordinary hogs "$1" 5 >/tmp/hogs.out 2>&1
	is "$1 busy loops run" $? 0
	nr_turns=$(grep -o 'per_s=[0-9]*' $OUT | tail -n 2 | head -n 1)
	nr_turns=${nr_turns#*=}
	diag "$nr_turns decisions a second"
}

turns()
{
	attach scx_rr --slice-us 40000 --slice-us-min 40000 --stats 1
	count_turns 10
	nr_fixed=$nr_turns
	leave

	attach scx_rr --slice-us 40000 --stats 1
	share 3 48 52
	count_turns 2
	nr_few=$nr_turns
	count_turns 10
	leave
	ok "the more wait the shorter is a turn" [ "$nr_turns" -ge $((nr_few * 3 / 2)) ]
	ok "but for --slice-us-min" [ "$nr_turns" -ge $((nr_fixed * 2)) ]
}

# A task that sleeps goes before busy loops: in turn it would wait for a tick of each, 4 ms.
shares()
{
	attach scx_vruntime
	share 1 20 30
	share 3 20 30
	background /tmp/hogs hogs 16 6
	sleep 1 # at first they have slept as well, for the start signal
	ordinary sleeper -m 40 10 4 >/tmp/sleeper.out 2>&1
	is "a 10 ms sleeper beside 16 busy loops oversleeps by at most 40 ms" $? 0
	diag "$(cat /tmp/sleeper.out)"
	wait_until 60000 ended /tmp/hogs
	is "each of the busy loops makes progress" "$(cat /tmp/hogs.rc)" 0
	leave
}

# To one of nice 19 a tick of 4 ms counts as 400: until twelve of nice 0 had as much it would wait for
# seconds, and the kernel evict us.
patience()
{
	attach scx_vruntime --timeout-ms 1500
	ordinary shares 12 19 10 >/tmp/shares.out
	is "12 busy loops of nice 19 beside 12 of nice 0 run" $? 0
	diag "$(cat /tmp/shares.out)"
	leave
}

for part; do
	case $part in
	turns | shares | patience)	$part ;;
	*)	fail "there is a part \"$part\"" ;;
	esac
done
done_testing
