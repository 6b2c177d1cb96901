"""Cuts the model of a job with the shrink.py that was written for it, proves that it computes the same, and measures it."""

import io
import json
import runpy
import statistics
import struct
import time
import warnings

import torch
from prunelens_loader.failures import Failure

from ..exporting.frames import user_frame

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


def shrink_model(model, job):
    """(header, parts) for the model of a job, whose `shrink` names shrink.py, its state_dict before and after, and what is to be measured."""
    asked = job["shrink"]
    module = Module(asked["script"])
    before = read_safetensors(asked["before"])
    model.load_state_dict(before, strict=False)
    model.eval()
    masked = module.masked_copy(model)
    dense_bytes = bytes_of(model)
    smaller = module.shrink(model, proves=False)
    after = read_safetensors(asked["after"])
    smaller.load_state_dict(after, strict=True)
    try:
        exact = module.difference(smaller, masked)
        rounded = module.difference(smaller, masked, torch.float32)
    except module.CannotShrink as error:
        hint = "Take sizes from the layers or from the shape of the input, or leave the layers that it names out with --exclude."
        place = user_frame(error.__cause__) if error.__cause__ else error.place
        raise Failure(f"{type(smaller).__name__} cannot be made smaller: {error.reason}.", place or (job["file"], 1), hint) from None
    header = {
        "type": "shrunk",
        "difference": exact,
        "differenceFloat32": rounded,
        "bytes": [dense_bytes, bytes_of(smaller)],
        "torch": torch.__version__,
    }
    if asked["measured"]:
        header["seconds"] = measure(module, [masked, smaller], asked["measured"])
    onnx, problem = to_onnx(module, smaller)
    return {**header, "noOnnx": problem}, [] if onnx is None else [onnx]
