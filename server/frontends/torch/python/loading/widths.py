"""What modules say of their width and their heads: attributes that `forward` reads, which have to follow where layers become smaller."""

PLAIN = ("dim", "size", "width")
"""Parts of names that are no number of heads: `head_dim`, `attention_head_size`."""


def guesses(model, cuts):
    """Which attributes may follow: {module: {attribute: value}} a guess, the widest first. `cuts` are (shape, {axis: indices that stay}) by tensor."""
    changes = {}
    for name, (shape, kept) in cuts.items():
        owner = name.rpartition(".")[0]
        cut = {(shape[axis], len(indices)) for axis, indices in kept.items()}
        changes.setdefault(owner.rpartition(".")[0], set()).update(cut)
        # What a layer says of an axis that stays is as it was.
        changes.setdefault(owner, set()).update(cut, ((size, size) for axis, size in enumerate(shape) if axis not in kept))
    modules = dict(model.named_modules(remove_duplicate=False))
    # Layers of PyTorch, and those that shrink.py has in their place, have been set right already.
    users = {path: found for path, found in changes.items() if path in modules and not type(modules[path]).__module__.startswith(("torch.", "<"))}
    heads = {path: _heads(modules[path], found) for path, found in users.items()}
    widths = {path: _widths(modules[path], found) for path, found in users.items()}
    both = {path: {**widths[path], **heads[path]} for path in users}
    found = []
    for guess in (both, heads, widths):
        told = {path: numbers for path, numbers in guess.items() if numbers}
        if told and told not in found:
            found.append(told)
    return found


def _numbers(module):
    return {name: value for name, value in vars(module).items() if type(value) is int and value > 1}


def _widths(module, changes):
    """Attributes that are a width before, where all tensors of that width have become equally small."""
    now = {}
    for before, after in changes:
        now.setdefault(before, set()).add(after)
    found = {}
    for name, value in _numbers(module).items():
        if len(now.get(value, ())) == 1 and value not in now[value]:
            found[name] = next(iter(now[value]))
    return found


def _heads(module, changes):
    """Numbers of heads, each of which is as wide as it was."""
    found = {}
    for name, value in _numbers(module).items():
        if "head" not in name or any(part in name for part in PLAIN):
            continue
        left = {value * after // before for before, after in changes if before % value == 0 and value * after % before == 0}
        if len(left) == 1:
            found[name] = left.pop()
    return found
