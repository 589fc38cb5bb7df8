#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: schedulers that record, and what a replay of that says.
#
# usage: record.sh PART...
# PART: same, each scheduler; full, the disk is; killed, the scheduler is; restart, asked for
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

# Wake-ups, busy loops, tasks that come and go, and such as may run on one CPU only.
load()
{
	background /tmp/hogs hogs 3 4
	background /tmp/pinned taskset 1 hogs 1 4
	ordinary pingpong 2 300 >/tmp/load.out 2>&1
	is "$SCHED: a load of wake-ups runs" $? 0
	ordinary forkwait 50 >/tmp/load.out 2>&1
	wait_until 60000 ended /tmp/hogs
	wait_until 60000 ended /tmp/pinned
}

has_writer()
{
	cat "/proc/$sched_pid"/task/*/comm | grep -q '^scxu-record$'
}

leave()
{
	ok "$SCHED: in charge to the end" in_charge
	if stop_scheduler INT; then
		pass "$SCHED: SIGINT: exit status 0, nothing attached"
	else
		fail "$SCHED: SIGINT: exit status 0, nothing attached"
	fi
}

# replay SCHEDULER STATUS: what it says goes to /tmp/replay.
replay()
{
	rc=0
	"$1" --replay /tmp/rec --json >/tmp/replay 2>/tmp/replay.err || rc=$?
	is "$1 --replay: exit status" $rc "$2"
	diag "$(cat /tmp/replay.err) $(grep nr_ /tmp/replay)"
}

# said KEY: the number, the first if there are several.
said()
{
	grep -o "\"$1\":[a-z0-9]*" /tmp/replay | head -n 1 | sed 's/.*://'
}

# The other kinds of differences each make a decision different.
is_same()
{
	is 'none is decided otherwise' "$(said nr_different)" 0
	is 'none is missing' "$(said missing)" 0
	is 'none is additional' "$(said additional)" 0
	is 'none has another place in its round' "$(said order)" 0
	is 'all commands are the same' "$(said nr_commands_same)" "$(said nr_commands_recorded)"
}

same()
{
	for sched in scx_fifo scx_rr scx_vruntime; do
		attach $sched --full-user --record /tmp/rec
		ok "$sched: a thread of its own writes" wait_until 10000 has_writer
		load
		leave
		diag "$(ls -l /tmp/rec)"
		replay $sched 0
		is 'the recording is complete' "$(said complete)" true
		is 'nothing of it is lost' "$(said nr_lost_records)" 0
		ok "it has $(said nr_recorded) decisions" [ "$(said nr_recorded)" -ge 500 ]
		is_same
		[ $sched != scx_fifo ] || cp /tmp/rec /tmp/rec.fifo
	done
	mv /tmp/rec.fifo /tmp/rec
	replay scx_vruntime 0
	ok 'another policy decides otherwise' [ "$(said nr_different)" -ge 100 ]
}

full()
{
	mkdir -p /tmp/small
	mount -t tmpfs -o size=8k small /tmp/small
	attach scx_fifo --full-user --record /tmp/small/rec
	load
	leave
	ok 'that the disk is full is said' grep -q 'cannot write it: No space left.*scheduling goes on' $OUT
	ok 'and how much is missing' grep -q 'its last [1-9][0-9]* bytes could not be written: No space' $OUT
	mv /tmp/small/rec /tmp/rec
	umount /tmp/small
	replay scx_fifo 1
	ok 'what there is is read' [ "$(said nr_recorded)" -ge 100 ]
	is_same
	ok 'and where it ends is said' grep -q 'damaged.*at byte [0-9]*: ' /tmp/replay.err
}

killed()
{
	attach scx_vruntime --full-user --record /tmp/rec
	load
	kill -KILL "$sched_pid"
	wait_until 20000 state_is disabled
	replay scx_vruntime 1
	ok "$(said nr_recorded) decisions were in the file" [ "$(said nr_recorded)" -ge 100 ]
	is_same
	ok 'and where it ends is said' grep -q 'damaged.*at byte [0-9]*: the end is missing' /tmp/replay.err
}

asked_to_restart()
{
	grep -q 'asks for a restart: in' $OUT
}

# The kernel asks for a restart if a CPU came or went since the number that it is told.
restart()
{
	SCHED=scx_fifo
	echo 999999 >/tmp/hotplug_seq
	mount --bind /tmp/hotplug_seq $SCX/hotplug_seq
	background /tmp/sched scx_fifo -v --full-user --record /tmp/again
	sched_pid=$(cat /tmp/sched.pid)
	ok 'the kernel asks for a restart' wait_until 60000 asked_to_restart
	umount $SCX/hotplug_seq
	ok 'until it is content' wait_until 60000 state_is enabled
	attach_seq=$(cat $SCX/enable_seq)
	load
	leave
	last=$(ls /tmp/again.* | tail -n 1)
	ok "each start has a file, the last is ${last##*/}" [ -s /tmp/again -a -s "$last" ]
	mv "$last" /tmp/rec
	replay scx_fifo 0
	ok "$(said nr_recorded) decisions are in that" [ "$(said nr_recorded)" -ge 100 ]
	is_same
}

for part; do
	case $part in
	same | full | killed | restart)	$part ;;
	*)	fail "there is a part \"$part\"" ;;
	esac
done
done_testing
