#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faults that are injected into the reference schedulers, in the simulator: each happens, and no task is
# lost; the same text gives the same run.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
unset SCXU_INJECT

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-inject.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

NR_TASKS=18
# What they have to do: 4 times 300 ms, 8 times 100 times 500 us, 6 times 400 times 200 us.
WORK_NS=2080000000

# simulate SCHEDULER [OPTION]...: its summary goes to out, what it says to err.
simulate()
{
	sched=$1
	shift
	"$builddir/schedulers/$sched" --simulate "$srcdir/t/sim/faults.json" --cpus 2 --json -v "$@" \
		>"$tmp/out" 2>"$tmp/err"
}

# inject TEXT: into $sched.
inject()
{
	simulate "$sched" --inject "$1"
}

# of KEY: the first number that the summary has under that name.
of()
{
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$tmp/out" | head -n 1
}

# injected WORDS: how often the log says that it happened.
injected()
{
	sed -n "s/.*injected: .*[ ,]\([0-9]*\) $1.*/\1/p; s/.*injected: \([0-9]*\) $1.*/\1/p" "$tmp/err" |
		head -n 1
}

# Each task has done all that it had to, and each time that one wanted to run it had one answer.
nobody_is_lost()
{
	is "$sched, $1: all tasks end" "$(grep -c '"ended":true' "$tmp/out")" $NR_TASKS
	is 'and have done their work' "$(sed -n 's/^ {"pid".*"exec_ns":\([0-9]*\).*/\1/p' "$tmp/out" |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }')" $WORK_NS
	is 'each enqueue had one answer' "$(of nr_enqueued)" \
		$(($(of nr_decisions) + $(of nr_withdrawn) + $(of nr_rescued) + $(of nr_custody)))
	is 'and nobody waits for one' "$(of nr_custody)" 0
	ok 'a warning says what is injected' grep -q "faults are injected on purpose: $1\$" "$tmp/err"
}

# It took over more than once, so it gave way in between, and the policy decided again.
fallback_comes_and_goes()
{
	ok "the fallback takes over ($(of nr_fallbacks) times) and gives way" [ "$(of nr_fallbacks)" -ge 2 ]
	ok "it has those who waited ($(of nr_rescued)), the policy the rest ($(of nr_decisions))" \
		[ "$(of nr_rescued)" -gt 0 -a "$(of nr_decisions)" -gt "$(of nr_rescued)" ]
}

# happens WORDS MIN MAX: by the log.
happens()
{
	ok "$1: $(injected "$1"), from $2 to $3" [ "$(injected "$1")" -ge "$2" -a "$(injected "$1")" -le "$3" ]
}

# share_of WORDS PERCENT TOTAL: about so many of them.
share_of()
{
	happens "$1" $(($3 * $2 * 6 / 1000)) $(($3 * $2 * 14 / 1000 + 1))
}

