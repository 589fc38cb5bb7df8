# SPDX-License-Identifier: GPL-2.0-only
# The benchmark's "result" lines as one table; targets stand beside what was measured.

function median(key,    i, j, n, v, tmp)
{
	n = nr_windows[key]
	for (i = 1; i <= n; i++)
		v[i] = windows[key, i]
	for (i = 1; i <= n; i++)
		for (j = i + 1; j <= n; j++)
			if (v[j] < v[i]) {
				tmp = v[i]
				v[i] = v[j]
				v[j] = tmp
			}
	return n ? v[int((n + 1) / 2)] : "-"
}

function ratio(a, b)
{
	return b > 0 ? sprintf("%.2f", a / b) : "-"
}

function row(load, name, target,    ours)
{
	ours = median("scx_fifo " load)
	printf "%-24s %8s %10s %10s  %-8s %8s %10s\n", name, median("eevdf " load), ours,
	       "<= " target, verdict(ours, target),
	       ratio(path[load, "syscalls"], path[load, "rounds"]),
	       ratio(path[load, "decisions"], path[load, "rounds"])
}

function verdict(value, target)
{
	return value == "-" ? "-" : value + 0 <= target ? "reached" : "missed"
}

# What recording costs: the target is 5 %.
function record_row(load, name,    before, after, percent)
{
	before = median("scx_fifo " load)
	after = median("record " load)
	if (before == "-" || after == "-")
		return
	percent = 100 * (after - before) / before
	printf "%-24s %8s %10s %10s  %s\n", name, "", after, sprintf("+%.1f %%", percent),
	       verdict(percent, 5)
}

$1 == "result" && $4 == "ns" {
	key = $2 " " $3
	windows[key, ++nr_windows[key]] = $5
}
$1 == "result" && $3 != "memory" && $4 != "ns" { path[$3, $4] = $5 }
$1 == "result" && $3 == "memory" {
	for (i = 4; i <= NF; i++)
		if (split($i, pair, "=") == 2)
			memory[pair[1]] = pair[2]
	if ($4 == "tasks")
		tasks = $5
}

END {
	print "Kernel " kernel ", 1 CPU. Instructions per round trip (per yield: the last line), the median of"
	print "3 windows. scx_fifo --full-user: every wake-up is decided in user space."
	print ""
	printf "%-24s %8s %10s %10s  %-8s %8s %10s\n", "", "", "", "", "", "syscalls", "decisions"
	printf "%-24s %8s %10s %10s  %-8s %8s %10s\n", "", "EEVDF", "scx_fifo", "target", "",
	       "a round", "a round"
	row("pair1", "1 pipe pair", 29000)
	row("pair4", "4 pipe pairs", 22000)
	row("yield8", "8 yielding processes", 6000)
	print ""
	print "With --record, and how much more that is (target <= 5 %):"
	record_row("pair1", "1 pipe pair")
	record_row("pair4", "4 pipe pairs")
	record_row("yield8", "8 yielding processes")
	if (tasks) {
		print ""
		printf "scx_fifo with %d tasks: %d kB resident (target <= 8192: %s), of it %d kB anonymous,\n",
		       tasks, memory["VmRSS"], verdict(memory["VmRSS"], 8192), memory["RssAnon"]
		printf "%d kB of files and %d kB of shared memory.\n", memory["RssFile"],
		       memory["RssShmem"]
	}
}
