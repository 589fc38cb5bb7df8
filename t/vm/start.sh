#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a bad start or end has its exit status, says why in a line, leaves nothing attached.
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

# bad_start NAME STATUS WORD COMMAND...: WORD is what the message must contain.
bad_start()
{
	name=$1
	status=$2
	word=$3
	shift 3
	rc=0
	timeout -s KILL 20 chrt -o 0 "$@" >/tmp/start.out 2>/tmp/start.err </dev/null || rc=$?
	is "$name: exit status" $rc "$status"
	# A second line may point to --help.
	if [ "$(grep -c . /tmp/start.err)" -le 2 ] && head -n 1 /tmp/start.err | grep -qi -e "$word"; then
		pass "$name: says so"
	else
		fail "$name: says so, in one line with \"$word\"" "stdout: $(cat /tmp/start.out)"
	fi
	diag "$(cat /tmp/start.err)"
	is "$name: attaches nothing" "$(state 2>/dev/null)" "$expected_state"
}

# The words of SCHED are an argument each.
# shellcheck disable=SC2086
bad_option() # WORD ARG...
{
	word=$1
	shift
	bad_start "scx_fifo $*" 2 "$word" $SCHED "$@"
}

# without PATH SOURCE COMMAND...: run it while SOURCE hides PATH.
without()
{
	hidden=$1
	mount --bind "$2" "$hidden" || fail "mount over $hidden"
	shift 2
	"$@"
	umount "$hidden"
}

# shellcheck disable=SC2086
lacking_privilege()
{
	bad_start "no capability" 77 "cap_bpf.*cap_perfmon" as_user 1000 none $SCHED
	bad_start "without CAP_PERFMON" 77 "cap_perfmon" as_user 1000 bpf,ipc_lock $SCHED
	bad_start "without CAP_BPF" 77 "cap_bpf" as_user 1000 perfmon,ipc_lock $SCHED
	# shellcheck disable=SC2016 # for the inner shell to expand
	bad_start "too little memory to lock" 77 "memlock\|lock.*memory\|memory.*lock" \
		sh -c 'ulimit -l 64; exec as_user 1000 bpf,perfmon "$@"' sh $SCHED
}

# shellcheck disable=SC2086
lacking_support()
{
	mkdir -p /tmp/empty
	expected_state=
	without $SCX /tmp/empty bad_start "a kernel without sched_ext" 78 "sched_ext" $SCHED
	expected_state=disabled
	is "a kernel without sched_ext: nothing is attached behind it" "$(state)" disabled
	without /sys/kernel/btf/vmlinux /dev/null bad_start "a kernel without BTF" 78 "BTF" $SCHED
	bad_start "a libbpf that is too old" 78 "libbpf" env LD_PRELOAD=/vm/old_libbpf.so $SCHED
}

# shellcheck disable=SC2086
another_attached()
{
	if ! start_scheduler --stats "$STATS_SEC"; then
		fail "a good start"
		return
	fi
	ours=$(cat $SCX/root/ops)
	expected_state=enabled
	bad_start "another scheduler is attached" 75 "$ours" $SCHED
	is "another scheduler is attached: it stays" "$(cat $SCX/root/ops)" "$ours"
	ok "another scheduler is attached: it ends well later" stop_scheduler INT
}

# Its signals are blocked from before it attaches until it can be stopped.
attaches()
{
	grep -q '^SigBlk:.*4002$' "/proc/$1/status"
}

signal_while_it_attaches()
{
	# shellcheck disable=SC2086 # a command line
	background /tmp/sched $SCHED
	sched_pid=$(cat /tmp/sched.pid)
	ok "a signal while it attaches: in time" wait_until 20000 attaches "$sched_pid"
	ok "a signal while it attaches: is not lost" stop_scheduler INT
}

# The kernel throws the scheduler out when the machine's owner asks for it.
evicted()
{
	if ! start_scheduler --stats "$STATS_SEC"; then
		fail "another good start"
		return
	fi
	echo S >/proc/sysrq-trigger
	ok "evicted: ends by itself" wait_until 20000 ended /tmp/sched
	is "evicted: exit status" "$(cat /tmp/sched.rc)" 70
	ok "evicted: says so, with the kernel's reason" grep -qi "evicted.*sysrq" $OUT
	is "evicted: attaches nothing" "$(state)" disabled
	diag "$(tail -n 3 $OUT)"
}

expected_state=disabled
bad_option "no-such-option" --no-such-option
bad_option "no-such-argument" no-such-argument
for slice in 0 -5 abc 5x "" 99999999 99999999999999999999; do
	bad_option "slice" -s "$slice"
done
bad_option "slice\|-s\|'s'" -s
for ms in 0 99 30001 -5 abc ""; do
	bad_option "timeout" --timeout-ms "$ms"
done
for sec in abc -1 ""; do
	bad_option "stats" --stats "$sec"
done
# shellcheck disable=SC2086 # a command line
bad_start "a real-time class" 2 "real-time" chrt -f 10 $SCHED
signal_while_it_attaches
lacking_privilege
lacking_support
another_attached
expected_state=disabled
evicted
done_testing
