"""A module, traced in one of its modes."""

import copy
import linecache
import warnings

import torch

from .frames import frame_in, user_frame
from .refused import ExportRefused
from .versions import torch_version
from .watching import Watch


def trace_mode(module, training, args, kwargs):
    """(exported program, whether the batch is open) of a copy of the module in one mode."""
    # Nothing is computed, so their values stay: they are shared.
    tensors = {id(one): one for one in [*module.parameters(), *module.buffers()]}
    try:
        subject = copy.deepcopy(module, tensors)
    except Exception:  # A tensor in an attribute that is no leaf, a lock, a file.
        subject = module
    modes = {path: one.training for path, one in subject.named_modules()}
    subject.train(training)
    try:
        with Watch(subject), warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            return _trace(subject, args, kwargs)
    finally:
        for path, one in subject.named_modules():
            one.training = modes.get(path, one.training)


def _trace(subject, args, kwargs):
    # Before, `export` takes operators apart.
    export = torch.export.export if torch_version() >= (2, 7) else torch.export.export_for_training
    batch = torch.export.Dim("batch", min=2)
    open_batch = tuple({0: batch} for _ in args) if args else {name: {0: batch} for name in kwargs}
    try:
        return export(subject, args, kwargs, dynamic_shapes=open_batch, strict=False), True
    except ExportRefused:
        raise
    except Exception:  # The batch is written down in the model, or compared with something.
        try:
            return export(subject, args, kwargs, strict=False), False
        except ExportRefused:
            raise
        except Exception as error:
            raise _explained(error) from error


def _explained(error):
    """The error in plain words where it is the exporter's; as it is where it is the model's own."""
    kind = type(error).__name__
    text = str(error)
    if kind not in ("GuardOnDataDependentSymNode", "UserError", "Unsupported", "DataDependentOutputException", "TorchRuntimeError"):
        return error
    frame = user_frame(error) or frame_in(text)
    file, line = frame or (None, None)
    if kind in ("GuardOnDataDependentSymNode", "DataDependentOutputException") or "data-dependent" in text:
        code = linecache.getline(file, line).strip() if file else ""
        what = f" (`{code}`)" if code else ""
        return ExportRefused(
            f"What the model does here depends on the values of a tensor{what}; PruneLens needs the same operations for all inputs.",
            file,
            line,
            "Use torch.where or a mask instead of a condition or of .item().",
        )
    return ExportRefused(f"PyTorch cannot export the model: {text.strip().splitlines()[0]}", file, line)
