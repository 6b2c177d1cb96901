"""Tells what this Python has, as one line of JSON: its version, that of torch, and the devices of torch, or why torch fails.

This file is read by any Python 3, also one that is too old for the rest.
"""

import json
import sys
import warnings

# Of server/python/probe.ts.
MARK = "prunelens-probe "
OLDEST_PYTHON = (3, 9)

CPU = {"device": "cpu", "platform": "cpu"}


def last_line(error):
    lines = str(error).strip().splitlines()
    name = type(error).__name__
    return name + ": " + lines[-1].strip() if lines else name


def cuda_devices(torch):
    # ROCm answers under the name of CUDA.
    platform = "rocm" if getattr(torch.version, "hip", None) else "cuda"
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        device = {"device": "cuda:%d" % index, "name": properties.name, "memory": properties.total_memory}
        yield dict(device, platform=platform)


def xpu_devices(torch):
    for index in range(torch.xpu.device_count()):
        properties = torch.xpu.get_device_properties(index)
        device = {"device": "xpu:%d" % index, "name": properties.name, "memory": properties.total_memory}
        yield dict(device, platform="xpu")


def devices(torch):
    found = []
    if torch.cuda.is_available():
        found.extend(cuda_devices(torch))
    if torch.backends.mps.is_available():
        found.append({"device": "mps", "name": "Apple GPU", "platform": "mps"})
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found.extend(xpu_devices(torch))
    return found + [CPU]


def probe():
    answer = {"python": ".".join(map(str, sys.version_info[:3]))}
    if sys.version_info < OLDEST_PYTHON:
        return answer
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name == "torch":
            return answer
        return dict(answer, failure=last_line(error))
    except Exception as error:
        return dict(answer, failure=last_line(error))
    answer["torch"] = getattr(torch, "__version__", "")
    # torch warns of a driver that it cannot use, which tells why a GPU is not among the devices.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer["devices"] = devices(torch)
        except Exception as error:
            # A driver that fails leaves the CPU.
            answer["devices"] = [CPU]
            return dict(answer, warning=last_line(error))
    if caught:
        answer["warning"] = str(caught[-1].message).strip().splitlines()[0]
    return answer


print(MARK + json.dumps(probe()))
