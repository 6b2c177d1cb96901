"""Which statements of a module define the names that are wanted of it: files of others train, download and install on import.

Nothing is run here. A statement is taken when it binds, or changes, a name that is wanted; then the names that it reads are wanted
too. Imports, definitions, assignments, updates of dictionaries and lists, arguments of parsers, edits of sys.path and sys.argv, and what
is set in other modules of the workspace (`settings.depth = 3`) are taken; calls that stand alone and `if __name__ == "__main__"` are
not, nor `with` and loops that do more than to bind names, but where nothing else binds a wanted name. What is set in the environment
for a framework to read is always taken.
"""

import ast
import copy
import symtable

CHANGES = frozenset(["add_argument", "set_defaults", "update", "append", "extend", "insert", "setdefault", "register", "add"])
"""Methods that change what they are called on, and do nothing else."""

BRANCHES = (ast.If, ast.Try) + ((ast.TryStar,) if hasattr(ast, "TryStar") else ())
COMPOUND = BRANCHES + (ast.With, ast.For, ast.While)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
IMPORTS = (ast.Import, ast.ImportFrom)

STAR_HELPER = "__prunelens_star__"
"""Name in a cut module of the function that does `from x import *`: called with the module's name and its dots."""


def is_main_part(node):
    """`if __name__ == "__main__":`"""
    test = node.test if isinstance(node, ast.If) else None
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)


def line_in_main_part(text, name):
    """The line on which the main part of a file sets a name; None where it does not."""
    for part in ast.parse(text).body:
        if is_main_part(part):
            for node in ast.walk(part):
                if isinstance(node, ast.stmt) and name in _binds(node):
                    return node.lineno
    return None


def is_path_edit(node):
    """`sys.path.insert(0, ...)`, which the imports after it need."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func).startswith("sys.path.")


FRAMEWORK_SETTINGS = frozenset(["KERAS_BACKEND", "TF_USE_LEGACY_KERAS"])
"""Variables of the environment that decide which framework an import gives."""


def is_framework_setting(node):
    """`os.environ["KERAS_BACKEND"] = "jax"`"""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(target, ast.Subscript):
        return ast.unparse(target.value).endswith("environ") and any(
            isinstance(one, ast.Constant) and one.value in FRAMEWORK_SETTINGS for one in ast.walk(target.slice)
        )
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not call.args or not ast.unparse(call.func).endswith("environ.setdefault"):
        return False
    return isinstance(call.args[0], ast.Constant) and call.args[0].value in FRAMEWORK_SETTINGS


def only_builds(node):
    """Whether a loop does nothing but bind and change names, as one that adds layers does."""
    if not isinstance(node, ast.For) or not _is_written_down(node.iter):
        return False
    waiting = [*node.body, *node.orelse]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (ast.If, ast.For)):
            waiting += [*one.body, *one.orelse]
        elif not (_binds(one) or isinstance(one, (ast.Pass, ast.Continue, ast.Break))):
            return False
    return True


COUNTING = frozenset(["range", "enumerate", "zip", "reversed", "len", "sorted", "items", "keys", "values"])


def _is_written_down(node):
    """Whether what a loop goes through is written down, and comes from no loader and no file."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return all((getattr(called, "id", None) or getattr(called, "attr", None)) in COUNTING for called in calls)


