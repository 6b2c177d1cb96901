"""The lines where modules and their parameters were made."""

import sys

import torch
from prunelens_loader.places import is_making, is_users, places_of, user_frames

ORIGIN = "_prunelens_origin"
PARAMETER_ORIGINS = "_prunelens_parameter_origins"
"""Attributes that modules carry, so that copies have them too."""


def record_origins():
    """From here on modules remember the lines that have made them and their parameters: innermost first, then their callers."""
    initialize = torch.nn.Module.__init__
    register = torch.nn.Module.register_parameter

    def __init__(self, *args, **kwargs):
        frames = (frame for frame in user_frames(sys._getframe(1)) if not is_making(frame, self))
        self.__dict__.setdefault(ORIGIN, places_of(frames))
        initialize(self, *args, **kwargs)

    def register_parameter(self, name, param):
        register(self, name, param)
        self.__dict__.setdefault(PARAMETER_ORIGINS, {})[name] = places_of(user_frames(sys._getframe(1)))

    torch.nn.Module.__init__ = __init__
    torch.nn.Module.register_parameter = register_parameter


def origins_of(model):
    """Where the modules and parameters of a model were made, by path and by name."""
    origins = {}
    for path, module in model.named_modules():
        origins[path] = module.__dict__.get(ORIGIN, ()) or _class_place(type(module))
        for name, places in module.__dict__.get(PARAMETER_ORIGINS, {}).items():
            origins[f"{path}.{name}" if path else name] = places
    return origins


def _class_place(kind):
    """The first line of the constructor of a class of the user's."""
    code = getattr(kind.__init__, "__code__", None)
    return ((code.co_filename, code.co_firstlineno),) if code and is_users(code.co_filename) else ()
