#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: scx_vruntime beside the kernel's own scheduler, in the same boot.
set -u
# shellcheck source=t/vm/guest.sh
. "${0%/*}/guest.sh"

load=/levels.json
names="minus10 minus5 zero plus5"
nr_cpus=$(nproc)

# The tasks of levels.json: name, nice value, how many. rt-app reckons in floating point to be busy,
# which takes the emulator twenty times as long as these loops do.
groups="minus10 -10 1
minus5 -5 2
zero 0 3
plus5 5 4"

# has_loops NAME NR: as many as there are to be; their process ids are in NAME.loops then.
has_loops()
{
	awk -v parent="$(cat "/tmp/$1.pid")" '/^Name:/ { name = $2 } /^Pid:/ { pid = $2 }
		/^PPid:/ && $2 == parent && name == "hogs" { print pid }' \
		/proc/[0-9]*/status >"/tmp/$1.loops" 2>/dev/null
	[ "$(wc -l <"/tmp/$1.loops")" -eq "$2" ]
}

# Run times by the name of the group, in us: of the loops, and of the threads of rt-app.
times_of_loops()
{
	for name in $names; do
		for pid in $(cat "/tmp/$name.loops"); do
			read -r ns _ <"/proc/$pid/schedstat" && echo "$name $((ns / 1000))"
		done
	done | awk '{ sum[$1] += $2 } END { for (name in sum) print name, sum[name] }'
}

times_of_rt_app()
{
	for task in /proc/"$(cat /tmp/rt.pid)"/task/*; do
		read -r comm <"$task/comm" && read -r ns _ <"$task/schedstat" && echo "$comm $((ns / 1000))"
	done 2>/dev/null | awk '{ sum[$1] += $2 } END { for (name in sum) print name, sum[name] }'
}

# What each group has of the CPUs, in 1/10,000 of one, from the third second to the ninth.
measure_shares() # TIMES FILE
{
	sleep 2
	"$1" >/tmp/before
	begin=$(uptime_ms)
	sleep 6
	"$1" >/tmp/after
	lasted=$(($(uptime_ms) - begin))
	awk -v ms=$lasted 'NR == FNR { before[$1] = $2; next }
		{ print $1, ($2 - before[$1]) * 10 / ms }' /tmp/before /tmp/after >"$2"
}

# The first loops run on until the last are measured: beside those of nice -10 a start takes long.
measure_levels() # FILE
{
	while read -r name nice nr; do
		background "/tmp/$name" hogs "$nr" 14
		wait_until 5000 has_loops "$name" "$nr"
		# shellcheck disable=SC2046 # a list of words
		renice -n "$nice" -p $(cat "/tmp/$name.loops") >/dev/null
	done <<-EOT
	$groups
	EOT
	measure_shares times_of_loops "$1"
	for name in $names; do
		wait_until 30000 ended "/tmp/$name"
		is "$name: its loops run" "$(cat "/tmp/$name.rc")" 0
	done
}

# The file that the simulator reads is one for rt-app.
short_rt_app()
{
	sed 's/"duration": 9/"duration": 1/' $load >/tmp/short.json
	ordinary rt-app /tmp/short.json >/tmp/rt.out 2>&1
	is "rt-app runs" $? 0
	diag "$(tail -n 5 /tmp/rt.out)"
}

simulate_levels() # FILE
{
	scx_vruntime --simulate $load --cpus "$nr_cpus" >/tmp/simulated
	for name in $names; do
		awk -v name="$name" '$1 == name { print name, $3 * 100 }' /tmp/simulated
	done >"$1"
}

# The fair shares, of CPUs that are all busy; nobody can have more than one.
reckon_levels() # FILE
{
	awk -v cpus="$nr_cpus" 'BEGIN {
		name[1] = "minus10"; w[1] = 9548; n[1] = 1; name[2] = "minus5"; w[2] = 3121; n[2] = 2
		name[3] = "zero"; w[3] = 1024; n[3] = 3; name[4] = "plus5"; w[4] = 335; n[4] = 4
		for (i = 1; i <= 4; i++)
			sum += n[i] * w[i]
		for (i = 1; i <= 4; i++) {
			share = w[i] * cpus >= sum ? 1 : w[i] * cpus / sum
			if (share == 1) {
				cpus -= n[i]
				sum -= n[i] * w[i]
			}
			print name[i], 10000 * n[i] * share
		}
	}' >"$1"
}

of()
{
	awk -v name="$2" '$1 == name { print $2 }' "$1"
}

# within_5 GOT WANT
within_5()
{
	awk -v got="$1" -v want="$2" 'BEGIN { exit !(got > want * 0.95 && got < want * 1.05) }'
}

shares_are_right() # FILE
{
	for name in $names; do
		got=$(of "$1" "$name")
		ok "$name has its share within 5 %: $got, ideal $(of /tmp/ideal "$name")" \
			within_5 "$got" "$(of /tmp/ideal "$name")"
		ok "... and within 5 % of the simulator's, $(of /tmp/sim "$name")" \
			within_5 "$got" "$(of /tmp/sim "$name")"
	done
}

# Takes the emulator minutes, so by hand: FAIR=rt_app SCXU_VM=1 make check TESTS=t/vm/fair.t
rt_app()
{
	reckon_levels /tmp/ideal
	simulate_levels /tmp/sim
	start_scheduler || fail "it attaches"
	background /tmp/rt rt-app $load
	measure_shares times_of_rt_app /tmp/ours
	ok "rt-app runs" [ -d "/proc/$(cat /tmp/rt.pid)" ]
	ok "in charge, beside rt-app" in_charge
	kill -KILL "$(cat /tmp/rt.pid)" # in the middle of a second of its work, which takes many
	wait_until 30000 ended /tmp/rt
	stop_scheduler INT || fail "it stops"
	shares_are_right /tmp/ours
}

levels()
{
	reckon_levels /tmp/ideal
	simulate_levels /tmp/sim
	measure_levels /tmp/eevdf
	start_scheduler || fail "it attaches"
	measure_levels /tmp/ours
	short_rt_app
	ok "in charge, beside rt-app" in_charge
	stop_scheduler INT || fail "it stops"
	shares_are_right /tmp/ours
	diag "the kernel's own: $(tr '\n' ' ' </tmp/eevdf)"
}

# How late a periodic task wakes beside four busy loops for each CPU; sets p99_us.
measure_sleeper()
{
	background /tmp/hogs hogs $((4 * nr_cpus)) 6
	sleep 1
	ordinary sleeper 10 4 >/tmp/sleeper.out 2>&1
	diag "$(cat /tmp/sleeper.out)"
	p99_us=$(sed -n 's/.*p99_us=\([0-9]*\).*/\1/p' /tmp/sleeper.out)
	wait_until 60000 ended /tmp/hogs
}

