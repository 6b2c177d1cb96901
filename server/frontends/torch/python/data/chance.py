"""Chance of items: of seed, epoch and index alone, so that it is the same in whatever process and order they are read."""

import hashlib
import random
import sys

import torch


def seed_all(*place):
    """Seeds Python, NumPy where it is loaded, and PyTorch, by numbers and names."""
    digest = hashlib.blake2b(repr(place).encode(), digest_size=8).digest()
    seed = int.from_bytes(digest, "little") >> 1
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)
    # What torch.manual_seed does for the CPU: for devices that are not in use it would note the stack each time, which takes longer than most items.
    torch.default_generator.manual_seed(seed)
