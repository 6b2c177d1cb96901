"""Keras that was imported before there was a model: the user's code gets it when it imports it, if nothing that decides what computes has changed."""

import importlib
import importlib.machinery
import os
import re
import sys

from prunelens_loader.constructing import Answer
from prunelens_loader.keeping import keep

GIVEN = ("keras", "tf_keras", "tensorflow", "jax")
"""Packages that are imported ahead, those of them that are there."""

DECIDES = re.compile(r"^(KERAS|TF|JAX|XLA)_\w+$")
"""Variables of the environment that these packages look at when they are imported."""


class OtherEnvironment(Answer):
    """The user's code has set variables that the packages were not imported with."""

    def __init__(self, variables):
        super().__init__({"type": "environment", "environment": variables})


class _Ready:
    """What a process has ready: packages that nobody has imported yet, by name, and the variables that they were imported with."""

    held = {}
    variables = None


def _decisive():
    return {name: value for name, value in os.environ.items() if DECIDES.match(name)}


def _import(name):
    try:
        importlib.import_module(name)
    except Exception:
        # The user's code finds the same when it imports it, and is told then: nothing may be there of it already.
        for part in [one for one in sys.modules if one.split(".")[0] == name]:
            del sys.modules[part]


def make_ready():
    """Imports Keras, with the backend that the environment names. Returns the folders that change with its packages."""
    # TensorFlow tells on standard error which instructions its kernels use.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true"):
        _import("tf_keras")
    _import("keras")
    _Ready.variables = _decisive()
    _Ready.held = {name: sys.modules.pop(name) for name in GIVEN if name in sys.modules}
    return keep()


class _Given(importlib.machinery.SourceFileLoader):
    """Gives a package that is there already."""

    def __init__(self, module):
        super().__init__(module.__name__, module.__file__)
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        module.__spec__ = self.spec


def find_held(name):
    """The spec of a package that was imported ahead; None for others. Raises OtherEnvironment where it would be another one now."""
    before, now = _Ready.variables, _decisive()
    if before is None or name not in GIVEN:
        return None
    changed = {one: now.get(one) for one in {**before, **now} if now.get(one) != before.get(one)}
    if changed:
        raise OtherEnvironment(changed)
    module = _Ready.held.pop(name, None)
    return None if module is None else importlib.machinery.ModuleSpec(name, _Given(module), origin=module.__file__)
