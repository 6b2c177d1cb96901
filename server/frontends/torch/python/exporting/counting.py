"""A trace at one number of examples that holds for any number: where sizes stay numbers, PyTorch traces in half the time.

It holds where the number of examples is nothing but handed on. The number is one that nobody writes down, so it is known again in the
graph; code that reads it from the shape of a tensor gets a `Count`, with which nothing can be computed or decided. Where more is done
with it the trace is of no use, which `Unsure` says: it is made anew with an open number.
"""

import functools
import os
import sys

import torch

from .frames import OWN_FOLDER, TORCH_FOLDER

NUMBERS = (997, 1009, 1013, 1019, 1021)
"""Primes: what follows from the number of examples is a multiple of it."""

READING = tuple(os.path.join(TORCH_FOLDER, *one) for one in (("nn", ""), ("functional.py",), ("_tensor.py",), ("distributions", "")))
"""Of PyTorch's files those that may decide by a size; others run below what is traced."""

HARMLESS = ("batch_norm", "adaptive_")
"""Beginnings of functions of nn/functional.py that read the size of a batch, and go on in the same way with any from 2 on."""

FUNCTIONAL = torch.nn.functional.__file__

LAST = 2**63 - 1
"""The end of a slice that has none."""


class Unsure(BaseException):
    """What is done may depend on the number of examples. No Exception: code of the user's does not handle it."""


class Count(int):
    """A size that follows from the number of examples, as code sees it that is traced: it may be handed on as a size."""

    def __new__(cls, value, counting):
        one = super().__new__(cls, value)
        one.counting = counting
        return one


def _refuse(count, *_others):
    count.counting.is_unsure = True
    raise Unsure


OPERATIONS = "add sub mul floordiv truediv mod divmod pow lshift rshift and or xor"
OTHERS = "eq ne lt le gt ge hash bool int float index neg pos abs invert round trunc floor ceil str repr format"
for _name in [*OTHERS.split(), *OPERATIONS.split(), *(f"r{one}" for one in OPERATIONS.split())]:
    setattr(Count, f"__{_name}__", _refuse)


def number_for(module, examples):
    """A number of examples that divides no size of a module and of its examples. Raises Unsure where there is none."""
    if any(_has_script(one) for one in module.modules()):
        raise Unsure
    extents = {extent for one in [*module.parameters(), *module.buffers()] for extent in one.shape}
    extents |= {extent for one in examples for extent in one.shape[1:]}
    number = next((number for number in NUMBERS if all(extent % number for extent in extents)), None)
    if number is None:
        raise Unsure
    return number


def _has_script(module):
    """Whether a module is TorchScript or may call a function of it, which reads sizes unseen."""
    names = getattr(getattr(type(module), "forward", None), "__globals__", {})
    return isinstance(module, torch.jit.ScriptModule) or any(isinstance(one, torch.jit.ScriptFunction) for one in names.values())


def enlarged(inputs, number):
    """Inputs, (args, kwargs), with so many examples, of which nothing but the sizes counts."""
    args, kwargs = inputs

    def larger(one):
        return one.new_empty((number, *one.shape[1:]))

    return tuple(larger(one) for one in args), {name: larger(one) for name, one in kwargs.items()}


