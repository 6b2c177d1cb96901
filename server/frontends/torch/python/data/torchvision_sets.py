"""torchvision's data sets by their names: of the files that are on disk, as tensors."""

import importlib
import inspect
import sys

from prunelens_loader.failures import Failure

from .image_folders import image_folder


def torchvision_set(name, folder, size=None):
    """The (train, test) pair of a data set, or the one there is. Raises Failure where torchvision or its files are not there."""
    try:
        sets = importlib.import_module("torchvision.datasets")
        transforms = importlib.import_module("torchvision.transforms")
    except ImportError as error:
        hint = f"{sys.executable} -m pip install torchvision"
        raise Failure(f"torchvision:{name} needs torchvision, which this Python cannot import: {error}.", None, hint, "usage") from None
    if name == "ImageFolder":
        return image_folder(sets, transforms, folder, size)
    made = getattr(sets, name, None) if name in getattr(sets, "__all__", ()) else None
    if made is None:
        close = sorted(one for one in sets.__all__ if one.lower() == name.lower())
        hint = f"Write torchvision:{close[0]}." if close else f"It has {', '.join(sorted(sets.__all__))}."
        raise Failure(f'torchvision has no data set "{name}".', None, hint, "usage")
    parameters = inspect.signature(made).parameters
    given = {key: value for key, value in (("root", folder), ("transform", transforms.ToTensor())) if key in parameters or _takes_any(parameters)}
    if "train" in parameters or _takes_any(parameters):
        return tuple(_make(made, name, folder, {**given, "train": value}) for value in (True, False))
    if "split" not in parameters:
        return _make(made, name, folder, given)
    return _make(made, name, folder, {**given, "split": "train"}), _make(made, name, folder, {**given, "split": "test"}, {**given, "split": "val"})


def _takes_any(parameters):
    return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def _make(made, name, folder, arguments, otherwise=None):
    try:
        return made(**arguments)
    except (RuntimeError, OSError, ValueError, TypeError) as error:
        if otherwise is not None and isinstance(error, ValueError):
            return _make(made, name, folder, otherwise)
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        hint = f"Nothing is downloaded here. Call torchvision.datasets.{name} with download=True once, or name the folder of its files: torchvision:{name}@FOLDER."
        raise Failure(f"torchvision cannot open {name} in {folder}: {told.rstrip('.')}.", None, hint, "usage") from None
