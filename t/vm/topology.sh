#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest, whose machine has two nodes of two cores of two CPUs: what the library makes of it.
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

SYS=/sys/devices/system

# expand LIST: the kernel's "0-2,5" as "0,1,2,5".
expand()
{
	echo "$1" | tr , '\n' | awk -F- '{
		for (cpu = $1; cpu <= ($2 == "" ? $1 : $2); cpu++) {
			printf "%s%d", comma, cpu
			comma = ","
		}
	}'
}

# list FILE: the CPUs in it.
list()
{
	expand "$(cat "$1")"
}

# The lines of CPUs in what "topology" prints, from the kernel's files.
kernel_says()
{
	for nr in 0 1 2 3 4 5 6 7; do
		cpu=$SYS/cpu/cpu$nr
		node=$(echo "$cpu"/node[0-9]*)
		node=${node##*node}
		echo "cpu$nr core=$(list "$cpu/topology/thread_siblings_list")" \
			"llc=$(list "$cpu/cache/index3/shared_cpu_list")" \
			"node$node=$(list $SYS/node/node"$node"/cpulist)"
	done
}

# cores_of CPU...: how many cores these are in.
nr_cores_of()
{
	for nr; do
		cat "$SYS/cpu/cpu$nr/topology/thread_siblings_list"
	done | sort -u | wc -l
}

nr_nodes_of()
{
	for nr; do
		echo $SYS/cpu/cpu"$nr"/node[0-9]*
	done | sed 's/.*node//' | sort -u | wc -l
}

nr_different()
{
	printf '%s\n' "$@" | sort -u | wc -l
}

# start MODE: the policy.
start()
{
	SCHED="topology $1"
	if start_scheduler; then
		pass "$1: attaches"
	else
		fail "$1: attaches"
		return 1
	fi
}

# spread LOOPS: sets "where" to the CPUs that they end up on.
spread()
{
	where=$(ordinary spread "$1")
	diag "$1 busy loops, on CPUs $where"
}

# spread_until LOOPS COMMAND...: a CPU that the emulator lets stand still, though idle, loses what waits
# for it to any other, wherever that is: then once more.
spread_until()
{
	nr_loops=$1
	shift
	for try in 1 2 3 4 5 6 7 8 9 10; do
		[ $try = 1 ] || diag "not as it should be: try $try"
		spread "$nr_loops"
		! "$@" || break
	done
}

# shellcheck disable=SC2086 # a list
have_a_core_each()
{
	[ "$(nr_cores_of $where)" = 4 ]
}

# shellcheck disable=SC2086
have_a_cpu_each()
{
	[ "$(nr_different $where)" = 6 ]
}

# shellcheck disable=SC2086
fill_one_node()
{
	[ "$(nr_nodes_of $where) $(nr_different $where)" = "1 4" ]
}

leave()
{
	ok "$1: in charge to the end" in_charge
	ok "$1: leaves when asked to" stop_scheduler INT
}

kernel_says >/tmp/kernel
topology show >/tmp/shown
is "the machine: 8 CPUs, 4 cores and 2 nodes" "$(head -n 1 /tmp/shown)" "cpus=8 nodes=2 llcs=2 cores=4"
is "who is whose sibling, as the kernel says" "$(tail -n +2 /tmp/shown)" "$(cat /tmp/kernel)"
is "each core has two CPUs" "$(nr_cores_of 0 1 2 3 4 5 6 7)" 4

if start anywhere; then
	is "the handle's topology is the same" "$(head -n 9 $OUT)" "$(cat /tmp/shown)"
	spread_until 4 have_a_core_each
	# shellcheck disable=SC2086 # a list
	is "4 busy loops have a core each" "$(nr_cores_of $where)" 4
	spread_until 6 have_a_cpu_each
	# shellcheck disable=SC2086
	is "6 busy loops have a CPU each" "$(nr_different $where)" 6
	# shellcheck disable=SC2086
	is "of both nodes" "$(nr_nodes_of $where)" 2
	leave anywhere
fi
if start numa_local; then
	spread_until 6 fill_one_node
	# shellcheck disable=SC2086
	is "6 busy loops stay in their node, though the other is idle" "$(nr_nodes_of $where)" 1
	# shellcheck disable=SC2086
	is "on all of its CPUs" "$(nr_different $where)" 4
	leave numa_local
fi
done_testing
