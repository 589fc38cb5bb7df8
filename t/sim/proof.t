#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the reference schedulers promise, as figures: see proof.py.
set -eu
srcdir=${srcdir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
python3 -c 'import json' 2>/dev/null ||
	skip_all 'no python3 with json here (packages python3-minimal, libpython3-stdlib)'
exec python3 "$srcdir/t/sim/proof.py"
