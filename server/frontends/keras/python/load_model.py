"""Entry of the process that loads Keras models of Python files. `loader/entry.py` has its modes, `server/frontends/keras/pythonProtocol.ts` the
types of job and answer.

Standard library and the user's own Keras only, which the user's code imports: what it sets before decides what computes there.
"""

import os
import runpy
import sys

# The folder of this file is not on sys.path.
_PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python", "package.py")
import_packages = runpy.run_path(_PACKAGES)["import_packages"]


def framework():
    from prunelens_keras.framework import Keras
    from prunelens_keras.giving import make_ready

    return Keras, make_ready


def main(mode):
    import_packages("prunelens_loader", "prunelens_keras")
    from prunelens_loader.entry import run

    run(mode, framework)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
