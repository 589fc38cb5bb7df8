#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faults that are injected into a scheduler on the newest and on the oldest kernel. Time is counted in
# instructions.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034 # for lib.sh
vm_options=--icount
guest 7.3 2 1200 inject.sh 3
guest 6.12 2 1200 inject.sh 3
done_testing
