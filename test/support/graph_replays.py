"""CUDA graphs with a stand-in on the CPU: what is captured is done again, in the same memory, when it is replayed.

Prints a line of JSON for each scenario: see test/engine/executors/torchGraphs.test.ts.
"""

import contextlib
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "server", "executors", "torch", "python"))

import torch

from prunelens_torch import graphs


class Capture:
    """Stands in for torch.cuda.CUDAGraph: a replay runs the program again and writes over what the capture gave."""

    current = None

    def replay(self):
        for target, value in zip(self.outputs, self.function(self.inputs)):
            if target is not value:
                target.copy_(value)


@contextlib.contextmanager
def capturing(capture, pool=None):
    Capture.current = capture
    yield
    Capture.current = None


torch.cuda.CUDAGraph = Capture
torch.cuda.graph = capturing
torch.cuda.synchronize = lambda: None
torch.cuda.graph_pool_handle = lambda: (0, 1)
torch.cuda.empty_cache = lambda: None


class Program:
    """A step w - 0.5 x, which passes its second input through and gives a constant."""

    name = "step"

    def __init__(self, failure=None):
        self.failure = failure
        self.runs = 0
        self.ones = torch.ones(()).expand(2)

    def compute(self, inputs):
        w, x = inputs
        return (w - 0.5 * x, x, self.ones)

    def run(self, inputs):
        capture = Capture.current
        if capture is None:
            self.runs += 1
            return self.compute(inputs)
        if self.failure is not None:
            Capture.current = None
            raise self.failure
        capture.inputs, capture.function = inputs, self.compute
        capture.outputs = self.compute(inputs)
        return capture.outputs


def steps(program, replays, count=8):
    """Takes steps as a training does; x is one tensor for all of them but the last two."""
    w, x = torch.zeros(2), torch.ones(2)
    seen = []
    for step in range(count):
        if step == count - 2:
            x = torch.full((2,), 3.0)
        w, passed, ones = replays.run(program, [w, x])
        seen.append((w, passed, ones))
    # Results stay what they were, whatever was replayed since.
    return [[one.tolist() for one in results] for results in seen]


def eager(count=8):
    program = Program()

    class Plain:
        def run(self, program, inputs):
            return program.run(inputs)

    return steps(program, Plain(), count)


def main():
    program, replays = Program(), graphs.Replays()
    print(json.dumps({"equal": steps(program, replays) == eager(), "eagerRuns": program.runs}))
    replays.forget(program)
    print(json.dumps({"equal": steps(program, replays) == eager(), "eagerRuns": program.runs}))
    for failure in (RuntimeError("operation not permitted\nmore"), torch.OutOfMemoryError("CUDA out of memory")):
        program = Program(failure)
        print(json.dumps({"equal": steps(program, graphs.Replays()) == eager(), "eagerRuns": program.runs}))


main()
