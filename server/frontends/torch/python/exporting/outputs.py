"""What forward returns: its types, and the names of its tensors."""

import contextlib
import dataclasses
import functools

import torch
from torch.utils import _pytree


@contextlib.contextmanager
def returned_types(module):
    """While a module is exported, PyTorch gets to know the dataclasses that it returns, in which it finds no tensors else."""
    forward, own = module.forward, module.__dict__.get("forward")

    @functools.wraps(forward)
    def telling(*args, **kwargs):
        result = forward(*args, **kwargs)
        _tell(result)
        return result

    module.__dict__["forward"] = telling
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if own is not None:
            module.__dict__["forward"] = own


def _tell(value):
    if isinstance(value, dict):
        values = value.values()
    elif isinstance(value, (list, tuple)):
        values = value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        values = vars(value).values()
        if type(value) not in _pytree.SUPPORTED_NODES:
            torch.export.register_dataclass(type(value))
    else:
        return
    for one in values:
        _tell(one)


def output_names(spec, users):
    """A name for each leaf of what forward returned: its keys and indices with dots between them."""
    leaves = list(range(spec.num_leaves))
    tree = torch.utils._pytree.tree_unflatten(leaves, spec)
    names = {}

    def visit(value, path):
        if isinstance(value, int) and not isinstance(value, bool):
            names[value] = ".".join(path) or "0"
        elif isinstance(value, dict):
            for key, one in value.items():
                visit(one, (*path, str(key)))
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            for key, one in zip(value._fields, value):
                visit(one, (*path, key))
        elif isinstance(value, (list, tuple)):
            for i, one in enumerate(value):
                visit(one, (*path, str(i)))
        elif hasattr(value, "__dict__"):
            visit({key: one for key, one in vars(value).items() if one is not None}, path)

    visit(tree, ())
    return [names.get(i, str(i)) for i in range(len(users))]
