#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A scheduler that is stopped or killed under load, on the newest and on the oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
guest 7.3 4 600 fault.sh 8 10
guest 6.12 2 600 fault.sh 8 10
done_testing
