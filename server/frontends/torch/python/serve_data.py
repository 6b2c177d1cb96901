"""Entry of the process that reads data of the user's: messages in frames on descriptor 3, both ways.

`server/frontends/torch/data/messages.ts` has their types. Standard library and torch only.
"""

import importlib.util
import os
import sys


def import_package():
    """The package of this folder, under a name that no file of the user's has."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location("prunelens_torch", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    import_package()
    try:
        import torch  # noqa: F401
    except ImportError:
        # Whoever has started this looks at the interpreter, and says what is missing.
        sys.exit(1)
    from prunelens_torch.data.serving import serve

    serve()
