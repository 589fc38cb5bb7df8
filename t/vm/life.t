#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a scheduler lives through: CPUs that come and go, sleep, cgroups, the kernel's dump, its end.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# What the kernel says when it asks for a restart, and when it is told by a key to evict.
allow_klog='disabled \((unregistered from the main kernel|disabled by sysrq-S)\)'
guest 7.3 4 600 life.sh hotplug suspend cgroup dump restart handles
guest 6.12 4 600 life.sh hotplug suspend cgroup
# Two of four CPUs are offline when the scheduler comes.
vm_options="--append maxcpus=2"
guest 7.3 4 600 life.sh offline
guest 6.12 4 600 life.sh offline
# shellcheck disable=SC2034 # for lib.sh
vm_options=--icount allow_klog='disabled \(runnable task stall\)'
guest 7.3 2 600 life.sh evicted
guest 6.12 2 600 life.sh evicted
done_testing
