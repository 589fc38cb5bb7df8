#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: run policies, one after another, that say themselves, in TAP, what they saw.
#
# usage: control.sh COMMAND...    each with its arguments
set -u

for command; do
	# shellcheck disable=SC2086 # a list of words
	$command || printf 'not ok 1 - %s: exit status %s\n1..1\n' "$command" $?
done
