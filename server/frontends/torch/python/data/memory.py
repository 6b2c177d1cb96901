"""Memory that this process shares with the one that asks: large batches are written there in place of being sent through a pipe (Linux)."""

import mmap
import os

import torch

LEAST = 2**16
"""Bytes from which on a batch is shared: fewer are as quick in a pipe."""


class SharedMemory:
    """A piece of memory for each number that is asked for, which is used again and grows."""

    def __init__(self):
        self._pieces = {}

    def take(self, number, count):
        """(descriptor, bytes as a tensor) of a piece that holds so many; None where the batch is to be sent, or the system shares nothing."""
        if number is None or count < LEAST or not hasattr(os, "memfd_create"):
            return None
        descriptor, memory = self._pieces.get(number, (None, None))
        if memory is None or len(memory) < count:
            try:
                descriptor = os.memfd_create("prunelens") if descriptor is None else descriptor
                os.ftruncate(descriptor, count)
                memory = mmap.mmap(descriptor, count)
            except OSError:
                return None
            self._pieces[number] = descriptor, memory
        return descriptor, torch.frombuffer(memory, dtype=torch.uint8, count=count)
