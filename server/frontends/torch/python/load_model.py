"""Entry of the process that loads PyTorch models: reads a job (JSON) on standard input, answers with one frame on descriptor 3.

`server/frontends/torch/loaderProtocol.ts` has the types of both. Standard library and torch only. With --ready PyTorch is made ready
before the job is read, and a frame says so. With --forks the process forks another for each job (`loader/forking.py`), and has jobs and answers on
descriptor 3.
"""

import json
import os
import runpy
import sys

CHANNEL = 3
REASONS = 4

# The folder of this file is not on sys.path.
import_package = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "package.py"))["import_package"]


def take_channel():
    """The descriptor of the channel, out of the way of the user's code."""
    channel = os.dup(CHANNEL)
    os.close(CHANNEL)
    return channel


def close_input():
    """Afterwards nothing is to be read on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def read_job():
    job = json.loads(sys.stdin.buffer.read())
    close_input()
    return job


def import_torch():
    try:
        import torch  # noqa: F401
    except ImportError:
        # Whoever has started this looks at the interpreter, and says what is missing.
        sys.exit(1)


def main(mode):
    channel = take_channel()
    job = read_job() if mode is None else None
    import_package()
    import_torch()
    if mode == "--forks":
        from prunelens_torch.loader.forking import serve_forks

        close_input()
        serve_forks(channel, REASONS)
        return
    from prunelens_torch.loader.loading import serve

    if mode == "--ready":
        from prunelens_torch.loader.frames import write_frame
        from prunelens_torch.loader.warming import package_folders, warm_up

        warm_up()
        write_frame(channel, {"ready": {"folders": package_folders()}})
        job = read_job()
    serve(job, channel)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
