"""Keras, as the loader asks it: see `frontends/python/loader/loading.py`."""

import contextlib
import os
import random
import sys

from prunelens_loader.constructing import Other, is_keras, is_module, unfit
from prunelens_loader.failures import Failure

from .describing import derives_from, describe_layers, model_of_layers
from .origins import origin_of, watch_imports

DESCRIBE_SECONDS = 120


class Keras:
    """One job's Keras, of whatever version and on whatever backend."""

    def __init__(self, job):
        self.job = job
        self.mode = contextlib.nullcontext()

    def prepare(self, guard):
        # TensorFlow tells on standard error which instructions its kernels use.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # Importing it draws numbers, of which a process that has it ready knows nothing.
        watch_imports(guard, lambda: self.seed(self.job["seed"]))

    def seed(self, seed):
        """As `keras.utils.set_random_seed` does, also before Keras is there: its initializers draw their seeds from `random`."""
        random.seed(seed)
        for name in ("keras", "tf_keras"):
            keras = sys.modules.get(name)
            if hasattr(keras, "utils"):
                keras.utils.set_random_seed(seed)

    def is_model(self, value):
        return is_keras(value)

    def is_model_class(self, kind):
        return any(base.__name__ == "Model" for base in kind.__mro__)

    def model_of(self, value, construct):
        """The model that a value is. Raises Failure where it is none; Other where it is a module of PyTorch."""
        if not is_keras(value):
            raise Other("torch") if is_module(value) else unfit(value, construct, "Keras model")
        if not derives_from(value, "Model"):
            raise unfit(value, construct, "Keras model")
        return value

    def describe(self, model, guard, _code, _answers):
        """(header, parts) of the answer."""
        guard.allow(DESCRIBE_SECONDS)
        model = model_of_layers(model)
        self._build(model)
        layers, values = zip(*describe_layers(model))
        import numpy

        parts = [numpy.ascontiguousarray(value, dtype="<f4").tobytes() for own in values for value in own]
        return {"type": "model", "json": model.to_json(), "layers": layers}, parts

    def _build(self, model):
        """A Sequential model without an input is built for the one that is known from elsewhere."""
        if model.built and getattr(model, "inputs", None):
            return
        known = self.job["inputs"] or self.job["fallback"]
        place = next(iter(origin_of(model)), (self.job["file"], 1))
        if not model.layers:
            raise Failure(f"The model {model.name} has no layers.", place)
        if not known:
            raise Failure(
                "The shape of the model's input is not known.",
                place,
                'Begin it with keras.Input(shape), give the sizes of one example (--input 28,28,1), or write "inputs" of a model into prunelens.json.',
                "usage",
                "inputs",
            )
        if len(known) > 1:
            raise Failure(f"The model {model.name} has one input, and {len(known)} are given.", place, kind="usage")
        model.build((None, *known[0]["shape"]))
