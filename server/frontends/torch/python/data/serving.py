"""Answers what is asked of data: once what there is, then batch after batch."""

import json
import os
import sys
import time

import torch
from prunelens_loader.failures import Failure, describe
from prunelens_loader.frames import LENGTHS, write_frame
from prunelens_loader.guard import Guard
from prunelens_loader.loading import MISSING, resident_memory
from prunelens_loader.refusals import Refusals

from .batch import Batch
from .chance import watch
from .folders import DataFolders
from .memory import SharedMemory
from .opening import evaluate, open_splits
from .sources import asked_for

CHANNEL = 3


class Channel:
    def __init__(self):
        # Out of the way of the user's code.
        self.descriptor = os.dup(CHANNEL)
        os.close(CHANNEL)
        if hasattr(os, "set_blocking"):
            os.set_blocking(self.descriptor, True)
        self.input = open(self.descriptor, "rb", buffering=1 << 16, closefd=False)

    def receive(self):
        """The next message; None once nobody asks any more."""
        lengths = self.input.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return None
        header, body = LENGTHS.unpack(lengths)
        text = self.input.read(header)
        self.input.read(body)
        return json.loads(text) if len(text) == header else None

    def send(self, header, parts=()):
        write_frame(self.descriptor, header, [memoryview(part).cast("B") for part in parts])


def raw(tensor):
    """The bytes of a tensor, also where there is no NumPy."""
    tensor = tensor.contiguous()
    try:
        return tensor.numpy()
    except RuntimeError:
        return bytes(tensor.flatten().view(torch.uint8).tolist())


def channels_last(batch):
    """Images as they lie in batches here."""
    return batch.permute(0, 2, 3, 1) if batch.dim() == 4 else batch


def write_into(memory, tensors):
    """Writes the values of tensors one after the other into a tensor of bytes."""
    place = 0
    for tensor in tensors:
        count = tensor.numel() * tensor.element_size()
        if count:
            memory[place : place + count].view(tensor.dtype).view(tensor.shape).copy_(tensor)
        place += count


class _Serving:
    def __init__(self, channel):
        self.channel = channel
        self.job = None
        self.refusals = None
        self.splits = {}
        self.guard = None
        self.memory = SharedMemory()

    def failed(self, error):
        may_be_cut = isinstance(error, MISSING) and not self.job["whole"]
        return {**describe(error, self.job["file"], sys.executable, self.refusals.found), "mayBeCut": may_be_cut}

    def open(self, job):
        self.job = job
        folders = DataFolders(job)
        folders.begin()
        self.refusals = Refusals(job["workspace"], job["allow"], folders.hold)
        self.refusals.begin()
        watch()
        self.guard = Guard(job["memory"], resident_memory, self.end)
        self.guard.begin()
        self.allow()
        value = evaluate(job)
        began = time.monotonic()
        name = self.subject()
        self.splits = open_splits(value, name, job["withLabels"], self.allow)
        self.guard.allow(None)
        seconds = time.monotonic() - began
        header = {"type": "opened", "splits": {split: one.describe() for split, one in self.splits.items()}, "seconds": seconds}
        return header, [raw(channels_last(one.labels)) for one in self.splits.values() if one.labels is not None]

    def subject(self):
        """The data in words."""
        if "set" in self.job:
            return f"torchvision:{self.job['set']}"
        return f"{os.path.basename(self.job['file'])}#{self.job['construct']}"

    def allow(self):
        """The user's code has the time of an item from now on."""
        self.guard.allow(self.job["itemSeconds"])

    def read(self, asked):
        source, form = self.splits[asked["split"]].source, self.splits[asked["split"]].form
        batch = Batch(source, form, asked["classes"])
        began = time.monotonic()
        self.allow()
        try:
            for index, example, label in source.items(asked["seed"], asked["epoch"], asked["indices"], self.allow):
                batch.add(index, example, label)
        except BaseException:
            # Of several items that are wrong the first one is told.
            batch.check()
            raise
        self.guard.allow(None)
        tensors = [channels_last(values) for values in batch.tensors()]
        count = sum(values.numel() * values.element_size() for values in tensors)
        shared = self.memory.take(asked.get("memory"), count)
        if shared is None:
            return {"type": "batch", "seconds": time.monotonic() - began}, [raw(values) for values in tensors]
        descriptor, memory = shared
        write_into(memory, tensors)
        return {"type": "batch", "seconds": time.monotonic() - began, "memory": {"process": os.getpid(), "descriptor": descriptor, "bytes": count}}, ()

    def end(self, message, hint, place):
        item = asked_for()
        message = message.replace("The model code", f"Reading {item or self.subject()}")
        hint = "Check what it waits for: files of a slow disk, locks, endless loops."
        self.channel.send({**describe(Failure(message, place, hint), self.job["file"], sys.executable), "isLast": True})


def serve():
    """Answers until nobody asks any more."""
    serving = _Serving(Channel())
    torch.set_num_threads(1)
    while True:
        asked = serving.channel.receive()
        if asked is None:
            os._exit(0)
        try:
            header, parts = serving.open(asked) if asked["type"] == "open" else serving.read(asked)
        # SystemExit, too.
        except BaseException as error:
            if serving.guard:
                serving.guard.allow(None)
            header, parts = serving.failed(error), ()
        serving.channel.send(header, parts)
        sys.stdout.flush()
        sys.stderr.flush()
