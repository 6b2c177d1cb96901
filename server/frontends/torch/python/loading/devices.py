"""CUDA that is written down in the code of a model is answered with the CPU."""

import os
import re
import sys

import torch
from torch.overrides import TorchFunctionMode

MOVES = {getattr(torch.Tensor, name) for name in ("cuda", "xpu") if hasattr(torch.Tensor, name)}
"""Functions that move a tensor to another device."""


NAMED = re.compile(r"cuda|mps|xpu|hpu")

OWN_LAYERS = os.path.join(os.path.dirname(torch.__file__), "nn", "")
"""PyTorch's layers, which name no device."""


def may_name_devices(model, code):
    """Whether the code of a model may name another device than the CPU: `code` tells the files that it was made from.

    Where it cannot, an export goes without the mode that looks for one, which is asked ten thousand times in each.
    """
    # A setting that was read may name one.
    return bool(code.others) or not _files_of(model) <= code.run or any(NAMED.search(text) for text in code.texts())


def _files_of(model):
    """The files that define the classes of a model's modules, and those that these derive from; without PyTorch's layers."""
    kinds = {kind for one in model.modules() for kind in type(one).__mro__ if kind is not object}
    files = {getattr(sys.modules.get(kind.__module__), "__file__", None) or "" for kind in kinds}
    return {file for file in files if not file.startswith(OWN_LAYERS)}


def _is_device(value):
    if isinstance(value, torch.device):
        return value.type not in ("cpu", "meta")
    return isinstance(value, str) and value.split(":")[0] in ("cuda", "mps", "xpu", "hpu")


def _have_devices(values):
    for value in values:
        if isinstance(value, (str, torch.device)) and _is_device(value):
            return True
    return False


class OnCpu(TorchFunctionMode):
    """Every device other than the CPU is the CPU."""

    def __init__(self):
        super().__init__()
        self.was_needed = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in MOVES:
            self.was_needed = True
            return args[0]
        # torch.device itself is asked with a device's name, and gives one that can be compared.
        if _have_devices(args) or (kwargs and _have_devices(kwargs.values())):
            if function is torch.device:
                return function(*args, **kwargs)
            self.was_needed = True
            args = tuple(self._cpu(value) for value in args)
            kwargs = {key: self._cpu(value) for key, value in kwargs.items()}
        return function(*args, **kwargs)

    @staticmethod
    def _cpu(value):
        return torch.device("cpu") if _is_device(value) else value


def replace_cuda():
    """Functions of torch.cuda that need a device do nothing, and what was saved from one is loaded to the CPU."""

    def nothing():
        # One function for each name: torch tells them apart by their identity.
        return lambda *_args, **_kwargs: None

    for name in ("set_device", "synchronize", "empty_cache", "init"):
        setattr(torch.cuda, name, nothing())
    load = torch.load

    def load_to_cpu(f, map_location=None, *args, **kwargs):
        return load(f, "cpu" if map_location is None or _is_device(map_location) else map_location, *args, **kwargs)

    torch.load = load_to_cpu
