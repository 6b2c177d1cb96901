"""From a constructed `nn.Module` to a description of plain data: two graphs of ATen operators and the tensors they read.

    header, tensors = export_model(module, [x], origins={"layer1.0.conv1": [("/w/net.py", 12), ("/w/net.py", 40)]})

`header` is JSON; `server/frontends/torch/exported.ts` has its type and checks it. `tensors` are raw values in the order of
`header["tensors"]`, contiguous on the CPU, float32 where the model has floating point and int32 where it has integers or
truth values (`raw_bytes` gives their bytes), so the value at index i takes 4 bytes.

The module is exported twice, in training and in evaluation mode, each from a copy, as its modes are frozen by the export. What
cannot be exported, or would be exported wrongly, is an `ExportRefused` with the line of the user's file. Any other exception
comes from the user's `forward`; `user_frame` finds its line.
"""

import copy
import inspect
import linecache
import operator
import os
import random
import re
import sys
import warnings

import torch

FORMAT = 1
"""Changes when the description does."""

OLDEST_TORCH = (2, 6)
"""Exports of earlier versions have other graphs."""

LARGEST_INT32 = 2**31 - 1

TORCH_FOLDER = os.path.dirname(torch.__file__) + os.sep


class ExportRefused(Exception):
    """The model cannot be exported, or not rightly: a message for the user, with file and line where they are known."""

    def __init__(self, message, file=None, line=None, hint=None):
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint


def torch_version():
    """(2, 13), say."""
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])


def forward_names(module):
    """Names of the arguments of `forward` that must be given, in their order."""
    parameters = inspect.signature(module.forward).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in parameters if one.kind in kinds and one.default is inspect.Parameter.empty]


def raw_bytes(tensor):
    """The values of one of the raw tensors, row-major and little-endian."""
    return tensor.contiguous().numpy().tobytes()


def export_model(module, inputs, origins=None, output=None):
    """Exports a module.

    `inputs`: example tensors with the batch as first axis (2 examples or more), as a list in the order of `forward`'s arguments
    or as a dict by their names. `origins`: for the path of a module (`layer1.0.conv1`) or the name of a parameter, where it was
    made: (file, line) of the innermost frame first. `output`: name or index of the output that counts; the first tensor by default.

    Gives (header, tensors) as the module's text says. Raises ExportRefused, and what the user's `forward` raises.
    """
    if torch_version() < OLDEST_TORCH:
        oldest = ".".join(str(part) for part in OLDEST_TORCH)
        raise ExportRefused(
            f"PyTorch {torch.__version__} is too old: PruneLens reads models with PyTorch {oldest} or newer.",
            hint="Upgrade it, or choose another interpreter.",
        )
    names = list(inputs) if isinstance(inputs, dict) else (forward_names(module) + [f"input{i}" for i in range(len(inputs))])
    examples = list(inputs.values()) if isinstance(inputs, dict) else list(inputs)
    sizes = {int(example.shape[0]) for example in examples}
    if len(sizes) != 1 or min(sizes) < 2:
        raise ValueError("every input needs the same batch of 2 examples or more")
    args, kwargs = ((), dict(inputs)) if isinstance(inputs, dict) else (tuple(inputs), {})
    named = dict(zip(names, examples))

    registry = _Tensors(module)
    graphs, is_dynamic = {}, True
    for mode in ("training", "evaluation"):
        program, dynamic = _export(module, mode == "training", args, kwargs)
        is_dynamic = is_dynamic and dynamic
        graphs[mode] = _Graph(program, registry, list(named), module, output).describe()
    origins = origins or {}
    header = {
        "format": FORMAT,
        "torch": torch.__version__,
        "name": type(module).__name__,
        "batch": {"size": sizes.pop(), "dynamic": is_dynamic},
        "inputs": [_describe_value(name, example) for name, example in named.items()],
        "modules": [_describe_module(path, one, origins) for path, one in module.named_modules()],
        "tensors": registry.describe(origins),
        **graphs,
    }
    return header, registry.raw()


def user_frame(error):
    """(file, line) of the innermost frame of an exception that is neither Python's nor PyTorch's own; None where there is none."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_users(file):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _is_users(file):
    inside = file.startswith(TORCH_FOLDER) or file == __file__ or file.startswith("<")
    return not inside and not file.startswith(os.path.dirname(os.__file__) + os.sep + "contextlib")


def _place(function):
    """(file, line) of a function's definition; (None, None) where it has none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else (None, None)


# Exporting


