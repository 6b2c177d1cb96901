"""The package of this folder, for the programs in it: standard library only."""

import importlib.util
import os
import sys


def import_package():
    """Imports it under a name that no file of the user's has: `prunelens_torch`."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location("prunelens_torch", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = package
    spec.loader.exec_module(package)
