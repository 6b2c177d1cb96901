"""Programs captured as CUDA graphs: replayed, a program costs one launch instead of one for each operation."""

import gc
import sys
import weakref

import torch

from .failure import is_memory

# Runs of a program before it is captured: what libraries choose and allocate at first use must not be part of the graph, and a
# program that runs once or twice is not worth it.
WARM_UP = 3


class Replays:
    def __init__(self):
        self._runs = {}
        self._graphs = {}
        # Replays never overlap, and results are copied out of them, so that all graphs work in the same memory.
        self._pool = None

    def run(self, program, inputs):
        graph = self._graphs.get(program)
        if graph is not None:
            return graph.replay(inputs)
        runs = self._runs[program] = self._runs.get(program, 0) + 1
        if runs != WARM_UP + 1:
            return program.run(inputs)
        graph = self._captured(program, inputs)
        if graph is None:
            return program.run(inputs)
        self._graphs[program] = graph
        return graph.replay(inputs)

    def _captured(self, program, inputs):
        """The graph of a program; None, and a sentence for the user, where it cannot be captured: it runs operation by operation then."""
        try:
            self._pool = self._pool or torch.cuda.graph_pool_handle()
            return Graph(program, inputs, self._pool)
        except RuntimeError as error:
            reason, is_full = str(error).strip().split("\n")[0], is_memory(error)
        # Here the error is gone, whose frames hold what was computed.
        if is_full:
            # Without graphs the device may do. Programs are not captured again, since their numbers of runs stay.
            self._graphs.clear()
            self._pool = None
            gc.collect()
            torch.cuda.empty_cache()
            reason = "the device has too little memory for it"
        text = f"PruneLens: {program.name} runs operation by operation, as it cannot be captured as a CUDA graph: {reason}"
        print(text, file=sys.stderr, flush=True)
        return None

    def forget(self, program):
        self._runs.pop(program, None)
        self._graphs.pop(program, None)

    def clear(self):
        """Gives up all graphs and their memory; they are captured again when their programs have run as often again."""
        self._runs.clear()
        self._graphs.clear()
        self._pool = None


class Graph:
    def __init__(self, program, inputs, pool):
        self._inputs = [torch.empty_like(tensor).copy_(tensor) for tensor in inputs]
        # What each of them was filled from: masks are the same at every step.
        self._sources = [weakref.ref(tensor) for tensor in inputs]
        self._graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        with torch.cuda.graph(self._graph, pool=pool):
            self._outputs = program.run(self._inputs)

    def replay(self, inputs):
        changed = [i for i, tensor in enumerate(inputs) if self._sources[i]() is not tensor]
        copy([self._inputs[i] for i in changed], [inputs[i] for i in changed])
        for i in changed:
            self._sources[i] = weakref.ref(inputs[i])
        self._graph.replay()
        results = [torch.empty_like(tensor) for tensor in self._outputs]
        copy(results, self._outputs)
        return results


def copy(targets, sources):
    """Each source into its target, with few launches."""
    for dtype in {tensor.dtype for tensor in targets}:
        chosen = [i for i, tensor in enumerate(targets) if tensor.dtype == dtype]
        torch._foreach_copy_([targets[i] for i in chosen], [sources[i] for i in chosen])