def _export(module, training, args, kwargs):
    """(exported program, whether the batch is open) of a copy of the module in one mode."""
    try:
        subject = copy.deepcopy(module)
    except Exception:  # A tensor in an attribute that is no leaf, a lock, a file: exporting runs no kernel, so nothing changes.
        subject = module
    modes = {path: one.training for path, one in subject.named_modules()}
    subject.train(training)
    try:
        with _Watch(subject), warnings.catch_warnings(), torch.enable_grad():
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
    frame = user_frame(error) or _frame_in(text)
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


def _frame_in(text):
    """The last place that a message names in a traceback of its own."""
    places = [(file, int(line)) for file, line in re.findall(r'File "([^"]+)", line (\d+)', text) if _is_users(file)]
    return places[-1] if places else None


class _Watch:
    """While a module is exported, refuses what the export would get wrong without a word."""

    def __init__(self, module):
        self.module = module

    def __enter__(self):
        function = torch.autograd.Function
        self.apply = function.__dict__.get("apply")
        # In Python in some versions of PyTorch, in C in others.
        original = next(base.__dict__["apply"] for base in function.__mro__ if "apply" in base.__dict__)

        def apply(cls, *args, **kwargs):
            if not cls.__module__.startswith("torch."):
                file, line = _caller()
                raise ExportRefused(
                    f"{cls.__name__} is an autograd.Function with a backward of its own, which an export loses: "
                    "its gradients would be wrong.",
                    file,
                    line,
                    "Write it with operations that PyTorch differentiates; x + (f(x) - x).detach() is a straight-through estimator.",
                )
            return original.__get__(None, cls)(*args, **kwargs)

        torch.autograd.Function.apply = classmethod(apply)
        self.random_state = _random_state()
        self.generators = _refuse_new_generators()
        self.generators.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        if self.apply is None:
            del torch.autograd.Function.apply
        else:
            torch.autograd.Function.apply = self.apply
        self.generators.__exit__(kind, error, trace)
        if kind is None and _random_state() != self.random_state:
            file, line = _place(type(self.module).forward)
            raise ExportRefused(
                "forward draws random numbers from Python's random or NumPy's; they would be the same in every step.",
                file,
                line,
                "Draw them with torch.",
            )


