#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The ABI is the recorded one; check-abi sees each way to break it, and lets it grow.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-$srcdir}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-abi.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
check_abi=$(realpath "$srcdir/t/style/check-abi")
tree=$tmp/tree
header=$tree/include/scxuser.h
map=$tree/lib/libscxuser.map
record=$tree/lib/libscxuser.abi

small_header()
{
	cat <<-'EOT'
	#include <stddef.h>
	#include <stdint.h>
	#define SCXU_ANY (-1)
	enum scxu_kind {
		SCXU_KIND_ONE,
		SCXU_KIND_TWO,
	};
	typedef void (*scxu_fn)(void *arg, int level);
	struct scxu_grows {
		size_t sz;
		uint32_t cpu;
		uint32_t flags;
	};
	struct scxu_fixed {
		uint64_t now_ns;
		uint32_t slot;
		uint32_t weight;
		union {
			uint64_t number;
			struct {
				uint32_t low, high;
			} half;
		};
		int (*call)(int cpu);
		uint64_t reserved[4];
	};
	int scxu_one(struct scxu_fixed *t, int cpu);
	uint32_t scxu_two(scxu_fn fn);
	EOT
}

# A small tree that is as it was recorded, and a copy of it for fresh_tree.
make_tree()
{
	mkdir -p "$tree/include" "$tree/lib"
	small_header >"$header"
	printf 'NODE_1 {\nglobal:\n\tscxu_one;\n\tscxu_two;\nlocal:\n\t*;\n};\n' >"$map"
	"$check_abi" --update "$tree" >"$tmp/out" || bail "$(cat "$tmp/out")"
	cp -r "$tree" "$tmp/fresh"
}

fresh_tree()
{
	rm -rf "$tree"
	cp -r "$tmp/fresh" "$tree"
}

# As a release does.
release()
{
	sed -i '/^# Not released yet:/d' "$record"
}

# edit SED: on the header; an edit that changes nothing would test nothing.
edit()
{
	cp "$header" "$tmp/before"
	sed -i "$1" "$header"
	! cmp -s "$header" "$tmp/before" || fail "the edit changes something" "$1"
}

# finds NAME LINE: in the tree as it is now, check-abi has one "not ok" and says LINE.
finds()
{
	status=0
	"$check_abi" "$tree" >"$tmp/out" || status=$?
	if [ "$status" = 1 ] && [ "$(grep -c '^not ok' "$tmp/out")" = 1 ] && grep -qF "# $2" "$tmp/out"; then
		pass "finds $1"
	else
		fail "finds $1" "exit status $status
$(cat "$tmp/out")"
	fi
}

# found NAME SED LINE: the same, after that edit of the header.
found()
{
	fresh_tree
	edit "$2"
	finds "$1" "$3"
}

# allows NAME NR_NEW: in the tree as it is now, all is well, and so many lines are new.
allows()
{
	status=0
	"$check_abi" "$tree" >"$tmp/out" || status=$?
	new=$(sed -n 's/^# Not recorded yet, lines: \([0-9]*\).*/\1/p' "$tmp/out")
	if [ "$status" = 0 ] && [ "${new:-0}" = "$2" ]; then
		pass "allows $1"
	else
		fail "allows $1" "exit status $status
$(cat "$tmp/out")"
	fi
}

allowed()
{
	fresh_tree
	release
	edit "$2"
	allows "$1" "$3"
}

exported()
{
	nm -D --defined-only --with-symbol-versions "$1" |
		sed -n 's/.* T \(.*\)@@\(.*\)/symbol \1 \2/p'
}

status=0
"$check_abi" "$srcdir" >"$tmp/out" || status=$?
is 'the ABI is as it was recorded' "$status" 0
diag "$(cat "$tmp/out")"
if [ -e "$builddir/lib/.libs/libscxuser.so" ]; then
	exported "$builddir/lib/.libs/libscxuser.so" >"$tmp/exported"
	is 'the library exports what is recorded' \
		"$(grep '^symbol ' "$srcdir/lib/libscxuser.abi" | grep -vxF -f "$tmp/exported")" ''
else
	skip 'the library exports what is recorded' 'no shared library was built'
fi

make_tree
allows 'what is as it was' 0
allowed 'a member at the end of a struct that grows' '/flags;/s/$/ uint64_t later;/' 1
allowed 'a member in reserved room' 's/uint64_t reserved.*/uint64_t later[3], reserved;/' 1
allowed 'a new enumerator' '/KIND_TWO/s/$/ SCXU_KIND_THREE,/' 1
allowed 'a new struct' '$s/$/ struct scxu_later { int cpu; };/' 2
allowed 'another name of a parameter' 's/int cpu);$/int prev_cpu);/' 0
fresh_tree
release
echo 'void scxu_three(void);' >>"$header"
printf 'NODE_2 {\nglobal:\n\tscxu_three;\n} NODE_1;\n' >>"$map"
allows 'a new function' 2

