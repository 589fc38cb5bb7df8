#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each member of a task's record and each event, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
SCHED=none
# With time counted in instructions: how busy this machine is must not matter. Two nodes, each with
# a cache of its own, or 0 would do for an answer.
vm_options="--icount --qemu -smp --qemu sockets=2
	--qemu -object --qemu memory-backend-ram,id=m0,size=1G --qemu -numa --qemu node,memdev=m0,cpus=0-1
	--qemu -object --qemu memory-backend-ram,id=m1,size=1G --qemu -numa --qemu node,memdev=m1,cpus=2-3"
guest 7.3 4 600 control.sh fields events
guest 6.12 4 600 control.sh fields events
done_testing
