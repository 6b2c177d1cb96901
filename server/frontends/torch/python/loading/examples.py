"""Examples to export a model with: their shapes and dtypes are known, their values do not count."""

import inspect

import torch
from prunelens_loader.failures import Failure

from ..exporting.export_model import forward_names


def _from_attribute(module):
    """Shapes and dtypes of Lightning's `example_input_array`; None where it has none."""
    example = getattr(module, "example_input_array", None)
    if example is None:
        return None
    if isinstance(example, dict):
        return [_described(value, name) for name, value in example.items() if isinstance(value, torch.Tensor)]
    values = example if isinstance(example, (tuple, list)) else [example]
    return [_described(value) for value in values if isinstance(value, torch.Tensor)]


def _described(tensor, name=None):
    described = {"shape": list(tensor.shape[1:]), "dtype": str(tensor.dtype).replace("torch.", "")}
    if not tensor.is_floating_point() and tensor.numel() > 0:
        described["below"] = int(tensor.max()) + 1
    return {**described, **({"name": name} if name else {})}


def _dtype_of(name):
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise Failure(f'"{name}" is no dtype of PyTorch.', hint="Write --input 3,32,32 or --input 16:int64.", kind="usage")
    return dtype


def _example(described, batch, generator):
    shape = (batch, *described["shape"])
    dtype = _dtype_of(described.get("dtype") or "float32")
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    below = 2 if dtype is torch.bool else described.get("below") or 1
    return torch.randint(0, below, shape, generator=generator).to(dtype)


def _takes(module, name):
    """Whether forward has an argument of that name, or takes any."""
    parameters = inspect.signature(module.forward).parameters
    return name in parameters or any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def inputs_of(module, given, fallback, place):
    """The shapes and dtypes of the inputs of a module. `given` wins over the module's own example, and that over `fallback`.

    Raises Failure where no shape is known, or there are too few inputs or too many.
    """
    described = given or _from_attribute(module) or fallback
    names = forward_names(module)
    if not described:
        how = "--input 3,32,32" if len(names) < 2 else " ".join(f"--input {name}=3,32,32" for name in names)
        raise Failure(
            "The shape of the model's input is not known.",
            place,
            f'Give the sizes of one example ({how}), or write "inputs" of a model into prunelens.json.',
            "usage",
            "inputs",
        )
    named = [one for one in described if one.get("name")]
    if named and len(named) < len(described):
        raise Failure("Some inputs have names and some have none.", place, "Name each: --input NAME=3,32,32.", "usage")
    unknown = [one["name"] for one in named if not _takes(module, one["name"])]
    if unknown:
        there = ", ".join(names) or "none that must be given"
        raise Failure(f"forward has no input {', '.join(unknown)}; its inputs are {there}.", place, "Name these: --input NAME=3,32,32.", "usage")
    left = [name for name in names if named and name not in [one["name"] for one in named]]
    if left:
        hint = " ".join(f"--input {name}=…" for name in left)
        raise Failure(f"forward also needs {', '.join(left)}.", place, f"Give one for each: {hint}.", "usage")
    if not named and len(described) < len(names):
        hint = " ".join(f"--input {name}=…" for name in names)
        message = f"forward needs {len(names)} inputs: {', '.join(names)}."
        raise Failure(message, place, f"Give one for each: {hint}.", "usage", "inputs")
    if not named and _needs_names(module):
        return [{**one, "name": name} for one, name in zip(described, names)]
    return described


def _needs_names(module):
    """Whether forward has an argument that must be given, and by its name alone."""
    parameters = inspect.signature(module.forward).parameters.values()
    return any(one.kind is inspect.Parameter.KEYWORD_ONLY and one.default is inspect.Parameter.empty for one in parameters)


def left_to_default(module, described):
    """Names of the arguments of forward that are None where nothing is given for them, and are not given here."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [one for one in inspect.signature(module.forward).parameters.values() if one.kind in kinds]
    named = {one["name"] for one in described if one.get("name")}
    rest = [one for one in parameters if one.name not in named][0 if named else len(described) :]
    return [one.name for one in rest if one.default is None]


def draw_examples(described, batch):
    """Inputs for `export_model`, of so many examples: by their names, where they have some."""
    generator = torch.Generator().manual_seed(0)
    tensors = [_example(one, batch, generator) for one in described]
    if any(one.get("name") for one in described):
        return {one["name"]: tensor for one, tensor in zip(described, tensors)}
    return tensors
