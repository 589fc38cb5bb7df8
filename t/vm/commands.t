#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What people do beside starting a scheduler: watch it, and say what it has. Newest, oldest kernel.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
# shellcheck disable=SC2034,SC2154 # for and of lib.sh
vm_options=$fast_icount
# The kernel has no part in it.
guest 7.3 2 600 socket.sh
guest 7.3 2 600 partial.sh move
# There the kernel keeps no share of a CPU for our class.
guest 6.12 2 600 partial.sh move above
done_testing
