"""The same work in PyTorch on the CPU: training steps, SNIP, and ProsPr by autograd through all steps.

Usage: python reference.py CASE FORM [--threads N] [--batch N], with tensors NCHW or channels-last in memory. Takes turns as `turns.ts`
says: {"ready": true}, then {"seconds"} for each line of standard input, {"peakMegabytes"} at its end.
Cases: step-resnet20, step-vgg16, step-lstm, step-attention, snip-resnet20, prospr-resnet20.
"""

import argparse
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from models.resnet18 import Block


def resnet20(width=16, blocks=3):
    """ResNet-20, or one of its form with other widths and numbers of blocks."""
    layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    channels = width
    for outputs, stride in [(width, 1), (2 * width, 2), (4 * width, 2)]:
        for i in range(blocks):
            layers.append(Block(channels, outputs, stride if i == 0 else 1))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10))


def vgg16():
    layers, channels = [], 3
    for item in [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512]:
        if item == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, item, 3, padding=1), nn.BatchNorm2d(item), nn.ReLU()]
            channels = item
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class LastOfLstm(nn.Module):
    """An LSTM over 64 steps of 32 values, and a dense layer on its last output."""

    shape = (64, 32)

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.classes = nn.Linear(128, 10)

    def forward(self, x):
        return self.classes(self.lstm(x)[0][:, -1])


class AttentionBlock(nn.Module):
    """A block of a transformer over 64 tokens of 64 values, normalized before each part."""

    shape = (64, 64)

    def __init__(self, width=64, heads=4):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-3), nn.LayerNorm(width, 1e-3)
        self.queries, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.classes = nn.Linear(width, 10)

    def attend(self, x):
        n, t, width = x.shape
        parts = self.queries(x).view(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(*parts)
        return self.out(attended.transpose(1, 2).reshape(n, t, width))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        x = x + self.narrow(F.gelu(self.wide(self.norm2(x))))
        return self.classes(x.mean(1))


FORMS = {"nchw": torch.contiguous_format, "channels-last": torch.channels_last}


def batch(size, form, shape=(3, 32, 32)):
    x = torch.randn(size, *shape)
    return (x.to(memory_format=form) if x.dim() == 4 else x), torch.randint(0, 10, (size,))


def turn(action, least=0.8):
    """Median seconds of the repeats that fit into a turn."""
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < least:
        before = time.perf_counter()
        action()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2]


def training_step(model, size, form):
    model.to(memory_format=form)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
    x, y = batch(size, form, getattr(model, "shape", (3, 32, 32)))
    masks = [torch.ones_like(p) for p in model.parameters()]

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            for p, mask in zip(model.parameters(), masks):
                p.mul_(mask)

    return step


def snip(model, size, form):
    model.to(memory_format=form)
    x, y = batch(size, form)

    def score():
        gradients = torch.autograd.grad(F.cross_entropy(model(x), y), list(model.parameters()))
        return [(p * g).abs() for p, g in zip(model.parameters(), gradients)]

    return score


def prospr(model, size, form, steps=3, rate=0.1, momentum=0.9):
    """dL(w_M)/dw_0 with the whole inner loop on autograd's tape, as equations 3 to 12 of the paper say."""
    model.to(memory_format=form)
    batches = [batch(size, form) for _ in range(steps + 1)]
    names = [name for name, _ in model.named_parameters()]

    def loss(weights, x, y):
        return F.cross_entropy(torch.func.functional_call(model, dict(zip(names, weights)), (x,)), y)

    def score():
        initial = [p.detach().clone().requires_grad_() for p in model.parameters()]
        weights, buffers = initial, [torch.zeros_like(p) for p in initial]
        for x, y in batches[:-1]:
            gradients = torch.autograd.grad(loss(weights, x, y), weights, create_graph=True)
            buffers = [momentum * b + g for b, g in zip(buffers, gradients)]
            weights = [w - rate * b for w, b in zip(weights, buffers)]
        meta = torch.autograd.grad(loss(weights, *batches[-1]), initial)
        return [(p * g).abs() for p, g in zip(initial, meta)]

    return score


CASES = {
    "step-resnet20": (lambda size, form: training_step(resnet20(), size, form), 128),
    "step-vgg16": (lambda size, form: training_step(vgg16(), size, form), 64),
    "step-lstm": (lambda size, form: training_step(LastOfLstm(), size, form), 64),
    "step-attention": (lambda size, form: training_step(AttentionBlock(), size, form), 64),
    "snip-resnet20": (lambda size, form: snip(resnet20(), size, form), 128),
    "prospr-resnet20": (lambda size, form: prospr(resnet20(), size, form), 128),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("form", choices=FORMS)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--batch", type=int, help="examples in a batch, for trials")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    make, size = CASES[arguments.case]
    action = make(arguments.batch or size, FORMS[arguments.form])
    action()
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": turn(action)}), flush=True)
    print(json.dumps({"peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == "__main__":
    main()
