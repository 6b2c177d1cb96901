"""Where the two modes of a module differ by nothing but arguments of batch norm and dropout, one trace tells both graphs."""

import os
import sys

import torch

BATCH_NORM = torch.nn.BatchNorm2d.forward.__code__.co_filename
DROPOUT = torch.nn.Dropout.forward.__code__.co_filename

EXPORTER = tuple(os.path.join(os.path.dirname(torch.__file__), *one, "") for one in (["export"], ["_export"], ["fx"], ["_dynamo"], ["_functorch"]))
"""Folders whose code copies a module's mode, and computes nothing by it."""

TRAINS = {
    "aten.batch_norm.default": 5,
    "aten.dropout.default": 2,
    "aten.dropout_.default": 2,
    "aten.feature_dropout.default": 2,
    "aten.feature_dropout_.default": 2,
    "aten.alpha_dropout.default": 2,
    "aten.alpha_dropout_.default": 2,
    "aten.feature_alpha_dropout.default": 2,
    "aten.feature_alpha_dropout_.default": 2,
}
"""For operators of batch norm and dropout, the argument that is true in training."""


class ModeReads:
    """Sees which code asks modules for their mode (`self.training`) while they are traced."""

    def __init__(self):
        self.are_plain = True
        """Whether only PyTorch's own layers of batch norm and dropout asked."""

    def __enter__(self):
        def training(module):
            if not _is_plain(module, sys._getframe(1).f_code.co_filename):
                self.are_plain = False
            try:
                return module.__dict__["training"]
            except KeyError:
                raise AttributeError("training") from None

        # A property of the class comes before what an instance holds under the name.
        torch.nn.Module.training = property(training, lambda module, value: module.__dict__.__setitem__("training", value))
        return self

    def __exit__(self, *_error):
        del torch.nn.Module.training

    def tell_both(self, module):
        """Whether a trace of the module in training, in which these reads were made, tells what its evaluation does."""
        return self.are_plain and all(_switches_plainly(type(one)) for one in module.modules())


def _is_plain(module, reader):
    if reader.startswith(EXPORTER):
        return True
    is_layer = reader in (BATCH_NORM, DROPOUT) and _file_of_forward(module) == reader
    is_changed = "forward" in module.__dict__ or module._forward_hooks or module._forward_pre_hooks
    return is_layer and not is_changed and (reader == DROPOUT or _keeps_statistics(module))


def _file_of_forward(module):
    code = getattr(getattr(type(module), "forward", None), "__code__", None)
    return code.co_filename if code else None


def _is_counter(name, layers):
    """Whether a buffer is where batch norm counts batches."""
    path, _, own = name.rpartition(".")
    return own == "num_batches_tracked" and _file_of_forward(layers.get(path)) == BATCH_NORM


def _keeps_statistics(norm):
    """Whether batch norm has its statistics in both modes, or in none."""
    return bool(norm.track_running_stats) == (norm.running_mean is not None)


def _switches_plainly(kind):
    """Whether modules of a class are put into a mode as PyTorch does it, and hold it where PyTorch does."""
    module = torch.nn.Module
    own = [one for one in kind.__mro__ if one not in (module, object)]
    return kind.train is module.train and kind.eval is module.eval and not any("training" in vars(one) for one in own)


def evaluated(graph, module, tensors):
    """What a described graph of training is in evaluation. `tensors` are the names of tensors, by their index."""
    layers = dict(module.named_modules(remove_duplicate=False))
    counters = {i for i, name in enumerate(tensors) if _is_counter(name, layers)}
    nodes, places, counts = [], {}, set()
    for place, node in enumerate(graph["nodes"]):
        is_counting = node.get("operator") == "aten.add_.Tensor" and node["args"][0]["node"] in counts
        if is_counting or node.get("tensor") in counters:
            counts.add(place)
        if is_counting:
            # Batches are counted in training only.
            places[place] = places[node["args"][0]["node"]]
            continue
        places[place] = len(nodes)
        nodes.append(_evaluated(node, layers, places))
    return {"nodes": nodes, "outputs": [{**one, "node": places[one["node"]]} for one in graph["outputs"]]}


def _evaluated(node, layers, places):
    if "operator" not in node:
        return node
    args = [_moved(one, places) for one in node["args"]]
    at = TRAINS.get(node["operator"])
    if at is not None and _file_of_forward(layers.get(node["module"])) in (BATCH_NORM, DROPOUT):
        # Without statistics batch norm takes those of the batch in both modes.
        args[at] = args[at] and node["operator"] == "aten.batch_norm.default" and args[3] is None
    kwargs = {"kwargs": _moved(node["kwargs"], places)} if "kwargs" in node else {}
    return {**node, "args": args, **kwargs}


def _moved(value, places):
    """An argument, with the places of nodes as they have become."""
    if isinstance(value, list):
        return [_moved(one, places) for one in value]
    if isinstance(value, dict):
        return {key: places[one] if key == "node" else _moved(one, places) for key, one in value.items()}
    return value
