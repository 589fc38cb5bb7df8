#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: run the benchmark's loads and print one "result" line for each figure.
set -eu

# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

fail_loudly()
{
	echo "error: $*"
	exit 1
}

# Three windows of each load, after one that only warms up; the reader takes the median.
windows() # SCHEDULER
{
	for kind in warm ns ns ns; do
		window "$1" pair1 $kind pingpong 1 1000
		window "$1" pair4 $kind pingpong 4 500
		window "$1" yield8 $kind yielders 8 2000
	done
}

# The windows under it, started with these options.
measure() # NAME [OPTION]...
{
	measured=$1
	shift
	start_scheduler --full-user "$@" || fail_loudly "the scheduler does not start"
	windows "$measured"
	in_charge || fail_loudly "not in charge after the windows"
	stop_scheduler INT || fail_loudly "the scheduler does not stop"
}

window() # SCHEDULER LOAD KIND COMMAND...
{
	name="$1 $2 $3"
	shift 3
	ordinary "$@" >/tmp/window || fail_loudly "$*: exit status $?"
	echo "result $name $(sed 's/.*ns_per_[a-z_]*=//' /tmp/window)"
}

# Rounds, decisions and system calls of one second of a load.
path() # LOAD COMMAND...
{
	name=$1
	shift
	background /tmp/load "$@"
	count_path 1 || count_path 1 || fail_loudly "the trace shows no statistics lines during: $*"
	in_charge || fail_loudly "not in charge after: $*"
	kill -TERM "$(cat /tmp/load.pid)"
	wait_until 20000 ended /tmp/load
	echo "result scx_fifo $name rounds $nr_rounds"
	echo "result scx_fifo $name decisions $nr_decisions"
	echo "result scx_fifo $name syscalls $nr_syscalls"
}

windows eevdf
if [ "$SCHED" != none ]; then
	measure scx_fifo
	measure record --record /tmp/rec
	rm /tmp/rec

	start_scheduler --full-user --stats 1 || fail_loudly "the scheduler does not start"
	path pair1 pingpong 1 4000000000
	path pair4 pingpong 4 4000000000
	path yield8 yielders 8 4000000000
	background /tmp/load threads -s 600000 1000
	sleep 5
	echo "result scx_fifo memory tasks $(stat_of tasks)"
	echo "result scx_fifo memory $(memory "$sched_pid")"
fi
