"""Sees to it that this process does not outlive the one that started it, whatever its main thread does."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

VARIABLE = "PRUNELENS_WATCH"

# Seconds between two looks.
INTERVAL = 0.05

WINDOWS = sys.platform == "win32"


def watch_process():
    """Begins the watch that the parent has set in the environment; nothing where it has set none."""
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        return
    watch = json.loads(text)
    threading.Thread(target=_look, args=(watch,), daemon=True).start()


def _look(watch):
    is_there = _parent_on_windows(watch["parent"]) if WINDOWS else lambda: os.getppid() == watch["parent"]
    while is_there():
        time.sleep(INTERVAL)
    _end(watch.get("ownGroup", False))


def _end(own_group):
    if WINDOWS:
        subprocess.call(["taskkill", "/pid", str(os.getpid()), "/T", "/F"])
    elif own_group and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    # Without cleaning up, which could wait for the main thread.
    os._exit(1)


def _parent_on_windows(pid):
    """Windows keeps the number of a dead parent, so its end is asked for by a handle."""
    import ctypes

    synchronize, timeout = 0x00100000, 0x00000102
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    handle = kernel.OpenProcess(synchronize, False, pid)
    return lambda: bool(handle) and kernel.WaitForSingleObject(handle, 0) == timeout
