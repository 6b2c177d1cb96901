"""Deadlines that do not count the time in which a process only waits for a processor, as processes/deadline.ts has them."""

import time

LONGEST = 10
"""A deadline is put off to so many times its length at the most."""


def waited_for_processor(process="self"):
    """Seconds in which the main thread of a process could have run, and had no processor; 0 where the system does not tell (Linux does)."""
    try:
        with open(f"/proc/{process}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Deadline:
    """So many seconds of a process from now on. An endless loop and a sleep come to their end; a load on a busy machine is not ended for that."""

    def __init__(self, seconds, process="self"):
        self.seconds = seconds
        self.process = process
        self.began, self.waited = self._now()

    def is_over(self):
        passed = time.monotonic() - self.began
        if passed <= self.seconds:
            return False
        return passed > LONGEST * self.seconds or passed - (waited_for_processor(self.process) - self.waited) > self.seconds

    def pause(self):
        """A function that begins the deadline again where it stands now."""
        began, waited = self._now()

        def resume():
            now, waited_now = self._now()
            self.began += now - began
            self.waited += waited_now - waited

        return resume

    def _now(self):
        return time.monotonic(), waited_for_processor(self.process)
