"""Tells where this Python has TensorFlow, and which, as one line of JSON, without importing it, which takes seconds."""

import importlib.metadata
import importlib.util
import json

# Of server/executors/tfjs/setup/findTensorflow.ts.
MARK = "prunelens-tensorflow "
DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tensorflow-rocm", "tf-nightly")


def version():
    for name in DISTRIBUTIONS:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return None


def find():
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        return {}
    return {"folder": list(spec.submodule_search_locations)[0], "version": version()}


print(MARK + json.dumps(find()))
