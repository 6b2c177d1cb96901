"""Starts a program of ours in the user's Python: python -X utf8 -B launch.py PROGRAM [ARGUMENT ...]

First it takes the folder of this file off sys.path, as -P does from Python 3.11 on, so that a file beside it or in the working
folder is never taken for a module of the standard library or for torch. Then it sees to it that the process ends when its parent
is gone, at its deadline, and beyond its memory, as processes/watchProcess.ts does for Node; a process that it forks ends with it
likewise. This file is read by any Python 3, also one that is too old for the rest.
"""

import sys

if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import json
import os
import runpy
import signal
import threading
import time

# As processes/watchProcess.ts has them.
VARIABLE = "PRUNELENS_WATCH"
REASON_DESCRIPTOR = 4
INTERVAL = 0.05


def resident_memory():
    """Bytes of memory that this process has in use; its highest use on macOS, and 0 on Windows, where nothing tells."""
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0


def parent_test(parent):
    """A function that tells whether the parent is gone."""
    if sys.platform != "win32":
        return lambda: os.getppid() != parent
    import ctypes

    # The number of a dead parent stays, and may be used again: what is held is the process itself.
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = ctypes.c_void_p
    synchronize = 0x00100000
    handle = kernel.OpenProcess(synchronize, False, parent)
    return lambda: not handle or kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == 0


def end(reason):
    """Ends this process at once, and its group where it leads one; the parent is told why on its pipe."""
    try:
        if reason:
            os.write(REASON_DESCRIPTOR, reason)
    finally:
        if sys.platform == "win32":
            os._exit(1)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def look(watch, began):
    is_orphan = parent_test(watch["parent"])
    deadline = watch.get("deadline")
    memory = watch.get("memory")
    while True:
        if is_orphan():
            end(None)
        if deadline is not None and (time.monotonic() - began) * 1000 > deadline:
            end(b"deadline")
        if memory is not None and resident_memory() > memory:
            end(b"memory")
        time.sleep(INTERVAL)


def begin(watch):
    """Begins the watch over this process, in a thread of its own."""
    thread = threading.Thread(target=look, args=(watch, time.monotonic()), name="prunelens-watch")
    thread.daemon = True
    thread.start()


def begin_in_fork():
    """A forked process has no threads: it begins its own watch, over the process that forked it."""
    begin({"parent": os.getppid()})


def main():
    text = os.environ.pop(VARIABLE, None)
    if text is not None:
        begin(json.loads(text))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=begin_in_fork)
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