class Counting:
    """While a module is traced with `number` examples, code that reads the sizes of tensors gets a `Count` for what follows from it."""

    def __init__(self, number):
        self.number = number
        self.is_unsure = False
        self._known = {}

    def __enter__(self):
        tensor, base = torch.Tensor, torch._C.TensorBase
        replacements = {
            "shape": property(self._counted(base.shape.__get__)),
            "size": self._counted(base.size),
            "stride": self._counted(base.stride),
            "numel": self._refused(base.numel),
            "nelement": self._refused(base.nelement),
            "nbytes": property(self._refused(base.nbytes.__get__)),
            "__len__": self._refused(tensor.__len__),
            "__getitem__": self._sliced(base.__getitem__),
        }
        self._before = {name: tensor.__dict__.get(name) for name in replacements}
        for name, one in replacements.items():
            setattr(tensor, name, one)
        return self

    def __exit__(self, *_error):
        for name, one in self._before.items():
            if one is None:
                delattr(torch.Tensor, name)
            else:
                setattr(torch.Tensor, name, one)

    def _counted(self, read):
        """Reads a size or several."""

        def counted(tensor, *args, **kwargs):
            found = read(tensor, *args, **kwargs)
            if self._is_below(sys._getframe(1).f_code):
                return found
            if isinstance(found, int):
                return Count(found, self) if self._follows(found) else found
            if not any(self._follows(one) for one in found):
                return found
            return tuple(Count(one, self) if self._follows(one) else one for one in found)

        return counted

    def _refused(self, read):
        """Reads a number that nothing can be told from where it follows from the number of examples."""

        def refused(tensor):
            found = read(tensor)
            if self._follows(found) and not self._is_below(sys._getframe(1).f_code):
                self.is_unsure = True
                raise Unsure
            return found

        return refused

    def _sliced(self, take):
        """Indexing that takes all examples by a slice, as it is traced with an open number of them: a step of its own."""

        @functools.wraps(take)
        def __getitem__(tensor, index):
            items = index if isinstance(index, tuple) else (index,)
            if any(isinstance(one, slice) for one in items) and not self._is_below(sys._getframe(1).f_code):
                axes = [axis for axis, extent in enumerate(torch._C.TensorBase.size(tensor)) if self._follows(extent)]
                if axes == [0] and items[0] == slice(None):
                    tensor = torch.ops.aten.slice.Tensor(tensor, 0, 0, LAST)
                    if all(one is Ellipsis or one == slice(None) for one in items):
                        return tensor
                elif axes and (axes != [0] or isinstance(items[0], slice) or items[0] is None):
                    self.is_unsure = True
                    raise Unsure
            return take(tensor, index)

        return __getitem__

    def _follows(self, size):
        return size != 0 and size % self.number == 0

    def _is_below(self, code):
        """Whether code runs below what is traced."""
        known = self._known.get(code)
        if known is None:
            file = code.co_filename
            is_machinery = file.startswith((TORCH_FOLDER, OWN_FOLDER)) and not file.startswith(READING)
            known = self._known[code] = is_machinery or (file == FUNCTIONAL and code.co_name.startswith(HARMLESS))
        return known


def check_program(program, number):
    """Raises Unsure where a traced program does something of its own for each example, or holds tensors of as many rows."""
    constants = [one for one in program.constants.values() if isinstance(one, torch.Tensor)]
    if any(extent and extent % number == 0 for one in constants for extent in one.shape):
        raise Unsure
    calls = _calls_of(program)
    # A loop over all examples has as many calls.
    if len(calls) >= number or any(_takes_examples_apart(node, number) for node in calls):
        raise Unsure


def _calls_of(program):
    graphs = [one.graph for one in program.graph_module.modules() if isinstance(one, torch.fx.GraphModule)]
    return [node for graph in graphs for node in graph.nodes if node.op == "call_function"]


def uses_number(program, number):
    """Whether a traced program hands the number of examples on."""
    given = torch.utils._pytree.tree_leaves([(node.args, node.kwargs) for node in _calls_of(program)])
    return any(type(one) is int and one == number for one in given)


APART = {"select", "slice", "narrow", "split", "split_with_sizes", "chunk", "tensor_split", "unbind", "select_scatter", "slice_scatter", "unfold"}
"""Operators that take parts of an axis: with an open number of examples they could not do so along theirs."""


def _takes_examples_apart(node, number):
    schema = getattr(node.target, "_schema", None)
    if schema is None or schema.name.rpartition("::")[2] not in APART:
        return False
    names = [one.name for one in schema.arguments]
    given = {**dict(zip(names, node.args)), **node.kwargs}
    x = node.args[0].meta.get("val")
    if not isinstance(x, torch.Tensor) or x.ndim == 0:
        return True
    extent = x.shape[given.get("dim", given.get("dimension", 0))]
    is_whole = node.target is torch.ops.aten.slice.Tensor and not given.get("start") and (given.get("end") or LAST) >= LAST
    return extent > 0 and extent % number == 0 and not (is_whole and given.get("step", 1) == 1)
