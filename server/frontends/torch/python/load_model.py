"""Entry of the process that loads PyTorch models: reads a job (JSON) on standard input, answers with one frame on descriptor 3.

`server/frontends/torch/loaderProtocol.ts` has the types of both. Standard library and torch only.
"""

import importlib.util
import json
import os
import sys

CHANNEL = 3


def take_channel():
    """The descriptor of the channel, out of the way of the user's code."""
    channel = os.dup(CHANNEL)
    os.close(CHANNEL)
    return channel


def read_job():
    """The job; afterwards nothing is to be read on standard input."""
    job = json.loads(sys.stdin.buffer.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return job


def import_package():
    """The package of this folder, under a name that no file of the user's has."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location("prunelens_torch", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = package
    spec.loader.exec_module(package)
    return package


if __name__ == "__main__":
    channel = take_channel()
    job = read_job()
    import_package()
    try:
        import torch  # noqa: F401
    except ImportError:
        # Whoever has started this looks at the interpreter, and says what is missing.
        sys.exit(1)
    from prunelens_torch.loader.loading import serve

    serve(job, channel)
