"""Exports models for tests: reads a list of jobs in JSON from standard input, and answers each in a frame on standard output.

A job is {"file", "expression", "inputs", "references", "withoutScores"}; inputs are [shape without the batch, dtype, exclusive bound
of whole numbers]. Where it wants references or scores, a second frame has what PyTorch computes in float64 (see the functions of
these names), by name.
"""

import contextlib
import importlib.util
import json
import os
import struct
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../server/frontends/torch/python"))
from exporting.export_model import export_model  # noqa: E402
from exporting.refused import ExportRefused  # noqa: E402
from exporting.tensors import raw_bytes  # noqa: E402

BATCH = 4


def write_frame(out, header, parts):
    text = json.dumps(header).encode()
    out.write(struct.pack("<II", len(text), sum(len(part) for part in parts)) + text + b"".join(parts))


def draw(shape, dtype, bound):
    shape = [BATCH, *shape]
    return torch.randint(bound, shape) if dtype == "int64" else torch.randn(shape)


def load(file, expression):
    spec = importlib.util.spec_from_file_location("model", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    return eval(expression, vars(module))


def leave_dropout_out(model):
    """Sets the rates of everything that leaves values out at random to zero."""
    for module in model.modules():
        for name in ("p", "dropout", "rate", "drop_prob", "drop_rate"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def composed_weight_norm(v, g, dim=0):
    """v g / |v|. PyTorch's own has a wrong second derivative in v: its norms count as constants there."""
    axes = [axis for axis in range(v.ndim) if axis != dim]
    return v * (g / v.square().sum(axes, keepdim=True).sqrt())


def composed_hardsigmoid(x, inplace=False):
    """PyTorch's own has no second derivative."""
    return torch.nn.functional.relu6(x + 3) / 6


@contextlib.contextmanager
def composed():
    """While functions are composed of others whose second derivatives PyTorch has right."""
    functions, norms = torch.nn.functional, torch.nn.utils.weight_norm.__globals__
    before = functions.hardsigmoid, torch._weight_norm, norms["_weight_norm"]
    functions.hardsigmoid, torch._weight_norm, norms["_weight_norm"] = composed_hardsigmoid, composed_weight_norm, composed_weight_norm
    try:
        yield
    finally:
        functions.hardsigmoid, torch._weight_norm, norms["_weight_norm"] = before


def first_tensor(output):
    leaves, _ = torch.utils._pytree.tree_flatten(output)
    return next(one for one in leaves if isinstance(one, torch.Tensor))


def references(model, examples, products=True):
    """In float64, dropout left out: `logits` of training and `evaluated` ones, the `loss` (cross-entropy of `y`), for each parameter
    its gradient and, with `products`, a direction and the product of the Hessian with it, and the statistics after the step."""
    model = model.double()
    leave_dropout_out(model)
    inputs = [one.double() if one.is_floating_point() else one for one in examples]
    generator = torch.Generator().manual_seed(1)
    found = {"x": inputs[0]}
    with composed(), torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        with torch.no_grad():
            found["evaluated"] = first_tensor(model.eval()(*inputs))
        logits = first_tensor(model.train()(*inputs))
        found["logits"] = logits
        if logits.ndim == 3:
            logits = logits.transpose(1, 2)
        shape = [logits.shape[0], *logits.shape[2:]]
        found["y"] = torch.randint(logits.shape[1], shape, generator=generator)
        loss = torch.nn.functional.cross_entropy(logits, found["y"])
        found["loss"] = loss
        named = {name: one for name, one in model.named_parameters() if one.requires_grad}
        gradients = torch.autograd.grad(loss, list(named.values()), create_graph=products, allow_unused=True, materialize_grads=True)
        found.update({f"gradient {name}": gradient for name, gradient in zip(named, gradients)})
        if products:
            directions = [torch.randn(one.shape, generator=generator, dtype=torch.float64) for one in named.values()]
            along = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions))
            along_directions = torch.autograd.grad(along, list(named.values()), allow_unused=True, materialize_grads=True)
            found.update({f"direction {name}": one for name, one in zip(named, directions)})
            found.update({f"product {name}": one for name, one in zip(named, along_directions)})
    found.update({f"statistic {name}": one for name, one in model.named_buffers() if "running_" in name})
    return {name: one.detach().double() for name, one in found.items()}


def float32_gradients(model, examples, found):
    """Adds PyTorch's own gradients in float32 to the references of a model: `float32 NAME`."""
    model.float()
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        logits = first_tensor(model.train()(*examples))
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2) if logits.ndim == 3 else logits, found["y"].long())
    named = {name: one for name, one in model.named_parameters() if one.requires_grad}
    gradients = torch.autograd.grad(loss, list(named.values()), allow_unused=True, materialize_grads=True)
    found.update({f"float32 {name}": one.detach().double() for name, one in zip(named, gradients)})
    return found


