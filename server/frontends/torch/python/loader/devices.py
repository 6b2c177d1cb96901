"""CUDA that is written down in the code of a model is answered with the CPU."""

import torch
from torch.overrides import TorchFunctionMode


def _is_device(value):
    if isinstance(value, torch.device):
        return value.type not in ("cpu", "meta")
    return isinstance(value, str) and value.split(":")[0] in ("cuda", "mps", "xpu", "hpu")


class OnCpu(TorchFunctionMode):
    """Every device other than the CPU is the CPU."""

    def __init__(self):
        super().__init__()
        self.was_needed = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        if name in ("cuda", "xpu") and args and isinstance(args[0], torch.Tensor):
            self.was_needed = True
            return args[0]
        # torch.device itself is asked with a device's name, and gives one that can be compared.
        if any(_is_device(value) for value in [*args, *kwargs.values()]) and function is not torch.device:
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
