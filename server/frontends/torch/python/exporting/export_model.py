"""From a constructed `nn.Module` to a description of plain data: two graphs of ATen operators and the tensors they read.

    header, tensors = export_model(module, [x], origins={"layer1.0.conv1": [("/w/net.py", 12), ("/w/net.py", 40)]})

`header` is JSON; `server/frontends/torch/exported.ts` has its type and checks it. `tensors` are raw values in the order of
`header["tensors"]`, contiguous on the CPU, float32 where the model has floating point and int32 where it has integers or
truth values (`raw_bytes` of tensors.py gives their bytes), so the value at index i takes 4 bytes.

The module is exported twice, in training and in evaluation mode, each from a copy, as its modes are frozen by the export; where one
export tells both graphs, once (`modes.py`). What cannot be exported, or would be exported wrongly, is an `ExportRefused` with the line
of the user's file. Any other exception comes from the user's `forward`; `user_frame` finds its line.
"""

import inspect

import torch

from .counting import Unsure
from .frames import definition_of
from .graph import Graph
from .modes import evaluated
from .refused import ExportRefused
from .tensors import Tensors, describe_source, dtype_name
from .tracing import trace_counting, trace_modes
from .versions import OLDEST_TORCH, torch_version

FORMAT = 1
"""Changes when the description does."""


def forward_names(module):
    """Names of the arguments of `forward` that must be given, in their order."""
    parameters = inspect.signature(module.forward).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in parameters if one.kind in kinds and one.default is inspect.Parameter.empty]


def export_model(module, inputs, origins=None, output=None, fixed=None):
    """Exports a module.

    `inputs`: example tensors with the batch as first axis (2 examples or more), as a list in the order of `forward`'s arguments
    or as a dict by their names. `origins`: for the path of a module (`layer1.0.conv1`) or the name of a parameter, where it was
    made: (file, line) of the innermost frame first. `output`: name or index of the output that counts; the first tensor by default.
    `fixed`: inputs like those with the batch that the model will be used with, for one in which a batch is written down.

    Gives (header, tensors) as the module's text says. Raises ExportRefused, and what the user's `forward` raises.
    """
    if torch_version() < OLDEST_TORCH:
        oldest = ".".join(str(part) for part in OLDEST_TORCH)
        raise ExportRefused(
            f"PyTorch {torch.__version__} is too old: PruneLens reads models with PyTorch {oldest} or newer.",
            hint="Upgrade it, or choose another interpreter.",
        )
    sizes = {int(example.shape[0]) for example in (inputs.values() if isinstance(inputs, dict) else inputs)}
    if len(sizes) != 1 or min(sizes) < 2:
        raise ValueError("every input needs the same batch of 2 examples or more")
    given = _as_arguments(inputs)
    counted = _counted(module, given, output, next(iter(sizes)))
    if counted is None:
        programs, (args, kwargs), is_open = trace_modes(module, given, given if fixed is None else _as_arguments(fixed))
        registry, graphs = _describe_graphs(module, programs, (args, kwargs), output)
    else:
        (registry, graphs), (args, kwargs), is_open = counted, given, True
    named = _named(module, (args, kwargs))
    origins = origins or {}
    header = {
        "format": FORMAT,
        "torch": torch.__version__,
        "name": type(module).__name__,
        "batch": {"size": int(next(iter(named.values())).shape[0]), "dynamic": is_open},
        "inputs": [_describe_value(name, example) for name, example in named.items()],
        "modules": [_describe_module(path, one, origins) for path, one in module.named_modules()],
        "tensors": registry.describe(origins),
        **graphs,
    }
    return header, registry.raw()


def _counted(module, given, output, told):
    """As of `_describe_graphs`, traced with a number of examples that stands for any; None where none does. `told` is the number that is told."""
    try:
        programs, number = trace_counting(module, given)
        return _describe_graphs(module, programs, given, output, (number, told))
    except Unsure:
        return None


def _named(module, inputs):
    """Inputs, (args, kwargs), by their names."""
    args, kwargs = inputs
    return kwargs or dict(zip(forward_names(module) + [f"input{i}" for i in range(len(args))], args))


def _describe_graphs(module, programs, inputs, output, counted=None):
    """The tensors that the programs of a module read, and each mode's graph."""
    registry = Tensors(module)
    names = list(_named(module, inputs))
    graphs = {mode: Graph(program, registry, names, module, output, counted).describe() for mode, program in programs.items()}
    _check_gradients(graphs["training"], module)
    if "evaluation" not in graphs:
        graphs["evaluation"] = evaluated(graphs["training"], module, registry.order)
    return registry, graphs


def _check_gradients(training, module):
    """Raises ExportRefused where no gradient passes what forward returns in training."""
    last = training["nodes"][training["outputs"][0]["node"]]
    if last.get("operator") in ("aten.detach.default", "aten.detach_.default"):
        place = definition_of(type(module).forward)
        message = "What forward returns is cut off from the weights (torch.no_grad() or detach()): no gradient reaches them."
        raise ExportRefused(message, *place, "Take it out of forward.")


def _as_arguments(inputs):
    """(args, kwargs)"""
    return ((), dict(inputs)) if isinstance(inputs, dict) else (tuple(inputs), {})


def _describe_value(name, tensor):
    return {"name": name, "shape": list(tensor.shape[1:]), "dtype": dtype_name(tensor.dtype)}


def _describe_module(path, module, origins):
    kind = type(module)
    return {
        "path": path,
        "class": kind.__name__ if kind.__module__.startswith("torch.nn.") else f"{kind.__module__}.{kind.__qualname__}",
        "source": describe_source(origins.get(path, ())),
    }
