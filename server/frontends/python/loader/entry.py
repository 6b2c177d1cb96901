"""What programs that load models do when they are started, whatever the framework.

Without a mode a job (JSON) is read on standard input, and answered with one frame on descriptor 3. With `--ready` the framework is made ready
before the job is read, and a frame says so. With `--forks` the process forks another for each job (`forking.py`), and has jobs and answers on
descriptor 3.
"""

from .channel import REASONS, close_input, read_job, take_channel
from .frames import write_frame


def run(mode, framework):
    """`framework()` imports it, and gives what loads its models (see `loading.py`) and a function that makes it ready, which gives
    the folders that change with its packages."""
    channel = take_channel()
    # What is read first is not there any more where importing fails.
    job = read_job() if mode is None else None
    loads, make_ready = framework()
    from .loading import serve

    if mode == "--forks":
        from .forking import serve_forks

        close_input()
        serve_forks(channel, REASONS, make_ready(), loads)
        return
    if mode == "--ready":
        write_frame(channel, {"ready": {"folders": make_ready()}})
        job = read_job()
    serve(job, channel, loads)
