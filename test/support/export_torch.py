"""Exports models for tests: reads a list of jobs in JSON from standard input, and answers each in a frame on standard output.

A job is {"file", "expression", "inputs", "references"}; inputs are [shape without the batch, dtype, exclusive bound of whole
numbers]. Where it wants references, a second frame has what PyTorch computes in float64 (see `references`), by name.
"""

import importlib.util
import json
import os
import struct
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../server/frontends/torch/python"))
import export_model  # noqa: E402

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
        for name in ("p", "dropout", "rate"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def composed_weight_norm(v, g, dim=0):
    """v g / |v|. PyTorch's own has a wrong second derivative in v: its norms count as constants there."""
    axes = [axis for axis in range(v.ndim) if axis != dim]
    return v * (g / v.square().sum(axes, keepdim=True).sqrt())


def first_tensor(output):
    leaves, _ = torch.utils._pytree.tree_flatten(output)
    return next(one for one in leaves if isinstance(one, torch.Tensor))


def references(model, examples):
    """In float64, dropout left out: `logits` of training and `evaluated` ones, the `loss` (cross-entropy of `y`), for each parameter
    its gradient, a direction and the product of the Hessian with it, and the statistics after the step."""
    model = model.double()
    leave_dropout_out(model)
    torch._weight_norm = torch.nn.utils.weight_norm.__globals__["_weight_norm"] = composed_weight_norm
    inputs = [one.double() if one.is_floating_point() else one for one in examples]
    generator = torch.Generator().manual_seed(1)
    found = {"x": inputs[0]}
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
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
        gradients = torch.autograd.grad(loss, list(named.values()), create_graph=True, allow_unused=True, materialize_grads=True)
        directions = [torch.randn(one.shape, generator=generator, dtype=torch.float64) for one in named.values()]
        along = sum((gradient * direction).sum() for gradient, direction in zip(gradients, directions))
        products = torch.autograd.grad(along, list(named.values()), allow_unused=True, materialize_grads=True)
    for name, gradient, direction, product in zip(named, gradients, directions, products):
        found.update({f"gradient {name}": gradient, f"direction {name}": direction, f"product {name}": product})
    found.update({f"statistic {name}": one for name, one in model.named_buffers() if "running_" in name})
    return {name: one.detach().double() for name, one in found.items()}


def answer(out, model, inputs, wants_references):
    """Writes the frames of a model: its export, or why it is refused, and references where they are wanted."""
    examples = [draw(*one) for one in inputs]
    try:
        header, tensors = export_model.export_model(model, examples)
    except export_model.ExportRefused as refused:
        place = {"file": refused.file, "line": refused.line, "hint": refused.hint}
        write_frame(out, {"refused": refused.message, **place}, [])
        return
    found = references(model, examples) if wants_references else {}
    write_frame(out, header, [export_model.raw_bytes(one) for one in tensors])
    if wants_references:
        shapes = [[name, list(one.shape)] for name, one in found.items()]
        write_frame(out, shapes, [export_model.raw_bytes(one) for one in found.values()])


def main():
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    torch.set_num_threads(1)
    for job in json.load(sys.stdin):
        torch.manual_seed(0)
        answer(out, load(job["file"], job["expression"]), job["inputs"], job.get("references"))


if __name__ == "__main__":
    main()
