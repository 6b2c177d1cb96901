"""Messages over the pipe: the lengths of header and body (32-bit unsigned, little-endian), a header in JSON, raw bytes."""

import json
import os
import struct

# File descriptor of the pipe, which reads and writes; what is printed does not meet it.
DESCRIPTOR = 3

LENGTHS = struct.Struct("<II")


class Channel:
    def __init__(self, descriptor=DESCRIPTOR):
        os.set_inheritable(descriptor, False)
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        self._input = open(descriptor, "rb", buffering=1 << 16, closefd=False)
        self._output = open(descriptor, "wb", buffering=0, closefd=False)

    def receive(self):
        """The next header and body; None once the other end is closed."""
        lengths = self._input.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return None
        header_length, body_length = LENGTHS.unpack(lengths)
        header = self._input.read(header_length)
        body = bytearray(body_length)
        if len(header) < header_length or (body_length and self._input.readinto(body) < body_length):
            return None
        return json.loads(header), body

    def send(self, header, body=b""):
        text = json.dumps(header).encode()
        body = memoryview(body).cast("B")
        self._write(LENGTHS.pack(len(text), len(body)) + text)
        self._write(body)

    def _write(self, data):
        view = memoryview(data)
        while len(view):
            view = view[self._output.write(view) :]
