#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a scheduler lives through: CPUs that come and go, cgroups, the kernel's dump.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# What the kernel says when it asks for a restart.
# shellcheck disable=SC2034 # for lib.sh
allow_klog='disabled \(unregistered from the main kernel\)'
guest 7.3 4 600 life.sh hotplug cgroup dump restart
guest 6.12 4 600 life.sh dump restart
done_testing