for sched in scx_fifo scx_rr scx_vruntime; do
	simulate "$sched"
	is "$sched: all tasks end without faults" "$(grep -c '"ended":true' "$tmp/out")" $NR_TASKS
	is 'and nothing is said of any' "$(grep -c inject "$tmp/err")" 0
	is 'and the fallback is not needed' "$(of nr_fallbacks)" 0
	cp "$tmp/out" "$tmp/plain"
	plain_rounds=$(of nr_rounds)

	inject delay=30-60@5
	nobody_is_lost delay=30-60@5
	share_of 'rounds held up' 5 "$(of nr_rounds)"
	fallback_comes_and_goes
	inject delay=1
	nobody_is_lost delay=1
	happens 'rounds held up' "$(of nr_rounds)" $(($(of nr_rounds) + 1))
	is 'which is not late' "$(of nr_fallbacks)" 0
	inject spin=30@5
	nobody_is_lost spin=30@5
	share_of 'rounds held up' 5 "$(of nr_rounds)"
	fallback_comes_and_goes

	inject drop-wakeup=50
	nobody_is_lost drop-wakeup=50
	share_of 'wake-ups dropped' 50 "$(of nr_rounds)"
	ok "so there are fewer rounds: $(of nr_rounds), else $plain_rounds" \
		[ "$(of nr_rounds)" -lt "$plain_rounds" ]

	inject lose=5
	nobody_is_lost lose=5
	share_of lost 5 $(($(of nr_decisions) + $(injected lost)))
	fallback_comes_and_goes
	inject lose=100
	nobody_is_lost lose=100
	is 'nothing is decided by the policy' "$(of nr_decisions)" 0
	inject twice=20
	nobody_is_lost twice=20
	share_of 'given twice' 20 "$(of nr_decisions)"
	is 'the second ones are stale' "$(of nr_stale)" "$(injected 'given twice')"
	is 'which nobody minds' "$(of nr_fallbacks)" 0
	inject corrupt=10
	nobody_is_lost corrupt=10
	share_of corrupted 10 $(($(of nr_decisions) + $(of nr_stale) + $(of nr_refused)))
	ok "some are refused ($(of nr_refused)), and some stale ($(of nr_stale))" \
		[ "$(of nr_refused)" -gt 0 -a "$(of nr_stale)" -gt 0 ]
	fallback_comes_and_goes
	inject corrupt=100
	nobody_is_lost corrupt=100

	inject ring=8
	nobody_is_lost ring=8
	ok "a ring was full $(of nr_ring_full) times" [ "$(of nr_ring_full)" -gt 0 ]
	inject decisions=8
	nobody_is_lost decisions=8
	is 'there are other rounds' "$(cmp -s "$tmp/plain" "$tmp/out" && echo same || echo other)" other
	inject tasks=8
	nobody_is_lost tasks=8
	ok "there was no slot $(of nr_no_slot) times" [ "$(of nr_no_slot)" -gt 0 ]
	inject events=8
	nobody_is_lost events=8

	all=delay=50@3,drop-wakeup=5,corrupt=5,lose=2,twice=5,ring=8,decisions=8,tasks=16
	inject $all,seed=5
	nobody_is_lost $all,seed=5
	cp "$tmp/out" "$tmp/before"
	inject $all,seed=5
	ok 'the same seed gives the same, to the last bit' cmp "$tmp/before" "$tmp/out"
	SCXU_INJECT=$all,seed=5 simulate "$sched"
	ok 'and so does the environment' cmp "$tmp/before" "$tmp/out"
	SCXU_INJECT=lose=100 inject $all,seed=5
	ok 'which --inject overrides' cmp "$tmp/before" "$tmp/out"
	inject $all,seed=6
	is 'another seed gives another run' "$(cmp -s "$tmp/before" "$tmp/out" && echo same || echo other)" other
	inject seed=5
	ok 'and a seed alone none' cmp "$tmp/plain" "$tmp/out"

	# It has what was decided, not what became of that on the way.
	simulate "$sched" --record "$tmp/rec" --inject $all
	"$builddir/schedulers/$sched" --replay "$tmp/rec" --json >"$tmp/out" 2>"$tmp/err"
	ok "recorded: $(of nr_recorded) decisions" [ "$(of nr_recorded)" -gt 500 ]
	# One that found the ring full was given again, and the first time counts as stale.
	is 'and replayed without faults: the same ones' \
		"$(of nr_now) $(($(of nr_same) + $(of nr_stale_now))) $(of nr_different)" \
		"$(of nr_recorded) $(of nr_recorded) 0"
done

# refuses STATUS WORDS [OPTION]...
refuses()
{
	want=$1
	words=$2
	shift 2
	rc=0
	"$builddir/schedulers/scx_fifo" "$@" >"$tmp/out" 2>&1 || rc=$?
	is "$*: exit status" $rc "$want"
	ok 'and why' grep -q -e "$words" "$tmp/out"
}

refuses 2 'inject "delay=x": want delay=MS' --simulate "$srcdir/t/sim/faults.json" --inject delay=x
refuses 2 'inject "nonsense": want one of delay, spin' --simulate "$srcdir/t/sim/faults.json" --inject nonsense
refuses 2 '--replay or --inject, not both' --replay "$tmp/rec" --inject lose=5
refuses 2 '--inject or --monitor, not both' --monitor 1 --inject lose=5
SCXU_INJECT=lose=5
export SCXU_INJECT
refuses 2 'replay and SCXU_INJECT: want one of them' --replay "$tmp/rec"
unset SCXU_INJECT
done_testing
