"""Lines of the user's, as an export sees them: in stacks, in tracebacks, and in messages."""

import functools
import inspect
import os
import re
import sys

import torch

TORCH_FOLDER = os.path.dirname(torch.__file__) + os.sep

OWN_FOLDER = os.path.dirname(os.path.dirname(__file__)) + os.sep

CONTEXTS = os.path.dirname(os.__file__) + os.sep + "contextlib"


def user_frame(error):
    """(file, line) of the innermost frame of an exception that is neither Python's nor PyTorch's own; None where there is none."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if is_users(file):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found


@functools.lru_cache(maxsize=None)
def is_users(file):
    """Whether a file is neither PyTorch's nor ours; that of another package may be where an operation is called."""
    return not file.startswith((TORCH_FOLDER, OWN_FOLDER, CONTEXTS, "<"))


def definition_of(function):
    """(file, line) of a function's definition; (None, None) where it has none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else (None, None)


def frame_in(text):
    """The last place that a message names in a traceback of its own."""
    places = [(file, int(line)) for file, line in re.findall(r'File "([^"]+)", line (\d+)', text) if is_users(file)]
    return places[-1] if places else None


def caller():
    """(file, line) of the innermost frame of the user's."""
    frame = sys._getframe(1)
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None, None
