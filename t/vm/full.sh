#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The full matrix: each kernel, number of CPUs and load for 20 s, and the faults at full length.
#
# usage: t/vm/full.sh [KERNEL...]    make check-vm-full; FULL_JOBS guests at a time (2)
# It takes hours. The TAP of each guest stays in check-vm-full.log/, in the folder it runs in: run it
# in pieces, a kernel at a time, and the last one sums up all.
set -eu

srcdir=${srcdir:-.}
log=check-vm-full.log
cpus="1 2 4 8"
loads="pairs threads hogs hackbench"
for stressor in cpu fork switch yield affinity futex mmap; do
	loads="$loads stress-$stressor"
done

one_guest() # NAME KERNEL CPUS SCRIPT ARG...
{
	tap=$log/$2-$3-cpus-$1.tap
	shift
	(
		SCXU_VM=1
		# shellcheck source=t/vm/lib.sh
		. "$srcdir/t/vm/lib.sh"
		need_vm
		kernel=$1
		nr_cpus=$2
		shift 2
		# shellcheck disable=SC2034,SC2154 # for and of lib.sh
		case $* in
		"fault.sh "*" hogs")	vm_options=$busy_icount ;;
		"fault.sh "*)		vm_options=--icount ;;
		hostile.sh* | control.sh* | stats.sh*)	vm_options=--icount ;;
		inject.sh*)		vm_options=$fast_icount ;;
		topology.sh*)		vm_options="--icount --topology 2,2,2" ;;
		fallback.sh*)		vm_options="$busy_icount --icount-shift 1 --topology 2,2,1"
					allow_klog='disabled \((runnable task stall|unregistered from BPF)\)' ;;
		life.sh*)
			allow_klog='disabled \((unregistered from the main kernel|disabled by sysrq-S)\)' ;;
		esac
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
		printf "%-28s %3d passed %3d failed %3d skipped\n", name, passed, failed, skipped
	}' "$1"
	grep '^not ok' "$1" | sed 's/^/    /' || :
}

if [ "${1:-}" = --one ]; then
	kernel=$2
	nr_cpus=$3
	# shellcheck disable=SC2086 # a list of words
	one_guest load "$kernel" "$nr_cpus" load.sh 20 $loads rounds pidns again
	one_guest fault "$kernel" "$nr_cpus" fault.sh 30 10
	case $kernel-$nr_cpus in
	7.3-4 | 6.12-4)
		one_guest fallback "$kernel" "$nr_cpus" fallback.sh
		one_guest answers "$kernel" "$nr_cpus" control.sh causes answers
		one_guest life "$kernel" "$nr_cpus" life.sh hotplug suspend cgroup dump restart handles ;;
	7.3-2 | 6.12-2)
		one_guest hostile "$kernel" "$nr_cpus" hostile.sh 10
		one_guest inject "$kernel" "$nr_cpus" inject.sh 5
		one_guest stats "$kernel" "$nr_cpus" stats.sh \
			"$([ "$kernel" = 7.3 ] && echo kernel-events || echo none)" ;;
	7.3-8 | 6.12-8)
		one_guest topology "$kernel" "$nr_cpus" topology.sh ;;
	esac
	# The other loads, a guest each, where they tell most: the newest and the oldest kernel.
	case $kernel-$nr_cpus in
	7.3-4 | 6.12-4)
		for load in threads hogs hackbench stress; do
			one_guest "fault-$load" "$kernel" "$nr_cpus" fault.sh 30 10 $load
		done ;;
	esac
	exit 0
fi

[ $# -gt 0 ] || set -- 7.3 7.2 6.12
mkdir -p "$log"
for kernel; do
	rm -f "$log/$kernel"-*
done
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
