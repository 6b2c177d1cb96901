"""What is told of a node of a graph besides its arguments."""

import os
import re

import torch

from .frames import is_users


def region_of(node, environment):
    """(graph, arguments, whether no gradient passes) of a region of autocast or of disabled gradients; else None."""
    name = getattr(node.target, "__name__", "")
    if name == "wrap_with_set_grad_enabled":
        return environment[node.args[1]], node.args[2:], not node.args[0]
    if name == "wrap_with_autocast":
        return environment[node.args[4]], node.args[5:], False
    return None


def operator_name(target):
    """`aten.conv2d.default`; `python.mul` for arithmetic of sizes."""
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    module = getattr(target, "__module__", None) or "python"
    name = getattr(target, "__name__", str(target))
    return f"python.{name}" if module in ("_operator", "builtins", "math", "torch") else f"{module}.{name}"


def module_path(node):
    """The path of the module whose forward made the node."""
    stack = [entry[0] for key, entry in (node.meta.get("nn_module_stack") or {}).items() if not key.startswith("_empty")]
    if not stack:
        return ""
    # Calls of one module more than once are told apart by `@1`.
    return re.sub(r"@\d+", "", str(stack[-1]))


def call_line(node):
    """The innermost line of the user's that called for the node; None where there is none."""
    frames = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    users = [(file, int(line)) for file, line in frames if os.path.isabs(file) and is_users(file)]
    return {"file": users[-1][0], "line": users[-1][1]} if users else None


def size_hint(extent):
    """The size at the batch that was exported; None where values decide it."""
    if isinstance(extent, int):
        return extent
    known = getattr(extent.node, "hint", None)
    return int(known) if known is not None else None
