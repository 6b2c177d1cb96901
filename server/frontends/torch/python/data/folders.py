"""Folders of the workspace that data lies in: those that its code has read of. It may keep what it makes of them there."""

import ast
import os
import sys

SOURCES = (".py", ".pyc", ".pyi", ".so")
"""Files that are no data."""


class DataFolders:
    """Of a job: its folder where a set is read by its name, those that its expression names, and those that are read of from `begin` on."""

    def __init__(self, job):
        self.workspace = os.path.join(os.path.realpath(job["workspace"]), "")
        # The code itself lies in its own folder, and in those around it.
        self.own = "" if "set" in job else os.path.join(os.path.realpath(os.path.dirname(job["file"])), "")
        self.folders = set()
        named = [job["file"]] if "set" in job else _texts(job["construct"])
        for folder in named:
            path = os.path.join(job["workspace"], folder)
            if os.path.isdir(path):
                self._add(path)

    def begin(self):
        """An audit hook cannot be taken out again."""
        sys.addaudithook(self._hook)

    def hold(self, path):
        """Whether a path (real, absolute) is below one of them."""
        return any(path.startswith(folder) for folder in self.folders)

    def _hook(self, event, args):
        if event in ("os.listdir", "os.scandir"):
            self._add(args[0] if args[0] is not None else ".")
        elif event == "open" and isinstance(args[0], (str, bytes)) and not _writes(*args[1:]):
            path = os.fsdecode(args[0])
            if not path.endswith(SOURCES):
                self._add(os.path.dirname(path) or ".")

    def _add(self, folder):
        if isinstance(folder, int):
            return
        try:
            real = os.path.join(os.path.realpath(os.fsdecode(folder)), "")
        except (TypeError, ValueError, OSError):
            return
        is_below = real.startswith(self.workspace) and real != self.workspace and "site-packages" not in real
        if is_below and not self.own.startswith(real):
            self.folders.add(real)


def _writes(mode, flags):
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _texts(construct):
    """The texts that an expression holds."""
    try:
        nodes = ast.walk(ast.parse(construct.strip(), mode="eval"))
    except SyntaxError:
        return []
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
