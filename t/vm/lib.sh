# SPDX-License-Identifier: GPL-2.0-only
# What the tests in virtual machines share: boot a guest, make its test points ours.
# shellcheck shell=sh

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=t/tap.sh
. "$srcdir/t/tap.sh"
# shellcheck source=t/turn.sh
. "$srcdir/t/turn.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/scxuser-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

tools="qemu-system-x86_64 busybox cpio chrt unshare hackbench stress-ng"

need_vm()
{
	[ "${SCXU_VM:-0}" = 1 ] || skip_all "boots virtual machines: make check-vm runs it"
	for tool in $tools; do
		command -v "$tool" >/dev/null || skip_all "no $tool here: scripts/deps vm installs it"
	done
}

# What a test does on purpose and the kernel writes down, an extended expression.
allow_klog='^$'

vm_options=

# Time counted in instructions of two nanoseconds, for guests that are busy for long: it is half the work.
# shellcheck disable=SC2034 # for the tests
fast_icount="--icount --icount-shift 1"

# Time counted in instructions, on CPUs that are all busy all the time. QEMU 7.2 runs one of them until
# the next timer of any, and then the next one. Their ticks come at the same moment by default: of four
# CPUs each would stand still for three ticks in a row, and a task could lose its slice without having
# run. (Where CPUs are idle now and then this makes it worse: at times nobody is woken for a while.)
# shellcheck disable=SC2034 # for the tests
busy_icount="--icount --append skew_tick=1"

# A folder whose content each guest gets.
guest_files=

# guest KERNEL CPUS LIMIT_SEC SCRIPT [ARG]...: each test point of SCRIPT becomes one of ours.
guest()
{
	echo "# kernel $1, $2 CPUs: $4"
	if ! "$srcdir/scripts/kernel" "$1" >/dev/null 2>"$work/why"; then
		skip "$1, $2 CPUs: $4" "$(tail -n 1 "$work/why")"
		return
	fi
	case $vm_options in
	*--icount*)	take_turn shared ;; # how busy this machine is does not matter
	*)		take_turn alone ;;
	esac
	vm_status=0
	boot "$@" >"$work/out" 2>&1 </dev/null 8>&- || vm_status=$?
	end_turn
	renumber "$1, $2 CPUs" <"$work/out"
	is "$1, $2 CPUs: the guest ended well, with a clean kernel log" $vm_status 0
}

boot()
{
	boot_kernel=$1
	boot_cpus=$2
	boot_limit=$3
	shift 3
	set -- --kernel "$boot_kernel" --cpus "$boot_cpus" --time-limit "$boot_limit" \
		--allow-klog "$allow_klog" --env "SCHED=${SCHED:-scx_fifo}" --add "$srcdir/t/tap.sh" \
		--add "$srcdir/t/vm/guest.sh" --add "$srcdir/t/vm/$1" -- "$@"
	for file in "$builddir"/schedulers/* "$builddir"/t/load/* "$builddir"/examples/* "$builddir"/t/load/.libs/old_libbpf.so; do
		[ ! -f "$file" ] || [ ! -x "$file" ] || set -- --add "$file" "$@"
	done
	for tool in chrt unshare hackbench stress-ng; do
		set -- --add "$(command -v "$tool")" "$@"
	done
	[ -z "$guest_files" ] || set -- --add "$guest_files:/" "$@"
	# shellcheck disable=SC2086 # a list of options
	"$srcdir/scripts/vm" $vm_options "$@"
}

# renumber PREFIX: the guest's TAP, of one program or of several, as part of ours.
renumber()
{
	tr -d '\r' | awk -v nr="$tap_nr_run" -v prefix="$1" -v nr_file="$work/nr" '
	/^(not )?ok [0-9]+ - / {
		nr_guest++
		sub(/ok [0-9]+ - /, "ok " ++nr " - " prefix ": ")
		print
		next
	}
	/^1\.\.[0-9]+$/ { planned += substr($0, 4); next }
	/^#/ { print; next }
	{ print "# | " $0 }
	END {
		all = planned && planned == nr_guest
		print (all ? "ok " : "not ok ") ++nr " - " prefix ": all tests of the guest ran"
		print nr >nr_file
	}'
	tap_nr_run=$(cat "$work/nr")
}
