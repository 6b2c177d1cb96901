"""Items of data sets as tensors: an example and its label, checked against those that came first."""

import inspect
import math

import torch
from prunelens_loader.failures import Failure
from prunelens_loader.places import is_users


LABEL_KEYS = ("label", "labels", "target", "targets", "y", "fine_label")


def place_of(data):
    """Where the user's class or function that gives the items is written; None where it is not the user's."""
    for name in ("__getitem__", "__getitems__", "__iter__"):
        code = getattr(getattr(type(data), name, None), "__code__", None) or getattr(data, "gi_code", None)
        if code is not None and is_users(code.co_filename):
            return code.co_filename, code.co_firstlineno
    inner = getattr(data, "dataset", None)
    return place_of(inner) if inner is not None and inner is not data else None


def _is_numpy(value):
    return type(value).__module__ == "numpy"


def _tensor(value, what, where, index, place):
    if isinstance(value, torch.Tensor):
        return value.detach() if value.requires_grad else value
    if isinstance(value, (bool, int, float)):
        return torch.tensor(value)
    if _is_numpy(value) or isinstance(value, (list, tuple)):
        try:
            return torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError):
            pass
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    hint = "Convert it in the transforms, such as by torchvision.transforms.ToTensor()." if "PIL" in kind else "An item is a pair of tensors or numbers: the example and its label."
    raise Failure(f"{where(index)}: the {what} is {kind}, which is no tensor.", place, hint)


def split_item(item, where, index, place):
    """(example, label) of an item, or of a batch: a pair, or a dict of two; the label is a whole number or a tensor.

    Raises Failure where it is neither, with `where(index)` for it in words.
    """
    if isinstance(item, dict) and len(item) == 2:
        label = next((key for key in item if key in LABEL_KEYS), None)
        example = next((key for key in item if key != label), None)
        if label is not None:
            item = (item[example], item[label])
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        count = f" of {len(item)}" if isinstance(item, (tuple, list, dict)) else ""
        message = f"{where(index)} is {type(item).__name__}{count}, and no pair of an example and its label."
        raise Failure(message, place, "An item is (example, label).")
    example, label = item
    # A class as a rule, of which no tensor is made for each item.
    is_whole = type(label) is int
    return _tensor(example, "example", where, index, place), label if is_whole else _tensor(label, "label", where, index, place)


def are_finite(values):
    """Whether all values of a tensor are finite. Their sum is, unless one is not or it is too large: that takes a look at each."""
    return math.isfinite(values.sum().item()) or bool(torch.isfinite(values).all())


class Form:
    """What the first item was like; all others have to be."""

    def __init__(self, example, label):
        label = torch.as_tensor(label)
        self.shape = example.shape
        self.holds_ids = not example.is_floating_point() and example.dim() < 3
        self.label_shape = label.shape
        self.is_class = not label.is_floating_point()

    def example(self, tensor, source, index):
        """The example as it is sent: float32, or int32 ids. Its values are for `check_example`."""
        if tensor.shape != self.shape:
            message = f"{source.where(index)} is {list(tensor.shape)}, where the first one is {list(self.shape)}."
            raise Failure(message, source.place, "All examples need one shape: resize, crop or pad them.")
        if tensor.dtype is torch.float32:
            return tensor
        if tensor.is_complex():
            raise Failure(f"{source.where(index)} holds complex numbers.", source.place)
        return tensor.to(torch.int32 if self.holds_ids and not tensor.is_floating_point() else torch.float32)

    def label(self, label, source, index, classes=None):
        """The label as it is sent: a class, of so many where that is known, or a tensor: int32 classes, or float32 values, which are for `check_label`."""
        if type(label) is int and self.is_class and not self.label_shape:
            self._check_class(label, source, index, classes)
            return label
        label = torch.as_tensor(label)
        if label.shape != self.label_shape:
            message = f"The label of {source.where(index)} has the shape {list(label.shape)}, that of the first one {list(self.label_shape)}."
            raise Failure(message, source.place)
        if not self.is_class:
            return label.to(torch.float32)
        if label.is_floating_point():
            message = f"The label of {source.where(index)} is {label.flatten()[0].item()}, where the first one is a whole number."
            raise Failure(message, source.place)
        if not self.label_shape:
            self._check_class(int(label), source, index, classes)
            return int(label)
        return label.to(torch.int32)

    @staticmethod
    def _check_class(label, source, index, classes):
        if classes is not None and not 0 <= label < classes:
            raise Failure(f"The label of {source.where(index)} is {label}; the classes are 0 to {classes - 1}.", source.place)

    @staticmethod
    def check_example(example, source, index):
        """Raises Failure where an example of this form holds a value that is not finite."""
        if example.is_floating_point() and not are_finite(example):
            bad = example[~torch.isfinite(example)][0].item()
            raise Failure(f"{source.where(index)} holds {bad}.", source.place, "Check the file that it comes from, and divisions in the transforms.")

    def check_label(self, label, source, index):
        """Raises Failure where a label of this form holds a value that is not finite."""
        if not self.is_class and not are_finite(label):
            raise Failure(f"The label of {source.where(index)} is no finite number.", source.place)


def described(kind):
    """A class or function in words, by its name."""
    return getattr(kind, "__name__", None) or type(kind).__name__


def arguments_needed(value):
    """Names of the arguments that a call must give."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return []
    rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in parameters if one.default is inspect.Parameter.empty and one.kind not in rest]
