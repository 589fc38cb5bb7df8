# SPDX-License-Identifier: GPL-2.0-only
# TAP for tests in shell, to be sourced.
#
#	. "$srcdir/t/tap.sh"
#	ok 'the file is there' test -e "$file"
#	is 'its first line' "$(head -n 1 "$file")" 'hello'
#	done_testing
#
# A test script exits 0 also when a test has failed: the harness counts the
# "not ok" lines, and would count another exit status as one more failure.

tap_nr_run=0
tap_plan=

# plan NR_TESTS: optional, done_testing prints it otherwise.
plan()
{
	tap_plan=$1
	echo "1..$1"
}

# diag TEXT...: each line as a comment.
diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass()
{
	tap_nr_run=$((tap_nr_run + 1))
	echo "ok $tap_nr_run - $1"
}

# fail NAME [TEXT]: TEXT says why, as comment lines.
fail()
{
	tap_nr_run=$((tap_nr_run + 1))
	echo "not ok $tap_nr_run - $1"
	[ $# -lt 2 ] || diag "$2"
}

# ok NAME COMMAND [ARG...]: passes when the command does; shows what it printed when not.
ok()
{
	tap_name=$1
	shift
	if tap_output=$("$@" 2>&1); then
		pass "$tap_name"
	else
		fail "$tap_name" "exit status $? of: $*
$tap_output"
	fi
}

# is NAME GOT WANT
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:  $2
want: $3"
	fi
}

# skip NAME REASON
skip()
{
	tap_nr_run=$((tap_nr_run + 1))
	echo "ok $tap_nr_run - $1 # SKIP $2"
}

# skip_all REASON: nothing of this script makes sense here.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# bail REASON: the rest of this run makes no sense.
bail()
{
	echo "Bail out! $*"
	exit 255
}

done_testing()
{
	[ -n "$tap_plan" ] || plan "$tap_nr_run"
}
