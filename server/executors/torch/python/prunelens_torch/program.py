"""A lowered program as a Python function that PyTorch runs."""

import torch

from . import operations, together
from .code import CODE, HALF, WIDE, is_number, number
from .failure import Failure


def half(x):
    return x.to(torch.bfloat16)


def wide(x):
    return x.float() if x.dtype == torch.bfloat16 else x


class Program:
    """Compiled once; `run` takes the tensors of its inputs, in their order, and gives those of its outputs."""

    def __init__(self, description, literals, dtype, device):
        self.name = description["name"]
        self.mode = description["mode"]
        self._kernels = [i for i, one in enumerate(description["inputs"]) if one["isKernel"]]
        self._origins = {}
        # Other processes wait for this one in it.
        self.is_shared = any(call == "deviceSum" for call, *_ in description["instructions"])
        self._file = f"<program {self.name}>"
        names, environment = self._constants(description, literals, dtype, device)
        source = self._source(description, names)
        exec(compile(source, self._file, "exec"), environment)
        self.function = environment["program"]

    def run(self, inputs):
        return self.function(*inputs)

    def with_kernel_memory(self, inputs):
        """Indices and new tensors of those inputs that are kernels of convolutions and do not lie in memory as those do."""
        return [
            (i, operations.as_kernel(inputs[i]))
            for i in self._kernels
            if not inputs[i].permute(3, 0, 1, 2).is_contiguous()
        ]

    def failure(self, error):
        """What went wrong in a run, with the operation and the layer that the code stands for."""
        line, trace = None, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                line = trace.tb_lineno
            trace = trace.tb_next
        return Failure.of(error, program=self.name, **self._origins.get(line, {}))

    def _constants(self, description, literals, dtype, device):
        """Names (or numbers) of what is known before the first run, by register, and the environment of the code."""
        classes, factors = {}, {}

        def class_range(depth):
            if depth not in classes:
                classes[depth] = torch.arange(depth, dtype=torch.int32, device=device)
            return classes[depth]

        def pool_factors(*geometry):
            if operations.pool_padding(geometry[1], geometry[3]) is not None:
                return None
            if geometry not in factors:
                factors[geometry] = operations.pool_factors(*geometry, dtype, device)
            return factors[geometry]

        names = {one["register"]: number(one["value"]) for one in description["scalars"]}
        environment = {**vars(operations), "device_sum": together.device_sum, "half": half, "wide": wide, "DTYPE": dtype}
        environment.update(classes=class_range, factors=pool_factors)
        constants = {one["register"]: value for one, value in zip(description["literals"], literals)}
        for call, attributes, _, outputs, _, _ in description["instructions"]:
            if call != "fill":
                continue
            shape, value = attributes["shape"], float(attributes["value"])
            size = shape if len(shape) < 2 else []
            constants[outputs[0]] = torch.full(size, value, dtype=dtype, device=device).expand(shape)
        for register, value in constants.items():
            names[register] = f"c{register}"
            environment[names[register]] = value
        return names, environment

    def _source(self, description, names):
        is_half = self.mode["half"]
        for one in description["inputs"]:
            names.setdefault(one["register"], f"v{one['register']}")
        lines = [f"def program({', '.join(names[one['register']] for one in description['inputs'])}):"]
        for call, attributes, inputs, outputs, frees, origin in description["instructions"]:
            if call == "fill":
                continue
            args = [names[register] for register in inputs]
            if is_half and (call in HALF or call in WIDE):
                wrap = "half" if call in HALF else "wide"
                args = [arg if is_number(arg) else f"{wrap}({arg})" for arg in args]
            for register in outputs:
                names[register] = f"v{register}"
            lines.append(f"    {', '.join(names[register] for register in outputs)} = {CODE[call](attributes, args)}")
            self._origins[len(lines)] = description["origins"][origin]
            own = [names[register] for register in frees if names[register].startswith("v")]
            if own:
                lines.append(f"    del {', '.join(own)}")
        results = [names[register] for register in description["outputs"]]
        lines.append(f"    return ({''.join(f'wide({one}), ' if is_half else f'{one}, ' for one in results)})")
        return "\n".join(lines) + "\n"
