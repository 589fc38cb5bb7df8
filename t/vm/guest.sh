# SPDX-License-Identifier: GPL-2.0-only
# What the scripts inside the guest share: the scheduler's life, and what the kernel says of it.
# shellcheck shell=sh
#
# SCHED is the scheduler's command line; "none" runs the loads under the kernel's own scheduler.

# shellcheck source=t/tap.sh
. "${0%/*}/tap.sh"

SCHED=${SCHED:-scx_fifo}
STATS_SEC=${STATS_SEC:-1}
SCX=/sys/kernel/sched_ext
OUT=/tmp/sched.out
attach_seq=none

# A frozen machine must not freeze the one who measures it.
chrt -f -p 50 $$ >/dev/null

ordinary()
{
	chrt -o 0 "$@"
}

# In its first second the guest's shell would take it for an octal number.
uptime_ms()
{
	read -r up _ </proc/uptime
	up=${up%.*}${up#*.}0
	echo "${up#"${up%%[!0]*}"}"
}

# wait_until LIMIT_MS COMMAND...: polls; the shell's own wait would sleep as long as a lost task.
wait_until()
{
	wait_end=$(($(uptime_ms) + $1))
	shift
	until "$@"; do
		[ "$(uptime_ms)" -lt "$wait_end" ] || return 1
		sleep 0.02
	done
}

# background FILE COMMAND...: its process id lands in FILE.pid, its output in FILE.out, its exit
# status in FILE.rc when it has ended.
background()
{
	bg=$1
	shift
	rm -f "$bg.rc" "$bg.pid"
	(
		rc=0
		# shellcheck disable=SC2016 # for the inner shell to expand
		sh -c 'echo $$ >"$0.pid"; exec "$@"' "$bg" chrt -o 0 "$@" \
			>"$bg.out" 2>&1 </dev/null || rc=$?
		echo "$rc" >"$bg.rc.new"
		mv "$bg.rc.new" "$bg.rc"
	) >/dev/null 2>&1 &
	wait_until 10000 test -s "$bg.pid"
}

ended()
{
	[ -f "$1.rc" ]
}

state()
{
	cat $SCX/state
}

state_is()
{
	[ "$(state)" = "$1" ]
}

seq_is_not()
{
	[ "$(cat $SCX/enable_seq)" != "$1" ]
}

# start_scheduler [ARG]...: not to be called in a subshell, it sets sched_pid and attach_seq.
start_scheduler()
{
	attach_seq=$(cat $SCX/enable_seq)
	# shellcheck disable=SC2086 # SCHED is a command line
	background /tmp/sched $SCHED "$@"
	sched_pid=$(cat /tmp/sched.pid)
	# The kernel says that it is enabled before it counts the attachment: we may look in between.
	if wait_until 60000 attached_or_ended && state_is enabled &&
		wait_until 10000 seq_is_not "$attach_seq"; then
		attach_seq=$(cat $SCX/enable_seq)
		return 0
	fi
	diag "state $(state), exit status $(cat /tmp/sched.rc 2>/dev/null) of: $SCHED $*"
	diag "$(tail -n 20 $OUT)"
	return 1
}

attached_or_ended()
{
	state_is enabled || ended /tmp/sched
}

# stop_scheduler SIGNAL: succeeds when it ends as it should, with 0 and nothing attached.
stop_scheduler()
{
	kill "-$1" "$sched_pid"
	if ! wait_until 20000 ended /tmp/sched; then
		diag "still running 20 s after SIG$1"
		return 1
	fi
	if [ "$(cat /tmp/sched.rc)" = 0 ] && state_is disabled; then
		return 0
	fi
	diag "exit status $(cat /tmp/sched.rc), state $(state); its last words:"
	diag "$(tail -n 5 $OUT)"
	return 1
}

# Still the one that was started: attached, alive, never evicted and attached anew.
in_charge()
{
	state_is enabled && [ -d "/proc/$sched_pid" ] && ! ended /tmp/sched &&
		[ "$(cat $SCX/enable_seq)" = "$attach_seq" ]
}

# faults PID: page faults of all its threads so far, "minor=N major=N".
faults()
{
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print "minor=" $8, "major=" $10 }'
}

# memory PID: what is resident, and of what kind.
memory()
{
	awk '/^(VmRSS|VmLck|Rss[A-Z].*):/ { sub(/:/, "=", $1); printf "%s%skB ", $1, $2 }' \
		"/proc/$1/status"
}

# child_of PID: its only child.
child_of()
{
	grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null | tr -cd '0-9\n'
}

# stat_of KEY: the newest value in the scheduler's statistics lines, 0 before the first.
stat_of()
{
	value=$(grep -o "\<$1=[0-9]*" $OUT | tail -n 1)
	echo "${value#*=}" | sed 's/^$/0/'
}

# json_of KEY: the same with --json.
json_of()
{
	value=$(grep -o "\"$1\":[0-9]*" $OUT | tail -n 1)
	echo "${value#*:}" | sed 's/^$/0/'
}

in_fallback()
{
	[ "$(json_of in_fallback)" = "$1" ]
}

nr_stats_lines()
{
	grep -c 'decisions=' $OUT
}

