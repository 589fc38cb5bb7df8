#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the fallback does and says, and answers that it makes up for. Time is counted in instructions.
# The full matrix has each of these on both kernels.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034 # for lib.sh
allow_klog='disabled \((runnable task stall|unregistered from BPF)\)'
# shellcheck disable=SC2154 # of lib.sh
vm_options="$busy_icount --icount-shift 1 --topology 2,2,1"
guest 7.3 4 600 fallback.sh
vm_options=--icount
guest 6.12 4 600 control.sh causes answers
guest 6.12 2 600 hostile.sh 3
done_testing
