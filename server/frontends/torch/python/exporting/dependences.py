"""Where what a model does depends on the values of a tensor: all places at once, where an export stops at the first."""

import logging
import tempfile
import warnings

import torch

from .frames import is_users


def dependences(module, args, kwargs):
    """(file, line, code) of each place, in their order; none where this PyTorch cannot tell."""
    try:
        return _find(module, args, kwargs)
    except Exception:
        # It is an experiment of PyTorch's own, and is asked for nothing but a better message.
        return []


def _find(module, args, kwargs):
    from torch._logging.structured import INTERN_TABLE

    before, level = tempfile.tempdir, logging.root.manager.disable
    # It writes a report into the folder of temporary files, and a summary into the log.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tempfile.tempdir = folder
        logging.disable(logging.CRITICAL)
        try:
            report = torch.export.draft_export(module, args, kwargs)._report
        finally:
            tempfile.tempdir = before
            logging.disable(level)
    # The report has only names that this process has not told before.
    names, found = {**{index: name for name, index in INTERN_TABLE.items()}, **report.str_to_filename}, {}
    for failure in report.failures:
        places = [(names[frame["filename"]], frame["line"], frame["loc"]) for frame in failure.data["user_stack"]]
        users = [place for place in places if is_users(place[0])]
        if users:
            found.setdefault(users[-1][:2], users[-1])
    return list(found.values())
