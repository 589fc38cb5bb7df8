#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what a scheduler lives through, from hotplug and suspend to its eviction.
#
# usage: life.sh PART...
# PART: hotplug suspend cgroup dump restart offline handles evicted
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

CPUS=/sys/devices/system/cpu
RTC=/sys/class/rtc/rtc0
TRACE=/sys/kernel/tracing

# A load that does not end in this time has lost a task.
limit=120

load_ends() # FILE NAME
{
	wait_until $((limit * 1000)) ended "$1"
	is "$2" "$(cat "$1.rc" 2>/dev/null)" 0
	diag "$(tail -n 3 "$1.out" | cut -c 1-200)"
}

more_decisions_than()
{
	[ "$(stat_of decisions)" -gt "$1" ] && [ "$(stat_of in_fallback)" = 0 ]
}

# It is the one that was started, and decides, now.
goes_on() # WHEN
{
	if in_charge; then
		pass "$1: still the one that was started"
	else
		fail "$1: still the one that was started" "$(grep -v decisions= $OUT)"
		return
	fi
	background /tmp/wakeups pingpong -t 5 8 0
	before=$(stat_of decisions)
	ok "$1: it decides" wait_until 5000 more_decisions_than "$before"
	load_ends /tmp/wakeups "$1: a load ends"
}

# no_line EXPRESSION: the kernel's log has no such line.
no_line()
{
	! dmesg | grep -E "$1"
}

cpu() # NUMBER 0|1
{
	echo "$2" >"$CPUS/cpu$1/online"
}

other_cpus()
{
	seq 1 $(($(nproc) - 1))
}

# Down to one CPU and up again, over and over, while tasks chat, fork, and are bound to a CPU.
hotplug()
{
	seconds=15
	others=$(other_cpus)
	last=$(echo "$others" | tail -n 1)
	background /tmp/pairs pingpong -t $seconds 32 0
	background /tmp/bound taskset -c "$last" pingpong -t $seconds 4 0
	background /tmp/stress stress-ng --timeout ${seconds}s --temp-path /tmp --cpu 2 --fork 1 \
		--affinity 1 --switch 1
	background /tmp/sleeper sleeper -m 3000 10 $seconds
	end=$(($(uptime_ms) + seconds * 1000))
	nr=0
	left=
	while [ "$(uptime_ms)" -lt "$end" ]; do
		for n in $others; do cpu "$n" 0; done
		left=$(cat $CPUS/online)
		sleep 0.2
		for n in $others; do cpu "$n" 1; done
		sleep 0.2
		nr=$((nr + 1))
	done
	diag "$nr times down to CPU $left and up to CPUs $(cat $CPUS/online)"
	is "hotplug: it came down to one CPU" "$left" 0
	ok "hotplug: several times" [ $nr -ge 3 ]
	load_ends /tmp/pairs "hotplug: no chatting task was lost"
	load_ends /tmp/bound "hotplug: nor one bound to a CPU that left"
	load_ends /tmp/stress "hotplug: nor one that forks or moves"
	load_ends /tmp/sleeper "hotplug: a 10 ms sleeper woke within 3 s all the time"
	goes_on hotplug
	ok "hotplug: the kernel asked for nothing" no_line 'sched_ext:.*disabled'
}

# Who writes this does most of the work, on the last CPU that is left. In real time, as this shell, it
# would keep the kernel's own threads from that CPU for seconds, and up to 6.12 us from our life.
put_to_sleep() # STATE
{
	ordinary sh -c "echo $1 >/sys/power/state"
}

# The clock that wakes us up is the machine's, and counts whole seconds.
suspend_to_ram()
{
	echo 0 >$RTC/wakealarm
	echo +3 >$RTC/wakealarm
	put_to_sleep mem
}

# To idle the emulated machine would sleep for ever: the kernel's test mode ends it.
suspend_to_idle()
{
	echo devices >/sys/power/pm_test
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	put_to_sleep freeze
}

suspend()
{
	background /tmp/pairs pingpong -t 15 32 0
	sleep 1
	ok "suspend to RAM" suspend_to_ram
	goes_on "suspend to RAM"
	ok "suspend to RAM, again" suspend_to_ram
	goes_on "suspend to RAM, again"
	if [ -e /sys/power/pm_test ]; then
		ok "suspend to idle" suspend_to_idle
		goes_on "suspend to idle"
	else
		diag "this kernel has no /sys/power/pm_test: no suspend to idle"
	fi
	load_ends /tmp/pairs "suspend: no chatting task was lost"
}

