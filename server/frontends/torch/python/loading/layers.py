"""Layers that cannot be exported, and those that are not whole yet."""

import torch
from prunelens_loader.failures import Failure
from torch.nn.parameter import is_lazy

QUANTIZED = ("torch.ao.nn.quantized", "torch.nn.quantized", "torch.ao.nn.intrinsic.quantized")
"""Packages of layers with whole numbers for weights."""


def check_layers(model, place_of):
    """Raises Failure for the first layer that cannot be trained, and for a model that computes nothing. `place_of` gives (file, line) of a module by its path."""
    for path, module in model.named_modules():
        kind = type(module)
        name = f"'{path}' ({kind.__name__})" if path else kind.__name__
        if kind.__module__.startswith(QUANTIZED):
            message = f"{name} is quantized: its weights are whole numbers, which are not trained."
            raise Failure(message, place_of(path), "Prune the model before it is quantized.")
        if isinstance(module, torch.jit.ScriptModule) and next(module.parameters(), None) is not None:
            message = f"{name} is TorchScript, of which no operations are known."
            raise Failure(message, place_of(path), "Leave torch.jit out of its code.")
        for own, tensor in module.named_parameters(recurse=False):
            if tensor.layout is not torch.strided:
                message = f"The parameter {own} of {name} is a sparse tensor, which is not supported."
                raise Failure(message, place_of(path), "Make it dense, and let a mask say which of its values stay.")
    if getattr(type(model), "forward", None) is torch.nn.Module.forward:
        raise Failure(f"{type(model).__name__} has no forward.", place_of(""), "Name a model that computes something.")


def complete_lazy(model, inputs):
    """Gives lazy layers their sizes as PyTorch does it, by a call with examples; whether there were such layers.

    `inputs`: a list, or a dict by names. Statistics stay as they are.
    """
    if not any(is_lazy(one) for one in [*model.parameters(), *model.buffers()]):
        return False
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(**inputs) if isinstance(inputs, dict) else model(*inputs)
    for module, mode in modes:
        module.training = mode
    return True
