#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a scheduler lives through, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
guest 7.3 4 600 life.sh hotplug suspend cgroup dump restart
guest 6.12 4 600 life.sh hotplug suspend cgroup dump restart

# Two of the CPUs come later; and what the kernel writes down is on purpose.
vm_options="--append maxcpus=2"
allow_klog='"evicted" (en|dis)abled|disabled \(runnable task stall\)|watchdog failed to check in'
allow_klog="$allow_klog|failed to run for"
guest 7.3 4 600 life.sh offline handles evicted
guest 6.12 4 600 life.sh offline handles evicted
done_testing
