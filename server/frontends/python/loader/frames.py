"""Messages over a pipe, as `server/processes/frames.ts` has them: lengths of header and body, the header in JSON, raw bytes."""

import contextlib
import json
import os
import struct
import threading

LENGTHS = struct.Struct("<II")


def write_frame(descriptor, header, parts=()):
    """Writes one frame, however long that takes."""
    text = json.dumps(header).encode()
    for piece in [LENGTHS.pack(len(text), sum(len(part) for part in parts)) + text, *parts]:
        _write_all(descriptor, piece)


def _write_all(descriptor, piece):
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class Answers:
    """Writes the frames of an answer, one after the other, from whatever thread.

    `memory` is the path of a file in memory that whoever reads them has made: what is written ahead goes there, and by no pipe.
    """

    def __init__(self, descriptor, memory=None):
        self._descriptor = descriptor
        self._memory = _opened(memory)
        self._turn = threading.Lock()

    def write(self, header, parts=()):
        """Writes a frame, however long that takes."""
        self._turn.acquire()
        self._finish(header, parts)

    def write_ahead(self, parts):
        """Begins to write what the answer's body begins with, if its header says so (`"ahead": true`), and does not wait for it."""
        self._turn.acquire()
        threading.Thread(target=self._finish_ahead, args=(parts,), name="prunelens-ahead", daemon=True).start()

    def _finish_ahead(self, parts):
        if self._memory is not None and _filled(self._memory, parts):
            self._finish({"type": "ahead", "inMemory": sum(len(part) for part in parts)}, ())
        else:
            self._finish({"type": "ahead"}, parts)

    def _finish(self, header, parts):
        try:
            write_frame(self._descriptor, header, parts)
        finally:
            self._turn.release()


def _opened(path):
    """A descriptor; None where there is no such file, or it may not be opened."""
    try:
        return None if path is None else os.open(path, os.O_WRONLY)
    except OSError:
        return None


def _filled(descriptor, parts):
    """Whether the parts could be written: there may be too little memory of that kind."""
    try:
        for part in parts:
            _write_all(descriptor, part)
        return True
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        return False


def read_header(descriptor):
    """The header of the next frame, which has no body; None at the end of the pipe."""
    lengths = _read(descriptor, LENGTHS.size)
    return None if lengths is None else json.loads(_read(descriptor, LENGTHS.unpack(lengths)[0]))


def _read(descriptor, count):
    found = b""
    while len(found) < count:
        piece = os.read(descriptor, count - len(found))
        if not piece:
            return None
        found += piece
    return found