def losses_of(model, parameters, batch, temperature=1.0):
    """Cross-entropy of a batch at other values of the parameters."""
    x, y = batch
    logits = first_tensor(torch.func.functional_call(model, parameters, (x,)))
    return torch.nn.functional.cross_entropy(logits / temperature, y)


def meta_gradients(model, initial, batches, steps=3, rate=0.1, momentum=0.9):
    """dL(w_M)/dw_0 and dL(w_M)/dw_M, through M steps of SGD with momentum."""
    start = {name: one.clone().requires_grad_() for name, one in initial.items()}
    w, buffers = start, {name: torch.zeros_like(one) for name, one in start.items()}
    for batch in batches[:steps]:
        gradients = torch.autograd.grad(losses_of(model, w, batch), list(w.values()), create_graph=True, materialize_grads=True)
        buffers = {name: momentum * buffers[name] + one for name, one in zip(w, gradients)}
        w = {name: one - rate * buffers[name] for name, one in w.items()}
    last = losses_of(model, w, batches[steps])
    exact = torch.autograd.grad(last, list(start.values()), retain_graph=True, materialize_grads=True)
    first = torch.autograd.grad(last, list(w.values()), materialize_grads=True)
    return dict(zip(start, exact)), dict(zip(start, first))


def synaptic_flow(model, prunable):
    """|w dR/dw| of the network of |w| on ones, for activations that are the identity above zero."""
    model.eval()
    values = {name: one.detach().abs().requires_grad_() for name, one in model.named_parameters()}
    still = {name: torch.ones_like(one) if name.endswith("var") else torch.zeros_like(one) for name, one in model.named_buffers()}
    flow = first_tensor(torch.func.functional_call(model, {**values, **still}, (torch.ones_like(model.example[:1]),))).sum()
    gradients = torch.autograd.grad(flow, [values[name] for name in prunable])
    model.train()
    return {name: (one * values[name]).abs() for name, one in zip(prunable, gradients)}


def scores(model, inputs, without):
    """What criteria score by, in float64 and without dropout, on four batches: `score METHOD NAME`, and `batch K x` and `batch K y`."""
    model = model.double()
    leave_dropout_out(model)
    generator = torch.Generator().manual_seed(2)
    torch.manual_seed(2)
    found, batches = {}, []
    for k in range(4):
        x = draw(*inputs[0])
        x = x.double() if x.is_floating_point() else x
        with torch.no_grad():
            logits = first_tensor(model.train()(x))
        y = torch.randint(logits.shape[1], [logits.shape[0], *logits.shape[2:]], generator=generator)
        batches.append((x, y))
        found.update({f"batch {k} x": x, f"batch {k} y": y})
    model.example = batches[0][0]
    w = {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}
    prunable = [name for name, one in w.items() if one.ndim > 1 and name not in without]

    def gradient_at(temperature):
        values = {name: one.clone().requires_grad_() for name, one in w.items()}
        loss = sum(losses_of(model, values, batch, temperature) for batch in batches) / len(batches)
        return [values[name] for name in prunable], loss

    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        values, loss = gradient_at(1.0)
        plain = torch.autograd.grad(loss, values)
        values, loss = gradient_at(200.0)
        flow = torch.autograd.grad(loss, values, create_graph=True)
        products = torch.autograd.grad(sum((one * one.detach()).sum() for one in flow), values)
        exact, first = meta_gradients(model, w, batches)
    for i, name in enumerate(prunable):
        found[f"score magnitude {name}"] = w[name].abs()
        found[f"score snip {name}"] = (w[name] * plain[i]).abs()
        found[f"score grasp {name}"] = w[name] * products[i]
        found[f"score prospr {name}"] = (w[name] * exact[name]).abs()
        found[f"score first-order {name}"] = (w[name] * first[name]).abs()
    if "synflow" not in without:
        found.update({f"score synflow {name}": one for name, one in synaptic_flow(model, prunable).items()})
    return {name: one.detach().double() for name, one in found.items()}


def answer(out, model, inputs, compute=None):
    """Writes the frames of a model: its export, or why it is refused, and what `compute(model, examples)` gives. Whether it was exported."""
    examples = [draw(*one) for one in inputs]
    try:
        header, tensors = export_model(model, examples)
    except ExportRefused as refused:
        place = {"file": refused.file, "line": refused.line, "hint": refused.hint}
        write_frame(out, {"refused": refused.message, **place}, [])
        return False
    write_frame(out, header, [raw_bytes(one) for one in tensors])
    if compute is not None:
        found = compute(model, examples)
        shapes = [[name, list(one.shape)] for name, one in found.items()]
        write_frame(out, shapes, [raw_bytes(one) for one in found.values()])
    return True


def main():
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    torch.set_num_threads(1)
    for job in json.load(sys.stdin):
        torch.manual_seed(0)
        model, inputs = load(job["file"], job["expression"]), job["inputs"]
        compute = references if job.get("references") else None
        if job.get("withoutScores") is not None:
            compute = lambda model, _: scores(model, inputs, job["withoutScores"])  # noqa: E731
        answer(out, model, inputs, compute)


if __name__ == "__main__":
    main()
