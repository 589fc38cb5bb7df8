#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples of the manual pages compile.
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

for page in "$srcdir"/man/*.[37]; do
	name=${page##*/}
	example "$page" >"$tmp/$name.c"
	if grep -q '#include <scxuser.h>' "$tmp/$name.c"; then
		ok "the example in $name" compiles "$tmp/$name.c"
	fi
done
done_testing
