"""Straight-line Python for the calls of a lowered program: each call has its code here."""

# Operations of PyTorch whose results lose too much in bfloat16.
WIDE = {"exp", "log", "sqrt", "tanh", "sigmoid", "softplus", "erf", "divide", "sum", "largest", "deviceSum"}

# Operations that bfloat16 is for.
HALF = {"convolution", "inputGradient", "kernelGradient", "bothGradients", "matmul"}


def _geometry(attributes):
    strides, padding, dilations = (tuple(attributes[name]) for name in ("strides", "padding", "dilations"))
    return f"{strides}, {padding}, {dilations}, {attributes['groups']}"


def _window(attributes):
    return ", ".join(str(tuple(attributes[name])) for name in ("size", "strides", "padding"))


def _function(name):
    return lambda attributes, args: f"{name}({', '.join(args)})"


def _binary(sign):
    return lambda attributes, args: f"{args[0]} {sign} {args[1]}"


def _comparison(sign):
    return lambda attributes, args: f"({args[0]} {sign} {args[1]}).to(DTYPE)"


def _maximum(attributes, args):
    tensors = [arg for arg in args if not is_number(arg)]
    numbers = [arg for arg in args if is_number(arg)]
    if numbers:
        return f"torch.clamp_min({tensors[0]}, {numbers[0]})"
    return f"torch.maximum({', '.join(args)})"


def _reduction(name):
    def code(attributes, args):
        axes = tuple(attributes["axes"])
        # No axes mean all of them to PyTorch.
        return f"torch.{name}({args[0]}, {axes}, keepdim={attributes['keepDims']})" if axes else args[0]

    return code


def _slice(attributes, args):
    ranges = (f"{begin}:{begin + size}" for begin, size in zip(attributes["begin"], attributes["shape"]))
    return f"{args[0]}[{', '.join(ranges) or '...'}]"


def _pad(attributes, args):
    sides = zip(reversed(attributes["before"]), reversed(attributes["after"]))
    return f"F.pad({args[0]}, {tuple(size for side in sides for size in side)})"


def is_number(text):
    """Whether a call's argument is a number, and no tensor."""
    return not (text[0].isalpha() and text[1:].isdigit())


