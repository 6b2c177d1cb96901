"""Items of data sets as tensors: an example and its label, checked against those that came first."""

import inspect

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


def _tensor(value, what, where, place):
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, (bool, int, float)):
        return torch.tensor(value)
    if _is_numpy(value) or isinstance(value, (list, tuple)):
        try:
            return torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError):
            pass
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    hint = "Convert it in the transforms, such as by torchvision.transforms.ToTensor()." if "PIL" in kind else "An item is a pair of tensors or numbers: the example and its label."
    raise Failure(f"{where}: the {what} is {kind}, which is no tensor.", place, hint)


def split_item(item, where, place):
    """(example, label) of an item: a pair, or a dict of two. Raises Failure where it is neither."""
    if isinstance(item, dict) and len(item) == 2:
        label = next((key for key in item if key in LABEL_KEYS), None)
        example = next((key for key in item if key != label), None)
        if label is not None:
            item = (item[example], item[label])
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        count = f" of {len(item)}" if isinstance(item, (tuple, list, dict)) else ""
        raise Failure(f"{where} is {type(item).__name__}{count}, and no pair of an example and its label.", place, "An item is (example, label).")
    return _tensor(item[0], "example", where, place), _tensor(item[1], "label", where, place)


class Form:
    """What the first item was like; all others have to be."""

    def __init__(self, example, label):
        self.shape = tuple(example.shape)
        self.holds_ids = not example.is_floating_point() and example.dim() < 3
        self.label_shape = tuple(label.shape)
        self.is_class = not label.is_floating_point()

    def example(self, tensor, where, place):
        """The example as it is sent: float32, or int32 ids; images with their channels last."""
        if tuple(tensor.shape) != self.shape:
            raise Failure(f"{where} is {list(tensor.shape)}, where the first one is {list(self.shape)}.", place, "All examples need one shape: resize, crop or pad them.")
        if tensor.is_complex():
            raise Failure(f"{where} holds complex numbers.", place)
        if self.holds_ids and not tensor.is_floating_point():
            return tensor.to(torch.int32)
        tensor = tensor.to(torch.float32)
        if not torch.isfinite(tensor).all():
            bad = tensor[~torch.isfinite(tensor)][0].item()
            raise Failure(f"{where} holds {bad}.", place, "Check the file that it comes from, and divisions in the transforms.")
        return tensor

    def label(self, tensor, where, place, classes=None):
        """The label as it is sent: an int32 class, of so many where that is known, or float32 values."""
        if tuple(tensor.shape) != self.label_shape:
            raise Failure(f"The label of {where} has the shape {list(tensor.shape)}, that of the first one {list(self.label_shape)}.", place)
        if not self.is_class:
            tensor = tensor.to(torch.float32)
            if not torch.isfinite(tensor).all():
                raise Failure(f"The label of {where} is no finite number.", place)
            return tensor
        if tensor.is_floating_point():
            raise Failure(f"The label of {where} is {tensor.flatten()[0].item()}, where the first one is a whole number.", place)
        if classes is not None and tensor.dim() == 0 and not 0 <= int(tensor) < classes:
            raise Failure(f"The label of {where} is {int(tensor)}; the classes are 0 to {classes - 1}.", place)
        return tensor.to(torch.int32)


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
