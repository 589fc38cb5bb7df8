#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a policy can ask for beside "run this task", on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
SCHED=none
# With time counted in instructions: how busy this machine is must not matter.
vm_options=--icount
guest 7.3 4 600 control.sh "control kick-wait" "nonsense pingpong -t 1 4 0"
guest 6.12 2 600 control.sh "control none" "nonsense pingpong -t 1 4 0"
done_testing
