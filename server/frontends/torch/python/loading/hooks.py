"""Hooks on gradients, which an export leaves out."""

import torch

from ..exporting.frames import caller


class Hooks:
    """Notes the lines of forward that hang hooks on tensors while a module is exported."""

    def __init__(self):
        self.places = []

    def __enter__(self):
        self.before = torch.Tensor.register_hook
        register = self.before

        def register_hook(tensor, hook):
            self.places.append(caller())
            return register(tensor, hook)

        torch.Tensor.register_hook = register_hook
        return self

    def __exit__(self, *_error):
        torch.Tensor.register_hook = self.before

    def notes(self, model, place_of):
        """A sentence on each place: in forward, and of modules and parameters that have hooks. `place_of` gives (file, line) by a path."""
        own = [place_of(path) for path, module in model.named_modules() if _has_hooks(module)]
        found = dict.fromkeys(place for place in [*own, *self.places] if place[0])
        return [f"{file}:{line}: Hooks on gradients are not run; where one changes a gradient, scores are not those of PyTorch." for file, line in found]


def _has_hooks(module):
    return bool(
        module._backward_hooks
        or getattr(module, "_backward_pre_hooks", None)
        or any(one._backward_hooks for one in module.parameters(recurse=False) if one is not None)
    )
