# SPDX-License-Identifier: GPL-2.0-only
# Says what the running kernel has. Information only: the library decides when it runs.

AC_DEFUN([SCXU_KERNEL], [
  AS_IF([test "$cross_compiling" = yes], [scxu_kernel="not asked (cross build)"], [
    scxu_btf=no scxu_ext=no
    AS_IF([test -r /sys/kernel/btf/vmlinux], [scxu_btf=yes])
    AS_IF([test -e /sys/kernel/sched_ext/state], [scxu_ext=yes])
    scxu_kernel="`uname -r`: BTF $scxu_btf, sched_ext $scxu_ext"
  ])
])
