"""Loads one model and answers with its description.

A framework is what knows its models: a class that is made for a job, with `mode` (a context under which the user's code runs),
`prepare(guard)` (before any of it runs), `seed(seed)`, `is_model(value)` and `is_model_class(kind)`, `model_of(value, construct)`, and
`describe(model, guard, code, answers)`, which gives the header and the parts of the answer; `code` is a `Code` of reading.py, `answers` the `Answers` of
frames.py, for what can go ahead. It runs outside of `mode`.
`frontends/torch/python/loading/framework.py` is one.
"""

import contextlib
import os
import sys

from .constructing import Answer, construct_model, find_names, parse_construct
from .failures import Failure, describe
from .frames import Answers
from .guard import Guard
from .importing import Sources, import_file
from .reading import Code, Reads
from .refusals import Refusals

MISSING = (NameError, AttributeError, KeyError, ImportError)
"""What is raised where something is missing that was left out, perhaps."""


def resident_memory():
    """Bytes in use; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Load:
    """One job on its way; what is known of it when something goes wrong."""

    def __init__(self, job, framework, answers):
        self.job = job
        self.answers = answers
        self.framework = framework(job)
        self.sources = Sources(job["unsaved"])
        self.refusals = Refusals(job["workspace"], job["allow"])
        self.reads = Reads(job["workspace"])

    def run(self, guard):
        """(header, parts)"""
        job, framework = self.job, self.framework
        tree = parse_construct(job["construct"])
        os.chdir(job["workspace"])
        sys.argv = [job["file"]]
        framework.prepare(guard)
        self.refusals.begin()
        self.reads.begin()
        guard.allow(job["seconds"])
        with framework.mode:
            # What the file itself makes is made from the seed, too.
            framework.seed(job["seed"])
            module = import_file(job["file"], job["workspace"], self.sources, job["whole"])
            find_names(tree, module, job["file"], framework.is_model_class)
            name = os.path.basename(job["file"])
            model = construct_model(tree, job["construct"], module, name, job["seed"], framework)
        header, parts = framework.describe(model, guard, Code(self.sources, self.reads), self.answers)
        guard.allow(None)
        return {**header, "notes": header.get("notes", []) + self._refused(), **self._sources()}, parts

    def _refused(self):
        """A note on each thing that was refused, and done without."""
        return ["{}:{}: {}.".format(*(refused.place or (self.job["file"], 1)), refused) for refused in self.refusals.found]

    def _sources(self):
        return {"leftOut": self._left_out(), "read": sorted(self.sources.read | self.reads.files)}

    def _left_out(self):
        # A module whose import has failed is none.
        imported = [one for one in self.sources.cut if sys.modules.get(one.module.__name__) is one.module]
        lines = [(one.module.__file__, *line) for one in imported for line in one.cut.left_out()]
        return [{"file": file, "first": first, "last": last} for file, first, last in lines]

    def failure(self, error):
        job = self.job
        answer = describe(error, job["file"], sys.executable, self.refusals.found)
        may_be_cut = isinstance(error, MISSING) and not job["whole"] and bool(self._left_out())
        return {**answer, "mayBeCut": may_be_cut}


def serve(job, channel, framework, memory=None):
    """Answers the job and ends the process. `memory`: see `Answers`."""
    answers = Answers(channel, memory)
    load = _Load(job, framework, answers)

    def end_with(message, hint, place):
        answers.write(describe(Failure(message, place, hint), job["file"], sys.executable))

    guard = Guard(job["memory"], resident_memory, end_with)
    guard.begin()
    try:
        header, parts = load.run(guard)
    except Answer as answer:
        guard.allow(None)
        header, parts = answer.header, ()
    # SystemExit, too.
    except BaseException as error:
        guard.allow(None)
        header, parts = load.failure(error), ()
    load.refusals.is_active = False
    answers.write(header, parts)
    sys.stdout.flush()
    sys.stderr.flush()
    for descriptor in (1, 2, channel):
        # Whoever reads them need not wait until the memory of this process is given back.
        with contextlib.suppress(OSError):
            os.close(descriptor)
    # What the user's code has started, or left to be done at the end, does not count.
    os._exit(0)
