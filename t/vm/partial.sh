#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: --partial, and scxuser, which says what a scheduler has then.
#
# usage: partial.sh [PART]...    PART: move, of threads that sleep, into the class and out of it, or
#				above, of busy tasks that go first
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

# class_of PID...: the scheduling policy of each, as the kernel numbers them; 7 is SCHED_EXT.
class_of()
{
	for stat in $(printf '/proc/%s/stat ' "$@"); do
		sed 's/.*) //' "$stat" | cut -d ' ' -f 39
	done | sort -u | tr '\n' ' '
}

classes_of_threads() # PID
{
	cat /proc/"$1"/task/*/stat | sed 's/.*) //' | cut -d ' ' -f 39 | sort | uniq -c | tr -s ' \n' ' '
}

# said STATUS WORD NAME COMMAND...: it ends with that status, and says this.
said()
{
	want=$1
	word=$2
	name=$3
	shift 3
	rc=0
	ordinary "$@" >/tmp/said.out 2>&1 </dev/null || rc=$?
	is "$name: exit status" $rc "$want"
	ok "$name: says so" grep -q -e "$word" /tmp/said.out
	diag "$(cat /tmp/said.out)"
}

one_more_line()
{
	wait_until 20000 more_stats_lines_than $(($(nr_stats_lines) + 1))
}

ordinary_tasks_are_the_kernels()
{
	one_more_line
	before=$(stat_of decisions)
	ordinary hogs 4 3 >/tmp/hogs.out 2>&1
	is "busy loops of the ordinary class run" $? 0
	one_more_line
	is "and are not scheduled here: decisions" "$(stat_of decisions)" "$before"
}

run()
{
	before=$(stat_of decisions)
	background /tmp/hogs scxuser run -- sh -c 'hogs 4 4 & wait $!'
	sleep 1
	hogs=$(child_of "$(cat /tmp/hogs.pid)")
	is "run: the command is in class SCHED_EXT" "$(class_of "$(cat /tmp/hogs.pid)")" "7 "
	is "and its child" "$(class_of "$hogs")" "7 "
	wait_until 60000 ended /tmp/hogs
	is "they run to the end" "$(cat /tmp/hogs.rc)" 0
	one_more_line
	ok "by decisions of the scheduler" [ "$(stat_of decisions)" -gt $((before + 100)) ]
	rc=0
	ordinary scxuser run sh -c 'exit 7' || rc=$?
	is "run: the exit status is the command's" $rc 7
	said 127 "no-such-command: No such file" "run: no such command" scxuser run no-such-command
	said 126 "/tmp: Permission denied" "run: a folder" scxuser run /tmp
}

move()
{
	background /tmp/threads threads -s 600000 8
	pid=$(cat /tmp/threads.pid)
	wait_until 20000 [ -d "/proc/$pid/task" ]
	sleep 1
	is "before attach: the classes of the threads" "$(classes_of_threads "$pid")" " 9 0 "
	ok "attach" ordinary scxuser attach "$pid"
	is "and all of its threads have moved" "$(classes_of_threads "$pid")" " 9 7 "
	ok "attach once more is nothing" ordinary scxuser attach "$pid"
	ok "detach" ordinary scxuser detach "$pid"
	is "and all of its threads are back" "$(classes_of_threads "$pid")" " 9 0 "
	said 1 "detach $pid: it is not in class SCHED_EXT" "detach once more" scxuser detach "$pid"
	said 1 "attach $pid: not permitted" "another user" as_user 1000 none scxuser attach "$pid"
	is "and nothing has moved" "$(classes_of_threads "$pid")" " 9 0 "
	chrt -f -a -p 10 "$pid"
	said 1 "detach $pid: it is not in class" "detach a real-time task" scxuser detach "$pid"
	is "and it stays that" "$(classes_of_threads "$pid")" " 9 1 "
	said 1 "attach 999999: there is no such process" "nobody, and somebody" \
		scxuser attach 999999 "$pid"
	is "and somebody has moved" "$(classes_of_threads "$pid")" " 9 7 "
	said 2 "'12x': want a process id" "no number" scxuser detach "$pid" 12x
	is "and nobody has moved" "$(classes_of_threads "$pid")" " 9 7 "
	kill -KILL "$pid"
	wait_until 20000 ended /tmp/threads
}

# Busy tasks of the classes above have a CPU to themselves, longer than the watchdog is patient: who
# ran there goes on elsewhere. (In turns, or the one that ends the others would not have its own.)
above()
{
	background /tmp/hogs scxuser run hogs 2 24
	sleep 1
	background /tmp/fair taskset -c 1 hogs 1 8
	wait_until 60000 ended /tmp/fair
	is "a busy task of the ordinary class runs" "$(cat /tmp/fair.rc)" 0
	ok "beside it: in charge" in_charge
	background /tmp/rt taskset -c 1 chrt -r 10 hogs 1 8
	wait_until 60000 ended /tmp/rt
	is "a busy real-time task runs" "$(cat /tmp/rt.rc)" 0
	ok "beside it: in charge" in_charge
	wait_until 60000 ended /tmp/hogs
	is "and those of class SCHED_EXT run to the end" "$(cat /tmp/hogs.rc)" 0
}

usage()
{
	said 2 "want a command: run, attach or detach" "no command" scxuser
	said 2 "unknown command 'start'" "an unknown command" scxuser start
	said 2 "run: want a command" "run nothing" scxuser run --
	said 2 "run: unknown option '-x'" "an unknown option" scxuser run -x true
	said 2 "want a process id" "attach nobody" scxuser attach
	said 2 "'0': want a process id, from 1" "0" scxuser attach 0
}

usage
said 0 "warning: no scheduler is attached" "without a scheduler" scxuser run true
if start_scheduler --partial --stats 1; then
	ordinary_tasks_are_the_kernels
	run
	for part; do
		"$part"
	done
	ok "it is still in charge" in_charge
	ok "it stops" stop_scheduler INT
else
	fail "it attaches"
fi
done_testing
