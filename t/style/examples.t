#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples of the manual pages compile, and what README.md says how to compile.
set -eu
srcdir=${srcdir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-examples.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# The literal text in the EXAMPLES section of a page.
example()
{
	awk '/^\.Sh / { on = /EXAMPLES/ } /^\.Ed/ { literal = 0 }
	     on && literal { gsub(/\\e/, "\\"); print }
	     /^\.Bd -literal/ { literal = 1 }' "$1"
}

compiles()
{
	"${CC:-cc}" -std=gnu17 -Wall -Wextra -Wno-unused-parameter -Werror -fsyntax-only \
		-I "$srcdir/include" "$1"
}

# Its command, but for libscxuser, which need not be installed. It has to do with newer compilers, too.
readme_compiles()
{
	command=$(sed -n '/^    cc .*scx_mine/,/[^\\]$/{ s/\\$//; s/libscxuser//; s/-o scx_mine//; p }' \
		"$srcdir/README.md" | tr '\n' ' ')
	[ "$command" ] && (cd "$srcdir" &&
		eval "$command -fsyntax-only -Werror=implicit-function-declaration -I include")
}

for page in "$srcdir"/man/*.[37]; do
	name=${page##*/}
	example "$page" >"$tmp/$name.c"
	if grep -q '#include <scxuser.h>' "$tmp/$name.c"; then
		ok "the example in $name" compiles "$tmp/$name.c"
	fi
done
ok 'what README.md says how to compile' readme_compiles
done_testing
