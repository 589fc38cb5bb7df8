# SPDX-License-Identifier: GPL-2.0-only
# Collects what is missing, so that configure can name all of it at once.

# SCXU_MISSING(WHAT, DEBIAN-PACKAGE, FEDORA-PACKAGE)
AC_DEFUN([SCXU_MISSING], [
  AS_VAR_APPEND([scxu_missing], ["
    $1"])
  AS_VAR_APPEND([scxu_missing_debian], [" $2"])
  AS_VAR_APPEND([scxu_missing_fedora], [" $3"])
])

# SCXU_CHECK_MODULE(VARIABLE, PKG-CONFIG-MODULE, MINIMUM, DEBIAN-PACKAGE, FEDORA-PACKAGE)
AC_DEFUN([SCXU_CHECK_MODULE], [
  PKG_CHECK_MODULES([$1], [$2 >= $3], [], [
    scxu_found=`$PKG_CONFIG --modversion "$2" 2>/dev/null`
    SCXU_MISSING([$2 >= $3 (found: ${scxu_found:-none})], [$4], [$5])
  ])
])

AC_DEFUN([SCXU_STOP_IF_MISSING], [
  AS_IF([test -n "$scxu_missing"], [AC_MSG_ERROR([missing:$scxu_missing
  To install all of it:
    Debian: apt install$scxu_missing_debian
            (Debian 12: libbpf-dev and bpftool from bookworm-backports)
    Fedora: dnf install$scxu_missing_fedora])])
])
