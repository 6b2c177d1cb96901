"""Names of what forward returns."""

import torch


def output_names(spec, users):
    """A name for each leaf of what forward returned: its keys and indices with dots between them."""
    leaves = list(range(spec.num_leaves))
    tree = torch.utils._pytree.tree_unflatten(leaves, spec)
    names = {}

    def visit(value, path):
        if isinstance(value, int) and not isinstance(value, bool):
            names[value] = ".".join(path) or "0"
        elif isinstance(value, dict):
            for key, one in value.items():
                visit(one, (*path, str(key)))
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            for key, one in zip(value._fields, value):
                visit(one, (*path, key))
        elif isinstance(value, (list, tuple)):
            for i, one in enumerate(value):
                visit(one, (*path, str(i)))
        elif hasattr(value, "__dict__"):
            visit({key: one for key, one in vars(value).items() if one is not None}, path)

    visit(tree, ())
    return [names.get(i, str(i)) for i in range(len(users))]
