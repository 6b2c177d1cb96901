"""Ends the process at its deadline and beyond its memory with an answer that has the line where the user's code is."""

import contextlib
import os
import sys
import threading
import time

from .deadlines import Deadline
from .places import user_place

INTERVAL = 0.05


class Guard:
    """Looks at the process from a thread of its own. `answer` is called with (message, hint, place) before it is ended."""

    def __init__(self, memory, resident_memory, answer):
        self.memory = memory
        self.resident_memory = resident_memory
        self.answer = answer
        self.main = threading.get_ident()
        self.deadline = None

    def allow(self, seconds):
        """From now on so many seconds; None: no deadline."""
        self.deadline = None if seconds is None else Deadline(seconds)

    @contextlib.contextmanager
    def pause(self):
        """What is done meanwhile does not count: packages may come from a cold disk."""
        deadline, self.deadline = self.deadline, None
        if deadline is None:
            yield
            return
        resume = deadline.pause()
        try:
            yield
        finally:
            resume()
            self.deadline = deadline

    def begin(self):
        threading.Thread(target=self._look, name="prunelens-guard", daemon=True).start()

    def _look(self):
        while True:
            deadline = self.deadline
            if deadline is not None and deadline.is_over():
                hint = "Check it for endless loops, and keep data sets and training out of what the model needs."
                self._end(f"The model code did not finish within {deadline.seconds:g} seconds.", hint)
            if self.memory is not None and self.resident_memory() > self.memory:
                hint = "Keep data sets and training out of the model file, and check its loops and layer sizes."
                self._end(f"The model code used more than {self.memory // 2**20} MiB of memory.", hint)
            time.sleep(INTERVAL)

    def _end(self, message, hint):
        frame = sys._current_frames().get(self.main)
        try:
            self.answer(message, hint, user_place(frame) if frame else None)
        finally:
            os._exit(0)
