"""One exported graph as plain data."""

import operator

import torch

from .counting import Unsure, uses_number
from .frames import definition_of
from .nodes import call_line, module_path, operator_name, region_of, size_hint
from .outputs import output_names
from .refused import ExportRefused
from .tensors import dtype_name


class Graph:
    """One exported graph as plain data. A node is named by its place in the list.

    `counted`: with how many examples it was traced in place of an open number, and how many are told (see counting.py).
    """

    def __init__(self, program, registry, inputs, module, output, counted=None):
        self.program = program
        self.registry = registry
        self.inputs = inputs
        self.module = module
        self.output = output
        self.number, self.told = counted or (None, None)
        self.nodes = []
        self.count = None

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
                raise ExportRefused(f"The model reads {spec.target or spec.arg.name}, which is no tensor.", *definition_of(type(self.module).forward))
        return given

    def _walk(self, graph, environment, placeholders, detached=False):
        """Adds a graph's nodes; gives the arguments of its output."""
        waiting = iter(placeholders)
        for node in graph.graph.nodes:
            if node.op == "placeholder":
                given = next(waiting)
                is_named = "input" in given or "tensor" in given
                environment[node] = {"node": self._add(node, **given)} if is_named else given
                if "input" in given and self.count is None and self.number is not None and uses_number(self.program, self.number):
                    self.count = self._add_count(environment[node])
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
        region = region_of(node, environment)
        if region is not None:
            inner, arguments, closes = region
            results = self._walk(inner, {}, [self._argument(one, environment) for one in arguments], detached or closes)
            if not closes:
                return results
            # No gradient passes a region without gradients.
            return [self._detached(node, one) for one in results]
        args = [self._argument(one, environment) for one in node.args]
        if node.target is operator.getitem and isinstance(args[0], list):
            return args[0][args[1]]
        kwargs = {name: self._argument(one, environment) for name, one in node.kwargs.items()}
        return {"node": self._add(node, operator=operator_name(node.target), args=args, kwargs=kwargs)}

    def _detached(self, node, value):
        """A value of a region, of which the node has the values of all."""
        if not isinstance(value, dict) or "node" not in value:
            return value
        place, inner = self._add(node, operator="aten.detach.default", args=[value]), self.nodes[value["node"]]
        self.nodes[place].update({key: inner[key] for key in ("shape", "dtype") if key in inner})
        return {"node": place}

    def _argument(self, value, environment):
        if isinstance(value, torch.fx.Node):
            return environment[value]
        if isinstance(value, (list, tuple)):
            return [self._argument(one, environment) for one in value]
        if isinstance(value, dict):
            return value
        if isinstance(value, torch.dtype):
            return {"dtype": dtype_name(value)}
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            return {"float": str(value)}
        if type(value) is int and self._follows(value):
            return self._size(value)
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            return int(value)
        # Devices, layouts and memory formats, which mean nothing here.
        return None

    def _add_count(self, example):
        """The node that reads the number of examples."""
        self.nodes.append({"operator": "aten.sym_size.int", "args": [example, 0], "module": ""})
        return len(self.nodes) - 1

    def _follows(self, size):
        """Whether a size follows from the number of examples."""
        return self.number is not None and size != 0 and size % self.number == 0

    def _known(self, extent, node):
        if extent is None:
            line = call_line(node) or {}
            message = "A size depends on the values of a tensor here; PruneLens needs the same sizes for all inputs."
            raise ExportRefused(message, line.get("file"), line.get("line"), "Use torch.where or a mask instead.")
        return extent

    def _told(self, extent):
        return extent // self.number * self.told if self._follows(extent) else extent

    def _size(self, value):
        """The number of examples as an argument. Raises Unsure for what else follows from it."""
        if value != self.number or self.count is None:
            raise Unsure
        return {"node": self.count}

    def _add(self, node, operator=None, args=(), kwargs=None, **given):
        described = dict(given)
        if operator is not None:
            described["operator"] = operator
            described["args"] = list(args)
            if kwargs:
                described["kwargs"] = kwargs
            described["module"] = module_path(node)
            line = call_line(node)
            if line:
                described["line"] = line
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor):
            described["shape"] = [self._told(self._known(size_hint(extent), node)) for extent in value.shape]
            described["dtype"] = dtype_name(value.dtype)
        self.nodes.append(described)
        return len(self.nodes) - 1

    def _outputs(self, results):
        """The outputs with their names: `0`, `logits`, `aux.0`. The one that counts is first."""
        from torch.export.graph_signature import OutputKind

        signature = self.program.graph_signature.output_specs
        users = [one for one, spec in zip(results, signature) if spec.kind == OutputKind.USER_OUTPUT]
        names = output_names(self.program.call_spec.out_spec, users)
        named = [
            {"name": name, "node": one["node"]}
            for name, one in zip(names, users)
            if isinstance(one, dict) and "node" in one and "shape" in self.nodes[one["node"]]
        ]
        file, line = definition_of(type(self.module).forward)
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
