#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034 # for lib.sh
vm_options=--icount
guest 7.3 2 600 examples.sh 2 fifo_policy epoll vtime_policy
# With two the emulator may not get to the idle one, where the policy is, as long as one is busy.
guest 7.3 1 600 examples.sh 3 shares
guest 6.12 2 600 examples.sh 2 fifo_policy
done_testing
