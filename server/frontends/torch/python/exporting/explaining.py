"""What is wrong with a model that cannot be exported, in plain words."""

import linecache
import os
import re

from .dependences import dependences
from .frames import definition_of, frame_in, user_frame
from .refused import ExportRefused

KNOWN = (
    (
        r"Found <class '([^']+)'> in output",
        "forward returns an object of {0}, in which PyTorch finds no tensors.",
        "Return tensors, tuples, dicts or a dataclass of them.",
    ),
    (
        r"\.numpy\(\) is not supported for tensor subclasses",
        "forward takes values out of PyTorch here (numpy), where neither an export nor a gradient follows them.",
        "Write it with operations of torch.",
    ),
)
"""For what PyTorch says, what is meant: a sentence, with the groups of the pattern, and what to do."""


def explained(error, subject, inputs):
    """The error in plain words where it is the exporter's; as it is where it is the model's own."""
    kind = type(error).__name__
    text = str(error)
    for pattern, sentence, hint in KNOWN:
        found = re.search(pattern, text)
        if found:
            place = user_frame(error) or definition_of(type(subject).forward)
            return ExportRefused(sentence.format(*found.groups()), *place, hint)
    if kind not in ("GuardOnDataDependentSymNode", "UserError", "Unsupported", "DataDependentOutputException", "TorchRuntimeError"):
        return error
    file, line = user_frame(error) or frame_in(text) or (None, None)
    if kind in ("GuardOnDataDependentSymNode", "DataDependentOutputException") or "data-dependent" in text:
        code = linecache.getline(file, line).strip() if file else ""
        return _dependent((file, line, code), dependences(subject, *inputs))
    return ExportRefused(f"PyTorch cannot export the model: {text.strip().splitlines()[0]}", file, line)


def _dependent(first, found):
    """What is said of a model whose steps depend on values: `found` are all places, `first` is one of them."""
    file, line, code = first
    what = f" (`{code}`)" if code else ""
    others = [f"{os.path.basename(place[0])}:{place[1]} (`{place[2]}`)" for place in found if place[:2] != (file, line)]
    also = f" So it does at {', '.join(others)}." if others else ""
    return ExportRefused(
        f"What the model does here depends on the values of a tensor{what}; PruneLens needs the same operations for all inputs.{also}",
        file,
        line,
        "Use torch.where or a mask instead of a condition or of .item().",
    )
