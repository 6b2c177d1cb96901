"""What packages do in other languages than Python raises no audit event: here it is asked about before it is done."""

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import os
import sys

ALWAYS = None

WRITERS = {
    "torch._C": (("PyTorchFileWriter", 0, ALWAYS), ("ScriptModule.save", 1, ALWAYS)),
    "safetensors._safetensors_rust": (("serialize_file", 1, ALWAYS),),
    "h5py.h5f": (("create", 0, ALWAYS), ("open", 0, lambda flags=1, *_args, **_more: flags & 1)),
    "tensorflow.python.lib.io._pywrap_file_io": (
        ("WritableFile", 0, ALWAYS),
        ("CreateDir", 0, ALWAYS),
        ("RecursivelyCreateDir", 0, ALWAYS),
        ("CopyFile", 1, ALWAYS),
        ("RenameFile", 0, ALWAYS),
        ("DeleteFile", 0, ALWAYS),
        ("DeleteRecursively", 0, ALWAYS),
    ),
}
"""Of modules, functions that change a file: the place of its path among their arguments, and whether those after it say so."""

STARTERS = {"_posixsubprocess": "fork_exec"}
"""Of modules, the function that starts a program, whose first argument is the command: `multiprocessing` calls it by itself."""


def _with_check(function, check):
    @functools.wraps(function, updated=())
    def checked(*args, **options):
        check(*args, **options)
        return function(*args, **options)

    return checked


def _put_before(module, name, check):
    """Puts a check before a function of a module, or of a class in it, where there is one of that name."""
    *owners, last = name.split(".")
    owner = module
    for part in owners:
        owner = getattr(owner, part, None)
    function = getattr(owner, last, None)
    if function is not None:
        setattr(owner, last, _with_check(function, check))


class _Loader(importlib.abc.Loader):
    """The loader of a module, which puts checks into it once it is loaded."""

    def __init__(self, loader, loaded):
        self.loader = loader
        self.loaded = loaded

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        self.loaded(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, loaded):
        self.loaded = loaded

    def find_spec(self, name, path=None, target=None):
        if name not in WRITERS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.loaded)
        return spec


class NativeWriters:
    """Calls `write` with each path that is about to be changed, and `start` with each command, before it is done."""

    def __init__(self, write, start):
        self.write = write
        self.start = start

    def begin(self):
        for name in WRITERS:
            if name in sys.modules:
                self._loaded(sys.modules[name])
        sys.meta_path.insert(0, _Finder(self._loaded))
        for name, function in STARTERS.items():
            with contextlib.suppress(ImportError):
                _put_before(importlib.import_module(name), function, lambda command, *_args: self.start(command))

    def _loaded(self, module):
        for name, place, is_writing in WRITERS[module.__name__]:
            _put_before(module, name, functools.partial(self._check, place, is_writing))

    def _check(self, place, is_writing, *args, **options):
        path = args[place] if len(args) > place else next(iter(options.values()), None)
        if isinstance(path, (str, bytes, os.PathLike)) and (is_writing is ALWAYS or is_writing(*args[place + 1 :], **options)):
            self.write(path)
