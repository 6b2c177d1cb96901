"""Masks of dropout by a counter, equal to the bit to those of training/dropout.ts."""

import math

import torch

WORD = 0xFFFFFFFF

# The second one is negative: a word times either stays within 63 bits, and the lowest 32 bits of the product are the same.
FACTORS = (0x21F0AAAD, 0xD35A2D97 - (1 << 32))


def mixed(x):
    """A bijection of 32-bit words, which int64 holds."""
    x = ((x ^ (x >> 16)) * FACTORS[0]) & WORD
    x = ((x ^ (x >> 15)) * FACTORS[1]) & WORD
    return x ^ (x >> 15)


def drop_mask(shape, keys, first, threshold, kept, dtype, device):
    """Element i is 0 where mixed(mixed((first + i) ^ keys[0]) ^ keys[1]) is below the threshold, else `kept`."""
    counter = torch.arange(first, first + math.prod(shape), dtype=torch.int64, device=device)
    words = mixed(mixed(counter ^ keys[0]) ^ keys[1])
    return ((words >= threshold).to(dtype) * kept).view(shape)
