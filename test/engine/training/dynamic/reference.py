"""Training that changes masks, written with autograd for the test: one process for all cases, JSON in and out."""

import json
import math
import sys

import torch

torch.set_default_dtype(torch.float64)


def forward(weights, x):
    kernel = weights["conv1/kernel"].permute(3, 2, 0, 1)
    hidden = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), kernel, padding=1)
    mean = hidden.mean(dim=(0, 2, 3), keepdim=True)
    variance = hidden.var(dim=(0, 2, 3), unbiased=False, keepdim=True)
    hidden = (hidden - mean) / torch.sqrt(variance + 1e-3)
    shape = (1, -1, 1, 1)
    hidden = hidden * weights["bn1/gamma"].view(shape) + weights["bn1/beta"].view(shape)
    flat = torch.relu(hidden).permute(0, 2, 3, 1).reshape(x.shape[0], -1)
    return flat @ weights["fc/kernel"] + weights["fc/bias"]


def highest(scores, count):
    """Places of the highest scores, the first among equals."""
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    return order[:count]


def exchange(mask, weight, growth, count):
    kept = [place for place, bit in enumerate(mask) if bit]
    left = set(kept[i] for i in highest([abs(weight[place]) for place in kept], len(kept) - count))
    others = [place for place in range(len(mask)) if place not in left]
    grown = [others[i] for i in highest([growth[place] for place in others], count)]
    return [1 if place in left or place in grown else 0 for place in range(len(mask))]


def prune(masks, weights, total):
    """The largest active weights of all tensors together."""
    active = [
        (abs(weights[name].flatten()[place].item()), name, place)
        for name, mask in masks.items()
        for place, bit in enumerate(mask)
        if bit
    ]
    stay = {(name, place) for _, name, place in sorted(active, key=lambda one: -one[0])[:total]}
    return {name: [int((name, place) in stay) for place in range(len(mask))] for name, mask in masks.items()}


def update(case, step, number, masks, weights, gradients):
    method = case["method"]
    size = sum(len(mask) for mask in masks.values())
    if method in ("gmp", "granet"):
        first, last = case["initialSparsity"], case["finalSparsity"]
        sparsity = last + (first - last) * (1 - number / case["count"]) ** 3
        masks = prune(masks, weights, math.floor((1 - sparsity) * size + 0.5))
    if method == "gmp":
        return masks
    fraction = case["dropFraction"] / 2 * (1 + math.cos(math.pi * step / case["end"]))
    changed = {}
    for name, mask in masks.items():
        growth = case["chance"][str(step)][name] if method == "set" else gradients[name].flatten().abs().tolist()
        changed[name] = exchange(mask, weights[name].flatten().tolist(), growth, math.floor(fraction * sum(mask)))
    return changed


def run(case, shared):
    weights = {name: torch.tensor(value, dtype=torch.float64).reshape(shared["shapes"][name]) for name, value in shared["weights"].items()}
    masks = case["masks"]
    momentum = {name: torch.zeros_like(value) for name, value in weights.items()}
    after = []
    for step, batch in enumerate(shared["batches"]):
        for name, mask in masks.items():
            weights[name] = weights[name] * torch.tensor(mask).reshape(weights[name].shape)
        leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
        x = torch.tensor(batch["x"], dtype=torch.float64).reshape(batch["shape"])
        loss = torch.nn.functional.cross_entropy(forward(leaves, x), torch.tensor(batch["y"]))
        gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values()))))
        if step > 0 and step % case["every"] == 0 and step < case["end"]:
            before = masks
            masks = update(case, step, step // case["every"], masks, weights, gradients)
            after.append(masks)
            for name, mask in masks.items():
                both = torch.tensor([a & b for a, b in zip(mask, before[name])]).reshape(weights[name].shape)
                weights[name] = weights[name] * both
                momentum[name] = momentum[name] * both
            continue
        for name, value in weights.items():
            gradient = gradients[name]
            if name in masks:
                gradient = gradient * torch.tensor(masks[name]).reshape(value.shape)
            gradient = gradient + shared["weightDecay"] * value
            momentum[name] = shared["momentum"] * momentum[name] + gradient
            weights[name] = value - batch["learningRate"] * momentum[name]
    kernels = {name: weights[name].flatten().tolist() for name in masks}
    return {"after": after, "weights": kernels}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump([run(case, given["shared"]) for case in given["cases"]], sys.stdout)
