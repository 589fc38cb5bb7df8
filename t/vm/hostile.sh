#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: garbage in the shared memory, all the time. What of the kernel's memory is left behind?
#
# usage: hostile.sh SECONDS
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

bound_us=100000

free_kb()
{
	echo 3 >/proc/sys/vm/drop_caches
	sleep 0.5
	awk '/^MemAvailable:/ { print $2 }' /proc/meminfo
}

# Programs and maps of BPF.
nr_bpf()
{
	grep -c bpf /proc/vmallocinfo
}

attack()
{
	background /tmp/sleeper sleeper 10 3600
	ordinary hostile pingpong -t "$1" 8 0
	kill -TERM "$(cat /tmp/sleeper.pid)"
	wait_until 20000 ended /tmp/sleeper
	longest_us=$(sed -n 's/.*max_us=\([0-9]*\).*/\1/p' /tmp/sleeper.out)
	ok "garbage: a 10 ms sleeper oversleeps by at most 100 ms" [ "$longest_us" -le $bound_us ]
	diag "$(cat /tmp/sleeper.out)"
}

attack "$1"
free_before=$(free_kb)
nr_before=$(nr_bpf)
attack "$1"
attack "$1"
free_after=$(free_kb)
ok "garbage: no memory is lost: free $free_before, then $free_after kB" \
	[ "$free_after" -ge $((free_before - 2048)) ]
is "garbage: nothing of BPF is left behind" "$(nr_bpf)" "$nr_before"
ok "garbage: the kernel's own scheduler is back" state_is disabled
done_testing
