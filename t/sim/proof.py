# SPDX-License-Identifier: GPL-2.0-only
"""What the reference schedulers promise, each as a figure, in the simulator."""
import json
import os
import subprocess
import sys
import tempfile

SRC = os.environ.get("srcdir", ".")
SCHEDULERS = os.path.join(os.environ.get("builddir", "."), "schedulers")
# The kernel's sched_prio_to_weight, from nice -20 to 19.
WEIGHTS = [
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
    9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
    1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
    110, 87, 70, 56, 45, 36, 29, 23, 18, 15]
LONG_US = 100000000
SEC_NS = 1000000000
nr_points = 0
nr_failed = 0


def ok(true, name):
    global nr_points, nr_failed
    nr_points += 1
    nr_failed += not true
    print("ok" if true else "not ok", nr_points, "-", name, flush=True)


class Run:
    """A simulated run, and its summary."""

    def __init__(self, scheduler, tasks, cpus, seconds, options=(), more=None, trace=False):
        load = dict(more or {}, tasks=tasks, **{"global": {"duration": seconds}})
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "load.json")
            with open(path, "w", encoding="ascii") as file:
                json.dump({key: load[key] for key in sorted(load, key="renice".__eq__)}, file)
            command = [os.path.join(SCHEDULERS, scheduler), "--simulate", path, "--json",
                       "--cpus", str(cpus), *options]
            if trace:
                command += ["--trace", os.path.join(folder, "trace")]
            summary = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            self.summary = json.loads(summary)
            if trace:
                with open(os.path.join(folder, "trace"), encoding="utf8") as file:
                    self.events = json.load(file)["traceEvents"]
        self.groups = {group["name"]: group for group in self.summary["groups"]}
        self.seconds = self.summary["simulated_ns"] / SEC_NS

    def tasks(self, group):
        return self.groups[group]["tasks"]

    def share(self, group):
        """In CPUs."""
        return self.groups[group]["exec_ns"] / SEC_NS / self.seconds

    def spread(self, group):
        times = [task["exec_ns"] for task in self.tasks(group)]
        return max(times) / max(min(times), 1) - 1

    def max_wait_ms(self):
        return max(group["wait"]["max_ns"] for group in self.groups.values()) / 1e6

    def slices(self):
        """Of tasks, in order of time: name, begin and length in us."""
        found = [(event["ts"], event["name"], event["dur"]) for event in self.events
                 if event["ph"] == "X" and event["name"] != "policy"]
        return [(name, begin, length) for begin, name, length in sorted(found)]


def loops(count, nice=0, **more):
    return dict(more, instance=count, nice=nice, run=LONG_US)


def name_of(nice):
    return f"nice {nice}"


def ideal(spec, cpus):
    """The fair share of a task of each nice value: by weight, but for no more than a CPU."""
    left, shares, weight = cpus, {}, sum(count * WEIGHTS[nice + 20] for nice, count in spec)
    for nice, count in sorted(spec):
        one = WEIGHTS[nice + 20]
        shares[nice] = min(1, left * one / weight) if left else 0
        if shares[nice] == 1:
            left -= count
            weight -= count * one
    return shares


def fifo_order():
    run = Run("scx_fifo", {f"t{i}": {"delay": 1000 * i, "loop": 1, "run": 7000 + 500 * (i % 5)}
                           for i in range(20)}, 1, 1, ["--slice-us", "20000"], trace=True)
    order = []
    for name, _, _ in run.slices():
        if name not in order:
            order.append(name)
    ok(order == [f"t{i}-0" for i in range(20)], "scx_fifo: 20 tasks begin in order of arrival")
    run = Run("scx_fifo", {"a": loops(6)}, 1, 5, trace=True)
    names = [name for name, _, _ in run.slices()]
    ok(len(names) > 300 and all(names[i] == names[i % 6] for i in range(len(names))),
       f"scx_fifo: of six loops each goes behind the other five, {len(names)} times")


