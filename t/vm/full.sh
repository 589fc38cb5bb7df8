#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The full matrix: each kernel, number of CPUs and load for 20 s, and the faults at full length.
#
# usage: t/vm/full.sh [KERNEL...]    make check-vm-full; FULL_JOBS guests at a time (2)
# Its TAP and the guests' output stay in ./check-vm-full.log/, one file for each guest.
set -eu

srcdir=${srcdir:-.}
log=check-vm-full.log
cpus="1 2 4 8"
loads="pairs threads hogs hackbench"
for stressor in cpu fork switch yield affinity futex mmap; do
	loads="$loads stress-$stressor"
done

one_guest() # KERNEL CPUS SCRIPT ARG...
{
	tap=$log/$1-$2-cpus-${3%.sh}${6:+-$6}.tap
	(
		SCXU_VM=1
		# shellcheck source=t/vm/lib.sh
		. "$srcdir/t/vm/lib.sh"
		need_vm
		kernel=$1
		nr_cpus=$2
		shift 2
		# shellcheck disable=SC2034 # for lib.sh
		[ "$1" != fault.sh ] || vm_options=--icount
		guest "$kernel" "$nr_cpus" 3600 "$@"
		done_testing
	) >"$tap" 2>&1 || echo "not ok - exit status $?" >>"$tap"
	summary "$tap"
}

summary() # FILE
{
	awk -v name="$(basename "$1" .tap)" '
	/^ok/ { if (/# SKIP/) skipped++; else passed++ }
	/^1\.\.0/ { skipped++ }
	/^not ok/ { failed++ }
	END {
		printf "%-24s %3d passed %3d failed %3d skipped\n", name, passed, failed, skipped
	}' "$1"
	grep '^not ok' "$1" | sed 's/^/    /' || :
}

if [ "${1:-}" = --one ]; then
	shift
	# shellcheck disable=SC2086 # lists of words
	one_guest "$1" "$2" load.sh 20 $loads rounds pidns again
	one_guest "$1" "$2" fault.sh 30 10
	[ "$2" != 4 ] || for load in threads hogs hackbench stress; do
		one_guest "$1" "$2" fault.sh 30 10 "$load"
	done
	exit 0
fi

[ $# -gt 0 ] || set -- 7.3 7.2 6.12
rm -rf "$log"
mkdir "$log"
for kernel; do
	for nr_cpus in $cpus; do
		echo "$kernel $nr_cpus"
	done
done | xargs -L 1 -P "${FULL_JOBS:-2}" "$0" --one

echo
echo "The full matrix:"
for tap in "$log"/*.tap; do
	summary "$tap"
done | tee "$log/summary"
! grep -qE ' [1-9][0-9]* (failed|skipped)' "$log/summary"