CODE = {
    "negate": lambda attributes, args: f"-{args[0]}",
    "exp": _function("torch.exp"),
    "log": _function("torch.log"),
    "sqrt": _function("torch.sqrt"),
    "tanh": _function("torch.tanh"),
    "sigmoid": _function("torch.sigmoid"),
    # Beyond the threshold, softplus(x) is x in float64 too.
    "softplus": lambda attributes, args: f"F.softplus({args[0]}, 1.0, 40.0)",
    "erf": _function("torch.erf"),
    "abs": _function("torch.abs"),
    "sign": _function("torch.sign"),
    "relu": _function("torch.relu"),
    "deviceSum": _function("device_sum"),
    "reluInPlace": _function("torch.relu_"),
    "add": _binary("+"),
    "subtract": _binary("-"),
    "multiply": _binary("*"),
    "divide": _binary("/"),
    "maximum": _maximum,
    "gate": _function("gate"),
    "greater": _comparison(">"),
    "equal": _comparison("=="),
    "addScaled": lambda attributes, args: f"torch.add({args[0]}, {args[1]}, alpha={number(attributes['factor'])})",
    "addProduct": lambda attributes, args: f"torch.addcmul({', '.join(args)}, value={attributes['sign']})",
    "sum": _reduction("sum"),
    "largest": _reduction("amax"),
    "argMax": lambda attributes, args: f"torch.argmax({args[0]}, {attributes['axis']}).to(torch.int32)",
    "reshape": lambda attributes, args: f"{args[0]}.reshape({tuple(attributes['shape'])})",
    "transpose": lambda attributes, args: f"{args[0]}.permute({tuple(attributes['permutation'])})",
    "broadcast": lambda attributes, args: f"{args[0]}.expand({tuple(attributes['shape'])})",
    "slice": _slice,
    "pad": _pad,
    "concat": lambda attributes, args: f"torch.cat(({', '.join(args)},), {attributes['axis']})",
    "oneHot": lambda attributes, args: f"({args[0]}.unsqueeze(-1) == classes({attributes['depth']})).to(DTYPE)",
    "gatherRows": _function("gather_rows"),
    "scatterRows": lambda attributes, args: f"scatter_rows({', '.join(args)}, {tuple(attributes['shape'])})",
    "matmul": lambda attributes, args: (
        f"matmul({', '.join(args)}, {attributes['transposeA']}, {attributes['transposeB']})"
    ),
    "convolution": lambda attributes, args: f"convolution({', '.join(args)}, {_geometry(attributes)})",
    "inputGradient": lambda attributes, args: (
        f"input_gradient({', '.join(args)}, {tuple(attributes['shape'])}, {_geometry(attributes)})"
    ),
    "kernelGradient": lambda attributes, args: (
        f"kernel_gradient({', '.join(args)}, {tuple(attributes['shape'])}, {_geometry(attributes)})"
    ),
    "bothGradients": lambda attributes, args: f"both_gradients({', '.join(args)}, {_geometry(attributes)})",
    "maxPool": lambda attributes, args: f"max_pool({args[0]}, {_window(attributes)})",
    "maxPoolGather": lambda attributes, args: f"max_pool_gather({', '.join(args)}, {_window(attributes)})",
    "maxPoolScatter": lambda attributes, args: f"max_pool_scatter({', '.join(args)}, {_window(attributes)})",
    "averagePool": lambda attributes, args: (
        f"average_pool({args[0]}, factors({tuple(attributes['x'])}, {_window(attributes)}), {_window(attributes)})"
    ),
    "averagePoolGradient": lambda attributes, args: (
        f"average_pool_gradient({args[0]}, factors({tuple(attributes['x'])}, {_window(attributes)}), "
        f"{tuple(attributes['x'])}, {_window(attributes)})"
    ),
    "normalize": lambda attributes, args: f"normalize({', '.join(args)}, {attributes['epsilon']})",
    "applyNormalization": _function("apply_normalization"),
    "normalizationGradient": lambda attributes, args: (
        f"normalization_gradient({', '.join(args)}, {attributes['epsilon']}, {attributes['wantsInput']})"
    ),
    "furtherNormalizationGradient": _function("further_normalization_gradient"),
}


def _each(attributes, args):
    """One call over lists of tensors; `args` has those of each list one after the other."""
    call, inner, count = attributes["call"], attributes["attributes"], attributes["count"]
    parts, start = [], 0
    for shared in attributes["shared"]:
        width = 1 if shared else count
        part = args[start : start + width]
        parts.append(part[0] if shared else f"({', '.join(part)},)")
        start += width
    if call == "addScaled":
        return f"torch._foreach_add({parts[0]}, {parts[1]}, alpha={number(inner['factor'])})"
    if call == "addProduct":
        return f"torch._foreach_add({parts[0]}, torch._foreach_mul({parts[1]}, {parts[2]}), alpha={inner['sign']})"
    if call == "divide" and attributes["shared"][0]:
        reciprocals = f"torch._foreach_reciprocal({parts[1]})"
        return reciprocals if parts[0] == "1.0" else f"torch._foreach_mul({reciprocals}, {parts[0]})"
    if attributes["shared"][0]:
        # Only of calls whose arguments may be exchanged.
        parts.reverse()
    if call == "maximum" and any(attributes["shared"]):
        return f"torch._foreach_clamp_min({parts[0]}, {parts[1]})"
    return f"torch._foreach_{FOREACH[call]}({', '.join(parts)})"


FOREACH = {
    "negate": "neg",
    "abs": "abs",
    "sqrt": "sqrt",
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "maximum": "maximum",
}

CODE["each"] = _each


def number(value):
    """A number as code; those that JSON has no way to write come as words."""
    value = float(value)
    return repr(value) if value - value == 0 else f"float('{value}')"
