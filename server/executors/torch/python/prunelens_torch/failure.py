"""What went wrong in a call: it stands in for the tensors that the call would have given, until somebody reads one."""

import torch

# What PyTorch says on devices where it has no error of its own for this.
FULL = ("out of memory", "not enough memory", "can't allocate memory", "DefaultCPUAllocator")


class Failure:
    def __init__(self, kind, message, program=None, operation=None, layer=None):
        self.kind = kind
        self.message = message
        self.program = program
        self.operation = operation
        self.layer = layer

    @classmethod
    def of(cls, error, **origin):
        # No reference to the error is kept: its frames hold tensors.
        text = str(error).strip()
        return cls("memory" if is_memory(error) else "operation", text or type(error).__name__, **origin)


def is_memory(error):
    known = getattr(torch, "OutOfMemoryError", None) or torch.cuda.OutOfMemoryError
    if isinstance(error, (MemoryError, known)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in FULL)
