"""Plain PyTorch beside the backend: training steps of residual networks, ProsPr by autograd through all its steps, and criteria.

Usage: plain.py DEVICE. Reads one request of JSON a line and answers each with a line: see `CALLS`.
"""

import contextlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "bench")]

import torch
import torch.nn.functional as F

from networks import residual
from reference import resnet20

DEVICE = torch.device(sys.argv[1])


def synchronize():
    if DEVICE.type != "cpu":
        getattr(torch, DEVICE.type).synchronize()


def set_precision(precision):
    """What PyTorch computes products in, and the context that a forward pass runs in."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if precision == "bf16":
        return torch.autocast(DEVICE.type, torch.bfloat16)
    return contextlib.nullcontext()


def model_of(request):
    """The network of a request: by its form, or a ResNet-20 of other widths and blocks."""
    return residual(request["form"]) if "form" in request else resnet20(request["width"], request["blocks"])


class Steps:
    """Training steps: SGD with momentum, weight decay and masks, channels last.

    The loop is `eager`, operation by operation; `graph`, a whole step captured by hand as a CUDA graph; or `compiled`, the forward
    and backward pass by torch.compile.
    """

    def __init__(self, request):
        loop, batch, size = request.get("loop", "eager"), request["batch"], request["size"]
        self.context = set_precision(request["precision"])
        torch.manual_seed(0)
        self.model = model_of(request).to(DEVICE).to(memory_format=torch.channels_last)
        self.forward = torch.compile(self.model) if loop == "compiled" else self.model
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
        x = torch.randn(batch, 3, size, size, device=DEVICE)
        self.x = x.contiguous(memory_format=torch.channels_last)
        self.y = torch.randint(0, 10, (batch,), device=DEVICE)
        self.parameters = list(self.model.parameters())
        self.masks = [torch.ones_like(p) for p in self.parameters]
        self.once = self.captured() if loop == "graph" else self.step

    def captured(self):
        """A step as a CUDA graph, after a few that choose kernels and allocate."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            loss = self.step()

        def replay():
            graph.replay()
            return loss

        return replay

    def step(self):
        self.optimizer.zero_grad()
        with self.context:
            loss = F.cross_entropy(self.forward(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(self.parameters, self.masks)
        return loss

    def seconds(self, count):
        synchronize()
        start = time.perf_counter()
        for _ in range(count):
            loss = self.once()
        loss.item()
        synchronize()
        return (time.perf_counter() - start) / count


def read_tensors(path, tensors):
    """Float64 values of a file, one tensor after the other, as PyTorch lays them out: ours are NHWC and HWIO."""
    with open(path, "rb") as file:
        values = torch.frombuffer(bytearray(file.read()), dtype=torch.float64)
    result, offset = [], 0
    for shape, order in tensors:
        count = 1
        for extent in shape:
            count *= extent
        one = values[offset : offset + count].view(shape)
        offset += count
        result.append(one.permute(order).contiguous() if order else one.clone())
    return result


def write_tensors(path, tensors):
    with open(path, "wb") as file:
        for one in tensors:
            values = one.detach().to("cpu", torch.float64).contiguous()
            file.write(bytes(values.untyped_storage())[: values.numel() * 8])


class Prospr:
    """dL(w_M)/dw_0 with all inner steps on autograd's tape. Parameters come in the order in which the model has them."""

    def __init__(self, request):
        set_precision("float32")
        self.dtype = getattr(torch, request["dtype"])
        self.request = request
        self.model = model_of(request).to(DEVICE, self.dtype).train()
        own = list(self.model.named_parameters())
        self.names = [name for name, _ in own]
        tensors = read_tensors(request["file"], request["tensors"])
        given, images = tensors[: len(own)], tensors[len(own) :]
        for (name, parameter), values in zip(own, given):
            if parameter.shape != values.shape:
                raise ValueError(f"{name} is {list(parameter.shape)}, not {list(values.shape)}")
        self.weights = [values.to(DEVICE, self.dtype) for values in given]
        labels = [torch.tensor(one, device=DEVICE) for one in request["labels"]]
        self.batches = [(x.to(DEVICE, self.dtype), y) for x, y in zip(images, labels)]

    def loss(self, weights, x, y):
        logits = torch.func.functional_call(self.model, dict(zip(self.names, weights)), (x,))
        return F.cross_entropy(logits, y)

    def score(self):
        rate, momentum = self.request["rate"], self.request["momentum"]
        initial = [one.clone().requires_grad_() for one in self.weights]
        weights, buffers = initial, [torch.zeros_like(one) for one in initial]
        for x, y in self.batches[:-1]:
            gradients = torch.autograd.grad(self.loss(weights, x, y), weights, create_graph=True)
            buffers = [momentum * b + g for b, g in zip(buffers, gradients)]
            weights = [w - rate * b for w, b in zip(weights, buffers)]
        meta = torch.autograd.grad(self.loss(weights, *self.batches[-1]), initial)
        return [(w * g).abs() for w, g in zip(initial, meta)]

    def seconds(self):
        synchronize()
        start = time.perf_counter()
        self.score()
        synchronize()
        return time.perf_counter() - start


class Criteria:
    """Scores by the formulas of the papers and of their authors' code, on one batch."""

    def __init__(self, request):
        set_precision("float32")
        torch.manual_seed(0)
        self.model = model_of(request).to(DEVICE).train()
        self.x = torch.randn(request["batch"], 3, request["size"], request["size"], device=DEVICE)
        self.y = torch.randint(0, 10, (request["batch"],), device=DEVICE)
        self.rounds = request["rounds"]
        self.weights = [p for p in self.model.parameters() if p.dim() > 1]

    def loss(self, temperature=1.0):
        return F.cross_entropy(self.model(self.x) / temperature, self.y)

    def snip(self):
        gradients = torch.autograd.grad(self.loss(), self.weights)
        return [(w * g).abs() for w, g in zip(self.weights, gradients)]

    def grasp(self):
        fixed = torch.autograd.grad(self.loss(200.0), self.weights)
        gradients = torch.autograd.grad(self.loss(200.0), self.weights, create_graph=True)
        product = sum((f * g).sum() for f, g in zip(fixed, gradients))
        return [-w * h for w, h in zip(self.weights, torch.autograd.grad(product, self.weights))]

    def synflow(self, sparsity=0.95):
        self.model.eval()
        before = [w.detach().clone() for w in self.weights]
        masks = [torch.ones_like(w) for w in self.weights]
        ones = torch.ones_like(self.x[:1])
        with torch.no_grad():
            for w in self.weights:
                w.abs_()
            positive = [w.clone() for w in self.weights]
        for i in range(self.rounds):
            gradients = torch.autograd.grad(self.model(ones).sum(), self.weights)
            scores = [(w * g).detach().abs() for w, g in zip(self.weights, gradients)]
            flat = torch.cat([s.flatten() for s in scores])
            kept = (1 - sparsity) ** ((i + 1) / self.rounds)
            threshold = flat.kthvalue(max(1, int((1 - kept) * flat.numel()))).values
            with torch.no_grad():
                masks = [(s > threshold).to(s.dtype) for s in scores]
                for w, p, m in zip(self.weights, positive, masks):
                    w.copy_(p * m)
        with torch.no_grad():
            for w, b in zip(self.weights, before):
                w.copy_(b)
        self.model.train()
        return masks

    def seconds(self, name):
        synchronize()
        start = time.perf_counter()
        sum(float(one.abs().max()) for one in getattr(self, name)())
        synchronize()
        return time.perf_counter() - start


HELD = {}


def free_memory(request):
    """Bytes of the device that no process has; None where nothing tells."""
    return {"bytes": torch.cuda.mem_get_info(DEVICE)[0] if DEVICE.type == "cuda" else None}


def prepare_criteria(request):
    HELD["criteria"] = Criteria(request)
    return {}


def time_criterion(request):
    return {"seconds": HELD["criteria"].seconds(request["name"])}


def prepare_steps(request):
    HELD["steps"] = Steps(request)
    HELD["steps"].seconds(3)
    return {}


def time_steps(request):
    return {"seconds": HELD["steps"].seconds(request["count"])}


def prepare_prospr(request):
    HELD["prospr"] = Prospr(request)
    write_tensors(request["result"], HELD["prospr"].score())
    return {}


def time_prospr(request):
    if DEVICE.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = HELD["prospr"].seconds()
    return {"seconds": seconds, "peak": torch.cuda.max_memory_allocated() if DEVICE.type == "cuda" else None}


def semi_structured(request):
    """How far products with the semi-structured tensor of a weight under a mask are from those with the dense one."""
    from torch.sparse import to_sparse_semi_structured

    set_precision("float32")
    torch.manual_seed(0)
    dtype = getattr(torch, request["dtype"])
    mask = torch.tensor(request["mask"], device=DEVICE).reshape(request["shape"])
    weight = ((torch.rand(request["shape"], device=DEVICE) + 0.5) * mask).to(dtype)
    x = torch.randn(128, request["shape"][1], device=DEVICE, dtype=dtype)
    dense = F.linear(x, weight)
    sparse = F.linear(x, to_sparse_semi_structured(weight))
    return {"difference": float((dense - sparse).abs().max() / dense.abs().max())}


def forget(request):
    HELD.clear()
    if DEVICE.type == "cuda":
        torch.cuda.empty_cache()
    return {}


CALLS = {
    "prepare steps": prepare_steps,
    "time steps": time_steps,
    "prepare prospr": prepare_prospr,
    "time prospr": time_prospr,
    "prepare criteria": prepare_criteria,
    "time criterion": time_criterion,
    "free memory": free_memory,
    "semi-structured": semi_structured,
    "forget": forget,
}

if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(CALLS[request["do"]](request)), flush=True)
