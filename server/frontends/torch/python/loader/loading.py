"""Loads one model and answers with its description."""

import contextlib
import os
import sys
import warnings

import torch

from ..exporting.export_model import export_model
from ..exporting.tensors import raw_bytes
from .constructing import construct_model, find_names, parse_construct
from .devices import OnCpu, may_name_devices, replace_cuda
from .examples import draw_examples, inputs_of, left_to_default
from .failures import Failure, describe
from .frames import write_frame
from .guard import Guard
from .importing import Sources, import_file
from .places import is_users, origins_of, record_origins
from .reading import Reads
from .refusals import Refusals
from .shrinking import shrink_model

MISSING = (NameError, AttributeError, KeyError, ImportError)
"""What is raised where something is missing that was left out, perhaps."""

EXPORT_SECONDS = 240


def resident_memory():
    """Bytes in use; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _output(asked):
    """A number is an index."""
    return int(asked) if asked is not None and asked.isdigit() else asked


class _Load:
    """One job on its way; what is known of it when something goes wrong."""

    def __init__(self, job):
        self.job = job
        self.sources = Sources(job["unsaved"])
        self.refusals = Refusals(job["workspace"], job["allow"])
        self.reads = Reads(job["workspace"])
        self.mode = OnCpu()

    def run(self, guard):
        """(header, tensors)"""
        job = self.job
        tree = parse_construct(job["construct"])
        os.chdir(job["workspace"])
        sys.argv = [job["file"]]
        replace_cuda()
        record_origins()
        self.refusals.begin()
        self.reads.begin()
        guard.allow(job["seconds"])
        with self.mode:
            module = import_file(job["file"], job["workspace"], self.sources, job["whole"])
            find_names(tree, module, job["file"])
            name = os.path.basename(job["file"])
            model = construct_model(tree, job["construct"], module, name, job["seed"])
            guard.allow(EXPORT_SECONDS)
            if "shrink" in job:
                return shrink_model(model, job)
            origins = origins_of(model)
            place = self._place(model, origins)
            described = inputs_of(model, job["inputs"], job["fallback"], place)
            inputs, fixed = (draw_examples(described, job[size]) for size in ("batch", "usedBatch"))
        asks = self.mode.was_needed or may_name_devices(model, self.sources, self.reads.files)
        mode = self.mode if asks else contextlib.nullcontext()
        with mode, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header, tensors = export_model(model, inputs, origins, _output(job["output"]), fixed)
        guard.allow(None)
        return self._answer(header, model, described), [raw_bytes(tensor) for tensor in tensors]

    def _place(self, model, origins):
        code = getattr(type(model).forward, "__code__", None)
        if code is not None and is_users(code.co_filename):
            return code.co_filename, code.co_firstlineno
        return next(iter(origins.get("", ())), (self.job["file"], 1))

    def _answer(self, header, model, described):
        notes = []
        if self.mode.was_needed:
            notes.append("The model asks for another device; it was made on the CPU.")
        batch = header["batch"]
        if not batch["dynamic"]:
            notes.append(
                f"A number of examples is written down in the code of {header['name']}, or follows from it: "
                f"the model was read with {batch['size']} examples a batch, and takes no other number."
            )
        for refused in self.refusals.found:
            file, line = refused.place or (self.job["file"], 1)
            notes.append(f"{file}:{line}: {refused}.")
        return {
            "type": "model",
            "model": header,
            "inputs": described,
            "leftToDefault": left_to_default(model, described),
            "notes": notes,
            "leftOut": self._left_out(),
            "read": sorted(self.sources.read | self.reads.files),
        }

    def _left_out(self):
        found = []
        for module in list(sys.modules.values()):
            running = getattr(module, "__dict__", {}).get("__prunelens_cut__")
            if running is not None:
                found += [{"file": module.__file__, "first": first, "last": last} for first, last in running.cut.left_out()]
        return found

    def failure(self, error):
        job = self.job
        answer = describe(error, job["file"], sys.executable, self.refusals.found)
        may_be_cut = isinstance(error, MISSING) and not job["whole"] and bool(self._left_out())
        return {**answer, "mayBeCut": may_be_cut}


def serve(job, channel):
    """Answers the job and ends the process."""
    load = _Load(job)

    def end_with(message, hint, place):
        write_frame(channel, describe(Failure(message, place, hint), job["file"], sys.executable))

    guard = Guard(job["memory"], resident_memory, end_with)
    guard.begin()
    try:
        header, parts = load.run(guard)
    # SystemExit, too.
    except BaseException as error:
        guard.allow(None)
        header, parts = load.failure(error), ()
    load.refusals.is_active = False
    write_frame(channel, header, parts)
    sys.stdout.flush()
    sys.stderr.flush()
    # What the user's code has started, or left to be done at the end, does not count.
    os._exit(0)
