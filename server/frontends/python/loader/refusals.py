"""Refuses what files of models do by habit when they are imported: starting processes, going to the network, writing into the workspace.

It is no guard against malice: the user has said that the workspace is trusted.
"""

import os
import sys

from .native_writers import NativeWriters
from .places import user_place

PROCESSES = frozenset(
    ["subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile"]
    + ["os.kill", "os.killpg", "pty.spawn", "_winapi.CreateProcess"]
)
TO_ADDRESSES = frozenset(["socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"])
"""Events whose second argument is an address; of the others the first is a name."""

NETWORK = TO_ADDRESSES | frozenset(["socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"])
WRITES = {
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "shutil.move": (0, 1),
    "shutil.copyfile": (1,),
    "sqlite3.connect": (0,),
}
"""Events that change a file or folder, with the places of its path among their arguments."""

LOOKS = frozenset(["ldconfig", "uname", "gcc", "cc", "clang", "ld", "objdump", "lscpu", "fc-list", "file"])
"""Programs by which packages look what kind of machine this is."""

SENTENCES = {
    "processes": "starts a process ({what})",
    "network": "goes to the network ({what})",
    "writes": "writes into the workspace ({what})",
}


class Refused(PermissionError):
    """Something that is not allowed while a model is loaded, with the line of the user's that asked for it."""

    def __init__(self, kind, what, place):
        super().__init__(f"refused while a model is loaded: it {SENTENCES[kind].format(what=what)}")
        self.kind = kind
        self.what = what
        self.place = place


class Refusals:
    """What was refused, in its order."""

    def __init__(self, workspace, allowed, may_write=None):
        """`may_write` tells of a path below the workspace (real, absolute) whether it may be written to all the same."""
        self.may_write = may_write
        self.workspace = os.path.join(os.path.realpath(workspace), "")
        self.allowed = frozenset(allowed)
        self.found = []
        self.is_active = False

    def begin(self):
        """From here on; an audit hook cannot be taken out again."""
        self.is_active = True
        sys.addaudithook(self._hook)
        NativeWriters(self._native_write, self._start).begin()

    def _hook(self, event, args):
        if not self.is_active:
            return
        if event in PROCESSES:
            self._process(event, args)
        elif event in NETWORK and not _is_look(event, args):
            self._refuse("network", _address(event, args))
        elif event == "open":
            path, mode, flags = args
            is_write = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            is_write = is_write or (mode is None and isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if is_write:
                self._write(path)
        elif event in WRITES:
            for place in WRITES[event]:
                self._write(args[place])

    def _native_write(self, path):
        if self.is_active:
            self._write(path)

    def _start(self, command):
        if self.is_active:
            self._program(command)

    def _process(self, event, args):
        if event in ("os.fork", "os.forkpty"):
            self._refuse("processes", "a fork of itself")
            return
        if event in ("os.kill", "os.killpg"):
            if args[0] != os.getpid():
                self._refuse("processes", f"a signal to {args[0]}")
            return
        if event == "_winapi.CreateProcess":
            self._program(args[1] or args[0])
            return
        command = args[1] if event == "subprocess.Popen" else args[0] if args else event
        if event in ("os.posix_spawn", "os.exec", "os.spawn") and len(args) > 1:
            command = args[1] if isinstance(args[1], (list, tuple)) else args[0]
        self._program(command)

    def _program(self, command):
        words = [os.fsdecode(one) for one in command] if isinstance(command, (list, tuple)) else [os.fsdecode(command)]
        program = os.path.basename(words[0].split()[0]) if words and words[0].strip() else ""
        if program in LOOKS:
            return
        self._refuse("processes", " ".join(words)[:120])

    def _write(self, path):
        if isinstance(path, int) or path is None or path in ("", ":memory:"):
            return
        try:
            real = os.path.realpath(os.fsdecode(path))
        except (TypeError, ValueError):
            return
        if real.startswith(self.workspace) and "__pycache__" not in real and not (self.may_write and self.may_write(real)):
            self._refuse("writes", real[len(self.workspace) :])

    def _refuse(self, kind, what):
        if kind in self.allowed:
            return
        refused = Refused(kind, what, user_place())
        self.found.append(refused)
        raise refused


def _is_look(event, args):
    """Whether it only finds out if this machine has IPv6, as packages do when they are imported."""
    return event == "socket.bind" and tuple(args[1][:2]) == ("::1", 0)


def _address(event, args):
    address = args[1] if event in TO_ADDRESSES else args[0]
    if isinstance(address, tuple):
        address = address[0]
    return os.fsdecode(address) if isinstance(address, (str, bytes)) else str(address)
