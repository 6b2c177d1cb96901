"""Counts what lowered programs have PyTorch do: the operators that would start a kernel on a GPU.

Reads programs from standard input, a line of JSON each ({"program", "literals": base64, "inputs": [{"shape", "dtype"}]}), and answers each
with a line {"total", "operators": {name: count}}.
"""

import base64
import json
import os
import sys
from collections import Counter

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "server", "executors", "torch", "python"))

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from prunelens_torch.devices import Settings
from prunelens_torch.program import Program

# They give a view, or memory that nobody has written.
NO_KERNEL = {
    "alias", "as_strided", "detach", "empty", "empty_like", "expand", "new_empty", "new_empty_strided", "permute", "select", "slice",
    "squeeze", "t", "transpose", "unsqueeze", "view", "_unsafe_view", "_reshape_alias", "lift_fresh",
}  # fmt: skip

DTYPES = {"float32": torch.float32, "int32": torch.int32}


class Counting(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name not in NO_KERNEL:
            self.counts[name] += 1
        return function(*args, **(kwargs or {}))


def literals_of(request):
    body, offset, found = bytearray(base64.b64decode(request["literals"])), 0, []
    for one in request["program"]["literals"]:
        dtype = torch.int32 if one["dtype"] == "int32" else torch.float64
        values = torch.zeros(one["shape"], dtype=dtype)
        size = values.numel() * values.element_size()
        part = torch.frombuffer(body, dtype=dtype, offset=offset, count=values.numel()).view(one["shape"])
        offset += size
        found.append(part if dtype == torch.int32 else part.float())
    return found


def main():
    settings, device = Settings(), torch.device("cpu")
    for line in sys.stdin:
        request = json.loads(line)
        program = Program(request["program"], literals_of(request), torch.float32, device)
        inputs = [torch.ones(one["shape"], dtype=DTYPES[one["dtype"]]) for one in request["inputs"]]
        for i, tensor in program.with_kernel_memory(inputs):
            inputs[i] = tensor
        settings.apply(program.mode, device)
        with torch.inference_mode(), Counting() as counting:
            program.run(inputs)
        counts = counting.counts
        print(json.dumps({"total": sum(counts.values()), "operators": dict(counts.most_common())}), flush=True)


main()
