"""Lines of the user's: in stacks and in tracebacks."""

import os
import sys
import sysconfig

_FRONT_ENDS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The folders of the programs that load models, and of what starts them.
OWN_FOLDERS = {os.path.join(_FRONT_ENDS, ""), os.path.join(os.path.dirname(_FRONT_ENDS), "python", "")}
_INSTALLED = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
INSTALLED = tuple({os.path.join(one, "") for one in _INSTALLED if one} | OWN_FOLDERS)

MOST_FRAMES = 32


def is_users(file):
    """Whether a file is neither Python's, nor of an installed package, nor ours."""
    return os.path.isabs(file) and not file.startswith(INSTALLED) and "site-packages" not in file and "dist-packages" not in file


def user_frames(frame):
    """The user's frames, innermost first."""
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def user_place(frame=None):
    """(file, line) of the innermost frame of the user's, from the caller's on; None where there is none."""
    for one in user_frames(frame or sys._getframe(1)):
        return one.f_code.co_filename, one.f_lineno
    return None


def traceback_place(error):
    """(file, line) of the innermost line of the user's that an exception went through; None where there is none."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if is_users(trace.tb_frame.f_code.co_filename):
            found = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def places_of(frames):
    """(file, line) of each frame, up to a limit."""
    places = []
    for frame in frames:
        place = (frame.f_code.co_filename, frame.f_lineno)
        # Comprehensions are frames of their own before Python 3.12.
        if place != (places[-1] if places else None):
            places.append(place)
        if len(places) == MOST_FRAMES:
            break
    return tuple(places)


def is_making(frame, module):
    """Whether a frame is of a method of the module itself, such as the constructor of its class."""
    code = frame.f_code
    return code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is module
