#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration: a mixed load under one of our schedulers, then under the kernel's own.
#
# usage: demo.sh SECONDS SCHEDULER [ARG]...    as root, with SCHEDULER and the load in PATH

set -eu
[ $# -ge 2 ] || { echo "usage: demo.sh SECONDS SCHEDULER [ARG]..." >&2; exit 2; }
seconds=$1
shift
name=${1##*/}
nr_cpus=$(nproc)
nr_hogs=$((nr_cpus * 2))
state=/sys/kernel/sched_ext/state

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-demo.XXXXXX")
scheduler='' load='' status=0

# stop_scheduler: ask it to leave; one that has not left after 5 s is not asked again.
stop_scheduler()
{
	(sleep 5; kill -KILL "$scheduler") > /dev/null 2>&1 &
	# A shell starts its background jobs with SIGINT ignored, hence SIGTERM.
	kill -TERM "$scheduler" 2>/dev/null || :
	wait "$scheduler" || status=$?
	kill $! 2>/dev/null || :
	scheduler=''
}

# shellcheck disable=SC2317,SC2086 # called by the trap; $load is a list of numbers
cleanup()
{
	trap '' INT TERM HUP
	[ -z "$load" ] || kill $load 2>/dev/null || :
	[ -z "$scheduler" ] || stop_scheduler
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step()
{
	echo
	echo "demo: $*"
}

# How late the interactive task was in the last second, for the live table.
watch_lateness()
{
	while sleeper 10 1 > "$tmp/second"; do
		mv "$tmp/second" "$tmp/late.now"
	done
}

# run_load NAME: busy loops, chatting pairs and an interactive task for some seconds.
run_load()
{
	hogs "$nr_hogs" "$seconds" > "$tmp/busy.$1" &
	load=$!
	pingpong -t "$seconds" 2 0 > "$tmp/chat.$1" &
	load="$load $!"
	sleeper 10 "$seconds" > "$tmp/late.$1" &
	load="$load $!"
	running=$load
	watch_lateness &
	load="$load $!"
	# shellcheck disable=SC2086 # a list of numbers
	wait $running || echo "demo: a load program failed" >&2
	kill "${load##* }"
	rm -f "$tmp/late.now"
	load=''
}

# value KEY LINE: put the value of KEY in a line of KEY=VALUE words into $value. The functions for
# the live table start no process: each would have to wait its turn among the busy loops.
value()
{
	value=-
	for word in $2; do
		[ "${word%%=*}" != "$1" ] || value=${word#*=}
	done
}

# value_ms KEY LINE: the same for a time in microseconds, in milliseconds with one decimal.
value_ms()
{
	value "$1" "$2"
	[ "$value" = - ] || value=$((value / 1000)).$((value % 1000 / 100))
}

# add_columns FORMAT LINE KEY...
add_columns()
{
	format=$1
	from=$2
	shift 2
	for key; do
		case $key in
		*_us)	value_ms "$key" "$from" ;;
		*)	value "$key" "$from" ;;
		esac
		# shellcheck disable=SC2059 # it is a format
		printf "$format" "$value"
	done
}

# The scheduler's lines of statistics as a table, with the lateness that the load saw beside it.
show_live()
{
	header='     tasks    queued decisions/s fallbacks idle CPUs  late ms: median     worst'
	while IFS= read -r line; do
		case $line in
		*tasks=*) ;;
		*) echo "$line"; continue ;;
		esac
		[ -z "$header" ] || echo "$header"
		header=''
		late=''
		[ ! -e "$tmp/late.now" ] || read -r late < "$tmp/late.now" || :
		add_columns ' %9s' "$line" tasks queued
		add_columns ' %11s' "$line" per_s
		add_columns ' %9s' "$line" nr_fallbacks idle_cpus
		add_columns ' %16s' "$late" p50_us
		add_columns ' %9s' "$late" max_us
		echo
	done
}

# row PHASE NAME: what the load programs reported when they ended.
row()
{
	value nr_turns "$(cat "$tmp/busy.$1")"
	turns=$(echo "$value" | tr , '\n' |
		awk -v seconds="$seconds" '{ sum += $1 } END { printf "%.1f", sum / seconds / 1e6 }')
	printf '  %-16s' "$2"
	add_columns ' %8s' "$(cat "$tmp/late.$1")" p50_us p99_us max_us
	printf ' %16s\n' "$turns"
}

[ "$(cat "$state" 2>/dev/null)" = disabled ] || {
	echo "demo: $state is not 'disabled': the kernel lacks sched_ext, or a scheduler runs already" >&2
	exit 78
}

step "Linux $(uname -r), $nr_cpus CPUs: $*"
echo "load: $nr_hogs busy loops, 2 pairs of chatting tasks, 1 task that wakes each 10 ms"
echo "late: how late the one that sleeps woke in the last second"
mkfifo "$tmp/out"
show_live < "$tmp/out" &
reader=$!
"$@" --stats 1 > "$tmp/out" 2>&1 &
scheduler=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(cat "$state")" != enabled ] || break
	kill -0 "$scheduler" 2>/dev/null || break
	sleep 0.5
done
if [ "$(cat "$state")" != enabled ]; then
	stop_scheduler
	echo "demo: $name did not attach, its exit status is $status" >&2
	exit $((status ? status : 1))
fi

run_load ours
stop_scheduler
wait "$reader"
echo "$name left with exit status $status; sched_ext is $(cat "$state")"

step "the same load under the kernel's own scheduler, EEVDF"
run_load eevdf

step "how late the interactive task woke, and what the busy loops got"
echo "                     p50 ms   p99 ms   max ms  million turns/s"
row ours "$name"
row eevdf EEVDF
exit "$status"