# Its words in the kernel's debug dump, which goes to a tracepoint.
dump_words()
{
	echo >$TRACE/trace
	echo D >/proc/sysrq-trigger
	sed -n 's/^ *\(scxuser: \)/\1/p; s/.*sched_ext_dump: *\(scxuser: \)/\1/p' $TRACE/trace
}

has_word()
{
	grep -Eq "^scxuser: $1" /tmp/dump
}

dump()
{
	background /tmp/hogs hogs $((3 * $(nproc))) 8
	sleep 1
	echo 1 >$TRACE/events/sched_ext/sched_ext_dump/enable
	dump_words >/tmp/dump
	ok "dump: who is in charge" has_word 'in_fallback=[01] '
	ok "dump: the policy's thread" has_word "worker=$sched_pid needed=[01] since_us=[0-9]+ "
	ok "dump: what was read of what was written" has_word 'decisions: written=[0-9]+ read=[0-9]+'
	ok "dump: custody" has_word 'custody: oldest_us=[0-9]+'
	ok "dump: each CPU" has_word 'announced=[0-9]+ unread=[0-9]+ custody=[0-9]+ oldest_us=[0-9]+ '
	ok "dump: each task" has_word 'slot=[0-9]+ generation=[0-9]+ pending=[0-9]+ since_us=[0-9]+'
	diag "$(head -n 12 /tmp/dump)"

	kill -STOP "$sched_pid"
	sleep 1
	dump_words >/tmp/dump
	kill -CONT "$sched_pid"
	ok "dump, while the policy is stopped: the fallback, for how long" \
		has_word 'in_fallback=1 since_us=[0-9]{6,} '
	diag "$(head -n 3 /tmp/dump)"
	echo 0 >$TRACE/events/sched_ext/sched_ext_dump/enable
	load_ends /tmp/hogs "dump: the load ends"
	goes_on dump
}

# What another program found out, a line for each test: pass, fail or skip, and its name.
test_points() # FILE
{
	while read -r result name; do
		case $result in
		pass)	pass "$name" ;;
		fail)	fail "$name" ;;
		skip)	skip "${name%%: *}" "${name#*: }" ;;
		*)	diag "$result $name" ;;
		esac
	done <"$1.out"
	is "it came to its end" "$(cat "$1.rc" 2>/dev/null)" 0
}

group_is_set() # NAME FILE VALUE
{
	if [ -e "/sys/fs/cgroup/group/$2" ]; then
		ok "cgroup: $1" eval "echo '$3' >/sys/fs/cgroup/group/$2"
	else
		diag "this kernel has no $2: no test of $1"
	fi
}

# A scheduler that does not care: it is in nobody's way, and the kernel has nothing to say.
cgroup()
{
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/group
	background /tmp/pairs pingpong -t 5 8 0
	ok "cgroup: running tasks move" \
		eval 'cat /tmp/pairs.pid >/sys/fs/cgroup/group/cgroup.procs'
	group_is_set "a weight" cpu.weight 321
	group_is_set "a limit" cpu.max "50000 100000"
	group_is_set "no limit" cpu.max "max 100000"
	mkdir /sys/fs/cgroup/group/inner
	rmdir /sys/fs/cgroup/group/inner
	load_ends /tmp/pairs "cgroup: the load ends"
	rmdir /sys/fs/cgroup/group
	goes_on cgroup
	ok "cgroup: the kernel misses nothing" no_line 'does not implement|deprecated'
}

# The kernel asks for a restart if a CPU came or went since the number that it is told.
lie_about_hotplug()
{
	echo 999999 >/tmp/hotplug_seq
	mount --bind /tmp/hotplug_seq $SCX/hotplug_seq
}

nr_asked()
{
	grep -c 'asks for a restart: in' $OUT
}

asked_times()
{
	[ "$(nr_asked)" -ge "$1" ]
}

