"""Which PyTorch this is, and the oldest that serves."""

import re

import torch

OLDEST_TORCH = (2, 6)
"""Exports of earlier versions have other graphs."""


def torch_version():
    """(2, 13), say."""
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
