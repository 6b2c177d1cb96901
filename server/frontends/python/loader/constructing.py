"""From the expression that constructs a model to the model, whatever its framework."""

import ast
import builtins
import inspect

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


def find_names(tree, module, file, is_model):
    """Runs what the names of the expression need in a cut module. Raises Failure for a name that the file has not.

    `is_model` tells whether a class of the file makes models.
    """
    names = sorted(outer_names(tree))
    running = getattr(module, "__prunelens_cut__", None)
    if running is not None:
        running.define(names)
    for name in names:
        if hasattr(builtins, name) or name in module.__dict__ or hasattr(module, name):
            continue
        known = sorted(_models_of(module, is_model)) or sorted(one for one in vars(module) if not one.startswith("_"))
        hint = f"It defines {', '.join(known[:20])}." if known else None
        raise Failure(f'There is no "{name}" in the file.', (file, 1), hint, "usage")


def _models_of(module, is_model):
    running = getattr(module, "__prunelens_cut__", None)
    if running is not None:
        return [node.name for node in running.cut.tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    return [name for name, value in vars(module).items() if isinstance(value, type) and is_model(value)]


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


def construct_model(tree, construct, module, file_name, seed, framework):
    """The model of the expression: its value, or what the class or function that it names gives.

    Raises Failure where that is no model, Other where it is one of another framework; what the user's code raises.
    """
    code = compile(tree, "<construct>", "eval")
    framework.seed(seed)
    value = eval(code, module.__dict__)
    if isinstance(tree.body, (ast.Name, ast.Attribute)) and callable(value) and not _is_any_model(value, framework):
        check_arguments(value, construct, file_name)
        framework.seed(seed)
        value = value()
    return framework.model_of(value, construct)


def _is_any_model(value, framework):
    return framework.is_model(value) or is_keras(value) or is_module(value)


class Answer(BaseException):
    """Ends a job with an answer that has no model. Nothing of the user's catches it by accident."""

    def __init__(self, header):
        super().__init__(header)
        self.header = header


class Other(Answer):
    """The value is a model of another framework."""

    def __init__(self, framework):
        super().__init__({"type": "other", "framework": framework})


def _derives_from(value, packages, name):
    """Whether a value is an instance of a class of that name in one of the packages, which need not be there."""
    return any(kind.__name__ == name and kind.__module__.split(".")[0] in packages for kind in type(value).__mro__)


def is_keras(value):
    """Whether a value is a layer or model of Keras, of any version."""
    return _derives_from(value, ("keras", "tf_keras"), "Layer")


def is_module(value):
    """Whether a value is a module of PyTorch. Layers of Keras are such too where PyTorch computes for it."""
    return _derives_from(value, ("torch",), "Module")


def unfit(value, construct, what):
    """The Failure for a value that is no model."""
    kind = type(value).__name__
    return Failure(f"{construct} gives {kind!r}, and no {what}.", hint="Name a class, a function or a variable that is one.", kind="usage")