found 'a member that moved' '/cpu;/{h;d};/flags;/G' 'member scxu_grows.cpu: was 8 4 uint32_t, is 12 4'
found 'a member in front of others' 's/uint32_t cpu;/int32_t x, y; &/' \
	'member scxu_grows.flags: was 12 4 uint32_t, is 20 4 uint32_t'
found 'a member of another size' 's/uint32_t cpu/uint64_t cpu/;/flags/s/$/ uint32_t x;/' \
	'member scxu_grows.cpu: was 8 4 uint32_t, is 8 8 uint64_t'
found 'a member with a sign' 's/uint32_t slot/int32_t slot/' \
	'member scxu_fixed.slot: was 8 4 uint32_t, is 8 4 int32_t'
found 'a member that is gone' '/uint32_t flags/d;/cpu;/d' \
	'member scxu_grows.flags: was 12 4 uint32_t, is gone'
found 'one in a union without name' 's/low, high/high, low/' \
	'member scxu_fixed.half.low: was 16 4 uint32_t, is 20 4'
found 'a callback of another type' 's/(\*call)(int/&64_t/' \
	'member scxu_fixed.call: was 24 8 int (int) *, is 24 8 int (int64_t) *'
found 'a struct that is gone' '/struct scxu_grows/,/^}/d' \
	'member scxu_grows.sz: was 0 8 size_t, is gone'
found 'a fixed size that is another' 's/reserved\[4/reserved[5/' 'size scxu_fixed: was 64, is 72'
found 'reserved room that is gone' '/reserved/d' 'size scxu_fixed: was 64, is 32'
found 'an enumerator of another value' 's/KIND_ONE/& = 7/' 'enum SCXU_KIND_ONE: was 0, is 7'
found 'one in front of others' 's/SCXU_KIND_TWO/SCXU_KIND_X, &/' 'enum SCXU_KIND_TWO: was 1, is 2'
found 'an enumerator that is gone' '/KIND_TWO/d' 'enum SCXU_KIND_TWO: was 1, is gone'
found 'a macro of another value' 's/(-1)/(-2)/' 'macro SCXU_ANY: was (-1), is (-2)'
found 'a function of another type' 's/^int scxu_one/int64_t scxu_one/' 'function scxu_one: was int ('
found 'a parameter of another type' '/scxu_one/s/int cpu/uint32_t cpu/' \
	'function scxu_one: was int (struct scxu_fixed *, int), is int (struct scxu_fixed *, uint32_t)'
found 'a type of another meaning' 's/int level/long level/' \
	'typedef scxu_fn: was void (void *, int) *'
found 'a hole' 's/uint64_t reserved.*/uint32_t later; uint64_t reserved[3];/' \
	'scxu_fixed: a hole at offset 36'
found 'a hole at the end' '/flags;/s/$/ uint32_t later;/' 'scxu_grows: a hole at offset 20'
found 'a bit-field' '/flags;/s/$/ uint64_t later : 1;/' 'scxu_grows.later: a bit-field'
found 'what cannot be read' 's/uint32_t slot/uint33_t slot/' './include/scxuser.h:'

fresh_tree
sed -i '/scxu_two/d' "$map"
finds 'a symbol that is gone' 'symbol scxu_two: was NODE_1, is gone'

fresh_tree
sed -i 's/NODE_1/NODE_2/' "$map"
finds 'a symbol that is another' 'symbol scxu_one: was NODE_1, is NODE_2'

fresh_tree
release
sed -i 's/scxu_one;/&\n\tscxu_three;/' "$map"
echo 'void scxu_three(void);' >>"$header"
finds 'a symbol in a released node' 'scxu_three: added to NODE_1'

fresh_tree
sed -i 's/(-1)/(-2)/' "$header"
"$check_abi" --update "$tree" >"$tmp/out" || :
ok 'an update takes what is not released' grep -qx 'macro SCXU_ANY (-2)' "$record"
allows 'it then' 0

fresh_tree
release
sed -i 's/(-1)/(-2)/;s/uint32_t flags;/& uint64_t later;/' "$header"
"$check_abi" --update "$tree" >"$tmp/out" || :
ok 'and leaves what is' grep -qx 'macro SCXU_ANY (-1)' "$record"
ok 'and takes what is new' grep -qx 'member scxu_grows.later 16 8 uint64_t' "$record"
finds 'the change still' 'macro SCXU_ANY: was (-1), is (-2)'

is 'a folder that is no source tree is refused' \
	"$("$check_abi" "$tmp" 2>&1 >"$tmp/out" | grep -c 'is no source tree')" 1
done_testing
