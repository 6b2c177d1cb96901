"""DataLoaders: which give the items of their data set as they are, and reading the others here, with a note of what they ask for."""

import copy

from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, SequentialSampler, Subset, default_collate


def is_plain(loader):
    """Whether a DataLoader gives each item of its data set once, as it is."""
    sampler, batches = loader.sampler, loader.batch_sampler
    is_shuffled = type(sampler) is RandomSampler and not sampler.replacement and sampler.num_samples == len(loader.dataset)
    is_each_once = (is_shuffled or type(sampler) is SequentialSampler) and sampler.data_source is loader.dataset
    return is_each_once and type(batches) is BatchSampler and batches.sampler is sampler and loader.collate_fn is default_collate


def gives_batches(loader):
    """Whether what a DataLoader gives are batches, and no items."""
    return loader.batch_size is not None or loader.batch_sampler is not None


def watched(loader):
    """(a DataLoader that gives what this one gives, in this process alone; its data set, a `Noted`)."""
    # Processes of its own would be those of this one, which reads ahead by itself.
    own = _without_workers(loader) if loader.num_workers else copy.copy(loader)
    noted = Noted(loader.dataset)
    # It refuses an assignment.
    vars(own)["dataset"] = noted
    return own, noted


def _without_workers(loader):
    shared = {"dataset": loader.dataset, "collate_fn": loader.collate_fn}
    if loader.batch_sampler is not None:
        return DataLoader(batch_sampler=loader.batch_sampler, **shared)
    sampler = None if isinstance(loader.dataset, IterableDataset) else loader.sampler
    return DataLoader(batch_size=loader.batch_size, sampler=sampler, drop_last=loader.drop_last, **shared)


class Noted:
    """The data set of a DataLoader, which notes what it is asked for within a batch. The items of a batch that is read as a whole are not known."""

    def __init__(self, dataset):
        self.dataset = dataset
        self._begun = 0
        self._reading = None
        self._go_on = None

    def begin(self, go_on):
        """The next batch. `go_on` is called before each of its items is read."""
        self._begun, self._reading, self._go_on = 0, None, go_on

    def in_words(self, name, first):
        """What is being read of the data that is called `name`: an item, or between them the batch, whose first item has the number `first`."""
        if self._reading is not None:
            return f"{name}, {self._reading(first)}"
        if self._begun == 0:
            return f"{name}, the batch from item {first} on"
        last = first + self._begun - 1
        return f"{name}, {f'item {first}' if last == first else f'the batch of items {first} to {last}'}"

    def _begin_item(self, words):
        self._go_on()
        self._begun += 1
        self._reading = words

    def __getitem__(self, index):
        self._begin_item(lambda _: f"dataset[{index!r}]")
        item = self.dataset[index]
        self._reading = None
        return item

    def __iter__(self):
        iterator = iter(self.dataset)
        while True:
            place = self._begun
            self._begin_item(lambda first: f"item {first + place}")
            try:
                item = next(iterator)
            except StopIteration:
                return
            self._reading = None
            yield item

    def __len__(self):
        return len(self.dataset)

    def __getattr__(self, name):
        if name == "__getitems__" and _is_read_one_by_one(self.dataset):
            raise AttributeError(name)
        return getattr(self.dataset, name)


def _is_read_one_by_one(dataset):
    """Whether several items are read as each of them is."""
    return _is_read_one_by_one(dataset.dataset) if type(dataset) is Subset else not hasattr(dataset, "__getitems__")