def _caller():
    """(file, line) of the innermost frame of the user's."""
    frame = sys._getframe(1)
    while frame is not None:
        if _is_users(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None, None


def _random_state():
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return random.getstate(), None
    kind, keys, *rest = numpy.random.get_state()
    return random.getstate(), (kind, keys.tobytes(), *rest)


class _refuse_new_generators:
    """Refuses numpy.random.default_rng in forward: what it draws leaves no trace in NumPy's own state."""

    def __enter__(self):
        numpy = sys.modules.get("numpy")
        self.random = numpy.random if numpy else None
        if self.random is None:
            return
        self.original = self.random.default_rng

        def default_rng(*_args, **_kwargs):
            file, line = _caller()
            raise ExportRefused("forward makes a random generator of NumPy's; what it draws would be the same in every step.", file, line)

        self.random.default_rng = default_rng

    def __exit__(self, *_error):
        if self.random is not None:
            self.random.default_rng = self.original


# Tensors


class _Tensors:
    """The parameters, buffers and constants that graphs read, each once, however many names it has."""

    def __init__(self, module):
        self.kinds = {}
        self.names = {}
        self.values = {}
        self.aliases = {}
        self.order = []
        self.used = set()
        persistent = set(module.state_dict(keep_vars=True))
        for name, one in module.named_parameters(remove_duplicate=False):
            self._add(name, one, "parameter")
        for name, one in module.named_buffers(remove_duplicate=False):
            self._add(name, one, "buffer" if name in persistent else "constant")

    def _add(self, name, tensor, kind):
        key = self._key(tensor)
        first = self.names.setdefault(key, name)
        self.aliases[name] = first
        if first == name:
            self.kinds[name] = kind
            self.values[name] = tensor
            self.order.append(name)

    @staticmethod
    def _key(tensor):
        if tensor.numel() == 0 or tensor.is_meta:
            return id(tensor)
        return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype

    def index(self, name):
        """Index of a parameter or buffer of the module."""
        self.used.add(self.aliases[name])
        return self.order.index(self.aliases[name])

    def constant(self, label, tensor):
        """Index of a tensor that forward made, or that hangs in an attribute."""
        name = f"constant {len(self.order)} ({label})"
        for known in self.order:
            other = self.values[known]
            same = self.kinds[known] == "constant" and other.dtype == tensor.dtype and other.shape == tensor.shape
            if same and torch.equal(other, tensor):
                self.used.add(known)
                return self.order.index(known)
        self.kinds[name] = "constant"
        self.values[name] = tensor
        self.aliases[name] = name
        self.used.add(name)
        self.order.append(name)
        return len(self.order) - 1

    def knows(self, name):
        return name in self.aliases

    def describe(self, origins):
        described = []
        for name in self.order:
            tensor = self.values[name]
            described.append(
                {
                    "name": name,
                    "kind": self.kinds[name],
                    "shape": list(tensor.shape),
                    "dtype": _dtype_name(tensor.dtype),
                    "trainable": self.kinds[name] == "parameter" and tensor.requires_grad,
                    "aliases": [alias for alias, first in self.aliases.items() if first == name and alias != name],
                    "source": _describe_source(origins.get(name, ())),
                }
            )
        return described

    def raw(self):
        return [_raw(name, self.values[name], name in self.used) for name in self.order]


def _raw(name, tensor, is_used):
    if tensor.is_complex():
        if is_used:
            raise ExportRefused(f"{name} holds complex numbers, which are not supported.")
        tensor = tensor.real
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        return tensor.to(torch.float32).contiguous()
    return tensor.to(torch.int64).clamp(-LARGEST_INT32, LARGEST_INT32).to(torch.int32).contiguous()


def _dtype_name(dtype):
    return str(dtype).replace("torch.", "")


def _describe_value(name, tensor):
    return {"name": name, "shape": list(tensor.shape[1:]), "dtype": _dtype_name(tensor.dtype)}


def _describe_source(frames):
    return [{"file": file, "line": line} for file, line in frames]


def _describe_module(path, module, origins):
    kind = type(module)
    return {
        "path": path,
        "class": kind.__name__ if kind.__module__.startswith("torch.nn.") else f"{kind.__module__}.{kind.__qualname__}",
        "source": _describe_source(origins.get(path, ())),
    }


# Graphs


class _Graph:
    """One exported graph as plain data. A node is named by its place in the list."""

    def __init__(self, program, registry, inputs, module, output):
        self.program = program
        self.registry = registry
        self.inputs = inputs
        self.module = module
        self.output = output
        self.nodes = []

    def describe(self):
        graph = self.program.graph_module
        environment = {}
        results = self._walk(graph, environment, self._placeholders())
        return {"nodes": self.nodes, "outputs": self._outputs(results)}

    def _placeholders(self):
        """For each placeholder in order, what it stands for."""
        from torch.export.graph_signature import InputKind

        given = []
        constants = self.program.constants
        count = 0
        for spec in self.program.graph_signature.input_specs:
            if spec.kind == InputKind.USER_INPUT:
                given.append({"input": count})
                count += 1
            elif spec.target is not None and self.registry.knows(spec.target):
                given.append({"tensor": self.registry.index(spec.target)})
            elif spec.target in constants and isinstance(constants[spec.target], torch.Tensor):
                given.append({"tensor": self.registry.constant(spec.target, constants[spec.target])})
            elif spec.target in self.program.state_dict:
                given.append({"tensor": self.registry.constant(spec.target, self.program.state_dict[spec.target])})
            else:
                raise ExportRefused(f"The model reads {spec.target or spec.arg.name}, which is no tensor.", *_place(type(self.module).forward))
        return given

    def _walk(self, graph, environment, placeholders, detached=False):
        """Adds a graph's nodes; gives the arguments of its output."""
        waiting = iter(placeholders)
        for node in graph.graph.nodes:
            if node.op == "placeholder":
                given = next(waiting)
                is_named = "input" in given or "tensor" in given
                environment[node] = {"node": self._add(node, **given)} if is_named else given
            elif node.op == "get_attr":
                environment[node] = self._attribute(graph, node)
            elif node.op == "output":
                return [self._argument(one, environment) for one in _outputs_of(node)]
            else:
                environment[node] = self._call(graph, node, environment, detached)
        return []

    def _attribute(self, graph, node):
        value = graph
        for part in node.target.split("."):
            value = getattr(value, part)
        if isinstance(value, torch.Tensor):
            return {"node": self._add(node, tensor=self.registry.constant(node.target, value))}
        return value

    def _call(self, graph, node, environment, detached):
        region = _region(node, environment)
        if region is not None:
            inner, arguments, closes = region
            results = self._walk(inner, {}, [self._argument(one, environment) for one in arguments], detached or closes)
            if not closes:
                return results
            # No gradient passes a region without gradients.
            return [{"node": self._add(node, operator="aten.detach.default", args=[one])} for one in results]
        args = [self._argument(one, environment) for one in node.args]
        if node.target is operator.getitem and isinstance(args[0], list):
            return args[0][args[1]]
        kwargs = {name: self._argument(one, environment) for name, one in node.kwargs.items()}
        return {"node": self._add(node, operator=_operator_name(node.target), args=args, kwargs=kwargs)}

    def _argument(self, value, environment):
        if isinstance(value, torch.fx.Node):
            return environment[value]
        if isinstance(value, (list, tuple)):
            return [self._argument(one, environment) for one in value]
        if isinstance(value, dict):
            return value
        if isinstance(value, torch.dtype):
            return {"dtype": _dtype_name(value)}
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            return {"float": str(value)}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            return int(value)
        # Devices, layouts and memory formats, which mean nothing here.
        return None

    def _add(self, node, operator=None, args=(), kwargs=None, **given):
        described = dict(given)
        if operator is not None:
            described["operator"] = operator
            described["args"] = list(args)
            if kwargs:
                described["kwargs"] = kwargs
            described["module"] = _module_path(node)
            line = _call_line(node)
            if line:
                described["line"] = line
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor):
            described["shape"] = [_hint(extent) for extent in value.shape]
            described["dtype"] = _dtype_name(value.dtype)
        self.nodes.append(described)
        return len(self.nodes) - 1

    def _outputs(self, results):
        """The outputs with their names: `0`, `logits`, `aux.0`. The one that counts is first."""
        from torch.export.graph_signature import OutputKind

        signature = self.program.graph_signature.output_specs
        users = [one for one, spec in zip(results, signature) if spec.kind == OutputKind.USER_OUTPUT]
        names = _output_names(self.program.call_spec.out_spec, users)
        named = [
            {"name": name, "node": one["node"]}
            for name, one in zip(names, users)
            if isinstance(one, dict) and "node" in one and "shape" in self.nodes[one["node"]]
        ]
        file, line = _place(type(self.module).forward)
        if not named:
            raise ExportRefused("forward returns no tensor.", file, line, "Return what the model computes.")
        if self.output is None:
            return named
        chosen = [one for i, one in enumerate(named) if one["name"] == str(self.output) or i == self.output]
        if not chosen:
            there = ", ".join(one["name"] for one in named)
            raise ExportRefused(f"forward has no output {self.output}; there is {there}.", file, line)
        return chosen[:1] + [one for one in named if one is not chosen[0]]


