#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: run a policy that says itself, in TAP, what it saw.
#
# usage: control.sh PROGRAM [ARG]...
set -u
exec "$@"
