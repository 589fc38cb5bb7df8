#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The picture in README.md is of a run as it is today.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
python3 -c 'import html, json' 2>/dev/null ||
	skip_all 'no python3 with its library here (packages python3-minimal, libpython3-stdlib)'
tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-picture.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

"$builddir/schedulers/scx_vruntime" --simulate "$srcdir/t/sim/picture.json" --cpus 2 \
	--trace "$tmp/trace" >/dev/null
"$srcdir/scripts/timeline" "$tmp/trace" 200 264 >"$tmp/picture.svg"
ok 'the same picture' cmp "$tmp/picture.svg" "$srcdir/doc/simulated.svg"
status=0
"$srcdir/scripts/timeline" "$srcdir/t/sim/picture.json" 0 1 >/dev/null 2>"$tmp/err" || status=$?
is 'of something else there is none: exit status' $status 1
ok 'and why' grep -q 'picture.json: not a timeline of the simulator' "$tmp/err"
done_testing
