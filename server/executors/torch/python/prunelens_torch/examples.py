"""Examples that stay on the device: batches of them, whose images are moved as data/augmentation.ts moves them."""

import torch
import torch.nn.functional as F

# Bytes of examples that are kept where nothing tells how much memory is free, and on the CPU, whose memory this process shares with
# the one that has them already.
LIMIT = 1 << 30
CPU_LIMIT = 1 << 28


def limit_on(device):
    """Bytes that examples may take: a quarter of what is free on a GPU."""
    if device.type == "cpu":
        return CPU_LIMIT
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 4
    return LIMIT


def batch(table, indices, shape, moves, padding):
    """The examples of these numbers, in `shape`; `moves` are rows of (down, right, mirrored), or None."""
    rows = table.index_select(0, indices)
    if moves is not None:
        rows = moved(rows, moves, padding)
    return rows.reshape(shape)


def moved(images, moves, padding):
    """Windows of images [n, h, w, c] with zeros around them, shifted and then mirrored."""
    count, height, width, _ = images.shape
    down, right, mirrored = (moves[:, i : i + 1] for i in range(3))
    rows = torch.arange(height, device=images.device) + down + padding
    columns = torch.arange(width, device=images.device).expand(count, width)
    columns = torch.where(mirrored == 1, width - 1 - columns, columns) + right + padding
    padded = F.pad(images, (0, 0, padding, padding, padding, padding))
    places = torch.arange(count, device=images.device).view(-1, 1, 1)
    return padded[places, rows.unsqueeze(2), columns.unsqueeze(1)]
