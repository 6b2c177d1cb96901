"""The residual networks of networks.ts in plain PyTorch, with parameters in the same order."""

import torch.nn as nn
import torch.nn.functional as F

EXPANSION = 4


def convolve(inputs, outputs, kernel, stride):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, inner, outputs, stride, is_bottleneck):
        super().__init__()
        kernels = [1, 3, 1] if is_bottleneck else [3, 3]
        widths = [inner] * (len(kernels) - 1) + [outputs]
        strided = 1 if is_bottleneck else 0
        before = [inputs, *widths]
        self.parts = nn.ModuleList(
            convolve(before[i], widths[i], kernels[i], stride if i == strided else 1) for i in range(len(kernels))
        )
        is_same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if is_same else convolve(inputs, outputs, 1, stride)

    def forward(self, x):
        y = x
        for part in self.parts[:-1]:
            y = F.relu(part(y))
        return F.relu(self.parts[-1](y) + self.shortcut(x))


def residual(form):
    width, is_large = form["width"], form["stem"] == "large"
    layers = [convolve(3, width, 7 if is_large else 3, 2 if is_large else 1), nn.ReLU()]
    if is_large:
        layers.append(nn.MaxPool2d(3, 2, 1))
    channels = width
    for stage, count in enumerate(form["blocks"]):
        inner = width * 2**stage
        outputs = EXPANSION * inner if form["isBottleneck"] else inner
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(Block(channels, inner, outputs, stride, form["isBottleneck"]))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, form["classes"]))
