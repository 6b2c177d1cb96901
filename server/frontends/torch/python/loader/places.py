"""Lines of the user's: in stacks, in tracebacks, and where modules and parameters were made."""

import os
import sys
import sysconfig

import torch

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The folders of this program and of what starts it, `frontends/torch/python` and `python`.
OWN_FOLDERS = {os.path.join(_OWN, ""), os.path.join(os.path.normpath(os.path.join(_OWN, "..", "..", "..")), "python", "")}
_INSTALLED = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
INSTALLED = tuple({os.path.join(one, "") for one in [*_INSTALLED, os.path.dirname(torch.__file__)] if one} | OWN_FOLDERS)

ORIGIN = "_prunelens_origin"
PARAMETER_ORIGINS = "_prunelens_parameter_origins"
"""Attributes that modules carry, so that copies have them too."""

MOST_FRAMES = 32


def is_users(file):
    """Whether a file is neither Python's, nor of an installed package, nor ours."""
    return os.path.isabs(file) and not file.startswith(INSTALLED) and "site-packages" not in file and "dist-packages" not in file


def user_frames(frame):
    """The user's frames, innermost first."""
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def user_place(frame=None):
    """(file, line) of the innermost frame of the user's, from the caller's on; None where there is none."""
    for one in user_frames(frame or sys._getframe(1)):
        return one.f_code.co_filename, one.f_lineno
    return None


def traceback_place(error):
    """(file, line) of the innermost line of the user's that an exception went through; None where there is none."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if is_users(trace.tb_frame.f_code.co_filename):
            found = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _places(frames):
    places = []
    for frame in frames:
        place = (frame.f_code.co_filename, frame.f_lineno)
        # Comprehensions are frames of their own before Python 3.12.
        if place != (places[-1] if places else None):
            places.append(place)
        if len(places) == MOST_FRAMES:
            break
    return tuple(places)


def _is_making(frame, module):
    """Whether a frame is of a method of the module itself, such as the constructor of its class."""
    code = frame.f_code
    return code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is module


def record_origins():
    """From here on modules remember the lines that have made them and their parameters: innermost first, then their callers."""
    initialize = torch.nn.Module.__init__
    register = torch.nn.Module.register_parameter

    def __init__(self, *args, **kwargs):
        frames = (frame for frame in user_frames(sys._getframe(1)) if not _is_making(frame, self))
        self.__dict__.setdefault(ORIGIN, _places(frames))
        initialize(self, *args, **kwargs)

    def register_parameter(self, name, param):
        register(self, name, param)
        self.__dict__.setdefault(PARAMETER_ORIGINS, {})[name] = _places(user_frames(sys._getframe(1)))

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