def _outputs_of(node):
    results = node.args[0]
    return results if isinstance(results, (list, tuple)) else (results,)


def _region(node, environment):
    """(graph, arguments, whether no gradient passes) of a region of autocast or of disabled gradients; else None."""
    name = getattr(node.target, "__name__", "")
    if name == "wrap_with_set_grad_enabled":
        return environment[node.args[1]], node.args[2:], not node.args[0]
    if name == "wrap_with_autocast":
        return environment[node.args[4]], node.args[5:], False
    return None


def _operator_name(target):
    """`aten.conv2d.default`; `python.mul` for arithmetic of sizes."""
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    module = getattr(target, "__module__", None) or "python"
    name = getattr(target, "__name__", str(target))
    return f"python.{name}" if module in ("_operator", "builtins", "math", "torch") else f"{module}.{name}"


def _module_path(node):
    """The path of the module whose forward made the node."""
    stack = [entry[0] for key, entry in (node.meta.get("nn_module_stack") or {}).items() if not key.startswith("_empty")]
    if not stack:
        return ""
    # Calls of one module more than once are told apart by `@1`.
    return re.sub(r"@\d+", "", str(stack[-1]))


def _call_line(node):
    frames = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    users = [(file, int(line)) for file, line in frames if os.path.isabs(file) and _is_users(file)]
    return {"file": users[-1][0], "line": users[-1][1]} if users else None


def _hint(extent):
    """The size at the batch that was exported."""
    if isinstance(extent, int):
        return extent
    known = getattr(extent.node, "hint", None)
    return int(known) if known is not None else int(extent)


def _output_names(spec, users):
    """A name for each leaf of what forward returned: its keys and indices with dots between them."""
    leaves = list(range(spec.num_leaves))
    tree = torch.utils._pytree.tree_unflatten(leaves, spec)
    names = {}

    def visit(value, path):
        if isinstance(value, int) and not isinstance(value, bool):
            names[value] = ".".join(path) or "0"
        elif isinstance(value, dict):
            for key, one in value.items():
                visit(one, (*path, str(key)))
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            for key, one in zip(value._fields, value):
                visit(one, (*path, key))
        elif isinstance(value, (list, tuple)):
            for i, one in enumerate(value):
                visit(one, (*path, str(i)))
        elif hasattr(value, "__dict__"):
            visit({key: one for key, one in vars(value).items() if one is not None}, path)

    visit(tree, ())
    return [names.get(i, str(i)) for i in range(len(users))]