def is_argument_edit(node):
    """`sys.argv = [...]`, which parsers of the command line read."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("sys.argv")


def _modules_of(node):
    """(name, module) of each name that an import statement binds to what may be a module; relative ones begin with a dot."""
    if isinstance(node, ast.Import):
        return [(_bound_by(alias), alias.name if alias.asname else alias.name.split(".")[0]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        package = "." * node.level + (f"{node.module}." if node.module else "")
        return [(_bound_by(alias), package + alias.name) for alias in node.names]
    return []


def is_star(node):
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def is_future(node):
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _bound_by(alias):
    return alias.asname or alias.name.split(".")[0]


def _root_of(node):
    """The name that an attribute or an item is taken of: `a` of `a.b[0].c`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _targets(node):
    """Names that a target of an assignment binds or changes."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return {name for one in node.elts for name in _targets(one)}
    name = _root_of(node)
    return {name} if name else set()


def _blocks(node):
    """The blocks of a compound statement."""
    blocks = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
    return blocks + [handler.body for handler in getattr(node, "handlers", [])]


def _binds(node):
    """Names that a statement that is not compound binds or changes in its module."""
    if isinstance(node, FUNCTIONS + (ast.ClassDef,)):
        return {node.name}
    if isinstance(node, IMPORTS):
        return {_bound_by(alias) for alias in node.names} - {"*"}
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in _targets(target)}
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        return _targets(node.target)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        name = _root_of(node.value.func)
        return {name} if name and node.value.func.attr in CHANGES else set()
    return set()


def _head_binds(node):
    """Names that the head of a loop or a `with` binds."""
    if isinstance(node, ast.For):
        return _targets(node.target)
    if isinstance(node, ast.With):
        return {name for item in node.items if item.optional_vars for name in _targets(item.optional_vars)}
    return set()


def _arguments(arguments):
    single = [one for one in (arguments.vararg, arguments.kwarg) if one]
    return arguments.posonlyargs + arguments.args + arguments.kwonlyargs + single


def _defaults(arguments):
    return arguments.defaults + [default for default in arguments.kw_defaults if default]


def _own_parts(node):
    """The parts of a node that belong to the scope around it, where it has a scope of its own; else all its parts."""
    if isinstance(node, FUNCTIONS):
        annotations = [one.annotation for one in _arguments(node.args)] + [node.returns]
        return node.decorator_list + _defaults(node.args) + [one for one in annotations if one]
    if isinstance(node, ast.Lambda):
        return _defaults(node.args)
    if isinstance(node, ast.ClassDef):
        return node.decorator_list + node.bases + [keyword.value for keyword in node.keywords]
    return list(ast.iter_child_nodes(node))


def outer_names(node):
    """Names in a node that are not inside of its functions and classes."""
    found, waiting = set(), [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Name):
            found.add(one.id)
        waiting += _own_parts(one)
    return found


def _global_names(table):
    """Names of the module that a scope, and those inside of it, read."""
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return names.union(*(_global_names(child) for child in table.get_children()))


class CutModule:
    """A module's text, of which statements are taken as names are wanted."""

    def __init__(self, text, file, is_own=lambda module: False):
        """Raises SyntaxError. `text` is text or, as read from the disk, bytes. `is_own` says of a module's name whether it is the workspace's."""
        self.is_own = is_own
        self.tree = ast.parse(text, file)
        scopes = symtable.symtable(text, file, "exec").get_children()
        self.scopes = [(scope.get_lineno(), _global_names(scope)) for scope in scopes]
        self.wanted = set()
        self.bound = set()
        for node in self.tree.body:
            self.bound |= self._bound_in(node)
        simple = [node for node in self._branches(self.tree.body) if not isinstance(node, COMPOUND)]
        self.bound_plainly = set().union(*(_binds(node) for node in simple))
        self.has_star = any(is_star(node) for node in ast.walk(self.tree))
        self.modules = dict(pair for node in self._branches(self.tree.body) for pair in _modules_of(node))

    def can_bind(self, name):
        return name in self.bound or self.has_star

    def want(self, names):
        """Gives the statements that bind `names` and all that they need, in the order of the file."""
        self.wanted |= set(names)
        before = -1
        while before < len(self.wanted):
            before = len(self.wanted)
            for node in self.tree.body:
                self._want_what_it_reads(node)
        cut = [self._cut(node) for node in self.tree.body]
        return [node for node in cut if node is not None]

    def left_out(self):
        """(first, last) lines of the statements that nothing wants; texts that stand alone do not count."""
        return [
            (node.lineno, node.end_lineno)
            for node in self.tree.body
            if not self._is_taken(node) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ]

    def _branches(self, body):
        """All statements of a body, also in the branches of `if` and `try`."""
        for node in body:
            yield node
            if isinstance(node, BRANCHES) and not is_main_part(node):
                for block in _blocks(node):
                    yield from self._branches(block)

    def _bound_in(self, node):
        if not isinstance(node, COMPOUND):
            return _binds(node)
        if is_main_part(node):
            return set()
        inner = [self._bound_in(one) for block in _blocks(node) for one in block]
        return _head_binds(node).union(*inner)

    def _is_taken(self, node):
        if is_future(node) or is_path_edit(node) or is_argument_edit(node) or is_framework_setting(node):
            return True
        if self._sets_in_other_module(node):
            return True
        if is_star(node):
            return bool(self.wanted - self.bound)
        if is_main_part(node):
            return False
        bound = self._bound_in(node)
        if isinstance(node, COMPOUND) and not isinstance(node, BRANCHES) and not only_builds(node):
            bound = bound - self.bound_plainly
        return bool(bound & self.wanted)

    def _sets_in_other_module(self, node):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Attribute):
            return False
        module = self.modules.get(_root_of(node.targets[0]))
        return module is not None and self.is_own(module)

    def _reads(self, node):
        """Names of the module that a statement reads, also in its functions."""
        first = min([node.lineno] + [one.lineno for one in getattr(node, "decorator_list", [])])
        inner = [names for line, names in self.scopes if first <= line <= node.end_lineno]
        return outer_names(node).union(*inner)

    def _want_what_it_reads(self, node):
        if not self._is_taken(node) or isinstance(node, IMPORTS):
            return
        if not isinstance(node, BRANCHES):
            self.wanted |= self._reads(node)
            return
        if isinstance(node, ast.If):
            self.wanted |= self._reads(node.test)
        for handler in getattr(node, "handlers", []):
            self.wanted |= outer_names(handler.type) if handler.type else set()
        for block in _blocks(node):
            for one in block:
                self._want_what_it_reads(one)

    def _cut(self, node):
        """The statement without the parts that nothing wants; None where nothing is left."""
        if not self._is_taken(node):
            return None
        if is_star(node):
            call = ast.Call(ast.Name(STAR_HELPER, ast.Load()), [ast.Constant(node.module or ""), ast.Constant(node.level)], [])
            return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))
        if isinstance(node, IMPORTS) and not is_future(node):
            names = [alias for alias in node.names if _bound_by(alias) in self.wanted]
            return self._copy(node, names=names)
        if not isinstance(node, BRANCHES):
            return node
        blocks = {field: self._cut_block(getattr(node, field, []), field == "body") for field in ("body", "orelse", "finalbody")}
        handlers = [self._copy(one, body=self._cut_block(one.body, True)) for one in getattr(node, "handlers", [])]
        if isinstance(node, ast.If):
            return self._copy(node, body=blocks["body"], orelse=blocks["orelse"])
        return self._copy(node, handlers=handlers, **blocks)

    def _cut_block(self, body, is_needed):
        cut = [self._cut(node) for node in body]
        left = [node for node in cut if node is not None]
        return left or ([ast.copy_location(ast.Pass(), body[0])] if is_needed else [])

    @staticmethod
    def _copy(node, **fields):
        changed = copy.copy(node)
        for field, value in fields.items():
            setattr(changed, field, value)
        return changed
