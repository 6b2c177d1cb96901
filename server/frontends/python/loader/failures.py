"""Mistakes of the user's code as plain data, each with its line."""

import os
import re
import sys

from .cutting import line_in_main_part
from .places import is_users, traceback_place
from .refusals import Refused

LONGEST_MESSAGE = 600

PACKAGES = {"cv2": "opencv-python", "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn", "yaml": "pyyaml"}
"""What provides modules, where the name is another one."""

ALLOW = 'If it has to, name it for this model in prunelens.json: "allow": ["{kind}"].'


class Failure(Exception):
    """A mistake that is known: a message, a hint and a place. `kind` is `usage` where it was asked for wrongly; `about` is
    `inputs` where to say what the model takes would help."""

    def __init__(self, message, place=None, hint=None, kind="failed", about=None):
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint
        self.kind = kind
        self.about = about


def describe(error, file, python, refused=()):
    """The answer for an exception. `file` stands for its place where it has none of the user's; `refused` is what was refused before."""
    message, place, hint, kind = _read(error, python, refused)
    path, line = place or (file, 1)
    column = getattr(error, "offset", None) if isinstance(error, SyntaxError) else None
    location = {"file": path, "line": max(1, line or 1), "column": max(1, column or 1)}
    more = {"hint": hint, "about": getattr(error, "about", None)}
    known = {key: value for key, value in more.items() if isinstance(value, str)}
    return {"type": "failure", "kind": kind, "message": message, "location": location, **known}


def _read(error, python, refused):
    if isinstance(error, Failure):
        return error.message, error.place, error.hint, error.kind
    for one in _chain(error):
        if isinstance(one, Refused):
            return _of_refused(one)
    place = traceback_place(error) or _place_in_text(str(error))
    if isinstance(error, SyntaxError) and error.filename and is_users(os.path.abspath(error.filename)):
        return f"{type(error).__name__}: {error.msg}", (error.filename, error.lineno), None, "failed"
    if isinstance(error, SystemExit) and _went_through(error, "argparse.py"):
        hint = "Make the model in a function of a file of your own, with the values that it needs, and name that."
        return "The model needs arguments of the command line of its script.", place, hint, "failed"
    if isinstance(error, SystemExit):
        code = "" if error.code is None else error.code
        hint = "Guard it by if __name__ == \"__main__\":, or take it out of what the model needs."
        return f"The code ended its process (sys.exit({code!r})).".replace("('')", "()"), place, hint, "failed"
    if isinstance(error, ModuleNotFoundError) and error.name:
        parent, _, last = error.name.rpartition(".")
        if parent in sys.modules:
            return f"There is no module {last} in {parent}.", place, "Check the import, and whether a file or folder is missing.", "failed"
        name = error.name.split(".")[0]
        # It may be used long after a stand-in was imported in its place: see absent.py.
        place = getattr(error, "imported_at", place)
        package = PACKAGES.get(name, name)
        hint = f'Install it for this Python ("{python}" -m pip install {package}), or choose another one with --python.'
        return f"The module {error.name} is not installed.", place, hint, "failed"
    if "failed in the TorchScript interpreter" in str(error):
        place = _place_in_text(str(error)) or place
        hint = "Leave torch.jit out of its code."
        return "A part of the model is TorchScript (torch.jit), which cannot be exported.", place, hint, "failed"
    if isinstance(error, NameError) and place:
        return f"NameError: {error}", place, _of_main_part(error, place[0]), "failed"
    if refused and place is None:
        return _of_refused(refused[-1])
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error):
        return "The model asks for more memory than there is.", place, "Check the sizes of its layers.", "failed"
    if isinstance(error, EOFError) and "reading a line" in str(error):
        return "The code waits for somebody to type (input), and nobody does.", place, "Give the value in a function of your own.", "failed"
    if isinstance(error, RecursionError):
        return "The code calls itself too deep.", place, None, "failed"
    return f"{type(error).__name__}: {_shortened(error)}", place, None, "failed"


def _of_main_part(error, file):
    """What to do about a name that only the main part of a file sets."""
    name = next(iter(re.findall(r"'(\w+)'", str(error))), None)
    try:
        with open(file, "rb") as stream:
            line = line_in_main_part(stream.read(), name)
    except (OSError, SyntaxError, ValueError):
        return None
    if line is None:
        return None
    return f"{name} is set on line {line}, which only runs as a script. Make a file of your own that sets it and makes the model, and name that."


def _of_refused(refused):
    sentence = str(refused).partition(": it ")[2]
    message = f"While the model is loaded, the code {sentence}, which is refused."
    return message, refused.place, ALLOW.format(kind=refused.kind), "failed"


def _went_through(error, name):
    """Whether an exception went through a file of that name."""
    trace = error.__traceback__
    while trace is not None:
        if os.path.basename(trace.tb_frame.f_code.co_filename) == name:
            return True
        trace = trace.tb_next
    return False


def _chain(error):
    """The exception and those that it came from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _place_in_text(text):
    found = [(file, int(line)) for file, line in re.findall(r'File "([^"]+)", line (\d+)', text) if is_users(file)]
    return found[-1] if found else None


def _shortened(error):
    """The message without what frameworks add about their own inside."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    for end in ("\n\nWhile executing", "\n\nFrom user code", "\n\nArguments received by", "\nThe above exception"):
        text = text.split(end)[0]
    if text.startswith("Exception encountered when calling "):
        text = " ".join(text.split())
    text = text.strip() or type(error).__name__
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " …"
