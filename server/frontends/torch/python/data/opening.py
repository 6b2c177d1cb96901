"""From the expression that names data to its splits: what they hold, and the labels of all items."""

import os
import sys
import time

import torch
from prunelens_loader.constructing import find_names, parse_construct
from prunelens_loader.failures import Failure
from prunelens_loader.importing import Sources, import_file

from ..loading.devices import OnCpu, replace_cuda
from .batch import stack_labels
from .chance import seed_all
from .items import Form, arguments_needed, described
from .sources import MOST_ITEMS, class_names, source_of
from .torchvision_sets import torchvision_set

PROBED = 8
"""So many items are compared with the labels that a data set keeps."""

MOST_SECONDS = 600
"""A stream that has not ended then never will, perhaps."""

SPLITS = ("train", "test")


class Split:
    """A source with the form of its items, and the labels of all of them."""

    def __init__(self, source, form, labels):
        self.source = source
        self.form = form
        self.labels = labels

    def describe(self):
        return {
            "size": self.source.size,
            "shape": list(self.form.shape),
            "holdsIds": self.form.holds_ids,
            "labelShape": list(self.form.label_shape),
            "areClasses": self.form.is_class,
            "isStream": self.source.is_stream,
            "classNames": class_names(self.source.data),
            "name": self.source.name,
            "place": self.source.place,
        }


def evaluate(job):
    """What the expression of a job gives: a class is made, a function called. A set of torchvision is named in its place."""
    if "set" in job:
        with OnCpu():
            return torchvision_set(job["set"], job["file"], job.get("size"))
    tree = parse_construct(job["construct"])
    os.chdir(job["workspace"])
    sys.argv = [job["file"]]
    replace_cuda()
    # Data does not depend on the seed of a run: what is split at random is split alike in all.
    seed_all("data")
    with OnCpu():
        module = import_file(job["file"], job["workspace"], Sources(job["unsaved"]), job["whole"])
        find_names(tree, module, job["file"], lambda kind: issubclass(kind, torch.nn.Module))
        value = eval(compile(tree, "<data>", "eval"), module.__dict__)
        is_made = isinstance(value, type) or (callable(value) and not hasattr(value, "__getitem__") and not hasattr(value, "__iter__"))
        if is_made:
            needed = arguments_needed(value)
            if needed:
                call = f"{job['construct']}({', '.join(f'{name}=…' for name in needed)})"
                raise Failure(f"{described(value)} needs arguments: {', '.join(needed)}.", None, f"Name the data by the whole call, {call}.", "usage")
            seed_all("data")
            value = value()
    return value


def open_splits(value, name, with_labels, go_on):
    """The splits of what an expression gave: one data set, or a (train, test) pair. `go_on` is called for each item.

    Raises Failure where there is nothing in it.
    """
    if isinstance(value, dict) and set(SPLITS) <= set(value):
        value = tuple(value[split] for split in SPLITS)
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(_holds_items(one) for one in value):
        sources = {split: source_of(data, f"{name} ({split})") for split, data in zip(SPLITS, value)}
    else:
        sources = {"train": source_of(value, name)}
    return {split: _open(source, with_labels, go_on) for split, source in sources.items()}


def _holds_items(value):
    return not isinstance(value, (torch.Tensor, str)) and (hasattr(value, "__iter__") or hasattr(value, "__getitem__"))


def _open(source, with_labels, go_on):
    known = source.labels_known()
    form, labels = None, []
    began = time.monotonic()
    for index, example, label in source.everything(go_on):
        form = form or Form(example, label)
        form.check_example(form.example(example, source, index), source, index)
        labels.append(form.label(label, source, index))
        form.check_label(labels[-1], source, index)
        if not with_labels:
            return Split(source, form, None)
        if known is not None and index < PROBED and not _are_equal(known[index], labels[-1]):
            known = None
        if known is not None and index + 1 >= PROBED:
            break
        is_endless = source.is_stream and (len(labels) > MOST_ITEMS or time.monotonic() - began > MOST_SECONDS)
        if is_endless:
            raise Failure(f"{source.name} has given {len(labels):,} items and not ended.", source.place, "End it, such as by itertools.islice.")
    if form is None:
        raise Failure(f"{source.name} holds nothing.", source.place, "Check the folder that it reads, and what it leaves out.", "usage")
    stacked = stack_labels(labels) if known is None else known.to(stack_labels(labels[:1]).dtype)
    source.size = len(stacked)
    if form.is_class and form.label_shape == ():
        _check_classes(stacked, source)
    return Split(source, form, stacked)


def _are_equal(known, label):
    label = stack_labels([label])[0]
    return torch.equal(known.to(label.dtype), label)


def _check_classes(labels, source):
    names = class_names(source.data)
    wrong = labels < 0 if names is None else (labels < 0) | (labels >= len(names))
    if wrong.any():
        index = int(wrong.nonzero()[0])
        known = "classes are 0 and up" if names is None else f"the classes are 0 to {len(names) - 1}"
        raise Failure(f"The label of {source.where(index)} is {int(labels[index])}; {known}.", source.place)
