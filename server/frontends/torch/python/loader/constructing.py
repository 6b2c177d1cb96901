"""From the expression that constructs a model to the model."""

import ast
import builtins
import inspect
import random
import sys

import torch

from .cutting import outer_names
from .failures import Failure


def parse_construct(construct):
    """The syntax of the expression. Raises Failure where it is none."""
    try:
        return ast.parse(construct.strip(), "<construct>", "eval")
    except SyntaxError as error:
        raise Failure(
            f'"{construct}" is not a Python expression: {error.msg}.',
            hint="Write what makes the model, such as net.py#Net or net.py#Net(depth=2).",
            kind="usage",
        ) from None


def find_names(tree, module, file):
    """Runs what the names of the expression need in a cut module. Raises Failure for a name that the file has not."""
    names = sorted(outer_names(tree))
    running = getattr(module, "__prunelens_cut__", None)
    if running is not None:
        running.define(names)
    for name in names:
        if hasattr(builtins, name) or name in module.__dict__ or hasattr(module, name):
            continue
        known = sorted(_models_of(module)) or sorted(one for one in vars(module) if not one.startswith("_"))
        hint = f"It defines {', '.join(known[:20])}." if known else None
        raise Failure(f'There is no "{name}" in the file.', (file, 1), hint, "usage")


def _models_of(module):
    running = getattr(module, "__prunelens_cut__", None)
    if running is not None:
        return [node.name for node in running.cut.tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    return [name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, torch.nn.Module)]


def _place_of(value):
    """Where a class or function is defined."""
    function = inspect.unwrap(value.__init__ if isinstance(value, type) else value)
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else None


def check_arguments(value, construct, file_name):
    """Raises Failure where a class or function cannot be called without arguments."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return
    rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one.name for one in parameters if one.default is inspect.Parameter.empty and one.kind not in rest]
    if needed:
        call = f"{construct}({', '.join(f'{name}=…' for name in needed)})"
        raise Failure(
            f"{construct} needs arguments: {', '.join(needed)}.",
            _place_of(value),
            f'Name the model by the whole call, {file_name}#{call}, or write it as "construct" of a model into prunelens.json.',
            "usage",
        )


def construct_model(tree, construct, module, file_name, seed):
    """The model of the expression: its value, or what the class or function that it names gives.

    Raises Failure where that is no module; what the user's code raises.
    """
    code = compile(tree, "<construct>", "eval")
    _seed(seed)
    value = eval(code, module.__dict__)
    if isinstance(tree.body, (ast.Name, ast.Attribute)) and callable(value) and not isinstance(value, torch.nn.Module):
        check_arguments(value, construct, file_name)
        _seed(seed)
        value = value()
    return _unwrapped(value, construct)


def _seed(seed):
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _unwrapped(value, construct):
    value = getattr(value, "_orig_mod", value)
    if isinstance(value, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
        value = value.module
    if isinstance(value, torch.jit.ScriptModule):
        raise Failure(f"{construct} is TorchScript, of which no layers are known.", hint="Name the nn.Module that it was made of.")
    if not isinstance(value, torch.nn.Module):
        kind = type(value).__name__
        raise Failure(f"{construct} gives {kind!r}, and no nn.Module.", hint="Name a class, a function or a variable that is one.", kind="usage")
    if any(parameter.is_meta for parameter in value.parameters()):
        raise Failure(f"{construct} has parameters on the device meta, which have no values.", hint="Make it on the CPU.")
    return value