def rr_slices():
    for count, cpus, want_us in ((2, 1, 2500), (8, 2, 1111), (40, 1, 500)):
        run = Run("scx_rr", {"a": loops(count)}, cpus, 10, trace=True)
        lengths = sorted(length for _, begin, length in run.slices() if begin > 1000000)
        median = lengths[len(lengths) // 2]
        ok(abs(median - want_us) <= want_us / 50,
           f"scx_rr: of {count} loops on {cpus} CPUs the slice is {want_us} us: {median}")
    for count, cpus in ((2, 1), (7, 3), (50, 4), (500, 16)):
        run = Run("scx_rr", {"a": loops(count)}, cpus, 60)
        ok(run.spread("a") <= 0.01,
           f"scx_rr: {count} loops on {cpus} CPUs are alike to {100 * run.spread('a'):.2f} %")


# After a second of waiting 100 us: whoever has a right to less than that gets it all the same.
HELP = 0.0001


def shares_hold(spec, cpus, seconds):
    run = Run("scx_vruntime", {name_of(nice): loops(count, nice) for nice, count in spec}, cpus,
              seconds)
    want = ideal(spec, cpus)
    worst, poorest = 0, 1
    for nice, count in spec:
        got = run.share(name_of(nice)) / count
        if want[nice] > HELP:
            worst = max(worst, abs(got / want[nice] - 1))
        least = min(task["exec_ns"] for task in run.tasks(name_of(nice)))
        poorest = min(poorest, least / SEC_NS / run.seconds / min(want[nice], HELP))
    nices = sorted(nice for nice, _ in spec)
    what = f"{sum(count for _, count in spec)} loops of nice {nices[0]} to {nices[-1]} on {cpus} CPUs"
    ok(worst <= 0.02, f"scx_vruntime: {what}: shares are right to {100 * worst:.2f} %")
    ok(poorest > 0.75, f"... and nobody has less than he gets by waiting: {poorest:.2f}")
    ok(run.max_wait_ms() <= 1200, f"... and waits longer than 1.2 s: {run.max_wait_ms():.0f} ms")


def vruntime_shares():
    every = range(-20, 20)
    for nice in (-10, -5, -1, 1, 5, 10, 19):
        shares_hold([(0, 1), (nice, 1)], 1, 60)
    shares_hold([(-20, 1), (0, 1)], 1, 60)
    shares_hold([(nice, 1) for nice in range(-20, 20, 4)], 1, 120)
    shares_hold([(nice, 1) for nice in every], 4, 60)
    shares_hold([(nice, 5) for nice in every], 8, 60)
    shares_hold([(nice, 25) for nice in every], 16, 60)
    shares_hold([(nice, 250) for nice in every], 64, 60)


def vruntime_cgroups():
    cgroups = {"/a": {"weight": 300}, "/b": {"weight": 100}, "/b/c": {"weight": 50}}
    tasks = {
        "a": loops(9, taskgroup="/a"), "b": loops(2, taskgroup="/b"),
        "c": loops(4, -10, taskgroup="/b/c"), "root": loops(1, 5),
    }
    run = Run("scx_vruntime", tasks, 2, 60, more={"cgroups": cgroups})
    # In percent of the weights of the root: /a 300, /b 100, nice 5 32.7; of /b: 2 x 100 and 50.
    total = 300 + 100 + 100 * WEIGHTS[25] / 1024
    want = {"a": 600 / total, "b": 200 / total * 0.8, "c": 200 / total * 0.2,
            "root": 200 * WEIGHTS[25] / 1024 / total}
    for name, share in want.items():
        ok(abs(run.share(name) / share - 1) <= 0.02,
           f"scx_vruntime: cgroups: {name} has {run.share(name):.4f} CPUs, ideal {share:.4f}")


def vruntime_latency():
    """It sleeps for 5 s, and may make up for no more than one slice of that."""
    run = Run("scx_vruntime", {"a": loops(3), "b": {"run": 100, "sleep": 5000000, "run1": LONG_US}},
              1, 6, trace=True)
    ran_us = sum(length for name, begin, length in run.slices()
                 if name == "b-0" and 5000000 <= begin < 5400000)
    ok(95000 <= ran_us <= 100000 + 2 * 5000,
       f"scx_vruntime: in the 400 ms after a long sleep it has its quarter and a slice: {ran_us} us")
    light = {"run": 200, "timer": {"ref": "unique", "period": 10000}}
    run = Run("scx_vruntime", {"hog": loops(100), "light": light}, 4, 30)
    wakeup = run.groups["light"]["wakeup"]
    # Who has run for 500 us gives way at once.
    ok(wakeup["nr"] > 2900 and wakeup["p50_ns"] <= 50000 and wakeup["p99_ns"] <= 550000,
       "scx_vruntime: beside 100 loops 99 of 100 wake-ups take no longer than 0.55 ms: "
       f"{wakeup['p99_ns'] / 1000:.0f} us, half of them {wakeup['p50_ns'] / 1000:.0f} us")
    ok(run.groups["hog"]["exec_ns"] > 0.97 * 4 * 30 * SEC_NS - 3000 * 200000,
       "... and the loops have the rest")


def vruntime_wraps():
    """It begins a second before 2^64, and each of the loops of nice 0 runs for longer than that."""
    run = Run("scx_vruntime", {"a": loops(2), "b": loops(2, 5)}, 1, 8, trace=True)
    ideal_us = 8000000 * 1024 / 2 / (1024 + 335)
    ran_us = sum(length for name, begin, length in run.slices() if name == "a-0")
    ok(ran_us > 1500000 and abs(ran_us / ideal_us - 1) <= 0.02,
       f"scx_vruntime: vtime wraps: {ran_us:.0f} us, ideal {ideal_us:.0f}")
    ok(run.max_wait_ms() <= 60, f"... and nobody waits longer: {run.max_wait_ms():.0f} ms")


def vruntime_changes():
    run = Run("scx_vruntime", {"a": loops(4), "b": loops(4)}, 1, 60,
              more={"renice": [{"at": 20000000, "task": "b", "nice": 5},
                               {"at": 40000000, "task": "b", "nice": -5}]})
    want = 20 * (0.5 + 335 / (335 + 1024) + 3121 / (3121 + 1024))
    got = run.groups["b"]["exec_ns"] / SEC_NS
    ok(abs(got / want - 1) <= 0.02,
       f"scx_vruntime: weights that change while tasks wait: {got:.2f} s, ideal {want:.2f}")
    plugs = [{"at": 20000000 + cpu, "cpu": cpu, "online": 0} for cpu in range(4)]
    plugs += [{"at": 40000000 + cpu, "cpu": cpu, "online": 1} for cpu in range(4)]
    run = Run("scx_vruntime", {"a": loops(10, 5), "b": loops(10), "c": loops(2, cpus=[0, 1])}, 8,
              60, more={"hotplug": plugs})
    ok(abs(run.summary["busy_ns"] / SEC_NS / (8 * 40 + 4 * 20) - 1) <= 0.005,
       f"scx_vruntime: half of the CPUs leave and come back: {run.summary['busy_ns'] / SEC_NS:.1f} "
       "of 400 s are used")
    got = run.share("a") / run.share("b")
    ok(abs(got / (335 / 1024) - 1) <= 0.02,
       f"... and shares are right: {got:.4f}, ideal {335 / 1024:.4f}")
    ok(run.max_wait_ms() <= 1200, f"... and nobody is left behind: {run.max_wait_ms():.0f} ms")
    # On CPU 0 three have a third each, at most; who may go anywhere has the other two CPUs.
    run = Run("scx_vruntime", {"bound": loops(3, cpus=[0]), "free": loops(4), "heavy":
                               loops(1, -5, cpus=[0])}, 3, 60)
    ok(run.spread("bound") <= 0.02 and run.spread("free") <= 0.02,
       f"scx_vruntime: bound and free loops are alike: {100 * run.spread('bound'):.2f} and "
       f"{100 * run.spread('free'):.2f} %")
    got = run.share("heavy") / run.share("bound") * 3
    ok(abs(got / (3121 / 1024) - 1) <= 0.02,
       f"... shares hold on a CPU to which tasks are bound: {got:.3f}, ideal {3121 / 1024:.3f}")
    ok(run.share("heavy") + run.share("bound") <= 1.0001 and
       run.summary["busy_ns"] / SEC_NS > 3 * 60 * 0.99, "... and no CPU is idle")


def main():
    fifo_order()
    rr_slices()
    vruntime_shares()
    vruntime_cgroups()
    vruntime_latency()
    vruntime_wraps()
    vruntime_changes()
    print(f"1..{nr_points}")
    return nr_failed > 0


if __name__ == "__main__":
    main()
