#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the example in Python says of structs, functions and values is the recorded ABI.
set -eu
srcdir=${srcdir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
program=$srcdir/examples/python/scx_fifo.py
record=$srcdir/lib/libscxuser.abi
command -v python3 >/dev/null || skip_all 'no python3 here'
python3 -c 'import ctypes, sys; sys.exit(ctypes.sizeof(ctypes.c_void_p) != 8)' 2>/dev/null ||
	skip_all 'no ctypes for 64 bits here (package libpython3-stdlib)'

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-python.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# mirror PROGRAM: how many it compares, and where PROGRAM is not what is recorded.
mirror()
{
	python3 "$srcdir/t/style/mirror.py" "$1" "$record" >"$tmp/differs" 2>"$tmp/nr" || cat "$tmp/nr"
	cat "$tmp/differs"
}

# finds NAME SED LINE: the program, edited so, is seen to be wrong, in this first.
finds()
{
	sed "$2" "$program" >"$tmp/program.py"
	is "finds $1" "$(mirror "$tmp/program.py" | head -n 1 | sed 's/, recorded.*//')" "$3"
}

is 'the program and the record say the same' "$(mirror "$program")" ''
ok 'in all there is' [ "$(sed 's/ .*//' "$tmp/nr")" -gt 50 ]
ok 'it has at most 150 lines' [ "$(grep -c '' "$program")" -le 150 ]

finds 'a member that moved' 's/"pid tgid cpu"/"pid cpu tgid"/' 'member scxu_task.cpu: here 4 4 int'
finds 'a member with a sign' 's/(c_int32, "cpu")/(c_uint32, "cpu")/' \
	'member scxu_dispatch.cpu: here 8 4 unsigned int'
finds 'a member that is not there' 's/generation weight/generation height/' \
	'member scxu_task.height: here 24 4 unsigned int'
finds 'a struct that is too small' 's/c_uint64 \* 16/c_uint64 * 15/' 'size scxu_task: here 184'
finds 'a counter in another place' 's/nr_stale nr_bounced/nr_bounced nr_stale/' \
	'member scxu_stats.nr_bounced: here 40 8 unsigned long'
finds 'a callback of another type' 's/CFUNCTYPE(None, c_void_p, c_int/CFUNCTYPE(None, c_void_p, c_uint/' \
	'member scxu_opts.log: here 40 8 void (void *, unsigned int, char *) *'
finds 'a function with an argument less' 's/(c_int, c_void_p, c_int),/(c_int, c_void_p),/' \
	'function scxu_wait: here int (void *)'
finds 'a function that is not there' 's/"scxu_stop"/"scxu_halt"/' 'function scxu_halt: here void (void *)'
finds 'another value' 's/= -1, 1$/= -2, 1/' 'enum SCXU_CPU_ANY: here -2'
done_testing
