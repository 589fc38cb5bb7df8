#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the reference schedulers do in the simulator, recorded and replayed: each decides again what it
# did, and otherwise than others.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-record.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# record SCHEDULER LOAD [OPTION]...: in the simulator, to rec.
record()
{
	sched=$1
	load=$srcdir/t/sim/$2.json
	shift 2
	"$builddir/schedulers/$sched" --simulate "$load" --record "$tmp/rec" "$@" >"$tmp/simulated"
}

# replay STATUS SCHEDULER [OPTION]...: what is printed goes to out.
replay()
{
	want=$1
	sched=$2
	shift 2
	rc=0
	"$builddir/schedulers/$sched" --replay "$tmp/rec" "$@" >"$tmp/out" 2>"$tmp/err" || rc=$?
	is "$sched --replay $*: exit status" $rc "$want"
}

said()
{
	grep -o "\"$1\":[a-z0-9]*" "$tmp/out" | head -n 1 | sed 's/.*://'
}

# refuses WORDS [OPTION]...: as wrong usage, which names both.
refuses()
{
	words=$1
	shift
	rc=0
	"$builddir/schedulers/scx_fifo" "$@" >"$tmp/out" 2>&1 || rc=$?
	is "$*: exit status" $rc 2
	ok 'and why' grep -q -e "$words" "$tmp/out"
}

for sched in scx_fifo scx_rr scx_vruntime; do
	for load in equal interactive shares; do
		record "$sched" $load --duration-ms 3000 --latency-us 2000 --seed 5 --full-user
		replay 0 "$sched" --json
		ok "$load: $(said nr_recorded) decisions" [ "$(said nr_recorded)" -ge 500 ]
		is 'all of them the same' "$(said nr_same)" "$(said nr_recorded)"
		is 'and no more' "$(said nr_now)" "$(said nr_recorded)"
		is 'in the same order' "$(said order)" 0
		is 'with the same commands' "$(said nr_commands_same)" "$(said nr_commands_recorded)"
		is 'of a recording without gaps' "$(said nr_gaps)" 0
	done
done
cp "$tmp/simulated" "$tmp/before"
"$builddir/schedulers/scx_vruntime" --simulate "$srcdir/t/sim/shares.json" --duration-ms 3000 \
	--latency-us 2000 --seed 5 --full-user >"$tmp/simulated"
ok 'a simulation that is recorded is the same' cmp "$tmp/before" "$tmp/simulated"

record scx_vruntime interactive --duration-ms 1000
replay 0 scx_vruntime --slice-us 1000 --json
is 'another slice makes all decisions others' "$(said nr_different)" "$(said nr_recorded)"
record scx_fifo interactive --duration-ms 1000
replay 0 scx_vruntime --json
is 'another policy as well' "$(said nr_different)" "$(said nr_recorded)"
is 'but not fewer' "$(said missing)" 0
replay 0 scx_fifo --slice-us 1000 --json
is 'the default slice is what the option says' "$(said slice)" "$(said nr_recorded)"
replay 0 scx_vruntime
ok 'in text: what was recorded' grep -q '^a recording of scx_fifo with libscxuser .* 4 CPUs' "$tmp/out"
is 'and ten differences' "$(grep -c '^  .* s, round .*; now ' "$tmp/out")" 10
replay 0 scx_rr
ok 'what the recording lacks is said' grep -q 'scx_rr: .*: the recording is without events' "$tmp/err"

record scx_fifo interactive --duration-ms 4000 # more than one block
size=$(wc -c <"$tmp/rec")
cp "$tmp/rec" "$tmp/whole"
head -c $((size - 1)) "$tmp/whole" >"$tmp/rec"
replay 1 scx_fifo --json
is 'a recording that is cut off is not complete' "$(said complete)" false
is 'no decision is taken to differ for that' "$(said nr_different)$(said missing)$(said additional)" 000
ok 'it is said where' grep -q 'damaged: .*/rec: at byte [0-9]*: a block is cut off' "$tmp/err"
head -c 100 "$tmp/whole" >"$tmp/rec"
replay 1 scx_fifo
ok 'one without its beginning is refused' grep -q '/rec: at byte 12: a block is cut off' "$tmp/err"
cp "$srcdir/t/sim/equal.json" "$tmp/rec"
replay 1 scx_fifo
ok 'what is none is refused' grep -q '/rec: it is not a recording' "$tmp/err"
rm "$tmp/rec"
replay 1 scx_fifo
ok 'what is not there is named' grep -q '/rec: cannot read it: No such file' "$tmp/err"

rc=0
record scx_fifo equal --record "$tmp/no/rec" 2>"$tmp/err" || rc=$?
is 'a file that cannot be written: exit status' $rc 1
ok 'and why' grep -q '/no/rec: cannot write it: No such file' "$tmp/err"

# A mask of more CPUs than Linux can have would not fit into a record.
for nr_cpus in 8192 8193; do
	mkdir -p "$tmp/sys/devices/system/cpu"
	for file in possible present online; do
		echo "0-$((nr_cpus - 1))" >"$tmp/sys/devices/system/cpu/$file"
	done
	rc=0
	record scx_fifo equal --machine "$tmp/sys" --duration-ms 10 2>"$tmp/err" || rc=$?
	is "$nr_cpus CPUs are recorded: exit status" $rc $((nr_cpus > 8192 ? 78 : 0))
done
ok 'or it is said why not' grep -q 'cannot record: the machine has more than 8192 CPUs' "$tmp/err"

refuses '--replay or --record, not both' --record a --replay b
refuses '--replay or --simulate, not both' --replay a --simulate b
refuses '--replay or --stats, not both' --replay a --stats 1
refuses '--record or --monitor, not both' --record a --monitor 1
refuses '--json goes with .*--replay' --json
refuses '--cpus.* go with --simulate' --replay a --cpus 2
done_testing
