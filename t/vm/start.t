#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Bad starts and ends: in guests, and a start on this machine when its kernel has no sched_ext.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# One of the tests has the scheduler thrown out.
allow_klog='disabled by sysrq-S'
guest 7.3 2 600 start.sh
guest 6.12 2 600 start.sh

name="a kernel without sched_ext"
if [ -e /sys/kernel/sched_ext ]; then
	skip "$name" "this machine's kernel has it, and its scheduler is left alone"
else
	status=0
	"$builddir/schedulers/scx_fifo" >"$work/out" 2>"$work/err" </dev/null || status=$?
	is "$name: exit status" $status 78
	is "$name: one line says so" "$(grep -c sched_ext "$work/err")/$(grep -c . "$work/err")" 1/1
	diag "$(cat "$work/err")"
fi
done_testing
