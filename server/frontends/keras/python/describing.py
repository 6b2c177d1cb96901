"""A Keras model as plain data: its JSON, the lines of its layers, and the values of their weights."""

import ast
import sys

from prunelens_loader.failures import Failure
from prunelens_loader.places import is_users

from .origins import origin_of

PACKAGES = ("keras", "tf_keras", "tensorflow")


def _is_keras(kind):
    return kind.__module__.split(".")[0] in PACKAGES


def derives_from(model, name):
    """Whether a model is one of a class of Keras's of that name, or of one that derives from it."""
    return any(kind.__name__ == name and _is_keras(kind) for kind in type(model).__mro__)


def own_method(model, name):
    """A method by that name of a class that is not Keras's; None where all of them are."""
    for kind in type(model).__mro__:
        if name in kind.__dict__:
            return None if _is_keras(kind) else kind.__dict__[name]
    return None


def class_place(kind):
    """(file, line) of the definition of a class of the user's; None where it is not known."""
    module = sys.modules.get(kind.__module__)
    running = getattr(module, "__dict__", {}).get("__prunelens_cut__")
    for node in ast.walk(running.cut.tree) if running else ():
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
            return module.__file__, node.lineno
    codes = [getattr(value, "__code__", None) for value in vars(kind).values()]
    places = [(code.co_filename, code.co_firstlineno) for code in codes if code and is_users(code.co_filename)]
    return min(places, default=None)


def model_of_layers(model):
    """The model, as one of Keras's own classes: what a class of the user's changes is its training. Raises Failure where it computes itself."""
    is_sequential, is_functional = (derives_from(model, name) for name in ("Sequential", "Functional"))
    name = type(model).__name__
    if not (is_sequential or is_functional) or own_method(model, "call"):
        place = class_place(type(model)) or next(iter(origin_of(model)), None)
        raise Failure(
            f"{name} is a subclassed Keras model, whose call is code and no layers that can be read.",
            place,
            "Build it with the functional API, keras.Model(inputs, outputs), or with keras.Sequential.",
        )
    if _is_keras(type(model)) or is_sequential:
        return model
    functional = next(kind for kind in type(model).__mro__ if kind.__name__ == "Functional" and _is_keras(kind))
    return functional(model.inputs, model.outputs, name=model.name)


def is_model(layer):
    return any(derives_from(layer, name) for name in ("Sequential", "Functional"))


def _check(layer, path):
    """Raises Failure for what Keras's JSON holds as code, or does not hold at all."""
    kind = type(layer)
    place = next(iter(origin_of(layer)), None) or class_place(kind)
    if kind.__name__ == "Lambda":
        raise Failure(
            f"The layer {path[-1]!r} is a Lambda layer, whose function is code and cannot be read.",
            place,
            "Use a layer of Keras that computes the same.",
        )
    if not _is_keras(kind):
        raise Failure(
            f"The layer {path[-1]!r} is of the class {kind.__name__}, which is none of Keras's own and cannot be read.",
            place,
            "Build the model from layers of Keras.",
        )


def _parts_of(model):
    """Layers and operations of a model, input layers too."""
    return getattr(model, "operations", None) or getattr(model, "_layers", None) or model.layers


def _weights_of(layer):
    """(names, values) of a layer's weights."""
    weights = layer.weights if hasattr(layer, "weights") else []
    names = [getattr(weight, "path", None) or weight.name.split(":")[0] for weight in weights]
    return names, layer.get_weights() if weights else []


def describe_layers(model, path=()):
    """Yields (description, values of the weights) for each layer, also of the models in a model."""
    for layer in _parts_of(model):
        own_path = (*path, layer.name)
        if is_model(layer) and not own_method(layer, "call"):
            yield _describe(layer, own_path, []), []
            yield from describe_layers(layer, own_path)
            continue
        _check(layer, own_path)
        names, values = _weights_of(layer)
        yield _describe(layer, own_path, [{"name": name, "shape": list(value.shape)} for name, value in zip(names, values)]), values


def _describe(layer, path, weights):
    return {"path": list(path), "source": [list(place) for place in origin_of(layer)], "weights": weights}
