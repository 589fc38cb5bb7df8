#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faults that are injected into a scheduler. Time is counted in instructions. The full matrix has 6.12, too.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034,SC2154 # for and of lib.sh
vm_options=$fast_icount
guest 7.3 2 1200 inject.sh 2
done_testing
