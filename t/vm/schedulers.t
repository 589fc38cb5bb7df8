#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scx_rr and scx_vruntime: what each is for, and the loads, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
SCHED=none
# shellcheck disable=SC2154 # of lib.sh
vm_options=$fast_icount
guest 7.3 1 600 schedulers.sh turns shares patience
guest 6.12 1 600 schedulers.sh turns shares patience
vm_options=
SCHED=scx_rr
guest 7.3 2 600 load.sh 2 pairs threads hogs stress-affinity rounds
SCHED=scx_vruntime
guest 6.12 4 600 load.sh 2 pairs threads hogs stress-affinity rounds again
done_testing
