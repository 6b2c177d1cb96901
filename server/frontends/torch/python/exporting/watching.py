"""What an export would get wrong without a word is refused while it runs."""

import random
import sys

import torch
import torch.distributions

from .frames import caller, definition_of
from .refused import ExportRefused


class Watch:
    """While a module is exported, refuses what the export would get wrong without a word."""

    def __init__(self, module):
        self.module = module

    def __enter__(self):
        function = torch.autograd.Function
        self.apply = function.__dict__.get("apply")
        # In Python in some versions of PyTorch, in C in others.
        original = next(base.__dict__["apply"] for base in function.__mro__ if "apply" in base.__dict__)

        checkpointed = getattr(sys.modules.get("torch.utils.checkpoint"), "CheckpointFunction", None)

        def apply(cls, *args, **kwargs):
            if cls is checkpointed:
                # What it computes, without keeping less of it: an export would lose its gradients.
                function, _preserves_state, *rest = args
                return function(*rest)
            if not cls.__module__.startswith("torch."):
                file, line = caller()
                raise ExportRefused(
                    f"{cls.__name__} is an autograd.Function with a backward of its own, which an export loses: "
                    "its gradients would be wrong.",
                    file,
                    line,
                    "Write it with operations that PyTorch differentiates; x + (f(x) - x).detach() is a straight-through estimator.",
                )
            return original.__get__(None, cls)(*args, **kwargs)

        torch.autograd.Function.apply = classmethod(apply)
        self.grad = torch.autograd.grad
        torch.autograd.grad = _refuse_gradients
        self.validates = torch.distributions.Distribution._validate_args
        # It looks at the values of a distribution, and computes nothing.
        torch.distributions.Distribution.set_default_validate_args(False)
        self.random_state = _random_state()
        self.generators = _refuse_new_generators()
        self.generators.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        if self.apply is None:
            del torch.autograd.Function.apply
        else:
            torch.autograd.Function.apply = self.apply
        torch.autograd.grad = self.grad
        torch.distributions.Distribution.set_default_validate_args(self.validates)
        self.generators.__exit__(kind, error, trace)
        if kind is None and _random_state() != self.random_state:
            file, line = definition_of(type(self.module).forward)
            raise ExportRefused(
                "forward draws random numbers from Python's random or NumPy's; they would be the same in every step.",
                file,
                line,
                "Draw them with torch.",
            )


def _refuse_gradients(*_args, **_kwargs):
    file, line = caller()
    raise ExportRefused("forward takes gradients itself (torch.autograd.grad), which an export cannot follow.", file, line)


def _random_state():
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return random.getstate(), None
    kind, keys, *rest = numpy.random.get_state()
    return random.getstate(), (kind, keys.tobytes(), *rest)


class _refuse_new_generators:
    """Refuses numpy.random.default_rng in forward: what it draws leaves no trace in NumPy's own state."""

    def __enter__(self):
        numpy = sys.modules.get("numpy")
        self.random = numpy.random if numpy else None
        if self.random is None:
            return
        self.original = self.random.default_rng

        def default_rng(*_args, **_kwargs):
            file, line = caller()
            raise ExportRefused("forward makes a random generator of NumPy's; what it draws would be the same in every step.", file, line)

        self.random.default_rng = default_rng

    def __exit__(self, *_error):
        if self.random is not None:
            self.random.default_rng = self.original
