"""__HEADER__"""

import functools
import json
import operator
import os
import struct

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.weak import WeakTensorKeyDictionary

MASKS = os.path.splitext(os.path.abspath(__file__))[0] + ".safetensors"
"""The file of the masks, beside this one."""

_guarded = WeakTensorKeyDictionary()
"""What is removed of each weight: by device, True where the mask is 0."""


def read_masks(path=MASKS):
    """The masks by the names of their weights: True where a weight is kept."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    masks = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        if entry["dtype"] not in ("BOOL", "U8"):
            raise ValueError(f"{path} holds no masks: {name} is {entry['dtype']}")
        values = torch.frombuffer(data, dtype=torch.uint8, count=last - first, offset=first)
        masks[name] = values.bool().reshape(entry["shape"])
    return masks


def _unwrapped(model):
    """The model within what torch.compile and DistributedDataParallel have put around it."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod
        elif isinstance(model, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            model = model.module
        else:
            return model


def _refuse_shards(model):
    kinds = {kind.__name__ for module in model.modules() for kind in type(module).__mro__}
    is_split = any(hasattr(weight, "device_mesh") for weight in model.parameters())
    if is_split or kinds & {"FullyShardedDataParallel", "FSDPModule"}:
        raise RuntimeError("FSDP splits weights into shards, which masks of whole weights do not fit: train with DistributedDataParallel instead.")


def _weights_of(model, masks):
    """The weight of each mask, in the model or in the one module within it that has them all."""
    model = _unwrapped(model)
    _refuse_shards(model)
    found = [weights for weights in ([_weight(module, name) for name in masks] for module in model.modules()) if None not in weights]
    if not found:
        missing = [name for name in masks if _weight(model, name) is None]
        raise ValueError(f"The model has no weight {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}: the masks were made for another one.")
    weights = dict(zip(masks, found[0]))
    for name, weight in weights.items():
        if weight.shape != masks[name].shape:
            raise ValueError(f"{name} is {tuple(weight.shape)} in the model, and {tuple(masks[name].shape)} in the masks.")
    return weights


def _weight(module, name):
    for part in name.split("."):
        module = getattr(module, part, None)
    return module if isinstance(module, torch.nn.Parameter) else None


def _removed_on(removed, device):
    if device not in removed:
        removed[device] = next(iter(removed.values())).to(device)
    return removed[device]


def _zero(weights):
    with torch.no_grad():
        for weight in weights:
            weight.masked_fill_(_removed_on(_guarded[weight], weight.device), 0)


def _guard(weight, mask):
    """Zeroes what the mask removes of a weight, and its gradient from here on."""
    removed = _guarded.get(weight)
    if removed is None:
        removed = {}
        _guarded[weight] = removed
        if weight.requires_grad:
            # Before the gradient is added up, and before DistributedDataParallel averages it.
            weight.register_hook(lambda gradient: None if gradient.is_sparse else gradient.masked_fill(_removed_on(removed, gradient.device), 0))
    removed.clear()
    removed[weight.device] = ~mask.to(weight.device)
    _zero([weight])


@torch.compiler.disable
def _after_step(optimizer, *_):
    """Zeroes again what the state of an optimizer, from before the masks, has moved."""
    _zero(weight for group in optimizer.param_groups for weight in group["params"] if weight in _guarded)


register_optimizer_step_post_hook(_after_step)


class _AfterLoading:
    """Guards the weights that load_state_dict has replaced or filled."""

    def __init__(self, masks):
        self.masks = masks

    def __call__(self, model, _):
        for name, weight in _weights_of(model, self.masks).items():
            _guard(weight, self.masks[name])

    def __reduce__(self):
        # A model that is pickled as a whole is loaded where this file may not be: what stands in takes two arguments and changes nothing.
        return functools.partial, (operator.setitem, {})

    def __deepcopy__(self, _):
        return self


def apply(model, path=MASKS):
    """Prunes a model in place, and keeps it pruned while it is trained by any optimizer. Returns it.

    Parameters keep their names and their places. Call it once, before or after torch.compile and DistributedDataParallel.
    Raises ValueError where the masks are those of another model.
    """
    masks = read_masks(path)
    for name, weight in _weights_of(model, masks).items():
        _guard(weight, masks[name])
    _unwrapped(model).register_load_state_dict_post_hook(_AfterLoading(masks))
    return model


def check(model, path=MASKS):
    """What the masks make of a model: its `sparsity`, the number of `weights` under masks, how many of those that are
    removed are not zero (`revived`), and both for each of the `layers`."""
    masks = read_masks(path)
    layers = {}
    for name, weight in _weights_of(model, masks).items():
        removed = ~masks[name].to(weight.device)
        count = int(removed.sum())
        revived = int((weight.detach()[removed] != 0).sum())
        layers[name] = {"sparsity": count / max(removed.numel(), 1), "revived": revived}
    weights = sum(mask.numel() for mask in masks.values())
    kept = sum(int(mask.sum()) for mask in masks.values())
    return {
        "sparsity": 1 - kept / max(weights, 1),
        "weights": weights,
        "revived": sum(layer["revived"] for layer in layers.values()),
        "layers": layers,
    }


def follows(mask, kept, of):
    """Whether, of each `of` weights next to each other in a row of a mask, at most `kept` are kept."""
    if mask.shape[-1] % of != 0:
        return False
    return int((mask != 0).reshape(-1, of).sum(1).max()) <= kept


def semi_structured(model, path=MASKS):
    """Puts torch's semi-structured tensors in the place of the weights of linear layers, for inference: those of 2:4 masks in float16 and
    bfloat16, of 1:2 masks in float32. Returns what was left as it is, with the reason, by name. Whether it is faster is to be measured."""
    from torch.sparse import to_sparse_semi_structured

    masks = read_masks(path)
    _weights_of(model, masks)
    left = {}
    for name, module in _unwrapped(model).named_modules():
        weight = f"{name}.weight" if name else "weight"
        if not isinstance(module, torch.nn.Linear) or weight not in masks:
            continue
        kept, of = (1, 2) if module.weight.dtype == torch.float32 else (2, 4)
        if not follows(masks[weight], kept, of):
            left[weight] = f"its mask is not {kept}:{of}"
            continue
        dense = module.weight.detach() * masks[weight].to(module.weight.device)
        try:
            module.weight = torch.nn.Parameter(to_sparse_semi_structured(dense), requires_grad=False)
        except (RuntimeError, NotImplementedError) as error:
            left[weight] = str(error).split("\n")[0]
    return left


def callback(path=MASKS):
    """A callback for Lightning's Trainer, which applies the masks when a training begins. Raises ImportError without Lightning."""
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback

    class Masks(Callback):
        def on_fit_start(self, trainer, pl_module):
            apply(pl_module, path)

        def on_fit_end(self, trainer, pl_module):
            revived = check(pl_module, path)["revived"]
            if revived:
                raise RuntimeError(f"{revived} weights that the masks remove are not zero")

    return Masks()