# measure_work: sets hackbench_ms and nr_trips.
measure_work()
{
	begin=$(uptime_ms)
	ordinary hackbench -g 2 -l 200 >/tmp/hackbench.out 2>&1
	hackbench_ms=$(($(uptime_ms) - begin))
	ordinary pingpong -t 3 4 0 >/tmp/pingpong.out 2>&1
	nr_trips=$(grep -o 'trips=[0-9]*' /tmp/pingpong.out | head -n 1)
	nr_trips=${nr_trips#*=}
}

wakeups()
{
	measure_sleeper
	eevdf_p99_us=$p99_us
	start_scheduler || fail "it attaches"
	measure_sleeper
	ok "in charge, beside busy loops" in_charge
	stop_scheduler INT || fail "it stops"
	ok "99 of 100 wake-ups are no later than with the kernel's own: $p99_us us, $eevdf_p99_us" \
		[ "$p99_us" -le "$eevdf_p99_us" ]
	# scx_vruntime lets who runs go on for half of that.
	ok "... nor than 1 ms" [ "$p99_us" -le 1000 ]
}

work()
{
	measure_work
	eevdf_ms=$hackbench_ms eevdf_trips=$nr_trips
	start_scheduler || fail "it attaches"
	measure_work
	ok "in charge, beside the loads" in_charge
	stop_scheduler INT || fail "it stops"
	ok "hackbench ends" grep -q '^Time:' /tmp/hackbench.out
	diag "hackbench: $hackbench_ms ms, with the kernel's own $eevdf_ms;" \
		"pipes: $nr_trips round trips, $eevdf_trips"
}

for part; do
	case $part in
	levels | rt_app | wakeups | work)	$part ;;
	*)	fail "there is a part \"$part\"" ;;
	esac
done
done_testing
