# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash for the reference schedulers.
# shellcheck shell=bash

_scx_options='--slice-us --slice-us-min --partial --percpu-local --numa-local --full-user
	--fallback-ms --fallback-repeated --timeout-ms --stats --monitor --json --openmetrics --histograms --stats-path --help-stats
	--simulate --cpus --machine --duration-ms --latency-us --seed --trace --record --replay --inject --verbose
	--version --help'

_scx()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} options=$_scx_options

	COMPREPLY=()
	# "--option=value" is three words.
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	--simulate | --trace | --record | --replay | --stats-path)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames 2>/dev/null
		return ;;
	--machine)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames 2>/dev/null
		return ;;
	--fallback-repeated)
		mapfile -t COMPREPLY < <(compgen -W 'stay back-off detach' -- "$cur")
		return ;;
	--inject)
		mapfile -t COMPREPLY < <(compgen -W 'delay= spin= drop-wakeup= corrupt= lose= twice= ring=
			decisions= events= tasks= seed=' -- "$cur")
		compopt -o nospace 2>/dev/null
		return ;;
	-s | -S | --slice-us | --slice-us-min | --fallback-ms | --timeout-ms | --stats | --monitor | --cpus | \
		--duration-ms | --latency-us | --seed)
		return ;; # a number
	esac
	[ "${1##*/}" != scx_fifo ] || options=${options/--slice-us-min/}
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}

complete -F _scx scx_fifo scx_rr scx_vruntime