more_stats_lines_than()
{
	[ "$(nr_stats_lines)" -gt "$1" ]
}

# key_of_line KEY NR: what the statistics line with that number says.
key_of_line()
{
	grep 'decisions=' $OUT | sed -n "$2s/.*\<$1=\([0-9]*\).*/\1/p"
}

# count_path NR_SECONDS: sets nr_rounds and nr_decisions, from the scheduler's statistics, and
# nr_syscalls, all system calls of the thread that runs the policy, from the kernel's tracer.
# The span goes from one statistics line to another: the trace shows when each was written, by
# another thread of the scheduler. It fails if a line was written while the tracer was turned on:
# nobody knows then which is the first in the trace.
count_path()
{
	trace=/sys/kernel/tracing
	enter=$trace/events/raw_syscalls/sys_enter
	missed=0 counted="0 0"
	# System call 1 is write(). What other threads do besides may be very much.
	filter=
	for tid in /proc/"$sched_pid"/task/*; do
		filter="$filter${filter:+ || }(common_pid == ${tid##*/} && id == 1)"
	done
	# To turn the event on changes the kernel's code, which may take a slow guest a second or two.
	echo 0 >$trace/tracing_on
	echo 16384 >$trace/buffer_size_kb
	echo "common_pid == $sched_pid || $filter" >$enter/filter
	echo 1 >$enter/enable
	echo >$trace/trace
	first=$(nr_stats_lines)
	wait_until 20000 more_stats_lines_than "$first" || return 1
	first=$(nr_stats_lines)
	echo 1 >$trace/tracing_on
	missed=$(($(nr_stats_lines) - first))
	wait_until $(($1 * 1000 + 60000)) more_stats_lines_than $((first + $1))
	echo 0 >$trace/tracing_on
	# The number of lines, and of the policy's calls from the first line to the last. A long trace
	# must not be read in real time: up to 6.12 that leaves a CPU's other tasks nothing.
	counted=$(ordinary awk -v policy="$sched_pid" '
		match($0, /-[0-9]+ +\[[0-9]+\]/) {
			split(substr($0, RSTART + 1), word, " ")
			if (word[1] == policy)
				nr++
			else if (/ NR 1 /) {
				if (++nr_writes == 1)
					nr = 0
				seen = nr
			}
		}
		END { print nr_writes + 0, seen + 0 }' $trace/trace)
	echo 0 >$enter/enable
	echo 0 >$enter/filter
	[ "$missed" -eq 0 ] && [ "${counted% *}" -gt 1 ] || return 1
	nr_syscalls=${counted#* }
	# shellcheck disable=SC2034 # these are for the caller
	nr_rounds=$(($(key_of_line rounds $((first + ${counted% *}))) -
		$(key_of_line rounds $((first + 1)))))
	# shellcheck disable=SC2034
	nr_decisions=$(($(key_of_line decisions $((first + ${counted% *}))) -
		$(key_of_line decisions $((first + 1)))))
}

all_cpus()
{
	seq 0 $(($(nproc) - 1))
}

# The sleeper, an ordinary task, and a real-time one on each CPU, late only when the kernel or the
# emulated machine stopped that CPU for everybody. QEMU 7.2 with -icount does so at times: one of two
# CPUs for more than a second, while the other ran, after the kernel's own scheduler was back. They
# wake rarely, so that they hide no CPU that ours leaves idle.
start_sleepers()
{
	background /tmp/sleeper sleeper 10 3600
	for cpu in $(all_cpus); do
		background "/tmp/realtime$cpu" taskset "$(printf %x $((1 << cpu)))" \
			chrt -f 50 sleeper -k -l 20 200 3600
	done
}

end_sleepers()
{
	kill -TERM "$(cat /tmp/sleeper.pid)"
	wait_until 60000 ended /tmp/sleeper
	for cpu in $(all_cpus); do
		kill -TERM "$(cat "/tmp/realtime$cpu.pid")"
		wait_until 60000 ended "/tmp/realtime$cpu"
	done
}

longest_us() # FILE...: of all
{
	sed -n 's/.*max_us=\([0-9]*\).*/\1/p' "$@" | sort -n | tail -n 1
}

# How late a real-time sleeper was when the ordinary one was latest: in this window of time.
late_beside_us()
{
	sed 's/.*max_us/max_us/' /tmp/sleeper.out /tmp/realtime*.out | tr '=' ' ' | awk '
	NR == 1 { first = $4; last = $6; next }
	$4 <= last && $6 >= first && $2 > late { late = $2 }
	END { print late + 0 }'
}

# share PAIRS MIN MAX: what half of the busy loops on one CPU get of it, in percent. They have nice 5
# and the others nice 0, which is weights of 335 and 1024: a quarter, where weights count.
share()
{
	ordinary shares "$1" 5 4 >/tmp/shares.out
	is "$1 and $1 busy loops run" $? 0
	diag "$(cat /tmp/shares.out)"
	percent=$(sed -n 's/.*percent=\([0-9]*\).*/\1/p' /tmp/shares.out)
	ok "those of nice 5 have $2 to $3 % of the CPU" [ "$percent" -ge "$2" -a "$percent" -le "$3" ]
}
