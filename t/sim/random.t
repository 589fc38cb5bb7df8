#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Random loads in the simulator: see random.py. A few hundred, or ten thousand if SCXU_SLOW is 1.
set -eu
srcdir=${srcdir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
python3 -c 'import concurrent.futures, json, random' 2>/dev/null ||
	skip_all 'no python3 with its library here (packages python3-minimal, libpython3-stdlib)'
nr_cases=300
[ "${SCXU_SLOW:-0}" != 1 ] || nr_cases=10000
exec python3 "$srcdir/t/sim/random.py" $nr_cases
