"""What is imported stays for good in a process that is ready, or that it forks."""

import gc
import os
import site


def keep(*folders):
    """Forks that never look at what is there now share its memory. Returns the folders that change when packages are installed or
    removed: those of the interpreter, and those given."""
    gc.collect()
    gc.freeze()
    folders = [*site.getsitepackages(), site.getusersitepackages(), *folders]
    return sorted({one for one in folders if os.path.isdir(one)})
