"""An export without what nobody here reads: after each edit of a model it is waited for."""

import contextlib
import sys
import traceback

import torch
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


def _normalized(original):
    """Batch norm where sizes alone count, in place of the twenty operations that it is made of."""

    def normalized(x, weight, bias, running_mean, running_var, training, momentum, eps):
        given = [one for one in (x, weight, bias, running_mean, running_var) if one is not None]
        if not x.is_contiguous() or any(one.dtype is not torch.float32 for one in given):
            return original(x, weight, bias, running_mean, running_var, training, momentum, eps)
        count = x.shape[1] if training else 0
        return torch.empty_like(x), x.new_empty(count), x.new_empty(count)

    return normalized


def _replacements():
    """(dictionary, key, what makes what stands in for the value of it), of what this version of PyTorch may have."""
    from torch._decomp import decomposition_table
    from torch.fx.experimental import proxy_tensor

    proxy = torch.fx.proxy
    # Where frames are chosen from what `summary` gives.
    if hasattr(proxy.TracerBase, "_filter_traceback_frames"):
        yield vars(proxy), "CapturedTraceback", lambda _original: _UserStack
    # Memory formats and strides beside the shapes and dtypes of all values.
    yield vars(proxy_tensor), "_extract_tensor_metadata", lambda _original: lambda *_args, **_options: None
    yield decomposition_table, torch.ops.aten._native_batch_norm_legit.default, _normalized


@contextlib.contextmanager
def quickly():
    """While a module is exported. Versions of PyTorch that are made otherwise take their time."""
    before = []
    try:
        for holder, name, replace in _replacements():
            if name in holder:
                before.append((holder, name, holder[name]))
                holder[name] = replace(holder[name])
        with _lazy_code():
            yield
    finally:
        for holder, name, original in before:
            holder[name] = original
