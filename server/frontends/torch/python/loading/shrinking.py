"""Cuts the model of a job with the shrink.py that was written for it, proves that it computes the same, and measures it."""

import io
import json
import os
import runpy
import statistics
import struct
import sys
import time
import traceback
import warnings

import torch
from prunelens_loader.failures import Failure, describe

from ..exporting.frames import is_users
from .widths import guesses

ROUNDS = 5
"""Measured runs of each model, in turns."""

TYPES = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32, "I64": torch.int64, "U8": torch.uint8, "BOOL": torch.bool}


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = data[first:last]
        dtype = TYPES[entry["dtype"]]
        flat = torch.frombuffer(values, dtype=dtype) if values else torch.empty(0, dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def bytes_of(model):
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())


def measure(module, models, count):
    """Medians of seconds: of a step of training and of an evaluation, for each model."""
    inputs = module.examples(count)

    def step(model):
        model.train()
        model.zero_grad()
        module.output_of(model, inputs).float().pow(2).mean().backward()

    def evaluate(model):
        model.eval()
        with torch.no_grad():
            module.output_of(model, inputs)

    found = {}
    for name, run in (("step", step), ("evaluation", evaluate)):
        times = [[] for _ in models]
        for turn in range(ROUNDS + 1):
            for own, model in zip(times, models):
                start = time.perf_counter()
                run(model)
                if turn > 0:
                    own.append(time.perf_counter() - start)
        found[name] = [statistics.median(own) for own in times]
    return found


def to_onnx(module, model):
    """(bytes, None) of the model in ONNX, or (None, why there are none)."""
    args, kwargs = module.examples(2)
    if kwargs:
        return None, "its inputs have names"
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            axes = {f"input{i}": {0: "batch"} for i in range(len(args))}
            torch.onnx.export(model.eval(), tuple(args), buffer, dynamo=False, input_names=list(axes), dynamic_axes=axes)
    except Exception as error:
        lines = str(error).strip().splitlines()
        return None, lines[0] if lines else type(error).__name__
    return buffer.getvalue(), None


class Module:
    """The names of shrink.py."""

    def __init__(self, path):
        self.__dict__.update(runpy.run_path(path))


class Cut:
    """The model of a job, cut with its shrink.py: `masked` is a copy with zeros for what `smaller` has not."""

    def __init__(self, model, job):
        self.asked = job["shrink"]
        self.module = Module(self.asked["script"])
        if "before" in self.asked:
            model.load_state_dict(read_safetensors(self.asked["before"]), strict=False)
        self.bytes_before = bytes_of(model)
        self.masked = self.module.masked_copy(model)
        self.smaller = self.module.shrink(model, proves=False)
        if "after" in self.asked:
            self.smaller.load_state_dict(read_safetensors(self.asked["after"]), strict=True)
        self.numbers = {}
        self.exact = self._prove(job)

    def _prove(self, job):
        """The difference. Numbers that forward reads follow where it does not go without."""
        module, smaller, masked = self.module, self.smaller, self.masked
        try:
            return module.difference(smaller, masked)
        except module.CannotShrink as error:
            refused = error
        cuts = {name: (cut["shape"], module._kept(name)) for name, cut in module.CUTS.items()}
        for place, numbers in enumerate(guesses(smaller, cuts)):
            before = {path: dict(vars(smaller.get_submodule(path))) for path in numbers}
            for path, own in numbers.items():
                vars(smaller.get_submodule(path)).update(own)
            try:
                exact = module.difference(smaller, masked)
                self.numbers = numbers
                return exact
            except module.CannotShrink as error:
                # With all that may follow it comes as far as the number that is written down.
                refused = error if place == 0 else refused
            for path, own in before.items():
                vars(smaller.get_submodule(path)).update(own)
        raise self.refusal(refused, job) from None

    def refusal(self, error, job):
        """The failure that a model cannot be cut so, with the paths of the modules that keep it from that as `modules`."""
        hint = (
            "Take sizes from the layers or from the shape of the input, or leave the layers that it names out with --exclude: "
            "those that make the queries, keys and values where it is heads of attention."
        )
        place, modules = error.place, []
        if error.__cause__ is not None:
            frames = [one for one in traceback.walk_tb(error.__cause__.__traceback__) if self._is_users(one[0].f_code.co_filename)]
            place = next(((frame.f_code.co_filename, line) for frame, line in reversed(frames)), None)
            modules = next((found for found in map(self._alike, (frame for frame, _ in reversed(frames))) if found), [])
        failure = Failure(f"{type(self.smaller).__name__} cannot be made smaller: {error.reason}.", place or (job["file"], 1), hint)
        failure.modules = modules
        return failure

    def _is_users(self, file):
        return is_users(file) and os.path.abspath(file) != os.path.abspath(self.asked["script"])

    def _alike(self, frame):
        """Paths of the modules of the class whose method a frame is of; none where it is of another function."""
        code = frame.f_code
        # A copy of the model ran.
        owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if not isinstance(owner, torch.nn.Module):
            return []
        return [path for path, one in self.smaller.named_modules() if type(one) is type(owner)]


def shrink_model(model, job):
    """(header, parts) for the model of a job, whose `shrink` names shrink.py, its state_dict before and after, and what is to be measured."""
    cut = Cut(model, job)
    module, smaller, masked = cut.module, cut.smaller, cut.masked
    try:
        rounded = module.difference(smaller, masked, torch.float32)
    except module.CannotShrink as error:
        raise cut.refusal(error, job) from None
    header = {
        "type": "shrunk",
        "difference": cut.exact,
        "differenceFloat32": rounded,
        "bytes": [cut.bytes_before, bytes_of(smaller)],
        "numbers": cut.numbers,
        "torch": torch.__version__,
    }
    if cut.asked["measured"]:
        header["seconds"] = measure(module, [masked, smaller], cut.asked["measured"])
    onnx, problem = to_onnx(module, smaller)
    return {**header, "noOnnx": problem}, [] if onnx is None else [onnx]


def whole_modules(model, job):
    """(header, no parts): the failure of a cut, with the modules that do not go with it."""
    try:
        Cut(model, job)
    except Failure as failure:
        modules = getattr(failure, "modules", [])
        name = type(model.get_submodule(modules[0])).__name__ if modules else ""
        return {"type": "tried", "failure": describe(failure, job["file"], sys.executable), "modules": modules, "className": name}, ()
    return {"type": "tried", "failure": None}, ()


def smaller_model(model, job):
    """The model of a job made smaller with its shrink.py, with the weights that it was made with; it is proved that it computes the same."""
    return Cut(model, job).smaller
