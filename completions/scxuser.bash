# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash for scxuser.
# shellcheck shell=bash

# The numbers in /proc are processes.
_scxuser_pids()
{
	local path

	for path in /proc/[0-9]*; do
		echo "${path#/proc/}"
	done
}

_scxuser()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} first=2 words=

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words='run attach detach --version --help'
	elif [ "$command" = attach ] || [ "$command" = detach ]; then
		words=$(_scxuser_pids)
	elif [ "$command" = run ] && [ "$(type -t _command_offset)" = function ]; then
		# Of bash-completion: as if the command stood alone.
		[ "${COMP_WORDS[2]}" != -- ] || first=3
		_command_offset $first
		return
	elif [ "$command" = run ]; then
		words=$(compgen -c -- "$cur")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _scxuser scxuser
