#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The reference schedulers in the simulator: what each promises, as a figure.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-sim.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# simulate SCHEDULER LOAD [OPTION]...: its summary, for what follows.
simulate()
{
	sched=$1
	load=$srcdir/t/sim/$2.json
	shift 2
	"$builddir/schedulers/$sched" --simulate "$load" "$@" >"$tmp/out"
}

# column GROUP NR: what the summary says in that column of that group.
column()
{
	awk -v group="$1" -v nr="$2" '$1 == group { print $nr }' "$tmp/out"
}

share()
{
	column "$1" 3
}

wakeup_p99_us()
{
	column "$1" 8
}

# The exec_ns of all tasks, from a summary as JSON.
run_times()
{
	grep '^ {"pid"' "$tmp/out" | sed 's/.*"exec_ns":\([0-9]*\).*/\1/'
}

# The most that one of them ran more than another, in 1/100,000 of what that ran.
spread()
{
	run_times | sort -n | awk 'NR == 1 { min = $1 } { max = $1 } END {
		printf "%d\n", 100000 * (max / min - 1) }'
}

# traced_us: the time of all slices of tasks in the trace.
traced_us()
{
	sed -n '/"name":"policy"/d; s/.*"ph":"X".*"dur":\([0-9.]*\),.*/\1/p' "$tmp/trace" |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

busy_us()
{
	sed -n 's/.*"busy_ns":\([0-9]*\)[0-9][0-9][0-9],.*/\1/p' "$tmp/before"
}

# is_about NAME GOT WANT: within 2 %.
is_about()
{
	ok "$1: $2, ideal $3" awk -v got="$2" -v want="$3" 'BEGIN {
		exit !(got > want * 0.98 && got < want * 1.02) }'
}

for sched in scx_fifo scx_rr scx_vruntime; do
	ok "$sched simulates" simulate $sched equal --cpus 2 --json
	is 'seven tasks on two CPUs' "$(run_times | wc -l)" 7
	# scx_fifo has no memory of a slice that a tick cut short, for the thread that runs it.
	[ $sched = scx_fifo ] ||
		ok "get the same within 1 % ($(spread)/100000)" [ "$(spread)" -le 1000 ]
	cp "$tmp/out" "$tmp/before"
	simulate $sched equal --cpus 2 --json
	ok 'the same again gives the same, to the last bit' cmp "$tmp/before" "$tmp/out"
done

# The kernel's weights of these: 9548, 3121, 1024 and 335, of 14028.
simulate scx_vruntime shares --cpus 1
is_about 'nice -10' "$(share minus10)" 68.06
is_about 'nice -5' "$(share minus5)" 22.25
is_about 'nice 0' "$(share zero)" 7.30
is_about 'nice 5' "$(share plus5)" 2.39
simulate scx_vruntime shares --cpus 1 --slice-us 2000
is_about 'nice 0, shorter slices' "$(share zero)" 7.30

simulate scx_fifo interactive
fifo_us=$(wakeup_p99_us light)
simulate scx_vruntime interactive
ok "99 of 100 wake-ups beside 32 busy loops take $(wakeup_p99_us light) us, scx_fifo's $fifo_us" \
	[ $(($(wakeup_p99_us light) * 2)) -le "$fifo_us" ]

simulate scx_rr interactive --duration-ms 500 --latency-us 300 --seed 1 --json --trace "$tmp/trace"
cp "$tmp/out" "$tmp/before"
ok 'the same seed gives the same' simulate scx_rr interactive --duration-ms 500 --latency-us 300 --seed 1 --json
ok 'to the last bit' cmp "$tmp/before" "$tmp/out"
simulate scx_rr interactive --duration-ms 500 --latency-us 300 --seed 2 --json
is 'and another one something else' "$(cmp -s "$tmp/before" "$tmp/out" && echo same || echo else)" else
ok "the timeline has all that ran: $(traced_us) of $(busy_us) us" \
	awk -v a="$(traced_us)" -v b="$(busy_us)" 'BEGIN { exit !(b && a - b <= 1 && b - a <= 1) }'
is 'and a track for each CPU' "$(grep -c '"thread_name"' "$tmp/trace")" 4
is 'and ends well' "$(tail -n 1 "$tmp/trace")" ']}'
status=0
"$builddir/schedulers/scx_rr" --simulate "$srcdir/t/sim/equal.json" --trace "$tmp/no/trace" \
	>"$tmp/out" 2>&1 || status=$?
is 'a trace that cannot be written: the exit status' $status 1
ok 'and why' grep -q "scx_rr: .*/no/trace: cannot write it: No such file" "$tmp/out"

status=0
"$builddir/schedulers/scx_rr" --simulate "$tmp/none.json" >"$tmp/out" 2>&1 || status=$?
is 'no file: the exit status' $status 1
ok 'and why' grep -q "scx_rr: .*/none.json: cannot read it: No such file" "$tmp/out"
status=0
"$builddir/schedulers/scx_rr" --cpus 2 >"$tmp/out" 2>&1 || status=$?
is '--cpus alone: the exit status' $status 2
done_testing
