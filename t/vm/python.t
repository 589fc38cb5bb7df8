#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A scheduler without a compiler: the example in Python, with the machine's python3.
set -eu
# shellcheck source=t/vm/lib.sh
. "${srcdir:-.}/t/vm/lib.sh"

need_vm
python=/usr/bin/python3
program=$srcdir/examples/python/scx_fifo.py
library=$builddir/lib/.libs/libscxuser.so.0
[ -x "$python" ] || skip_all "no $python here: scripts/deps vm installs it"
! ldd "$library" | grep -q libasan || skip_all 'python3 cannot load a library with sanitizers'

# Of Python's library, the modules that the program's imports load. Without "site", which would
# load what else is installed here.
modules=$("$python" -I -S -c "$(grep -E '^(import|from) ' "$program")
print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)})") || skip_all "no ctypes for $python here: scripts/deps vm installs it"

guest_files=$work/files
mkdir -p "$guest_files/usr/bin" "$guest_files/usr/lib" "$guest_files/vm"
# shellcheck disable=SC2086 # a list of files
cp --parents $modules "$guest_files"
cp "$python" "$guest_files/usr/bin/python3"
cp "$library" "$guest_files/usr/lib/"
cp "$program" "$guest_files/vm/"

# One of the tests has the scheduler thrown out.
allow_klog='disabled by sysrq-S'
SCHED='python3 -I -S /vm/scx_fifo.py'
guest 7.3 2 600 python.sh 5
guest 6.12 2 600 python.sh 5
done_testing
