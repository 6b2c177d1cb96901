"""Makes the first export of a process as quick as later ones: PyTorch loads most of its exporter when something is exported."""

import os

import torch
from prunelens_loader.keeping import keep

from ..exporting.export_model import export_model


class _Tiny(torch.nn.Module):
    """One layer of each common kind."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(1, 2, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(2)
        self.linear = torch.nn.Linear(2, 2)

    def forward(self, x):
        x = torch.nn.functional.relu(self.norm(self.convolution(x)))
        return self.linear(torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


class _Open(_Tiny):
    """One that is traced with an open number of examples."""

    def forward(self, x):
        return super().forward(x.view(x.shape[0] * 1, *x.shape[1:]))


def make_ready():
    """Exports tiny modules. An export computes nothing, and their few values are drawn by this thread alone: none is started.
    Returns the folders that change when packages are installed or removed."""
    for tiny in (_Tiny(), _Open()):
        export_model(tiny, [torch.zeros(2, 1, 4, 4)])
    return keep(os.path.dirname(os.path.dirname(torch.__file__)))
