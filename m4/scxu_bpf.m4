# SPDX-License-Identifier: GPL-2.0-only
# Finds the tools that make bpf/scxu.skel.h: clang, llvm-strip, bpftool.

# _SCXU_BPF_TOOL(VARIABLE, CANDIDATES, TEST)
# Sets VARIABLE to the first candidate for which TEST, a command about $scxu_tool, succeeds; a
# VARIABLE set by the user is the only candidate. If none, VARIABLE_why says what was tried.
AC_DEFUN([_SCXU_BPF_TOOL], [
  scxu_candidates=${$1:-$2}
  AC_MSG_CHECKING([for $1])
  $1= $1_why="none of $scxu_candidates"
  for scxu_name in $scxu_candidates; do
    scxu_tool=`PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; command -v "$scxu_name"` || continue
    AS_IF([{ $3; } >&AS_MESSAGE_LOG_FD 2>&1], [$1=$scxu_tool; break])
    $1_why="$scxu_tool is unfit, see config.log"
  done
  AC_MSG_RESULT([${$1:-no, $$1_why}])
])

# SCXU_BPF: sets BPF_CLANG, BPF_STRIP, BPFTOOL, BPF_TARGET and the conditional BUILD_BPF.
# A release tarball has the skeleton, so that it can be built without these tools.
AC_DEFUN([SCXU_BPF], [
  AC_ARG_VAR([BPF_CLANG], [clang 19 or newer, for the BPF object])
  AC_ARG_VAR([BPF_STRIP], [llvm-strip of the same LLVM])
  AC_ARG_VAR([BPFTOOL], [bpftool that makes skeletons with struct_ops and arena])
  AC_ARG_VAR([BPF_CFLAGS], [more flags for BPF_CLANG, which does not get CFLAGS])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([],
    [[char little[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : -1]; (void)little;]])],
    [BPF_TARGET=bpfel], [BPF_TARGET=bpfeb])
  AC_SUBST([BPF_TARGET])

  _SCXU_BPF_TOOL([BPF_CLANG], [clang-22 clang-21 clang-20 clang-19 clang],
    [$scxu_tool --target=$BPF_TARGET -mcpu=v3 -g -O2 -c "$srcdir/bpf/probe.bpf.c" -o conftest.bpf.o])
  scxu_llvm=`${BPF_CLANG:-:} -dumpversion | sed 's/\..*//'`
  _SCXU_BPF_TOOL([BPF_STRIP], [llvm-strip-${scxu_llvm:-19} llvm-strip],
    [test ! -e conftest.bpf.o || $scxu_tool -g conftest.bpf.o])
  _SCXU_BPF_TOOL([BPFTOOL], [bpftool],
    [test ! -e conftest.bpf.o || $scxu_tool gen skeleton conftest.bpf.o name probe | grep probe_ops])
  rm -f conftest.bpf.o

  scxu_bpf="built with `basename "${BPF_CLANG:-clang}"` and bpftool"
  AS_IF([test -n "$BPF_CLANG" && test -n "$BPF_STRIP" && test -n "$BPFTOOL"], [],
    [test -e "$srcdir/bpf/scxu.skel.h" && test $BPF_TARGET = bpfel], [scxu_bpf=prebuilt], [
    AS_IF([test -z "$BPF_CLANG"],
      [SCXU_MISSING([clang >= 19, for the BPF object ($BPF_CLANG_why)], [clang-19], [clang])])
    AS_IF([test -z "$BPF_STRIP"],
      [SCXU_MISSING([llvm-strip ($BPF_STRIP_why)], [llvm-${scxu_llvm:-19}], [llvm])])
    AS_IF([test -z "$BPFTOOL"],
      [SCXU_MISSING([bpftool that makes skeletons ($BPFTOOL_why)], [bpftool], [bpftool])])
  ])
  AM_CONDITIONAL([BUILD_BPF], [test "$scxu_bpf" != prebuilt])
])
