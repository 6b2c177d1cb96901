"""Messages over a pipe, as `server/processes/frames.ts` has them: lengths of header and body, the header in JSON, raw bytes."""

import json
import os
import struct
import threading

LENGTHS = struct.Struct("<II")


def write_frame(descriptor, header, parts=()):
    """Writes one frame, however long that takes."""
    text = json.dumps(header).encode()
    for piece in [LENGTHS.pack(len(text), sum(len(part) for part in parts)) + text, *parts]:
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


class Answers:
    """Writes the frames of an answer, one after the other, from whatever thread."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._turn = threading.Lock()

    def write(self, header, parts=()):
        """Writes a frame, however long that takes."""
        self._turn.acquire()
        self._finish(header, parts)

    def write_ahead(self, parts):
        """Begins to write what the answer's body begins with, if its header says so (`"ahead": true`), and does not wait for it."""
        self._turn.acquire()
        threading.Thread(target=self._finish, args=({"type": "ahead"}, parts), name="prunelens-ahead", daemon=True).start()

    def _finish(self, header, parts):
        try:
            write_frame(self._descriptor, header, parts)
        finally:
            self._turn.release()


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
