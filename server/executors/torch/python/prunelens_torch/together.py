"""Several processes, each with a device of its own, that run the same programs at the same time."""

import torch
import torch.distributed as distributed

IS_THERE = distributed.is_available()


def join(rank, count, place, device):
    """Meets the other processes at a file; returns when all are there. RuntimeError where that fails."""
    name = "nccl" if device.type == "cuda" and distributed.is_nccl_available() else "gloo"
    store = distributed.FileStore(place, count)
    distributed.init_process_group(name, store=store, rank=rank, world_size=count)


def is_member():
    return IS_THERE and distributed.is_initialized()


def leave():
    if is_member():
        distributed.destroy_process_group()


def device_sum(x):
    """The sum of x over the processes, the same to the bit in all of them; x where there is one."""
    if not is_member():
        return x
    total = x.contiguous().clone()
    distributed.all_reduce(total)
    return total