restart()
{
	lie_about_hotplug
	# shellcheck disable=SC2086 # a command line
	background /tmp/sched $SCHED -v --stats "$STATS_SEC"
	sched_pid=$(cat /tmp/sched.pid)
	ok "restart: it starts again, and again" wait_until 60000 asked_times 2
	umount $SCX/hotplug_seq
	ok "restart: until the kernel is content" wait_until 60000 state_is enabled
	attach_seq=$(cat $SCX/enable_seq)
	goes_on restart
	diag "$(grep -v decisions= $OUT)"
	ok "restart: then it ends as it should" stop_scheduler INT

	lie_about_hotplug
	# shellcheck disable=SC2086
	background /tmp/sched $SCHED -v
	sched_pid=$(cat /tmp/sched.pid)
	ok "restart: it tries several times" wait_until 60000 asked_times 4
	ok "restart: a signal while it waits ends it well" stop_scheduler TERM

	# shellcheck disable=SC2086
	background /tmp/sched $SCHED -v
	ok "restart: it gives up in the end" wait_until 90000 ended /tmp/sched
	umount $SCX/hotplug_seq
	is "restart: and says so to whoever started it" "$(cat /tmp/sched.rc)" 70
	is "restart: after five times" "$(nr_asked)" 5
	ok "restart: and to the reader" grep -q 'giving up' $OUT
	diag "$(cat $OUT)"
}

# Some CPUs were not there when the scheduler came, and come later.
offline()
{
	is "offline: two of the CPUs are there" "$(cat $CPUS/online)" 0-1
	goes_on "two CPUs"
	background /tmp/pairs pingpong -t 5 32 0
	cpu 2 1
	cpu 3 1
	background /tmp/bound taskset -c 3 pingpong -t 3 2 0
	load_ends /tmp/bound "offline: a task runs on a CPU that came later"
	load_ends /tmp/pairs "offline: no chatting task was lost"
	goes_on "four CPUs"
}

# Real-time tasks leave nothing to ours; 7.x has a server against that, which is switched off.
evicted()
{
	for file in /sys/kernel/debug/sched/ext_server/cpu*/runtime; do
		[ ! -e "$file" ] || echo 0 >"$file"
	done
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	background /tmp/hogs hogs $((2 * $(nproc))) 10
	for n in $(seq "$(nproc)"); do
		background "/tmp/rt$n" chrt -f 11 timeout 8 chrt -f 10 sh -c 'while :; do :; done'
	done
	ok "evicted: it ends by itself" wait_until 40000 ended /tmp/sched
	ended /tmp/sched || diag "state $(state), ended: $(echo /tmp/rt?.rc); $(ps -o pid,stat,args | grep -v ' \[')"
	is "evicted: exit status" "$(cat /tmp/sched.rc)" 70
	ok "evicted: the kernel's reason" grep -Eq 'evicted by the kernel: .*stall' $OUT
	sed -n 's/^ *\(scxuser: \)/\1/p' $OUT >/tmp/dump
	ok "evicted: our words in the dump" has_word 'in_fallback=[01] since_us='
	ok "evicted: each CPU" has_word 'announced=[0-9]+ unread='
	ok "evicted: each task" has_word 'slot=[0-9]+ generation='
	diag "$(grep 'evicted by' $OUT)"
	diag "$(head -n 12 /tmp/dump)"
}

handles()
{
	background /tmp/handles timeout -s KILL 300 two_handles
	wait_until 310000 ended /tmp/handles
	test_points /tmp/handles
}

# Parts that start the scheduler themselves, or need none, one that ends it, and one that needs a
# patient watchdog: an emulated machine takes seconds to suspend, and 6.12 counts them.
alone=
together=
for part; do
	case $part in
	suspend | restart | handles | evicted)	alone="$alone $part" ;;
	*)					together="$together $part" ;;
	esac
done

# with_scheduler PART...: $options are the scheduler's.
with_scheduler()
{
	# shellcheck disable=SC2086 # a list of words
	if start_scheduler -v --stats "$STATS_SEC" $options; then
		pass "it attaches"
		sleep 1
		for part; do
			"$part"
		done
	else
		fail "it attaches"
	fi
}

options=
if [ "$together" ]; then
	# shellcheck disable=SC2086 # a list of words
	with_scheduler $together
	ok "it ends as it should" stop_scheduler INT
fi
for part in $alone; do
	case $part in
	suspend)
		options="--timeout-ms 30000"
		with_scheduler suspend
		ok "suspend: it ends as it should" stop_scheduler INT
		options= ;;
	evicted)	with_scheduler evicted ;;
	*)		"$part" ;;
	esac
done
done_testing
