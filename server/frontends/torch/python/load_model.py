"""Entry of the process that loads PyTorch models. `loader/entry.py` has its modes, `server/frontends/torch/loaderProtocol.ts` the types of job
and answer. Standard library and torch only.
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


def framework():
    import_torch()
    from prunelens_torch.loading.framework import Torch
    from prunelens_torch.loading.warming import make_ready

    return Torch, make_ready


def main(mode):
    import_packages("prunelens_loader", "prunelens_torch")
    from prunelens_loader.entry import run

    run(mode, framework)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
