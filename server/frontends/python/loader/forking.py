"""Forks a process for each load, from one that has a framework ready (Linux).

The channel carries frames both ways. What comes: {"job": number, "load": job, "limits": {"memory", "deadline"}, "ahead": path}, with bytes and
milliseconds and a file in memory (see `Answers`), or null, and {"job": number, "end": true}. What goes: {"ready": {"folders"}} once; {"job", "stream": "output" or "answer"}
with bytes of it; {"job", "isSilent": true} when there is nothing more to come of it; and {"job", "ended": {"code", "signal", "reason"}} when a
process is gone, with all that it has started.

This process runs no code of the user's and computes nothing. Each fork leads a group of its own, and ends with this process.
"""

import fcntl
import os
import select
import signal
import time
import traceback
import warnings

from .deadlines import Deadline
from .frames import read_header, write_frame
from .loading import serve

PIECE = 2**20
"""Bytes that are handed on at a time."""

SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of fcntl, which names it from Python 3.10 on."""

INTERVAL = 0.05
"""Seconds between two looks at the forks."""

SOON = 0.002
"""The same, where one has closed its pipes: it is about to end."""

REST = 0.3
"""Seconds that are waited for the output of a fork that is gone, which a process that it has started may hold open."""


class _Fork:
    """One load: its process, and the pipes that it writes to."""

    def __init__(self, message, others, framework):
        """`others`: descriptors of this process that the fork does not keep."""
        limits = message["limits"]
        self.number = message["job"]
        self.memory = limits["memory"]
        self.reason = None
        self.ended = None
        self.gone = None
        output, output_end = os.pipe()
        answer, answer_end = os.pipe()
        _widen(answer)
        self.streams = {output: "output", answer: "answer"}
        with warnings.catch_warnings():
            # Only the thread that looks after the parent runs besides, and it holds nothing.
            warnings.simplefilter("ignore")
            parent, self.process = os.getpid(), os.fork()
        if self.process == 0:
            _load(message, framework, parent, (output_end, answer_end), [*others, output, answer])
        self.deadline = Deadline(limits["deadline"] / 1000, self.process)
        _lead_group(self.process)
        os.close(output_end)
        os.close(answer_end)

    def end(self, reason=None):
        """Ends the process and all that it has started."""
        if self.ended is None:
            self.reason = self.reason or reason
            _end_group(self.process)

    def look(self):
        """Ends it where it takes too much, and finds out whether it is gone."""
        if self.ended is not None:
            return
        if os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            # Before its number may be that of another.
            _end_group(self.process)
            _, status = os.waitpid(self.process, 0)
            self.ended = status
            self.gone = time.monotonic()
        elif self.deadline.is_over():
            self.end("deadline")
        elif _resident_memory(self.process) > self.memory:
            self.end("memory")

    def is_over(self):
        return self.ended is not None and (not self.streams or time.monotonic() > self.gone + REST)

    def describe(self):
        code = os.WEXITSTATUS(self.ended) if os.WIFEXITED(self.ended) else None
        number = os.WTERMSIG(self.ended) if os.WIFSIGNALED(self.ended) else None
        return {"code": code, "signal": number and signal.Signals(number).name, "reason": self.reason}


def _end_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # It has ended, or does not lead its group yet.
        pass


def _resident_memory(process):
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _widen(pipe):
    """Makes a pipe hold a whole piece, so that weights come through in few."""
    try:
        fcntl.fcntl(pipe, SET_PIPE_SIZE, PIECE)
    except OSError:
        # The user has many already.
        pass


def _lead_group(process):
    """Said by the process and by its parent: whoever is first."""
    try:
        os.setpgid(process, process)
    except OSError:
        pass


def _load(message, framework, parent, pipes, others):
    """The life of a fork: it loads the model, and ends. `pipes` are the ends of output and answer."""
    output, answer = pipes
    try:
        _lead_group(os.getpid())
        os.dup2(output, 1)
        os.dup2(output, 2)
        for descriptor in [output, *others]:
            os.close(descriptor)
        # Else its watch began when the parent was gone, and looks for the end of another.
        if os.getppid() == parent:
            serve(message["load"], answer, framework, message["ahead"])
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def serve_forks(channel, reasons, folders, framework):
    """Answers until the channel ends. `reasons`: the descriptor on which this process would say why it ends; `folders`: those that
    change with the packages in them; `framework`: what loads the models.
    """
    write_frame(channel, {"ready": {"folders": folders}})
    forks = {}
    while True:
        streams = {descriptor: fork for fork in forks.values() for descriptor in fork.streams}
        readable, _, _ = select.select([channel, *streams], [], [], _patience(forks.values()))
        if channel in readable:
            message = read_header(channel)
            if message is None:
                break
            _heed(message, forks, [channel, reasons, *streams], framework)
        for descriptor in readable:
            if descriptor in streams:
                _hand_on(channel, streams[descriptor], descriptor)
        for fork in list(forks.values()):
            fork.look()
            if fork.is_over():
                for descriptor in fork.streams:
                    os.close(descriptor)
                del forks[fork.number]
                write_frame(channel, {"job": fork.number, "ended": fork.describe()})
    for fork in forks.values():
        fork.end()


def _patience(forks):
    """Seconds until the forks are looked at, also where nothing comes of them; None: for ever."""
    if not forks:
        return None
    return INTERVAL if all(fork.streams for fork in forks) else SOON


def _heed(message, forks, descriptors, framework):
    number = message["job"]
    if "load" in message:
        forks[number] = _Fork(message, descriptors, framework)
    elif number in forks:
        forks[number].end()


def _hand_on(channel, fork, descriptor):
    piece = os.read(descriptor, PIECE)
    if piece:
        write_frame(channel, {"job": fork.number, "stream": fork.streams[descriptor]}, [piece])
    else:
        os.close(descriptor)
        del fork.streams[descriptor]
        if not fork.streams:
            write_frame(channel, {"job": fork.number, "isSilent": True})
