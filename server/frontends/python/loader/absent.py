"""Stand-ins for packages that are not installed: what is imported, but not used while the model is made, need not be there."""

import ast


class Absent:
    """A name of a package that is not installed. Names of it are such too; any other use raises ModuleNotFoundError."""

    def __init__(self, module, place):
        self.__dict__.update(_module=module, _place=place)

    def __getattr__(self, name):
        if name == "__version__":
            self._use()
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(self._module, self._place)

    def _use(self, *_args, **_kwargs):
        error = ModuleNotFoundError(f"No module named {self._module!r}", name=self._module)
        error.imported_at = self._place
        raise error

    __call__ = __mro_entries__ = __instancecheck__ = __subclasscheck__ = __setattr__ = _use
    __bool__ = __iter__ = __len__ = __contains__ = __getitem__ = __enter__ = __exit__ = __eq__ = _use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __or__ = __ror__ = _use
    __hash__ = object.__hash__


def stand_ins(node, file, error):
    """What an import statement binds to names where the very package that it asks for is missing; None where it is something else."""
    if isinstance(node, ast.Import):
        asked = node.names[0].name
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        asked = node.module
    else:
        return None
    names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if not error.name or error.name.split(".")[0] != asked.split(".")[0] or "*" in names:
        return None
    return {name: Absent(error.name, (file, node.lineno)) for name in names}
