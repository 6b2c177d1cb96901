"""The lines where layers were made: Keras is watched from the moment that the user's code imports it."""

import importlib.abc
import importlib.machinery
import sys

from prunelens_loader.places import places_of, user_frames

from .giving import find_held

ORIGIN = "_prunelens_origin"
"""Attribute that layers carry."""

MADE_IN = {
    "keras.src.ops.operation": "Operation",
    "keras.src.engine.base_layer": "Layer",
    "keras.engine.base_layer": "Layer",
    "tf_keras.src.engine.base_layer": "Layer",
}
"""Modules of Keras 3, of Keras 2 and of what remains of it, with the class that all layers derive from."""

LARGE = frozenset(["keras", "tf_keras", "tensorflow", "torch", "jax"])
"""Packages that take seconds to import."""


SEEDED = frozenset(["keras", "tf_keras"])
"""Those that draw numbers while they are imported."""


def _record(kind):
    # Keras looks at the parameters of constructors, which therefore stay as they are.
    make = kind.__new__

    def __new__(cls, *args, **kwargs):
        layer = make(cls, *args, **kwargs)
        # Keras would take what is set in the usual way for a part of the layer.
        if ORIGIN not in layer.__dict__:
            object.__setattr__(layer, ORIGIN, places_of(user_frames(sys._getframe(1))))
        return layer

    kind.__new__ = staticmethod(__new__)


class _Watch(importlib.abc.MetaPathFinder):
    def __init__(self, guard, imported):
        self.guard = guard
        self.imported = imported

    def find_spec(self, name, path=None, target=None):
        if name not in MADE_IN and name not in LARGE:
            return None
        spec = find_held(name) or importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            with self.guard.pause():
                execute(module)
            if name in MADE_IN:
                _record(getattr(module, MADE_IN[name]))
            if name in SEEDED:
                self.imported()

        spec.loader.exec_module = exec_module
        return spec


def watch_imports(guard, imported):
    """From here on layers remember the lines that have made them: innermost first, then their callers. Importing Keras takes none of
    the time that the user's code has; `imported` is called once it is there."""
    for name, kind in MADE_IN.items():
        if name in sys.modules:
            _record(getattr(sys.modules[name], kind))
    sys.meta_path.insert(0, _Watch(guard, imported))


def origin_of(layer):
    """((file, line), ...); empty where nothing is known."""
    return layer.__dict__.get(ORIGIN, ())
