"""__HEADER__"""

import copy
import json
import traceback

import torch
from torch import nn

CUTS = json.loads(r"""__CUTS__""")
"""For each tensor that loses something: its shape, and by axis the bits (in hexadecimal) of the indices that stay."""

NUMBERS = json.loads(r"""__NUMBERS__""")
"""By module what it says of its width and its heads, where forward reads that."""

INPUTS = json.loads(r"""__INPUTS__""")
"""One example, as the proof draws it: shapes, dtypes, and what whole numbers are below."""

OUTPUT = __OUTPUT__
"""Name of the output that counts; the first tensor where it is None."""

TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}
"""The largest difference that rounding explains, relative to the largest value."""


class CannotShrink(ValueError):
    """The code of the model does not go with smaller layers. `place` is its (file, line) where one is known."""

    def __init__(self, message, place=None):
        super().__init__(f"{place[0]}:{place[1]}: {message}" if place else message)
        self.reason = message
        self.place = place


def shrink(model, proves=True):
    """Removes the channels from a fresh instance of the model, in place, and returns it.

    Weights that stay keep their values; load those of model.safetensors afterwards. With `proves` its results are compared with those of
    the model with zeros for what is removed. Raises CannotShrink where they differ, or where forward needs another width.
    """
    owners = _owners(model)
    masked = masked_copy(model) if proves else None
    _cut(model, owners)
    for path, numbers in NUMBERS.items():
        vars(model.get_submodule(path)).update(numbers)
    if proves:
        difference(model, masked)
    return model


def masked_copy(model):
    """A copy of the model with zeros for all weights that are removed."""
    masked = copy.deepcopy(model)
    with torch.no_grad():
        for name, parameter in masked.named_parameters():
            if name in CUTS:
                for axis, kept in _kept(name).items():
                    removed = torch.ones(parameter.shape[axis], dtype=torch.bool)
                    removed[kept] = False
                    parameter.index_fill_(axis, removed.nonzero().flatten().to(parameter.device), 0)
    return masked


def difference(smaller, masked, dtype=torch.float64):
    """The largest difference of their outputs in evaluation, relative to the largest value. Raises CannotShrink where it is no rounding."""
    before, after = (copy.deepcopy(model).eval().to(dtype) for model in (masked, smaller))
    with torch.no_grad():
        try:
            expected = output_of(before, examples(2, dtype))
        except RuntimeError:
            # Some models make tensors of float32 themselves.
            if dtype is torch.float32:
                raise
            return difference(smaller, masked, torch.float32)
        try:
            found = output_of(after, examples(2, dtype))
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CannotShrink(f"forward needs the width that it was written for: {reason}", _place(error)) from error
    if found.shape != expected.shape:
        raise CannotShrink(f"the smaller model gives {tuple(found.shape)} where the model gives {tuple(expected.shape)}", _forward(smaller))
    largest = float(expected.abs().max())
    apart = float((found - expected).abs().max()) / max(largest, 1e-30)
    if not apart <= TOLERANCE[dtype]:
        raise CannotShrink(f"the smaller model computes something else: its outputs differ by {apart:.1e} of the largest", _forward(smaller))
    return apart


def examples(count, dtype=torch.float32):
    """So many random examples: (args, kwargs) of forward."""
    generator = torch.Generator().manual_seed(0)
    drawn = [_example(one, count, dtype, generator) for one in INPUTS]
    if any(one.get("name") for one in INPUTS):
        return (), {one["name"]: tensor for one, tensor in zip(INPUTS, drawn)}
    return drawn, {}


def _example(described, count, dtype, generator):
    own = getattr(torch, described.get("dtype") or "float32")
    shape = (count, *described["shape"])
    if own.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    below = 2 if own is torch.bool else described.get("below") or 1
    return torch.randint(0, below, shape, generator=generator).to(own)


def output_of(model, inputs):
    """The output that counts."""
    args, kwargs = inputs
    found = dict(_tensors(model(*args, **kwargs)))
    return found[OUTPUT] if OUTPUT in found else next(iter(found.values()))


def _tensors(value, path=()):
    """(name, tensor) for each tensor that forward returned: its keys and indices with dots between them."""
    if isinstance(value, torch.Tensor):
        yield ".".join(path) or "0", value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _tensors(one, (*path, str(key)))
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from _tensors(dict(zip(value._fields, value)), path)
    elif isinstance(value, (list, tuple)):
        yield from _tensors(dict(enumerate(value)), path)
    elif hasattr(value, "__dict__"):
        yield from _tensors({key: one for key, one in vars(value).items() if one is not None}, path)


def _place(error):
    """The innermost line of an exception that is not PyTorch's own."""
    own = (torch.__file__[: -len("__init__.py")], __file__)
    frames = [one for one in traceback.extract_tb(error.__traceback__) if not one.filename.startswith((*own, "<"))]
    return (frames[-1].filename, frames[-1].lineno) if frames else None


