#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What is recorded of a real scheduler and replayed is decided alike, on the newest and on the oldest
# kernel; and recording never gets into the way.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
SCHED=none
vm_options=--icount
# What the kernel says when it asks for a restart.
# shellcheck disable=SC2034 # for lib.sh
allow_klog='disabled \(unregistered from the main kernel\)'
guest 7.3 2 600 record.sh same full killed restart
guest 6.12 4 600 record.sh same
done_testing
