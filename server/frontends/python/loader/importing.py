"""Imports modules of the workspace as they are needed: of each just the statements that its importers reach.

A cut module begins empty. What is asked of it and not there yet, by `from module import name` or `module.name`, is defined then, by
running the statements that it needs.
"""

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys

from .absent import stand_ins
from .cutting import STAR_HELPER, CutModule, is_future

NEVER_ASKED = frozenset(["__all__", "__path__", "__file__", "__spec__", "__loader__", "__package__", "__wrapped__", "__getattr__"])
"""Names that Python's own machinery asks every module for."""


class Sources:
    """Texts of files: the editor's, where they are not saved, else those of the disk."""

    def __init__(self, unsaved):
        self.unsaved = {os.path.realpath(file): text for file, text in unsaved.items()}
        self.read = set()
        self.cut = []
        """The modules of which a part was run."""

    def text(self, file):
        """Text, or bytes as they are on the disk. Raises OSError."""
        self.read.add(file)
        unsaved = self.unsaved.get(os.path.realpath(file))
        if unsaved is not None:
            return unsaved
        with open(file, "rb") as stream:
            return stream.read()


class _Running:
    """What runs the statements of one module, each at most once."""

    def __init__(self, module, cut):
        self.module = module
        self.cut = cut
        self.done = set()
        features = [name.name for node in cut.tree.body if is_future(node) for name in node.names]
        self.flags = 0
        for name in features:
            self.flags |= getattr(importlib.import_module("__future__"), name).compiler_flag

    def define(self, names):
        """Runs what the names need and has not run yet."""
        for node in self.cut.want(names):
            key = _key_of(node)
            if key in self.done:
                continue
            # Before it is run: what it asks of this module meanwhile must not run it again.
            self.done.add(key)
            for part in _parts(node):
                self._run(part)

    def _run(self, node):
        code = compile(ast.Module([node], []), self.module.__file__, "exec", self.flags, dont_inherit=True)
        try:
            exec(code, self.module.__dict__)
        except ModuleNotFoundError as error:
            names = stand_ins(node, self.module.__file__, error)
            if names is None:
                raise
            self.module.__dict__.update(names)


def _key_of(node):
    """Tells statements of a module apart: imports may come in several parts of one line."""
    is_definition = isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    return (node.lineno, node.name) if is_definition else ast.dump(node, include_attributes=True)


def _parts(node):
    """`import a, b` is `import a` and `import b`."""
    if not isinstance(node, ast.Import):
        return [node]
    return [ast.copy_location(ast.Import([alias]), node) for alias in node.names]


class CutLoader(importlib.abc.Loader):
    """Loads a module of the workspace: cut, or whole."""

    def __init__(self, file, workspace, sources, is_whole):
        self.file = file
        self.workspace = workspace
        self.sources = sources
        self.is_whole = is_whole

    def create_module(self, spec):
        return None

    def _is_own(self, name):
        """Whether a module's name, as this file imports it, is that of a module of the workspace."""
        parts = name.lstrip(".").split(".")
        level = len(name) - len(name.lstrip("."))
        folder = os.path.join(os.path.dirname(self.file), *[os.pardir] * (level - 1))
        roots = [folder] if level > 0 else [one for one in sys.path if (one + os.sep).startswith(self.workspace + os.sep)]
        paths = [os.path.join(root, *parts) for root in roots]
        return any(os.path.isfile(path + ".py") or os.path.isdir(path) for path in paths)

    def exec_module(self, module):
        module.__file__ = self.file
        text = self.sources.text(self.file)
        if self.is_whole:
            exec(compile(text, self.file, "exec", dont_inherit=True), module.__dict__)
            return
        cut = CutModule(text, self.file, self._is_own)
        running = _Running(module, cut)
        module.__prunelens_cut__ = running
        self.sources.cut.append(running)

        def ask(name):
            if name not in NEVER_ASKED and cut.can_bind(name):
                running.define([name])
                if name in module.__dict__:
                    return module.__dict__[name]
            raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")

        def star(name, level):
            imported = importlib.import_module("." * level + name, module.__package__)
            _import_star(imported, module.__dict__, cut.wanted - cut.bound)

        module.__dict__[STAR_HELPER] = star
        if "__getattr__" not in cut.bound:
            module.__getattr__ = ask


