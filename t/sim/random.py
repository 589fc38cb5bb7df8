# SPDX-License-Identifier: GPL-2.0-only
"""Random loads: each task is dispatched once for each time that it wants to run, and none is lost.

usage: random.py NR_CASES [FIRST]    A case is made from its number alone.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SCHEDULERS = os.path.join(os.environ.get("builddir", "."), "schedulers")
NAMES = ("scx_fifo", "scx_rr", "scx_vruntime")
# Each CPU could run all tasks of a case in less. If the policy is late it takes longer.
MAX_WAIT_NS = 1500000000
MAX_LATE_NS = 4 * MAX_WAIT_NS


def random_steps(rand, group):
    """What a task does in turn, and how much of it is on a CPU, in us."""
    steps, run_us = {}, 0
    for nr in range(rand.randint(1, 4)):
        kind = rand.choice(("run", "run", "sleep", "yield", "timer"))
        if kind == "timer":
            steps[f"timer{nr}"] = {"ref": "unique", "period": rand.randint(1, 20000),
                                   "mode": rand.choice(("relative", "absolute"))}
        elif kind == "yield":
            steps[f"yield{nr}"] = ""
        else:
            length_us = int(10 ** rand.uniform(0, 4.3))
            steps[f"{kind}{nr}"] = length_us
            run_us += length_us if kind == "run" else 0
    steps[f"run_{group}"] = 1  # so that time passes
    return steps, run_us + 1


def random_group(rand, group, nr_cpus):
    """A group of tasks that end, and how long each of them runs until then, in us."""
    task = {"instance": rand.choice((1, 1, 2, 3, 8)), "delay": rand.randint(0, 30000),
            "loop": rand.randint(1, 2)}
    phases, run_us = {}, 0
    for nr in range(rand.randint(1, 3)):
        phase, once_us = random_steps(rand, group)
        phase["loop"] = rand.randint(1, 6)
        run_us += once_us * phase["loop"]
        if rand.random() < 0.3:
            phase["nice"] = rand.randint(-20, 19)
        if rand.random() < 0.3:
            phase["cpus"] = sorted(rand.sample(range(nr_cpus), rand.randint(1, nr_cpus)))
        if rand.random() < 0.3:
            phase["taskgroup"] = rand.choice(("/", "/a", "/a/b", "/c"))
        phases[f"p{nr}"] = phase
    return dict(task, phases=phases), run_us * task["loop"]


def random_plan(rand, nr_cpus, groups):
    """CPUs that come and go, and tasks that become nice, in random order of time."""
    plan = {"hotplug": [], "renice": []}
    online = set(range(nr_cpus))
    for at_us in sorted(rand.randint(0, 100000) for _ in range(rand.choice((0, 0, 2, 6)))):
        cpu = rand.randrange(nr_cpus)
        if online == {cpu}:
            continue
        plan["hotplug"].append({"at": at_us, "cpu": cpu, "online": int(cpu not in online)})
        online ^= {cpu}
    for _ in range(rand.choice((0, 0, 1, 3))):
        plan["renice"].append({"at": rand.randint(0, 100000), "nice": rand.randint(-20, 19),
                               "task": rand.choice(groups)})
    return plan


def random_faults(rand, number):
    """What is injected: see scxu_inject(7)."""
    words = [f"{word}={rand.choice((1, 10, 50, 100))}"
             for word in ("drop-wakeup", "corrupt", "lose", "twice") if rand.random() < 0.4]
    words += [f"{word}={2 ** rand.randint(3, 6)}"
              for word in ("ring", "decisions", "events", "tasks") if rand.random() < 0.4]
    if rand.random() < 0.4:
        words.append(f"{rand.choice(('delay', 'spin'))}=1-{rand.randint(1, 40)}@{rand.randint(1, 20)}")
    return ",".join(words + [f"seed={number}"])


def make_case(number):
    rand = random.Random(number)
    nr_cpus = rand.choice((1, 1, 2, 3, 4, 8, 65))
    tasks, run_us = {}, {}
    for nr in range(rand.randint(1, 5)):
        tasks[f"g{nr}"], run_us[f"g{nr}"] = random_group(rand, nr, nr_cpus)
    load = {"cgroups": {"/a": {"weight": rand.randint(1, 10000)}}, "tasks": tasks}
    load.update(random_plan(rand, nr_cpus, sorted(tasks)))
    options = ["--cpus", str(nr_cpus), "--seed", str(number)]
    if rand.random() < 0.3:  # so late that the fallback takes over now and then
        options += ["--latency-us", str(rand.choice((50, 3000, 40000)))]
    if rand.random() < 0.3:
        options += ["--slice-us", str(rand.choice((100, 1000, 20000)))]
    if rand.random() < 0.3:
        options += ["--inject", random_faults(rand, number)]
    return NAMES[number % len(NAMES)], load, options, run_us


def faults(summary, run_us, late, commands):
    """What is wrong with a run, or None. @late: the policy is made to be late now and then.
    @commands: it gives some as well, or wrong decisions, which may be stale as any may."""
    if summary["nr_rescued"] and not late:
        return f"{summary['nr_rescued']} tasks had no answer in time"
    if summary["nr_custody"]:
        return f"{summary['nr_custody']} tasks wait for an answer at the end"
    answered = sum(summary[what] for what in ("nr_decisions", "nr_withdrawn", "nr_rescued"))
    if summary["nr_enqueued"] != answered:
        return f"{summary['nr_enqueued']} enqueues, {answered} answers"
    # Who was taken back meanwhile has been answered late, which is not twice.
    if not commands and summary["nr_stale"] > summary["nr_withdrawn"] + summary["nr_rescued"]:
        return f"{summary['nr_stale']} decisions for tasks that did not wait for one"
    for group in summary["groups"]:
        for task in group["tasks"]:
            if not task["ended"]:
                return f"{group['name']}: a task has not ended"
            if task["exec_ns"] != run_us[group["name"]] * 1000:
                return f"{group['name']}: ran {task['exec_ns']} ns, not {run_us[group['name']]} us"
        if group["wait"]["max_ns"] > (MAX_LATE_NS if late else MAX_WAIT_NS):
            return f"{group['name']}: waited {group['wait']['max_ns']} ns"
    return None


def try_case(number):
    name, load, options, run_us = make_case(number)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".json") as file:
        json.dump(load, file)
        file.flush()
        run = subprocess.run([os.path.join(SCHEDULERS, name), "--simulate", file.name, "--json",
                              *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=60, check=False)
    if run.returncode:
        return f"case {number}: {name} exits {run.returncode}: {run.stderr.decode()[:200]}"
    injected = "--inject" in options
    late = injected or "--latency-us" in options
    # Tasks that wait for a second are helped, see schedulers/patience.c.
    fault = faults(json.loads(run.stdout), run_us, late,
                   injected or (late and name == "scx_vruntime"))
    return fault and f"case {number}: {name} {' '.join(options)}: {fault}"


def main():
    nr_cases = int(sys.argv[1])
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [fault for fault in pool.map(try_case, range(first, first + nr_cases)) if fault]
    for fault in wrong[:20]:
        print("#", fault)
    print("not ok" if wrong else "ok", f"1 - {nr_cases} random loads: all tasks do all of their "
          "work, with one answer for each time that they want to run")
    print("1..1")


if __name__ == "__main__":
    main()
