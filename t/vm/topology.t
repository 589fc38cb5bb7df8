#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two nodes of two cores of two CPUs: the library knows them, and has whole cores taken first.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034 # for lib.sh
vm_options="--icount --topology 2,2,2"
guest 7.3 8 600 topology.sh
done_testing
