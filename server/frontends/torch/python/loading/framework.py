"""PyTorch, as the loader asks it: see `frontends/python/loader/loading.py`."""

import contextlib
import random
import sys
import warnings

import torch
from prunelens_loader.constructing import Other, is_keras, unfit
from prunelens_loader.failures import Failure
from prunelens_loader.places import is_users

from ..exporting.export_model import export_model
from ..exporting.refused import ExportRefused
from ..exporting.tensors import Tensors, raw_bytes
from .devices import OnCpu, may_name_devices, replace_cuda
from .examples import draw_examples, inputs_of, left_to_default
from .hooks import Hooks
from .layers import check_layers, complete_lazy
from .origins import origins_of, record_origins
from .shrinking import shrink_model, smaller_model, whole_modules

EXPORT_SECONDS = 240


def _is_same(one, other):
    """Whether two tensors have the same values, most of them in the same memory."""
    return one is other or (one.dtype == other.dtype and one.shape == other.shape and (one.data_ptr() == other.data_ptr() or torch.equal(one, other)))


def _output(asked):
    """A number is an index."""
    return int(asked) if asked is not None and asked.isdigit() else asked


class Torch:
    """One job's PyTorch."""

    def __init__(self, job):
        self.job = job
        self.mode = OnCpu()
        """Under which the user's code makes the model."""

    def prepare(self, _guard):
        replace_cuda()
        record_origins()

    def seed(self, seed):
        random.seed(seed)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.random.seed(seed % 2**32)
        # What torch.manual_seed does for the CPU: for devices that are not in use it would note the stack each time.
        torch.default_generator.manual_seed(seed)

    def is_model(self, value):
        return isinstance(value, torch.nn.Module)

    def is_model_class(self, kind):
        return issubclass(kind, torch.nn.Module)

    def model_of(self, value, construct):
        """The module that a value is, or has in it. Raises Failure where it is none; Other where it is a model of Keras."""
        if is_keras(value):
            raise Other("keras")
        if isinstance(value, torch.nn.Module):
            value = value._modules.get("_orig_mod", value)
        if isinstance(value, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            value = value.module
        if isinstance(value, torch.jit.ScriptModule):
            raise Failure(f"{construct} is TorchScript, of which no layers are known.", hint="Name the nn.Module that it was made of.")
        if not isinstance(value, torch.nn.Module):
            raise unfit(value, construct, "nn.Module")
        if any(parameter.is_meta for parameter in value.parameters()):
            raise Failure(f"{construct} has parameters on the device meta, which have no values.", hint="Make it on the CPU.")
        return value

    def describe(self, model, guard, code, answers):
        """(header, parts) of the answer."""
        guard.allow(EXPORT_SECONDS)
        asks = self.mode.was_needed or may_name_devices(model, code)
        try:
            with self.mode if asks else contextlib.nullcontext():
                return self._described(model, answers)
        except ExportRefused as error:
            place = (error.file, error.line) if error.file else None
            raise Failure(error.message, place, error.hint) from error

    def _described(self, model, answers):
        shrink = self.job.get("shrink")
        if shrink is None:
            return self._exported(model, answers)
        if shrink["wants"] == "model":
            return self._exported(smaller_model(model, self.job), answers)
        return shrink_model(model, self.job) if shrink["wants"] == "proof" else whole_modules(model, self.job)

    def _exported(self, model, answers):
        job = self.job
        origins = origins_of(model)
        place = self._place(model, origins)

        def place_of(path):
            return next(iter(origins.get(path, ())), place)

        check_layers(model, place_of)
        described = inputs_of(model, job["inputs"], job["fallback"], place)
        inputs, fixed = (draw_examples(described, job[size]) for size in ("batch", "usedBatch"))
        was_lazy = complete_lazy(model, inputs)
        # An export leaves them as they are.
        ahead = Tensors(model).raw()
        answers.write_ahead([raw_bytes(tensor) for tensor in ahead])
        with Hooks() as hooks, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header, tensors = export_model(model, inputs, origins, _output(job["output"]), fixed)
        are_same = len(ahead) <= len(tensors) and all(_is_same(one, other) for one, other in zip(ahead, tensors))
        parts = [raw_bytes(tensor) for tensor in tensors[len(ahead) if are_same else 0 :]]
        answer = {"type": "model", "ahead": are_same, "model": header, "inputs": described, "leftToDefault": left_to_default(model, described)}
        return {**answer, "notes": [*self._notes(header, was_lazy), *hooks.notes(model, place_of)]}, parts

    def _place(self, model, origins):
        code = getattr(type(model).forward, "__code__", None)
        if code is not None and is_users(code.co_filename):
            return code.co_filename, code.co_firstlineno
        return next(iter(origins.get("", ())), (self.job["file"], 1))

    def _notes(self, header, was_lazy):
        notes = []
        if was_lazy:
            notes.append("Lazy layers have the sizes of an example, and their weights were drawn after all others.")
        if self.mode.was_needed:
            notes.append("The model asks for another device; it was made on the CPU.")
        batch = header["batch"]
        if not batch["dynamic"]:
            notes.append(
                f"A number of examples is written down in the code of {header['name']}, or follows from it: "
                f"the model was read with {batch['size']} examples a batch, and takes no other number."
            )
        return notes
