#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A scheduler that is stopped or killed under load, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# With time counted in instructions: how busy this machine is must not matter.
# shellcheck disable=SC2154 # of lib.sh
vm_options=$fast_icount
guest 7.3 2 900 fault.sh 4 3
guest 6.12 4 900 fault.sh 4 3
# shellcheck disable=SC2034,SC2154 # for and of lib.sh
vm_options="$busy_icount --icount-shift 1"
guest 7.3 2 900 fault.sh 4 1 hogs
done_testing
