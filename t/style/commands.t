#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What --help says of each program is in 80 columns, in its manual page and in bash's completion.
set -eu
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-commands.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

long_options()
{
	sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' "$1" | sort
}

short_options()
{
	sed -n 's/^  \(-.\), --.*/\1/p' "$1" | sort
}

# Those of the list of options, each as "--name" or "-n".
options_in_page()
{
	sed -n 's/^\.It Fl //p' "$1" | tr ',' '\n' | sed 's/^ *Fl //; s/ .*//; s/^/-/' | sort
}

statuses_in_help()
{
	sed -n '/Exit status/,$ { s/.*Exit status//; p; }' "$1" | tr -c '0-9\n' ' ' | xargs -n 1 | sort -u
}

statuses_in_page()
{
	sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\)$/\1/p' "$1" | sort -u
}

# completed PROGRAM FILE WORD...: what completes the last word.
completed()
{
	# shellcheck disable=SC2016 # for bash to expand
	bash -c 'program=$1; . "$2"; shift 2; COMP_WORDS=("$program" "$@"); COMP_CWORD=$#
		"$(complete -p "$program" | sed "s/.*-F \([^ ]*\).*/\1/")" "$program"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort
}

for program in scx_fifo scx_rr scx_vruntime scxuser; do
	page=$srcdir/man/$program.8
	case $program in
	scxuser)	completion=$srcdir/completions/scxuser.bash ;;
	*)		completion=$srcdir/completions/schedulers.bash ;;
	esac
	"$builddir/schedulers/$program" --help >"$tmp/help"
	long_options "$tmp/help" >"$tmp/long"
	ok "$program --help: there are options" test -s "$tmp/long"
	is "$program --help: at most 80 columns" "$(awk 'length > 80' "$tmp/help")" ''
	is "$program(8): the same options" "$(options_in_page "$page")" \
		"$({ cat "$tmp/long"; short_options "$tmp/help"; } | sort)"
	is "$program(8): the same exit statuses" "$(statuses_in_page "$page")" \
		"$(statuses_in_help "$tmp/help")"
	if ! command -v bash >/dev/null; then
		skip "$program: completion" 'no bash here'
		continue
	fi
	is "$program: the same options are completed" "$(completed "$program" "$completion" --)" \
		"$(cat "$tmp/long")"
done

"$builddir/schedulers/scx_fifo" --help-stats >"$tmp/help"
is "--help-stats: at most 80 columns" "$(awk 'length > 80' "$tmp/help")" ''

if command -v bash >/dev/null; then
	touch "$tmp/a load.json"
	is 'a file is completed' \
		"$(completed scx_rr "$srcdir/completions/schedulers.bash" --simulate "$tmp/a")" "$tmp/a load.json"
	is 'also behind =' \
		"$(completed scx_rr "$srcdir/completions/schedulers.bash" --trace = "$tmp/a")" "$tmp/a load.json"
	is 'a number is not' "$(completed scx_rr "$srcdir/completions/schedulers.bash" --stats '')" ''
	is 'a command of scxuser is completed' \
		"$(completed scxuser "$srcdir/completions/scxuser.bash" at)" attach
	is 'and a process' "$(completed scxuser "$srcdir/completions/scxuser.bash" attach $$)" $$
fi
done_testing
