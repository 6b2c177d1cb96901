"""Entry of the process that reads data of the user's: messages in frames on descriptor 3, both ways.

`server/frontends/torch/data/messages.ts` has their types. Standard library and torch only.
"""

import os
import runpy
import sys

# The folder of this file is not on sys.path.
_PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python", "package.py")
import_packages = runpy.run_path(_PACKAGES)["import_packages"]

if __name__ == "__main__":
    import_packages("prunelens_loader", "prunelens_torch")
    try:
        import torch  # noqa: F401
    except ImportError:
        # Whoever has started this looks at the interpreter, and says what is missing.
        sys.exit(1)
    from prunelens_torch.data.serving import serve

    serve()
