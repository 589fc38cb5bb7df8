#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Loads under the scheduler: every kernel, every load and every number of CPUs at least once.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
guest 7.3 4 600 load.sh 3 pairs threads hogs hackbench stress rounds pidns again
guest 7.2 2 600 load.sh 3 pairs hogs hackbench again
guest 6.12 8 600 load.sh 3 pairs threads hogs hackbench stress rounds pidns
guest 7.3 1 600 load.sh 3 pairs threads hogs
done_testing
