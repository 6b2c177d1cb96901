"""Runs PruneLens programs in this interpreter's PyTorch, as the process that started it asks through file descriptor 3."""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def main():
    # Nothing but this folder of ours is added to where modules come from, and it comes last: the user's PyTorch finds its own.
    sys.path[:] = [path for path in sys.path if path not in ("", FOLDER)] + [FOLDER]
    from prunelens_torch.watch import watch_process

    # Before PyTorch is imported, which takes seconds.
    watch_process()
    from prunelens_torch.session import serve

    serve()


if __name__ == "__main__":
    main()
