"""Reads a state_dict that torch.save has written: {path, limit} (JSON) on standard input, one frame of its tensors on descriptor 3.

Nothing but tensors and plain containers is read of the file (weights_only). `server/frontends/torch/readWeightsFile.ts` reads the frame.
"""

import json
import os
import struct
import sys
import zipfile

import torch

CHANNEL = 3

WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "module")
"""Keys under which training scripts keep a state_dict beside other things."""


def unwrapped(value):
    """The state_dict in what was saved: a dict of tensors, perhaps below one of the keys."""
    while isinstance(value, dict) and not any(isinstance(one, torch.Tensor) for one in value.values()):
        inner = [value[key] for key in WRAPPERS if isinstance(value.get(key), dict)]
        if not inner:
            return None
        value = inner[0]
    return value if isinstance(value, dict) else None


BYTES_PER_VALUE = 4


def unpacked_size(path):
    """Bytes that a file takes, unpacked where it is an archive."""
    if not zipfile.is_zipfile(path):
        return os.path.getsize(path)
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def is_plain(value):
    return isinstance(value, torch.Tensor) and not (value.is_complex() or value.is_quantized or value.is_meta or value.is_nested)


def describe(path, limit):
    """(header, parts) of the answer: tensors that take no more than `limit` bytes."""
    try:
        size = unpacked_size(path)
        if size > limit:
            return {"tooLarge": size}, []
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        return {"problem": f"it cannot be read ({error.strerror or error})"}, []
    except Exception as error:
        if "weights_only" in str(error) or "Unsupported" in str(error) or "WeightsUnpickler" in str(error):
            return {"problem": "it holds objects other than tensors, which are not loaded", "isUnsafe": True}, []
        return {"problem": f"it is no file that torch.save has written ({str(error).splitlines()[0]})"}, []
    state = unwrapped(saved)
    if state is None:
        return {"problem": "it holds no state_dict"}, []
    state = {name: value for name, value in state.items() if is_plain(value)}
    # A tensor may say that it is much larger than what is stored of it: repeated values, or sparse ones.
    size = BYTES_PER_VALUE * sum(tensor.numel() for tensor in state.values())
    if size > limit:
        return {"tooLarge": size}, []
    tensors, parts = [], []
    for name, tensor in state.items():
        is_float = tensor.is_floating_point()
        values = tensor.detach().to_dense().to(torch.float32 if is_float else torch.int32).contiguous()
        tensors.append({"name": name, "shape": list(values.shape), "dtype": "float32" if is_float else "int32"})
        parts.append(values.numpy().tobytes())
    return {"tensors": tensors}, parts


def main():
    asked = json.loads(sys.stdin.buffer.read())
    header, parts = describe(asked["path"], asked["limit"])
    text = json.dumps(header).encode()
    with os.fdopen(CHANNEL, "wb") as channel:
        for piece in [struct.pack("<II", len(text), sum(map(len, parts))), text, *parts]:
            channel.write(piece)


if __name__ == "__main__":
    main()
