# SPDX-License-Identifier: GPL-2.0-only
# Who may run at the same time, for "make -j2 check". To be sourced, with builddir set.
# shellcheck shell=sh

# take_turn shared|alone: wait for it. Whatever measures time wants the machine for itself.
take_turn()
{
	exec 8>"$builddir/t/turn.lock"
	case $1 in
	shared)	flock -s 8 ;;
	alone)	flock -x 8 ;;
	esac
}

end_turn()
{
	exec 8>&-
}
