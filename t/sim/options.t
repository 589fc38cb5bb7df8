#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Options of the reference schedulers, in the simulator: what each changes, as a figure.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

# max_wait_us SCHEDULER LOAD GROUP [OPTION]...
max_wait_us()
{
	sched=$1
	load=$srcdir/t/sim/$2.json
	group=$3
	shift 3
	"$builddir/schedulers/$sched" --simulate "$load" "$@" |
		awk -v group="$group" '$1 == group { print $6 }'
}

# A task that may run on one CPU only need not wait until those that may run anywhere are through.
for sched in scx_fifo scx_rr scx_vruntime; do
	common_us=$(max_wait_us $sched bound bound --cpus 2)
	local_us=$(max_wait_us $sched bound bound --cpus 2 --percpu-local)
	ok "$sched --percpu-local: a bound task waits for $local_us us at most, else $common_us" \
		[ "${local_us:-99999}" -lt "$common_us" ]
done

load=$(mktemp "${TMPDIR:-/tmp}/scxuser-options.XXXXXX")
trap 'rm -f "$load"' EXIT
printf '{ "tasks": { "\\u001b[31mred": { "loop": 1, "run": 1000 } } }\n' >"$load"
name=$("$builddir/schedulers/scx_fifo" --simulate "$load" | awk 'END { print $1 }')
is 'a name of a task has nothing that a terminal obeys' "$name" '?[31mred'
done_testing
