"""Chance of items: of seed, epoch and index alone, so that it is the same in whatever process and order they are read."""

import hashlib
import random
import sys

import torch

# What the user's code calls is another one: see `watch`.
_python_state = random.getstate
_torch_state = torch.default_generator.get_state


def _number(*place):
    """A seed of 63 bits, by numbers and names."""
    digest = hashlib.blake2b(repr(place).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def _seed_numpy(seed):
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)


def _numpy_state():
    """None where it is not loaded."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    state = numpy.random.mtrand._rand.get_state(legacy=False)
    return state["state"]["pos"], state["state"]["key"].tobytes(), state["has_gauss"]


class _Generator:
    """A generator that code draws from without naming it. `looked`: its state was asked for."""

    def __init__(self, seed, state, are_equal=lambda a, b: a == b):
        self.seed = seed
        self.state = state
        self.are_equal = are_equal
        self.looked = False


PYTHON = _Generator(random.seed, _python_state)
NUMPY = _Generator(_seed_numpy, _numpy_state)
# What torch.manual_seed does for the CPU: for devices that are not in use it would note the stack each time, which takes longer than most items.
TORCH = _Generator(torch.default_generator.manual_seed, _torch_state, torch.equal)
GENERATORS = (PYTHON, NUMPY, TORCH)


def seed_all(*place):
    """Seeds Python, NumPy where it is loaded, and PyTorch, by numbers and names."""
    seed = _number(*place)
    for generator in GENERATORS:
        generator.seed(seed)


def watch():
    """From here on it is noted when the user's code looks at a state without drawing."""
    functions = [(random, "getstate", PYTHON), (torch, "initial_seed", TORCH), (torch, "get_rng_state", TORCH)]
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        functions.append((numpy.random, "get_state", NUMPY))
    for module, name, generator in functions:
        setattr(module, name, _noting(getattr(module, name), generator))


def _noting(function, generator):
    def noted(*args, **kwargs):
        generator.looked = True
        return function(*args, **kwargs)

    return noted


class ItemChance:
    """Seeds for each item the generators that items draw from. Seeding all would take a good part of the time of a small item.

    Which they are is seen: the first item of a batch has all seeded, and the states of those that no other is seeded for are compared
    after the batch. Where one has changed it is seeded from then on, and the batch is read again.
    """

    def __init__(self):
        self.seeded = []
        self.others = list(GENERATORS)

    def read(self, seed, epoch, indices, read_one):
        """Reads each item, seeded by itself: (what `read_one(index)` gave of each, what one of them raised or None)."""
        numbers = [_number(seed, epoch, index) for index in indices]
        while True:
            found, error = [], None
            for generator in self.others:
                generator.seed(numbers[0])
                generator.looked = False
            before = [generator.state() for generator in self.others]
            try:
                for number, index in zip(numbers, indices):
                    for generator in self.seeded:
                        generator.seed(number)
                    found.append(read_one(index))
            except BaseException as raised:
                error = raised
            has_missed = self._missed(before)
            # The first item had all of them.
            if not has_missed or len(found) + (error is not None) == 1:
                return found, error

    def _missed(self, before):
        """Whether another generator has been used since; it is seeded from now on."""
        missed = [one for one, state in zip(self.others, before) if one.looked or not one.are_equal(one.state(), state)]
        self.seeded += missed
        self.others = [one for one in self.others if one not in missed]
        return bool(missed)
