"""A module, traced in both of its modes."""

import contextlib
import copy
import gc
import importlib
import logging
import warnings

import torch

from .counting import Counting, Unsure, check_program, enlarged, number_for
from .explaining import explained
from .modes import ModeReads
from .outputs import returned_types
from .quickly import quickly
from .refused import ExportRefused
from .versions import torch_version
from .watching import Watch


def trace_modes(module, inputs, fixed):
    """({mode: exported program}, the inputs that were taken, whether the batch is open) of a module.

    The mode `evaluation` is absent where the program of training tells it (`evaluated` of modes.py). `inputs`, and `fixed` for a
    model in which the batch is written down, are (args, kwargs). Raises ExportRefused, and what the user's `forward` raises.
    """
    with _without_collection(), _without_logs():
        try:
            return _trace(module, inputs, _export_open), inputs, True
        except ExportRefused:
            raise
        except Exception:  # The batch is written down in the model, or compared with something; or nothing can be done.
            return _trace(module, fixed, _export_explained), fixed, False


def trace_counting(module, inputs):
    """({mode: exported program}, number of examples) of a module, traced with a number that stands for any: see counting.py.

    Raises Unsure where none does, and ExportRefused.
    """
    args, kwargs = inputs
    number = number_for(module, [*args, *kwargs.values()])
    counting = Counting(number)
    try:
        with _without_collection(), _without_logs(), counting:
            programs = _trace(module, enlarged(inputs, number), _export)
    except ExportRefused:
        raise
    except Exception as error:  # It is of this number, or the other trace raises it too.
        raise Unsure from error
    if counting.is_unsure:
        raise Unsure
    for program in programs.values():
        check_program(program, number)
    return programs, number


@contextlib.contextmanager
def _without_collection():
    """A trace makes many objects that stay: looking for those that do not takes a tenth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _without_logs():
    """PyTorch logs and prints what goes wrong in a trace, which is made anew then, or told in one sentence."""

    def nothing(_record):
        return False

    loggers = [one for name, one in logging.root.manager.loggerDict.items() if name.split(".")[0] == "torch"]
    handlers = [handler for one in loggers if isinstance(one, logging.Logger) for handler in one.handlers]
    for handler in handlers:
        handler.addFilter(nothing)
    exporter = vars(importlib.import_module("torch.export._trace"))
    exporter["print"] = lambda *_args, **_options: None
    try:
        yield
    finally:
        del exporter["print"]
        for handler in handlers:
            handler.removeFilter(nothing)


def _trace(module, inputs, export):
    """{mode: exported program}; `export` makes one of a module in its mode and of (args, kwargs)."""
    reads = ModeReads()
    training = _trace_mode(module, "training", inputs, export, reads)
    if reads.tell_both(module):
        return {"training": training}
    return {"training": training, "evaluation": _trace_mode(module, "evaluation", inputs, export, contextlib.nullcontext())}


def _trace_mode(module, mode, inputs, export, reads):
    # Nothing is computed, so their values stay: they are shared.
    tensors = {id(one): one for one in [*module.parameters(), *module.buffers()]}
    try:
        # A copy of a module would lose what it has in slots.
        subject = module if any(_has_slots(type(one)) for one in module.modules()) else copy.deepcopy(module, tensors)
    except Exception:  # A tensor in an attribute that is no leaf, a lock, a file.
        subject = module
    modes = {path: one.training for path, one in subject.named_modules()}
    subject.train(mode == "training")
    try:
        with Watch(subject), returned_types(subject), reads, quickly(), warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            return export(subject, inputs)
    finally:
        for path, one in subject.named_modules():
            one.training = modes.get(path, one.training)


def _has_slots(kind):
    return any(vars(one).get("__slots__") for one in kind.__mro__)


def _export(subject, inputs, **options):
    # Before, `export` takes operators apart.
    export = torch.export.export if torch_version() >= (2, 7) else torch.export.export_for_training
    return export(subject, *inputs, strict=False, **options)


def _export_open(subject, inputs):
    """With an open number of examples."""
    args, kwargs = inputs
    batch = torch.export.Dim("batch", min=2)
    open_batch = tuple({0: batch} for _ in args) if args else {name: {0: batch} for name in kwargs}
    return _export(subject, inputs, dynamic_shapes=open_batch)


def _export_explained(subject, inputs):
    """With the number of examples that there is; what is wrong is told in plain words."""
    try:
        return _export(subject, inputs)
    except ExportRefused:
        raise
    except Exception as error:
        raise explained(error, subject, inputs) from error
