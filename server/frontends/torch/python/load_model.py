"""Entry of the process that loads PyTorch models: reads a job (JSON) on standard input, answers with one frame on descriptor 3.

`server/frontends/torch/loaderProtocol.ts` has the types of both. Standard library and torch only. With --ready PyTorch is made ready
before the job is read, and a frame says so. With --forks the process forks another for each job (`loader/forking.py`), and has jobs and answers on
descriptor 3.
"""

import os
import runpy
import sys

# The folder of this file is not on sys.path.
_PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python", "package.py")
import_packages = runpy.run_path(_PACKAGES)["import_packages"]


def import_torch():
    try:
        import torch  # noqa: F401
    except ImportError:
        # Whoever has started this looks at the interpreter, and says what is missing.
        sys.exit(1)


def main(mode):
    import_packages("prunelens_loader", "prunelens_torch")
    from prunelens_loader.channel import REASONS, close_input, read_job, take_channel

    channel = take_channel()
    job = read_job() if mode is None else None
    import_torch()
    from prunelens_loader.loading import serve
    from prunelens_torch.loading.framework import Torch

    if mode is not None:
        from prunelens_torch.loading.warming import package_folders, warm_up

    if mode == "--forks":
        from prunelens_loader.forking import serve_forks

        close_input()
        warm_up()
        serve_forks(channel, REASONS, package_folders(), Torch)
        return
    if mode == "--ready":
        from prunelens_loader.frames import write_frame

        warm_up()
        write_frame(channel, {"ready": {"folders": package_folders()}})
        job = read_job()
    serve(job, channel, Torch)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
