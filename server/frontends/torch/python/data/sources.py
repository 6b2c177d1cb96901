"""Where items come from: data sets that are asked by index, and streams that are read from their start in each epoch."""

import torch
from prunelens_loader.failures import Failure
from prunelens_loader.places import traceback_place
from torch.utils.data import DataLoader, IterableDataset

from .chance import ItemChance, seed_all
from .items import place_of, split_item
from .loaders import gives_batches, is_plain, watched

MOST_ITEMS = 20_000_000
"""The labels of all are held in memory."""

READ_TOGETHER = 64
"""Items that are read one after the other, where labels are looked for."""


class Indexed:
    """A data set of map style: an item by its index."""

    is_stream = False

    def __init__(self, data, name):
        self.data = data
        self.name = name
        self.place = place_of(data)
        self.size = _length(data, name, self.place)
        self._chance = ItemChance()

    def items(self, seed, epoch, indices, go_on):
        """(index, example, label) for each index, seeded by itself. `go_on` is called before each is asked for.

        All are read before the first is given; those before one that fails are given all the same.
        """
        with _named(self.where, None, self.place) as asked:

            def read_one(index):
                go_on()
                asked.index = index
                return index, *split_item(self.data[index], self.where, index, self.place)

            found, error = self._chance.read(seed, epoch, indices, read_one)
            yield from found
            if error is not None:
                raise error

    def where(self, index):
        """An item in words."""
        return f"{self.name}[{index}]"

    def everything(self, go_on):
        """All items of the first epoch."""
        start, count = 0, 1
        while start < self.size:
            yield from self.items(0, 0, range(start, min(start + count, self.size)), go_on)
            # Whoever wants to know what an item is like does not wait for more of them.
            start, count = start + count, READ_TOGETHER

    def labels_known(self):
        """Labels that the data set keeps as a list of its own, where its items have those; None where it does not."""
        return _targets(self.data)


class Stream:
    """An iterable, or a DataLoader with a sampler or a way to collate of its own."""

    is_stream = True

    def __init__(self, data, name):
        self.data, self._noted = watched(data) if isinstance(data, DataLoader) else (data, None)
        self.name = name
        self.place = place_of(data)
        self.size = None
        self._reading = None

    def _pass(self, seed, epoch, go_on):
        """All items of an epoch, from its start."""
        seed_all(seed, epoch, "worker", 0)
        loader = self.data
        if self._noted is not None:
            for owner in (loader, loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None)):
                # What draws from a generator of its own would go on where it was.
                if isinstance(getattr(owner, "generator", None), torch.Generator):
                    owner.generator.manual_seed(torch.initial_seed())
                if hasattr(owner, "set_epoch"):
                    owner.set_epoch(epoch)
        are_batches = self._noted is not None and gives_batches(loader)
        count = 0
        with _named(self.where, 0, self.place):
            iterator = iter(self.data)
        while True:
            go_on()
            if self._noted is not None:
                self._noted.begin(go_on)
            with _named(self._where_now, count, self.place):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            example, label = split_item(item, self._where_now, count, self.place)
            if not are_batches:
                yield count, example, label
                count += 1
                continue
            label = torch.as_tensor(label)
            if example.dim() == 0 or label.dim() == 0 or len(example) != len(label):
                raise Failure(f"{self._where_now(count)} has {tuple(example.shape)} examples for {tuple(label.shape)} labels.", self.place)
            for one in zip(example, label):
                yield count, *one
                count += 1

    def items(self, seed, epoch, indices, go_on):
        """(index, example, label) for each index. `go_on` is called before the code is asked for more. Batches that follow each other are read in one pass over the epoch."""
        first, last = min(indices), max(indices)
        at = self._reading
        if at is None or at[:2] != (seed, epoch) or at[2] > first:
            at = (seed, epoch, 0, self._pass(seed, epoch, go_on))
        _, _, position, reading = at
        wanted, found = set(indices), {}
        while position <= last:
            one = next(reading, None)
            if one is None:
                raise Failure(f"{self.name} gives {position} items in epoch {epoch + 1}, and gave {self.size} in its first.", self.place, "Every epoch needs as many.")
            if position in wanted:
                found[position] = one
            position += 1
        self._reading = (seed, epoch, position, reading)
        for index in indices:
            yield found[index]

    def where(self, index):
        """An item in words."""
        return f"{self.name}, item {index}"

    def _where_now(self, index):
        """What is being read from an item on, in words."""
        return self.where(index) if self._noted is None else self._noted.in_words(self.name, index)

    def everything(self, go_on):
        """All items of the first epoch."""
        return self._pass(0, 0, go_on)

    def labels_known(self):
        return None


