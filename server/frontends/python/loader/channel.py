"""How a program that loads models is spoken to: a job (JSON) on standard input, frames on descriptor 3."""

import json
import os
import sys

CHANNEL = 3
REASONS = 4
"""The descriptor on which `launch.py` says why it ends the process."""


def take_channel():
    """The descriptor of the channel, out of the way of the user's code."""
    channel = os.dup(CHANNEL)
    os.close(CHANNEL)
    return channel


def close_input():
    """Afterwards nothing is to be read on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def read_job():
    job = json.loads(sys.stdin.buffer.read())
    close_input()
    return job
