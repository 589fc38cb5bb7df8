#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scx_vruntime beside the kernel's own scheduler: shares, wake-ups, work done.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
command -v rt-app >/dev/null || skip_all "no rt-app here: scripts/deps vm installs it"
SCHED=scx_vruntime
# What rt-app and the simulator read; and what rt-app needs to end its threads.
guest_files=$work/files
mkdir -p "$guest_files"
cp "$srcdir/t/sim/levels.json" "$guest_files"
libgcc=$(realpath "$(${CC:-cc} -print-file-name=libgcc_s.so.1)")
# shellcheck disable=SC2034,SC2154 # for lib.sh, from lib.sh
vm_options="$busy_icount --icount-shift 1 --add $(command -v rt-app) --add $libgcc:/lib/libgcc_s.so.1"
# shellcheck disable=SC2086 # a list of words
guest 7.3 1 900 fair.sh ${FAIR:-levels wakeups work}
guest 6.12 1 900 fair.sh wakeups
done_testing
