#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""scx_fifo.py - run all tasks of this machine in the order in which they arrive.

It needs Python's standard library, libscxuser.so.0 and root: no compiler. scxuser.h says what the
structs and functions mean; what is here of them is checked against lib/libscxuser.abi.
"""
import ctypes
import errno
import gc
import signal
import sys
import time
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_int, c_int32, c_int64
from ctypes import c_size_t, c_uint, c_uint32, c_uint64, c_void_p, sizeof

NAME = "scx_fifo.py"
BATCH = 64
SCXU_CPU_ANY, SCXU_LOG_WARNING = -1, 1
log_fn = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p)


def struct(name, *groups):
    members = [(member, kind) for kind, names in groups for member in names.split()]
    return type(name, (Structure,), {"_fields_": members})


scxu_opts = struct(
    "scxu_opts", (c_size_t, "sz"), (c_uint32, "flags max_tasks"), (c_char_p, "name"),
    (c_uint32, "slice_us fallback_ms timeout_ms exit_dump_len"), (log_fn, "log"),
    (c_void_p, "log_arg"))
scxu_task = struct(
    "scxu_task", (c_int32, "pid tgid cpu"),
    (c_uint32, "flags slot generation weight nr_cpus_allowed"),
    (c_uint64, "enqueue_ns exec_ns nr_switches cookie"), (c_uint64 * 16, "reserved"))
scxu_dispatch = struct(
    "scxu_dispatch", (c_uint32, "slot generation"), (c_int32, "cpu"), (c_uint32, "flags"),
    (c_uint64, "slice_ns vtime cookie"), (c_uint64 * 4, "reserved"))
scxu_stats = struct(  # as far as it is of use here: sz says so
    "scxu_stats", (c_size_t, "sz"), (c_uint64, "nr_tasks nr_queued nr_enqueued nr_dispatched "
    "nr_stale nr_bounced nr_refused nr_kernel nr_idle_shortcut nr_fallback"))
scxu_exit_info = struct(
    "scxu_exit_info", (c_size_t, "sz"), (c_int32, "kind kernel_kind"), (c_int64, "code"),
    (c_char * 128, "reason"), (c_char * 1024, "message"))

# What each function returns, and what it takes.
FUNCTIONS = {
    "scxu_open": (c_int, POINTER(c_void_p), POINTER(scxu_opts)),
    "scxu_close": (None, c_void_p),
    "scxu_dequeue_tasks": (c_int, c_void_p, POINTER(scxu_task), c_uint),
    "scxu_dispatch_init": (None, POINTER(scxu_dispatch), POINTER(scxu_task)),
    "scxu_dispatch_tasks": (c_int, c_void_p, POINTER(scxu_dispatch), c_uint),
    "scxu_select_cpu": (c_int, c_void_p, POINTER(scxu_task), c_int, c_uint64),
    "scxu_wait": (c_int, c_void_p, c_int),
    "scxu_get_stats": (c_int, c_void_p, POINTER(scxu_stats)),
    "scxu_exited": (c_bool, c_void_p),
    "scxu_stop": (None, c_void_p),
    "scxu_shutdown_and_report": (c_int, c_void_p, POINTER(scxu_exit_info)),
}

# The exit status for an error, as of the schedulers in C.
STATUS = {errno.EINVAL: 2, errno.EBUSY: 75, errno.EPERM: 77, errno.EAGAIN: 77, errno.ENOMEM: 77,
          errno.EOPNOTSUPP: 78}


def fail(status, why):
    print(f"{NAME}: {why}", file=sys.stderr)
    return status


@log_fn
def print_log(_arg, level, line):
    if level <= SCXU_LOG_WARNING:
        fail(None, line.decode())


def load():
    lib = ctypes.CDLL("libscxuser.so.0")  # the 0 is the ABI's version
    for name, (result, *args) in FUNCTIONS.items():
        getattr(lib, name).restype = result
        getattr(lib, name).argtypes = args
    return lib


def schedule(lib, s):
    # What the loop needs is made here: to make an object takes time, and tasks wait meanwhile.
    tasks, decisions = (scxu_task * BATCH)(), (scxu_dispatch * BATCH)()
    pairs = [(t, byref(t), d, byref(d)) for t, d in zip(tasks, decisions)]
    stats = scxu_stats(sz=sizeof(scxu_stats))
    nr_before, next_line = 0, time.monotonic() + 1
    while not lib.scxu_exited(s):
        nr = lib.scxu_dequeue_tasks(s, tasks, BATCH)
        for t, t_ref, d, d_ref in pairs[:nr]:
            lib.scxu_dispatch_init(d_ref, t_ref)
            d.cpu = max(lib.scxu_select_cpu(s, t_ref, t.cpu, 0), SCXU_CPU_ANY)
        if nr:
            # What is refused is not lost: the kernel half runs those tasks after a while.
            lib.scxu_dispatch_tasks(s, decisions, nr)
        else:
            # Python handles a signal when it is back from C. One that comes just before this call
            # does not end it: therefore the time limit.
            lib.scxu_wait(s, 200)
        if time.monotonic() >= next_line:
            next_line += 1
            lib.scxu_get_stats(s, byref(stats))
            print(f"tasks={stats.nr_tasks} queued={stats.nr_queued} "
                  f"decisions={stats.nr_dispatched} per_s={stats.nr_dispatched - nr_before} "
                  f"stale={stats.nr_stale} nr_fallback={stats.nr_fallback}", flush=True)
            nr_before = stats.nr_dispatched


def report(lib, s):
    info = scxu_exit_info(sz=sizeof(scxu_exit_info))
    if not lib.scxu_shutdown_and_report(s, byref(info)):
        print(f"{NAME}: asked to stop, detached", flush=True)
        return 0
    why = b": ".join(filter(None, (info.reason, info.message))).decode(errors="replace")
    return fail(70, f"evicted by the kernel: {why}")


def main():
    if len(sys.argv) > 1:
        return fail(2, "takes no arguments, runs until SIGINT or SIGTERM")
    try:
        lib = load()
    except OSError as error:
        return fail(78, error)
    s, signals = c_void_p(), (signal.SIGINT, signal.SIGTERM)
    opts = scxu_opts(sz=sizeof(scxu_opts), name=NAME.encode(), log=print_log)
    for number in signals:
        signal.signal(number, lambda *_: lib.scxu_stop(s) if s else sys.exit(1))
    # A collection looks at all objects there are, for longer than tasks should wait. This program
    # makes no cycles, so counting references frees all that it drops; and what is dropped is used
    # again, so that Python asks the kernel for no more memory, all of which is locked by now.
    gc.collect()
    gc.disable()
    err = lib.scxu_open(byref(s), byref(opts))
    if err:
        return STATUS.get(-err, 1)
    try:
        schedule(lib, s)
        return report(lib, s)
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)  # no scxu_stop() from now on
        lib.scxu_close(s)


if __name__ == "__main__":
    sys.exit(main())
