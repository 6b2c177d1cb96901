"""Exports models for tests: reads a list of jobs in JSON from standard input, and answers each in a frame on standard output.

A job is {"file", "expression", "inputs"}; inputs are [shape without the batch, dtype, exclusive bound of whole numbers].
"""

import importlib.util
import json
import os
import struct
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../server/frontends/torch/python"))
import export_model  # noqa: E402

BATCH = 4


def write_frame(out, header, parts):
    text = json.dumps(header).encode()
    out.write(struct.pack("<II", len(text), sum(len(part) for part in parts)) + text + b"".join(parts))


def draw(shape, dtype, bound):
    shape = [BATCH, *shape]
    return torch.randint(bound, shape) if dtype == "int64" else torch.randn(shape)


def load(file, expression):
    spec = importlib.util.spec_from_file_location("model", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    return eval(expression, vars(module))


def answer(out, job):
    torch.manual_seed(0)
    model = load(job["file"], job["expression"])
    try:
        header, tensors = export_model.export_model(model, [draw(*one) for one in job["inputs"]])
    except export_model.ExportRefused as refused:
        place = {"file": refused.file, "line": refused.line, "hint": refused.hint}
        write_frame(out, {"refused": refused.message, **place}, [])
        return
    write_frame(out, header, [export_model.raw_bytes(one) for one in tensors])


def main():
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    torch.set_num_threads(1)
    for job in json.load(sys.stdin):
        answer(out, job)


main()
