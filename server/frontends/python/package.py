"""The packages of these folders, for the programs in them: standard library only."""

import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_FOLDERS = {
    "prunelens_loader": os.path.join(_HERE, "loader"),
    "prunelens_torch": os.path.join(_HERE, "..", "torch", "python"),
    "prunelens_keras": os.path.join(_HERE, "..", "keras", "python"),
}
"""Names that no file of the user's has, with their folders."""


def import_packages(*names):
    """Imports packages of ours."""
    for name in names:
        folder = os.path.normpath(_FOLDERS[name])
        spec = importlib.util.spec_from_file_location(name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
