"""Weights under masks through PyTorch's conversion to the semi-structured format and back, on the CPU, in float16: JSON in and out."""

import json
import runpy
import sys

import torch
from torch.sparse._semi_structured_conversions import (
    sparse_semi_structured_from_dense_cutlass,
    sparse_semi_structured_to_dense_cutlass,
)


def is_kept(weight):
    try:
        packed, meta = sparse_semi_structured_from_dense_cutlass(weight)
        return bool(torch.equal(sparse_semi_structured_to_dense_cutlass(packed, meta), weight))
    except RuntimeError as error:
        return str(error)


if __name__ == "__main__":
    follows = runpy.run_path(sys.argv[1])["follows"]
    answers = []
    for entry in json.load(sys.stdin):
        mask = torch.tensor(entry["mask"]).reshape(entry["shape"])
        generator = torch.Generator().manual_seed(7)
        # No weight is 0 by itself.
        weight = (torch.rand(entry["shape"], generator=generator) + 0.5).half() * mask.half()
        broken = mask.clone()
        broken.view(-1)[(mask.view(-1) == 0).nonzero()[0]] = 1
        spoiled = weight.clone()
        spoiled[broken != mask] = 1
        answers.append(
            {
                "kept": is_kept(weight),
                "follows": follows(mask, 2, 4),
                "brokenKept": is_kept(spoiled),
                "brokenFollows": follows(broken, 2, 4),
            }
        )
    json.dump(answers, sys.stdout)