_asked = []
"""What the user's code is asked for now."""


def asked_for():
    """The item that is being read, in words; None where none is."""
    # Another thread asks: what is looked at must not go meanwhile.
    asked = _asked[-1:]
    return asked[0].in_words() if asked else None


class _named:
    """What the user's code raises within, with the item that was asked for: `where(index)` in words."""

    def __init__(self, where, index, place):
        self.where = where
        self.index = index
        self.place = place

    def in_words(self):
        return self.where(self.index)

    def __enter__(self):
        _asked.append(self)
        return self

    def __exit__(self, kind, error, trace):
        _asked.remove(self)
        # Code of packages that calls sys.exit means this item, too.
        is_told = kind is not None and issubclass(kind, (Exception, SystemExit))
        if not is_told or kind is StopIteration or isinstance(error, Failure):
            return False
        text = str(error).strip().splitlines()
        message = f"{self.in_words()}: {kind.__name__}{': ' + text[-1] if text else ''}"
        raise Failure(message, traceback_place(error) or self.place) from error


def _length(data, name, place):
    with _named("len({})".format, name, place):
        size = len(data)
    if size > MOST_ITEMS:
        raise Failure(f"{name} says that it has {size:,} examples; {MOST_ITEMS:,} are the most.", place, "Name a subset of it, such as torch.utils.data.Subset(data, range(100_000)).")
    return size


def _targets(data):
    """Labels by index that need no reading of items; None where nothing tells."""
    if isinstance(data, torch.utils.data.Subset):
        inner = _targets(data.dataset)
        return None if inner is None else inner[torch.as_tensor(list(data.indices))]
    if isinstance(data, torch.utils.data.TensorDataset) and len(data.tensors) == 2:
        return data.tensors[1]
    if getattr(data, "target_transform", None) is not None:
        return None
    targets = getattr(data, "targets", None)
    if targets is None:
        targets = getattr(data, "labels", None)
    try:
        targets = None if targets is None else torch.as_tensor(targets)
    except (TypeError, ValueError, RuntimeError):
        return None
    return targets if targets is not None and targets.dim() == 1 and len(targets) == len(data) else None


def class_names(data):
    """Names of classes, where the data set has them."""
    inner = getattr(data, "dataset", None)
    names = getattr(data, "classes", None)
    if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
        return list(names)
    return class_names(inner) if inner is not None and inner is not data else None


def source_of(data, name):
    """The source of a data set, a DataLoader or an iterable. Raises Failure for anything else."""
    if isinstance(data, DataLoader):
        return source_of(data.dataset, name) if is_plain(data) else Stream(data, name)
    if isinstance(data, IterableDataset):
        return Stream(data, name)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (dict, str, bytes)):
        return Indexed(data, name)
    if hasattr(data, "__next__"):
        raise Failure(f"{name} is an iterator, which ends after one epoch.", place_of(data), "Name the function that makes it, or wrap it into an IterableDataset.")
    if hasattr(data, "__iter__") and not isinstance(data, (dict, str, bytes)):
        return Stream(data, name)
    raise Failure(f"{name} is {type(data).__name__}, and no data set.", None, "Name a Dataset, a DataLoader, an iterable, or a function that returns one or a (train, test) pair.", "usage")