def _import_star(imported, namespace, names):
    """`from imported import *`: all that it has, or of a cut module the names that are wanted."""
    if not hasattr(imported, "__prunelens_cut__"):
        public = getattr(imported, "__all__", None) or [name for name in vars(imported) if not name.startswith("_")]
        namespace.update({name: getattr(imported, name) for name in public})
        return
    for name in names:
        if name.startswith("_"):
            continue
        try:
            namespace[name] = getattr(imported, name)
        except AttributeError:
            # It is another module's, or a builtin.
            pass


class WorkspaceFinder(importlib.abc.MetaPathFinder):
    """Finds modules below the workspace before others do, so that they are cut."""

    def __init__(self, folder, sources, is_whole):
        self.folder = os.path.join(os.path.realpath(folder), "")
        self.workspace = folder
        self.sources = sources
        self.is_whole = is_whole

    def is_inside(self, file):
        """Whether a file is the workspace's own, and not of an environment that lies in it."""
        real = os.path.realpath(file)
        inner = real[len(self.folder) :]
        return real.startswith(self.folder) and "site-packages" not in inner and "dist-packages" not in inner

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        is_source = spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader)
        if not is_source or not self.is_inside(spec.origin):
            return None
        spec.loader = CutLoader(spec.origin, self.workspace, self.sources, self.is_whole)
        spec.cached = None
        return spec


def _package_of(file):
    """(name, folder) of the package that a file is in, by the __init__.py beside and above it; ("", its folder) where it is in none."""
    folder, parts = os.path.dirname(file), []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, last = os.path.split(folder)
        parts.insert(0, last)
    return ".".join(parts), folder


def _relative_level(tree):
    """The most dots that a relative import of a file has."""
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _folders_between(folder, workspace):
    """The folder, those above it up to the workspace, and the src of each."""
    folders = [folder]
    while folders[-1] != workspace and folders[-1].startswith(os.path.join(workspace, "")):
        folders.append(os.path.dirname(folders[-1]))
    return [path for one in [*folders, workspace] for path in (one, os.path.join(one, "src"))]


def import_file(file, workspace, sources, is_whole):
    """The module of a file, imported as a part of its package where it has relative imports, else as a script is run.

    sys.path begins with what Python would have there when the file is run from the workspace.
    """
    text = sources.text(file)
    # Syntax errors come from here, with their line.
    tree = ast.parse(text, file)
    folder = os.path.dirname(file)
    name = os.path.splitext(os.path.basename(file))[0]
    level = _relative_level(tree)
    roots = _folders_between(folder, workspace)
    package = ""
    if level > 0:
        package, root = _package_of(file)
        # Folders without __init__.py are packages too, as many of them as the dots say.
        while package.count(".") + bool(package) < level and root != os.path.dirname(root):
            root, last = os.path.split(root)
            package = f"{last}.{package}" if package else last
        roots = _folders_between(root, workspace)
        name = package if name == "__init__" else f"{package}.{name}"
    sys.path[:0] = [one for one in dict.fromkeys(roots) if os.path.isdir(one) and one not in sys.path]
    sys.meta_path.insert(0, WorkspaceFinder(workspace, sources, is_whole))
    if package:
        parent = importlib.import_module(package)
        if name == package:
            return parent
    elif name in sys.modules or name in getattr(sys, "stdlib_module_names", ()) or not name.isidentifier():
        # A script may have the name of any module.
        name = "prunelens_model"
    spec = importlib.util.spec_from_file_location(name, file, loader=CutLoader(file, workspace, sources, is_whole))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
