"""Devices, and how PyTorch computes on them."""

import platform

import torch
import torch.utils.deterministic

# In the order of preference where none is named.
ACCELERATORS = ("cuda", "xpu", "mps")


def is_there(kind):
    backend = torch.backends.mps if kind == "mps" else getattr(torch, kind, None)
    return backend is not None and backend.is_available()


def find_device(name):
    """The device of a name such as `cuda:1`, or the first accelerator, or the CPU. ValueError where there is none."""
    if name is None:
        return torch.device(next((kind for kind in ACCELERATORS if is_there(kind)), "cpu"))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"PyTorch knows no device {name!r}.") from error
    if device.type == "cpu":
        return device
    if device.type not in ACCELERATORS or not is_there(device.type):
        found = ["cpu", *(kind for kind in ACCELERATORS if is_there(kind))]
        raise ValueError(f"PyTorch finds no device {name!r} here; it finds {', '.join(found)}.")
    count = 1 if device.type == "mps" else getattr(torch, device.type).device_count()
    if (device.index or 0) >= count:
        raise ValueError(f"PyTorch finds no device {name!r} here: there {'is' if count == 1 else 'are'} {count} of its kind.")
    if device.index is not None and device.type != "mps":
        getattr(torch, device.type).set_device(device)
    return device


def device_title(device):
    """The device in words; None for the CPU, whose name the other end knows."""
    if device.type == "cpu":
        return None
    if device.type == "mps":
        return f"{platform.processor() or platform.machine()} GPU (MPS)"
    return getattr(torch, device.type).get_device_name(device)


def synchronize(device):
    getattr(torch, device.type).synchronize()


class Settings:
    """PyTorch's settings for all that a process computes; changed where a program wants others than the one before."""

    def __init__(self):
        self._mode = None

    def apply(self, mode, device):
        if mode == self._mode:
            return
        self._mode = mode
        torch.use_deterministic_algorithms(mode["deterministic"])
        # Memory that is written before it is read need not be filled.
        torch.utils.deterministic.fill_uninitialized_memory = False
        if device.type != "cuda":
            return
        torch.backends.cudnn.deterministic = mode["deterministic"]
        torch.backends.cudnn.benchmark = not mode["deterministic"]
        torch.backends.cudnn.allow_tf32 = mode["tf32"]
        torch.backends.cuda.matmul.allow_tf32 = mode["tf32"]
