# SPDX-License-Identifier: GPL-2.0-only
# Shell functions shared by the programs in scripts/: messages, paths, the archive.
# shellcheck shell=sh

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=${SCXUSER_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/scxuser}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

bad_usage()
{
	echo "${0##*/}: $*" >&2
	usage >&2
	exit 2
}

# number OPTION VALUE MAX
number()
{
	case $2 in
	''|0*|*[!0-9]*|???????*)
		bad_usage "$1 takes a number from 1 to $3, not '$2'" ;;
	esac
	[ "$2" -le "$3" ] || bad_usage "$1 takes a number from 1 to $3, not '$2'"
}

# Progress goes to stderr: the stdout of these programs is their result.
say()
{
	echo "${0##*/}: $*" >&2
}

# The address of the Debian archive, as this machine's apt knows it.
archive_uri()
{
	# shellcheck disable=SC2016 # apt's variables, not ours
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | awk -v name="$1" '
		$3 == "main" && ($2 == name || $2 ~ /^(oldstable|stable|testing|sid)$/) { print $1; exit }'
}

debian_codename()
{
	# shellcheck source=/dev/null
	(. /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-sid}") ||
		die "this needs Debian 12 or newer (its packages are read with apt)"
}

# suite_apt SUITE TOOL ARGS...: run an apt tool that knows SUITE of Debian and nothing else.
# Its lists live in our cache, so the machine's own apt configuration stays as it is. TOOL is
# split into words: it may begin with a program that starts the tool.
suite_apt()
{
	suite_dir=$cache/apt/$1
	suite_tool=$2
	shift 2
	# shellcheck disable=SC2086
	$suite_tool -q -o Dir::State::lists="$suite_dir/lists" -o Dir::Cache="$suite_dir/cache" \
		-o Dir::Etc::SourceList="$suite_dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false \
		-o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}

# suite_update SUITE: fetch the lists of SUITE, signed by Debian.
suite_update()
{
	codename=$(debian_codename)
	uri=$(archive_uri "$codename")
	if [ -z "$uri" ] && [ "$(id -u)" = 0 ]; then
		apt-get -q update >&2
		uri=$(archive_uri "$codename")
	fi
	[ -n "$uri" ] ||
		die "apt knows no Debian archive here: run 'apt-get update' as root, then try again"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keyring" ] || keyring=${keyring%.gpg}.pgp
	[ -e "$keyring" ] || die "no $keyring: install the package debian-archive-keyring"
	mkdir -p "$cache/apt/$1/lists/partial" "$cache/apt/$1/cache/archives/partial"
	echo "deb [signed-by=$keyring] $uri $1 main" > "$cache/apt/$1/sources.list"
	say "reading the package list of Debian $1"
	suite_apt "$1" apt-get update >&2 || die "cannot read the package list of Debian $1"
}

# build_dir: where the tree is built already, or would be.
build_dir()
{
	if [ -e "$top/Makefile" ]; then echo "$top"; else echo "$top/build"; fi
}

# build_tree MAKE_ARG...: bootstrap and configure as far as needed, then make. Its callers test
# its status, and "set -e" means nothing there: each step has to say that it failed.
build_tree()
{
	build=$(build_dir)
	# A program that was interrupted starts again: it writes the second of these last.
	if [ ! -e "$top/configure" ] || [ ! -e "$top/Makefile.in" ]; then
		"$top/bootstrap" || return
	fi
	if [ ! -e "$build/Makefile" ] || [ ! -e "$build/libtool" ]; then
		mkdir -p "$build" || return
		(cd "$build" && "$top/configure") || return
	fi
	make -C "$build" -j "$(nproc)" "$@"
}
