"""Entry of the process that loads Keras models of Python files: reads a job (JSON) on standard input, answers with one frame on descriptor 3.

`server/frontends/keras/pythonProtocol.ts` has the types of both. Standard library and the user's own Keras only, which the user's code imports:
what it sets before decides what computes there.
"""

import os
import runpy

# The folder of this file is not on sys.path.
_PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python", "package.py")
import_packages = runpy.run_path(_PACKAGES)["import_packages"]


def main():
    import_packages("prunelens_loader", "prunelens_keras")
    from prunelens_loader.channel import read_job, take_channel

    channel = take_channel()
    job = read_job()
    from prunelens_keras.framework import Keras
    from prunelens_loader.loading import serve

    serve(job, channel, Keras)


if __name__ == "__main__":
    main()
