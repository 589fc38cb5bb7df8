#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check-style finds each kind of trouble, in a small source tree that is otherwise right.
set -eu
srcdir=${srcdir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-broken.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

small_header()
{
	cat <<'EOT'
/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */

/* What it is good for. Since 0.1. */
struct scxu_thing {
	/** Where. */
	int cpu;
	union {
		int number; /**< and how many */
	};
	int reserved[4];
};

/** What can be. Since: 0.1. */
enum {
	SCXU_ONE = 1 << (0), /**< this */
	SCXU_TWO = 1 << (1)  /**< or that, a word
			       *  that is long */
};

/* A limit. Since 0.1. */
#define SCXU_MAX 10

/* What it does. Since 0.1. */
int scxu_one(int cpu);

/*
 * What the other does. Since 0.1.
 */
int scxu_two(int cpu, int prev_cpu);

/* What needs no library. Since 0.1. */
static inline int scxu_three(int cpu)
{
	return cpu ? scxu_one(cpu) : 3;
}

/* The same with a word less. Since 0.1. */
#define scxu_four(cpu) scxu_three(cpu)
EOT
}

# A new small tree, in which all is right.
fresh_tree()
{
	rm -rf "$tmp/tree"
	mkdir -p "$tmp/tree/include" "$tmp/tree/lib" "$tmp/tree/man"
	cd "$tmp/tree"
	cp "$clang_format_rules" .
	small_header >include/scxuser.h
	cat >Makefile.am <<-'EOT'
	# SPDX-License-Identifier: GPL-2.0-only
	EXTRA_DIST = include/scxuser.h lib/libscxuser.map man/scxu_one.3 man/scxu_two.3 script
	EOT
	cat >lib/libscxuser.map <<-'EOT'
	/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
	NODE {
	global:
		scxu_one;
		scxu_two;
	local:
		*;
	};
	EOT
	cat >man/scxu_one.3 <<-'EOT'
	.\" SPDX-License-Identifier: GPL-2.0-only
	.Sh NAME
	.Nm scxu_one ,
	.Nm scxu_two
	.Nd do things
	.Sh DESCRIPTION
	EOT
	cat >man/scxu_two.3 <<-'EOT'
	.\" SPDX-License-Identifier: GPL-2.0-only
	.so man3/scxu_one.3
	EOT
}

# finds NAME PATTERN: in the tree as it is now, check-style has exactly one "not ok", about PATTERN.
finds()
{
	status=0
	"$check_style" "$tmp/tree" >"$tmp/out" || status=$?
	if [ "$status" = 1 ] && [ "$(grep -c '^not ok' "$tmp/out")" = 1 ] && grep -q "$2" "$tmp/out"; then
		pass "finds $1"
	else
		fail "finds $1" "exit status $status
$(cat "$tmp/out")"
	fi
}

check_style=$(realpath "$srcdir/t/style/check-style")
clang_format_rules=$(realpath "$srcdir/.clang-format")

fresh_tree
"$check_style" --tap "$tmp/tree" >"$tmp/out"
formatted=$(grep -c '^ok 7 .*SKIP' "$tmp/out" || :)
is 'nothing is wrong with the small tree' "$(grep -c '^not ok' "$tmp/out")" 0

fresh_tree
sed -i 1d include/scxuser.h
finds 'a missing SPDX line' '^# include/scxuser.h: want'

fresh_tree
sed -i '1{h;d};2G' include/scxuser.h
finds 'an SPDX line that is not the first' '^# include/scxuser.h: want'

fresh_tree
sed -i 's/ OR BSD-2-Clause//' lib/libscxuser.map
finds 'the wrong licence' '^# lib/libscxuser.map: want'

fresh_tree
printf '#!/bin/sh\necho\n' >script
finds 'a script without SPDX line' '^# script: want'

fresh_tree
sed -i 's, man/scxu_two.3,,' Makefile.am
finds 'a file that no list names' '^# man/scxu_two.3: in no'

fresh_tree
sed -i '/What it does/d' include/scxuser.h
finds 'a declaration without comment' '^# scxu_one: no declaration with a comment'

fresh_tree
sed -i 's,What it does. Since 0.1. \*/,&\n,' include/scxuser.h
finds 'a comment that is not directly above' '^# scxu_one: no declaration with a comment'

fresh_tree
rm man/scxu_two.3
finds 'a symbol without manual page' '^# scxu_two: no man/scxu_two.3'

fresh_tree
sed -i '/^.Nm scxu_two/d' man/scxu_one.3
finds 'a page that does not name its symbol' '^# scxu_two: no man/scxu_two.3'

fresh_tree
sed -i '/scxu_two/d' lib/libscxuser.map
finds 'a declared function that is not exported' '^# scxu_two: in include/scxuser.h but not'

fresh_tree
mkdir schedulers
printf '// SPDX-License-Identifier: GPL-2.0-only\n/* example */\nint one;\n' >schedulers/scx_fifo.c
sed -i 's,script$,& schedulers/scx_fifo.c,' Makefile.am
printf '```c\nint two;\n```\n' >README.md
finds 'a quote that is not the code' '^# +int two;'

fresh_tree
sed -i '/What it is good for/d' include/scxuser.h
finds 'a struct without comment' '^# scxu_thing: no comment'

fresh_tree
sed -i '/What can be/d' include/scxuser.h
finds 'an enum without comment' '^# enum: no comment'

fresh_tree
sed -i '/A limit/d' include/scxuser.h
finds 'a macro without comment' '^# SCXU_MAX: no comment'

fresh_tree
sed -i '/What needs/d' include/scxuser.h
finds 'an inline function without comment' '^# scxu_three: no comment'

fresh_tree
sed -i 's/What it does. Since 0.1./What it does./' include/scxuser.h
finds 'a function that is of no version' '^# scxu_one: its comment does not say'

fresh_tree
sed -i 's/What it is good for. Since 0.1./What it is good for./' include/scxuser.h
finds 'a struct that is of no version' '^# scxu_thing: its comment does not say'

fresh_tree
sed -i 's/int cpu;/&\n\tint prev_cpu;/' include/scxuser.h
finds 'a member without comment' '^# scxu_thing.prev_cpu: no comment'

fresh_tree
sed -i 's, /\*\*< and how many \*/,,' include/scxuser.h
finds 'one in a union' '^# scxu_thing.number: no comment'

fresh_tree
sed -i 's/\tSCXU_ONE/\tSCXU_NONE,\n&/' include/scxuser.h
finds 'an enumerator without comment' '^# SCXU_NONE: no comment'

fresh_tree
sed -i 's,  /\*\*< or that,  /* or that,' include/scxuser.h
finds 'a last one without comment' '^# SCXU_TWO: no comment'

fresh_tree
sed -i 's/SCXU_MAX/MAX_CPU/' include/scxuser.h
finds 'a name without prefix' '^# MAX_CPU: want a name'

if [ "$formatted" = 0 ]; then
	fresh_tree
	sed -i 's/(int cpu);/( int cpu );/' include/scxuser.h
	finds 'unformatted code' '^# include/scxuser.h: clang-format'
else
	skip 'finds unformatted code' 'no clang-format 14 or newer here'
fi

is 'a folder that is no source tree is refused' \
	"$("$check_style" "$tmp" 2>&1 >"$tmp/out" | grep -c 'is no source tree')" 1
done_testing
