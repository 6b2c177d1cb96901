"""An export without what nobody here reads: after each edit of a model it is waited for."""

import contextlib
import sys
import traceback

import torch.fx.proxy

from .frames import is_users


class _UserStack:
    """In place of PyTorch's record of a stack, which knows the frames of C++ and the texts of all lines: the user's frames."""

    @staticmethod
    def extract():
        return _UserStack()

    def summary(self):
        found, frame = [], sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if is_users(code.co_filename):
                found.append(traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name, lookup_line=False, line=""))
            frame = frame.f_back
        return traceback.StackSummary.from_list(reversed(found))


def _lazy_code():
    """Graphs of which no code is written until it is run: they are read."""
    try:
        from torch.fx._lazy_graph_module import _use_lazy_graph_module
    except ImportError:
        return contextlib.nullcontext()
    return _use_lazy_graph_module(True)


@contextlib.contextmanager
def quickly():
    """While a module is exported. Versions of PyTorch that are made otherwise take their time."""
    module = torch.fx.proxy
    original = getattr(module, "CapturedTraceback", None)
    # Where frames are chosen from what `summary` gives.
    is_known = original is not None and hasattr(module.TracerBase, "_filter_traceback_frames")
    if is_known:
        module.CapturedTraceback = _UserStack
    try:
        with _lazy_code():
            yield
    finally:
        if is_known:
            module.CapturedTraceback = original
