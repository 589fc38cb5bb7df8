#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tarball is whole, builds without the BPF tools, and installs what it should. Takes minutes.
set -eu
srcdir=${srcdir:-$PWD}
builddir=${builddir:-$srcdir}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
# shellcheck source=t/turn.sh
. "$srcdir/t/turn.sh"
[ "${SCXU_SLOW-}" = 1 ] || skip_all 'takes minutes: set SCXU_SLOW=1 to run it'
[ -e "$builddir/Makefile" ] || bail "no Makefile in '$builddir': run configure first"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-package.XXXXXX")
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

take_turn shared

# The make and the tests that we run in here are not part of the make that runs us.
unset MAKEFLAGS MFLAGS MAKELEVEL CC SCXU_VM SCXU_SLOW
nr_jobs=$(nproc)

# A folder with all programs of PATH but the BPF tools, so that nothing finds these.
path_without_bpf_tools()
{
	mkdir "$tmp/bin"
	echo "$PATH" | tr : '\n' | while read -r folder; do
		find "$folder/" -maxdepth 1 ! -name 'clang*' ! -name 'llvm*' ! -name 'bpftool' \
			! -type d -exec ln -s -t "$tmp/bin" {} + 2>/dev/null || :
	done
}

unpack()
{
	mkdir -p "$1"
	tar -xf "$builddir/$tarball" -C "$1" --strip-components=1
}

# What "make install" is to install, manual pages apart.
installed_files()
{
	cat <<-'EOT'
	/usr/bin/scx_fifo
	/usr/bin/scx_rr
	/usr/bin/scx_vruntime
	/usr/bin/scxuser
	/usr/include/scxuser.h
	/usr/lib/libscxuser.la
	/usr/lib/libscxuser.so
	/usr/lib/libscxuser.so.0
	/usr/lib/libscxuser.so.0.0.0
	/usr/lib/pkgconfig/libscxuser.pc
	/usr/share/bash-completion/completions/scx_fifo
	/usr/share/bash-completion/completions/scx_rr
	/usr/share/bash-completion/completions/scx_vruntime
	/usr/share/bash-completion/completions/scxuser
	EOT
}

installed_pages()
{
	for page in "$srcdir"/man/*.[1-8]; do
		echo "/usr/share/man/man${page##*.}/${page##*/}"
	done
}

prebuilt_configure()
{
	cd "$tmp/pre"
	PATH=$tmp/bin ./configure --prefix=/usr BPFTOOL=no-bpftool >"$tmp/configure.log"
	grep '^  BPF object .*prebuilt$' "$tmp/configure.log"
}

exported_symbols()
{
	nm -D --defined-only "$tmp/dest/usr/lib/libscxuser.so.0" | sed -n 's/.* T \(.*\)@@.*/\1/p' | sort
}

symbols_of_map()
{
	sed -n '/global:/,/local:/s/^[[:space:]]*\([a-z_0-9]*\);.*/\1/p' "$srcdir/lib/libscxuser.map" | sort
}

# client COMPILER STANDARD LANGUAGE: a client compiles against what was installed, and runs.
client()
{
	cat >"$tmp/client.c" <<-'EOT'
	#include <scxuser.h>
	#include <stdio.h>

	struct entry {
		int number;
		struct scxu_list_item item;
	};

	static struct scxu_list list;
	static struct entry entry;

	int main(void)
	{
		struct scxu *s = NULL;
		int err = scxu_open(&s, NULL);

		printf("%d\n", err);
		scxu_close(s);
		scxu_list_push(&list, &entry.item);
		return scxu_container_of(scxu_list_first(&list), struct entry, item)->number;
	}
	EOT
	PKG_CONFIG_PATH=$tmp/dest/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/dest \
		pkg-config --cflags --libs libscxuser >"$tmp/flags"
	# shellcheck disable=SC2046
	"$1" "-std=$2" -Wall -Wextra -pedantic -Werror -x "$3" "$tmp/client.c" -x none \
		$(cat "$tmp/flags") -o "$tmp/client" &&
		readelf -d "$tmp/client" | grep -q 'NEEDED.*libscxuser.so.0]' &&
		LD_LIBRARY_PATH=$tmp/dest/usr/lib ldd "$tmp/client" | grep "libscxuser.so.0 => $tmp/dest"
}

bpf_object()
{
	mkdir -p "$1"
	(cd "$1" && "$2/configure" >/dev/null && make -s bpf/scxu.bpf.o)
}

version=$(sed -n 's/^PACKAGE_VERSION = //p' "$builddir/Makefile")
tarball=libscxuser-$version.tar.xz
ok 'make distcheck' make -C "$builddir" -j "$nr_jobs" distcheck
[ -e "$builddir/$tarball" ] || make -s -C "$builddir" dist

path_without_bpf_tools
unpack "$tmp/pre"
ok 'without the BPF tools, configure takes the prebuilt skeleton' prebuilt_configure
ok 'and the tarball builds' env PATH="$tmp/bin" make -C "$tmp/pre" -j "$nr_jobs"
ok 'make install DESTDIR' make -C "$tmp/pre" install DESTDIR="$tmp/dest"
is 'installs these files' "$(cd "$tmp/dest" && find . ! -type d | sed 's/^.//' | sort)" \
	"$({ installed_files; installed_pages; } | sort)"

dynamic=$(readelf -d "$tmp/dest/usr/lib/libscxuser.so.0")
is 'soname' "$(echo "$dynamic" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" libscxuser.so.0
is 'all symbols are bound at start' "$(echo "$dynamic" | grep -c 'FLAGS_1.*NOW')" 1
is 'relocations are read-only' \
	"$(readelf -lW "$tmp/dest/usr/lib/libscxuser.so.0" | grep -c GNU_RELRO)" 1
is 'exports exactly the symbols of the map' "$(exported_symbols)" "$(symbols_of_map)"

ok 'a C11 client compiles' client cc c11 c
if command -v c++ >/dev/null; then
	ok 'a C++17 client compiles' client c++ c++17 c++
else
	skip 'a C++17 client compiles' 'no C++ compiler here (package g++)'
fi
ok 'make uninstall' make -C "$tmp/pre" uninstall DESTDIR="$tmp/dest"
is 'leaves nothing' "$(find "$tmp/dest" ! -type d)" ''

if ! grep -q '^bpf/scxu.bpf.o:' "$builddir/Makefile"; then
	skip 'two builds in different folders make the same BPF object' 'no BPF tools here'
else
	unpack "$tmp/one"
	unpack "$tmp/two/deeper/source"
	ok 'a BPF object from a build in the source folder' bpf_object "$tmp/one" .
	ok 'a BPF object from a build elsewhere' bpf_object "$tmp/two/build" "$tmp/two/deeper/source"
	ok 'the two are the same' \
		cmp "$tmp/one/bpf/scxu.bpf.o" "$tmp/two/build/bpf/scxu.bpf.o"
fi
done_testing
