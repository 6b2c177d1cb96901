"""The parameters, buffers and constants that graphs read."""

import torch

from .frames import definition_of
from .refused import ExportRefused

LARGEST_INT32 = 2**31 - 1


def raw_bytes(tensor):
    """The values of one of the raw tensors, row-major and little-endian: its own memory, not a copy."""
    return tensor.contiguous().numpy().reshape(-1).view("u1").data


class Tensors:
    """The parameters, buffers and constants that graphs read, each once, however many names it has."""

    def __init__(self, module):
        self.module = module
        self.kinds = {}
        self.names = {}
        self.values = {}
        self.aliases = {}
        self.order = []
        self.used = set()
        self.stored = persistent = set(module.state_dict(keep_vars=True))
        for name, one in module.named_parameters(remove_duplicate=False):
            self._add(name, one, "parameter")
        for name, one in module.named_buffers(remove_duplicate=False):
            self._add(name, one, "buffer" if name in persistent else "constant")

    def _add(self, name, tensor, kind):
        key = self._key(tensor)
        first = self.names.setdefault(key, name)
        self.aliases[name] = first
        if first == name:
            self.kinds[name] = kind
            self.values[name] = tensor
            self.order.append(name)

    @staticmethod
    def _key(tensor):
        if tensor.numel() == 0 or tensor.is_meta:
            return id(tensor)
        return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype

    def index(self, name):
        """Index of a parameter or buffer of the module."""
        self.used.add(self.aliases[name])
        return self.order.index(self.aliases[name])

    def constant(self, label, tensor):
        """Index of a tensor that forward made, or that hangs in an attribute."""
        name = f"constant {len(self.order)} ({label})"
        for known in self.order:
            other = self.values[known]
            same = self.kinds[known] == "constant" and other.dtype == tensor.dtype and other.shape == tensor.shape
            if same and torch.equal(other, tensor):
                self.used.add(known)
                return self.order.index(known)
        self.kinds[name] = "constant"
        self.values[name] = tensor
        self.aliases[name] = name
        self.used.add(name)
        self.order.append(name)
        return len(self.order) - 1

    def knows(self, name):
        return name in self.aliases

    def describe(self, origins):
        described = []
        for name in self.order:
            tensor = self.values[name]
            described.append(
                {
                    "name": name,
                    "kind": self.kinds[name],
                    "shape": list(tensor.shape),
                    "dtype": dtype_name(tensor.dtype),
                    "trainable": self.kinds[name] == "parameter" and tensor.requires_grad,
                    "aliases": [one for one, first in self.aliases.items() if first == name != one and one in self.stored],
                    "source": describe_source(origins.get(name, ())),
                }
            )
        return described

    def raw(self):
        return [self._raw(name) for name in self.order]

    def _raw(self, name):
        tensor = self.values[name]
        if tensor.is_complex():
            if name in self.used:
                file, line = definition_of(type(self.module).forward)
                raise ExportRefused(f"{name} holds complex numbers, which are not supported.", file, line)
            tensor = tensor.real
        tensor = tensor.detach().cpu()
        if tensor.is_floating_point():
            return tensor.to(torch.float32).contiguous()
        return tensor.to(torch.int64).clamp(-LARGEST_INT32, LARGEST_INT32).to(torch.int32).contiguous()


def dtype_name(dtype):
    """`float32`."""
    return str(dtype).replace("torch.", "")


def describe_source(frames):
    """Where something was made, innermost first."""
    return [{"file": file, "line": line} for file, line in frames]
