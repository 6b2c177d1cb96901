"""Answers messages until the other end goes away. Tensors stay here, under numbers that the other end gives them."""

import ctypes
import gc
import math
import platform
import signal
import sys

import torch

from .channel import Channel
from .devices import Settings, device_title, find_device, synchronize
from .examples import batch, limit_on
from .failure import Failure, is_memory
from .graphs import Replays
from .program import Program
from .random import drop_mask
from .together import IS_THERE, is_member, join, leave

FORMATS = {"float32": torch.float32, "float64": torch.float64, "int32": torch.int32}


class Session:
    def __init__(self, channel):
        self._channel = channel
        self._tensors = {}
        self._programs = {}
        self._settings = Settings()
        self._replays = Replays()
        self._device = torch.device("cpu")
        self._dtype = torch.float32

    def handle(self, header, body):
        for number in header.get("free", ()):
            del self._tensors[number]
        # The names are those of methods below.
        getattr(self, f"on_{header['kind']}")(header, body)

    def answer(self, header, body=b"", **values):
        self._channel.send({"ticket": header["ticket"], **values}, body)

    def fail(self, header, failure):
        self.answer(header, failure=vars(failure))

    def on_open(self, header, _):
        try:
            if header["threads"] is not None:
                torch.set_num_threads(header["threads"])
            self._device = find_device(header["device"])
            self._dtype = FORMATS[header["dtype"]]
            title = device_title(self._device)
        except (RuntimeError, ValueError, AssertionError) as error:
            self.fail(header, Failure.of(error))
            return
        versions = {"torch": torch.__version__, "python": platform.python_version()}
        self.answer(header, device=str(self._device), title=title, threads=torch.get_num_threads(), **versions)

    def on_join(self, header, _):
        if not IS_THERE:
            reason = "PyTorch was built without torch.distributed, by which devices compute together."
            self.fail(header, Failure("operation", reason))
            return
        try:
            join(header["rank"], header["count"], header["place"], self._device)
            self.answer(header)
        except (RuntimeError, ValueError) as error:
            self.fail(header, Failure.of(error, operation="deviceSum"))

    def on_compile(self, header, body):
        try:
            literals, offset = [], 0
            for one in header["program"]["literals"]:
                count = 1
                for extent in one["shape"]:
                    count *= extent
                size = count * (8 if one["dtype"] == "float64" else 4)
                literals.append(self._tensor(one, body[offset : offset + size]))
                offset += size
            program = Program(header["program"], literals, self._dtype, self._device)
            self._programs[header["id"]] = program
            self.answer(header)
        except Exception as error:
            self.fail(header, Failure.of(error, program=header["program"]["name"]))

    def on_dispose(self, header, _):
        self._replays.forget(self._programs.pop(header["id"], None))

    def on_upload(self, header, body):
        try:
            self._tensors[header["handle"]] = self._tensor(header, body)
        except RuntimeError as error:
            self._tensors[header["handle"]] = Failure.of(error)
            self._clean(error)

    def on_hold(self, header, _):
        shape, dtype = header["shape"], FORMATS[header["dtype"]]
        dtype = self._dtype if dtype.is_floating_point else dtype
        size = math.prod(shape) * torch.empty((), dtype=dtype).element_size()
        fits = size <= limit_on(self._device)
        try:
            if fits:
                self._tensors[header["handle"]] = torch.empty(shape, dtype=dtype, device=self._device)
        except RuntimeError as error:
            if not is_memory(error):
                raise
            fits = False
            self._clean(error)
        self.answer(header, fits=fits)

    def on_fill(self, header, body):
        table = self._tensors[header["handle"]]
        dtype = torch.float32 if table.is_floating_point() else torch.int32
        values = torch.frombuffer(body, dtype=dtype).view(-1, *table.shape[1:])
        try:
            table[header["first"] : header["first"] + values.shape[0]].copy_(values)
            self.answer(header)
        except RuntimeError as error:
            self.fail(header, Failure.of(error, operation="batch"))

    def on_take(self, header, body):
        try:
            numbers = self._tensor({"dtype": "int32", "shape": [len(body) // 4]}, body)
            count = header["shape"][0]
            moves = None if header["padding"] is None else numbers[count:].view(count, 3)
            table = self._tensors[header["table"]]
            self._tensors[header["handle"]] = batch(table, numbers[:count], header["shape"], moves, header["padding"])
        except RuntimeError as error:
            self._tensors[header["handle"]] = Failure.of(error, operation="batch")
            self._clean(error)

    def on_draw(self, header, _):
        try:
            of = (header["shape"], header["keys"], header.get("first", 0), header["threshold"], header["kept"])
            mask = drop_mask(*of, self._dtype, self._device)
            self._tensors[header["handle"]] = mask
        except RuntimeError as error:
            self._tensors[header["handle"]] = Failure.of(error, operation="dropout")
            self._clean(error)

    def on_run(self, header, _):
        outputs = self._run(self._programs[header["id"]], header["inputs"], len(header["outputs"]))
        self._tensors.update(zip(header["outputs"], outputs))
        if "ticket" in header:
            self.answer(header)

    def on_read(self, header, _):
        value = self._tensors[header["handle"]]
        try:
            if not isinstance(value, Failure):
                value = value.to("cpu").contiguous()
        except RuntimeError as error:
            # Devices tell of what went wrong in a call when they are waited for.
            value = Failure.of(error)
        if isinstance(value, Failure):
            self.fail(header, value)
            return
        dtype = str(value.dtype).replace("torch.", "")
        # PyTorch need not have been built with NumPy.
        size = value.numel() * value.element_size()
        body = (ctypes.c_ubyte * size).from_address(value.data_ptr()) if size else b""
        self.answer(header, body, dtype=dtype)

    def on_free(self, header, _):
        if "ticket" in header:
            self.answer(header)

    def _tensor(self, header, body):
        dtype = FORMATS[header["dtype"]]
        if not body:
            return torch.empty(header["shape"], dtype=dtype, device=self._device)
        tensor = torch.frombuffer(body, dtype=dtype).view(header["shape"])
        if tensor.is_floating_point():
            tensor = tensor.to(self._dtype)
        if self._device.type == "cuda":
            # From pinned memory the copy goes on while this process does other things.
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor.to(self._device)

    def _run(self, program, numbers, count):
        inputs = [self._tensors[number] for number in numbers]
        failed = next((one for one in inputs if isinstance(one, Failure)), None)
        if failed:
            self._tell_others(program, failed)
            return [failed] * count
        try:
            self._settings.apply(program.mode, self._device)
            for i, tensor in program.with_kernel_memory(inputs):
                # For every later run too.
                self._tensors[numbers[i]] = inputs[i] = tensor
            # What waits for other processes is no part of a graph.
            if self._device.type == "cuda" and not (program.is_shared and is_member()):
                return self._replays.run(program, inputs)
            return program.run(inputs)
        except Exception as error:
            failure = program.failure(error)
            self._clean(error)
            self._tell_others(program, failure)
            return [failure] * count

    def _tell_others(self, program, failure):
        """The other processes would wait for this one for ever: the other end is told at once, which ends all."""
        if program.is_shared and is_member():
            self._channel.send({"ticket": None, "failure": {**vars(failure), "isShared": True}})

    def _clean(self, error):
        """Gives memory back after an error; its frames hold what the call had computed."""
        error.__traceback__ = None
        if not is_memory(error):
            return
        self._replays.clear()
        gc.collect()
        if self._device.type == "cpu":
            return
        synchronize(self._device)
        getattr(torch, self._device.type).empty_cache()


def serve():
    # A terminal's Ctrl-C is the other end's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel()
    session = Session(channel)
    with torch.inference_mode():
        while True:
            message = channel.receive()
            if message is None:
                break
            session.handle(*message)
    leave()
    sys.stdout.flush()
