#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Statistics: a kernel that counts events of its own, and one that does not (the rest: full matrix).
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# With time counted in instructions: how busy this machine is must not matter.
vm_options=--icount
guest 7.3 4 600 control.sh "counters kernel-events"
guest 6.12 4 600 control.sh "counters none"
guest 7.3 2 600 stats.sh kernel-events
done_testing
