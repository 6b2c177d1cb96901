"""Files of the workspace that are read while a model is made: a change of one may make it another model."""

import os
import sys

from .places import is_users

MOST = 500
"""Files that are told; whoever reads more reads a data set."""


class Reads:
    """From `begin` on, files of the workspace that are opened for reading, whatever opens them."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.real = os.path.join(os.path.realpath(workspace), "")
        self.files = set()

    def begin(self):
        """An audit hook cannot be taken out again."""
        sys.addaudithook(self._hook)

    def _hook(self, event, args):
        if event != "open" or len(self.files) >= MOST:
            return
        path, mode, flags = args
        if not isinstance(path, (str, bytes)) or _is_write(mode, flags):
            return
        try:
            real = os.path.realpath(os.fsdecode(path))
        except (OSError, ValueError):
            return
        if real.startswith(self.real) and is_users(real) and "__pycache__" not in real and os.path.isfile(real):
            # As the editor names it, which may see the workspace through a link.
            self.files.add(os.path.join(self.workspace, real[len(self.real) :]))


class Code:
    """The files that a model was made from, once it is made: `sources` has the modules of the workspace that were run, `reads` all that was read."""

    def __init__(self, sources, reads):
        self._sources = sources
        self.run = frozenset(sources.read)
        self.others = frozenset(reads.files) - self.run

    def texts(self):
        """Texts of the modules that were run."""
        for file in self.run:
            text = self._sources.text(file)
            yield text if isinstance(text, str) else text.decode("utf-8", "replace")


def _is_write(mode, flags):
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax")
    return isinstance(flags, int) and bool(flags & os.O_WRONLY)