def _forward(model):
    code = getattr(type(model).forward, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else None


def _kept(name):
    """By axis the indices of a tensor that stay."""
    shape, axes = CUTS[name]["shape"], CUTS[name]["axes"]
    return {int(axis): [i for i in range(shape[int(axis)]) if int(bits[i // 4], 16) >> (i % 4) & 1] for axis, bits in axes.items()}


def _owners(model):
    """The module and the attribute of each tensor that is cut. Raises CannotShrink where the model is another one."""
    owners = {}
    for path, module in model.named_modules(remove_duplicate=False):
        for leaf in (*module._parameters, *module._buffers):
            owners[f"{path}.{leaf}" if path else leaf] = (module, leaf)
    missing = [name for name in CUTS if name not in owners]
    if missing:
        raise CannotShrink(f"the model has no {', '.join(missing[:5])}: shrink.py was written for another one")
    for name, cut in CUTS.items():
        module, leaf = owners[name]
        found = tuple(getattr(module, leaf).shape)
        if found != tuple(cut["shape"]):
            raise CannotShrink(f"{name} is {found} in the model, and {tuple(cut['shape'])} where its channels were chosen")
    return owners


def _cut(model, owners):
    made, changed, done = {}, {}, set()
    for name in CUTS:
        module, leaf = owners[name]
        # A module of two names is cut once.
        if (id(module), leaf) in done:
            continue
        done.add((id(module), leaf))
        old = getattr(module, leaf)
        # Tensors of two names stay one.
        if id(old) not in made:
            made[id(old)] = (old, _smaller(old, _kept(name)))
        new = made[id(old)][1]
        (module._parameters if isinstance(old, nn.Parameter) else module._buffers)[leaf] = new
        changed[id(module)] = module
    for module in changed.values():
        _fit(module)
    for module in model.modules():
        # Its kernel for padded batches reads the weights of attention itself.
        if isinstance(module, nn.TransformerEncoder) and any(isinstance(one, FewerHeads) for one in module.modules()):
            module.use_nested_tensor = False


def _smaller(tensor, kept):
    values = tensor.detach()
    for axis, indices in kept.items():
        values = values.index_select(axis, torch.tensor(indices, device=values.device))
    return nn.Parameter(values.clone(), requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else values


def _fit(module):
    """Sets what a layer says of its sizes to those of its tensors."""
    if isinstance(module, nn.modules.conv._ConvNd):
        _fit_convolution(module)
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)):
        module.num_features = _first(module.weight, module.running_mean).shape[0]
    elif isinstance(module, nn.GroupNorm):
        each = module.num_channels // module.num_groups
        module.num_channels = module.weight.shape[0]
        module.num_groups = module.num_channels // each
    elif isinstance(module, nn.LayerNorm):
        module.normalized_shape = tuple(module.weight.shape)
    elif isinstance(module, nn.PReLU):
        module.num_parameters = module.weight.shape[0]
    elif isinstance(module, nn.Embedding):
        module.num_embeddings, module.embedding_dim = module.weight.shape
    elif isinstance(module, nn.MultiheadAttention):
        _fit_attention(module)
    elif isinstance(module, nn.RNNBase):
        module.input_size, module.hidden_size = module.weight_ih_l0.shape[1], module.weight_hh_l0.shape[1]
        module._init_flat_weights()


def _fit_convolution(module):
    first, second = module.weight.shape[:2]
    if module.transposed:
        each = module.in_channels // module.groups
        module.groups = 1 if module.groups == 1 else first // each
        module.in_channels, module.out_channels = first, second * module.groups
    else:
        each = module.out_channels // module.groups
        module.groups = 1 if module.groups == 1 else first // each
        module.in_channels, module.out_channels = second * module.groups, first


def _fit_attention(module):
    if type(module) is not nn.MultiheadAttention:
        raise CannotShrink(f"{type(module).__name__} derives from nn.MultiheadAttention, whose heads are removed of that alone", _forward(module))
    if module.bias_k is not None or module.add_zero_attn:
        raise CannotShrink("heads of nn.MultiheadAttention are not removed with add_bias_kv and add_zero_attn", _forward(module))
    module.__class__ = FewerHeads
    module.num_heads = module.out_proj.weight.shape[1] // module.head_dim
    # PyTorch's fused layers take all widths from the query where this is set.
    module._qkv_same_embed_dim = False


class FewerHeads(nn.MultiheadAttention):
    """nn.MultiheadAttention with fewer heads than make up its width, which PyTorch's own takes from the query."""

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        if query.dim() == 2:
            given = (one.unsqueeze(0 if self.batch_first else 1) for one in (query, key, value))
            padding = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
            result, weights = self.forward(*given, padding, need_weights, attn_mask, average_attn_weights, is_causal)
            return result.squeeze(0 if self.batch_first else 1), None if weights is None else weights.squeeze(0)
        given = (query, key, value) if self.batch_first else (one.transpose(0, 1) for one in (query, key, value))
        q, k, v = (self._heads(one, *layer) for one, layer in zip(given, self._layers()))
        mask = self._mask(attn_mask, key_padding_mask, q.dtype)
        rate = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = q @ k.transpose(2, 3) * self.head_dim**-0.5
            weights = nn.functional.dropout((scores if mask is None else scores + mask).softmax(3), rate)
            found = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
        else:
            found = nn.functional.scaled_dot_product_attention(q, k, v, mask, rate)
        result = self.out_proj(found.transpose(1, 2).flatten(2))
        return result if self.batch_first else result.transpose(0, 1), weights

    def _layers(self):
        """Weight and bias for queries, keys and values."""
        own = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        weights = own if self.in_proj_weight is None else self.in_proj_weight.chunk(3)
        return zip(weights, (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3))

    def _heads(self, x, weight, bias):
        return nn.functional.linear(x, weight, bias).unflatten(2, (self.num_heads, self.head_dim)).transpose(1, 2)

    def _mask(self, attention, padding, dtype):
        if attention is not None and attention.dim() == 3:
            raise CannotShrink("a mask for each head is written for the heads that are removed")
        parts = [_added(attention, dtype), None if padding is None else _added(padding, dtype)[:, None, None, :]]
        there = [one for one in parts if one is not None]
        return sum(there) if there else None


def _added(mask, dtype):
    """What a mask adds to scores: itself, or minus infinity where it is true."""
    if mask is None or mask.is_floating_point():
        return mask
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(mask, float("-inf"))


def _first(*tensors):
    return next(one for one in tensors if one is not None)
