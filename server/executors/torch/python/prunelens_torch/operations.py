"""What generated code calls.

Images are NHWC and kernels HWIO in shape, as in the program; strides carry the layout in memory: images are handed to PyTorch
as views of NCHW in channels-last memory, and kernels lie in memory as OHWI.
"""

import math

import torch
import torch.nn.functional as F

aten = torch.ops.aten

# With fewer input channels oneDNN writes beyond its memory in the kernel gradient of a strided 1x1 convolution in channels-last
# memory (PyTorch 2.13 on the CPU): other values are overwritten, or the process ends.
FEW_CHANNELS = 8


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def out_first(kernel):
    """HWIO -> OIHW."""
    return kernel.permute(3, 2, 0, 1)


def out_last(kernel):
    """OIHW -> HWIO."""
    return kernel.permute(2, 3, 1, 0)


def as_kernel(x):
    """The same values with the memory of a kernel."""
    return x.permute(3, 0, 1, 2).contiguous().permute(1, 2, 3, 0)


def is_symmetric(padding):
    top, bottom, left, right = padding
    return top == bottom and left == right


def padded(x, padding, value=0.0):
    """x (NCHW) with `value` around it."""
    top, bottom, left, right = padding
    return F.pad(x, (left, right, top, bottom), value=value)


def without_padding(x, padding, height, width):
    top, _, left, _ = padding
    return x[:, :, top : top + height, left : left + width]


# Convolution ------------------------------------------------------------------------------------------------------------------


def convolution(x, kernel, strides, padding, dilations, groups):
    x = channels_first(x)
    inner = (padding[0], padding[2])
    if not is_symmetric(padding):
        x, inner = padded(x, padding), (0, 0)
    y = aten.convolution(x, out_first(kernel), None, strides, inner, dilations, False, (0, 0), groups)
    return channels_last(y)


def both_gradients(x, kernel, y, strides, padding, dilations, groups, wanted=(True, True)):
    """The gradients by x and by the kernel; of those that are not wanted, None. Then the argument gives its shape only."""
    if x.device.type == "cpu" and kernel.shape[:2] == (1, 1) and kernel.shape[2] < FEW_CHANNELS and max(strides) > 1:
        return gradients_at_points(x, kernel, y, strides, padding, groups, wanted)
    x, height, width = channels_first(x), x.shape[1], x.shape[2]
    inner = (padding[0], padding[2])
    if not is_symmetric(padding):
        x, inner = padded(x, padding), (0, 0)
    by_x, by_kernel, _ = aten.convolution_backward(
        channels_first(y),
        x,
        out_first(kernel),
        None,
        strides,
        inner,
        dilations,
        False,
        (0, 0),
        groups,
        (*wanted, False),
    )
    if wanted[0]:
        by_x = channels_last(by_x if is_symmetric(padding) else without_padding(by_x, padding, height, width))
    return by_x, (out_last(by_kernel) if wanted[1] else None)


def gradients_at_points(x, kernel, y, strides, padding, groups, wanted):
    """`both_gradients` of a kernel of one point, from those points of x alone that it meets."""
    top, bottom, left, right = padding
    height, width = x.shape[1:3]
    x = F.pad(x, (0, 0, left, right, top, bottom))
    rows, columns = slice(None, None, strides[0]), slice(None, None, strides[1])
    points = x[:, rows, columns]
    part, by_kernel = both_gradients(points, kernel, y, (1, 1), (0, 0, 0, 0), (1, 1), groups, wanted)
    if part is None:
        return None, by_kernel
    by_x = torch.zeros_like(x)
    by_x[:, rows, columns] = part
    return by_x[:, top : top + height, left : left + width], by_kernel


def input_gradient(y, kernel, shape, *geometry):
    return both_gradients(y.new_empty(shape), kernel, y, *geometry, wanted=(True, False))[0]


def kernel_gradient(x, y, shape, *geometry):
    height, width, inputs, outputs = shape
    kernel = x.new_empty((outputs, height, width, inputs)).permute(1, 2, 3, 0)
    return both_gradients(x, kernel, y, *geometry, wanted=(False, True))[1]


# Pooling ----------------------------------------------------------------------------------------------------------------------


def pool_padding(size, padding):
    """The padding that PyTorch's pooling does itself; None where it has to be done before: it takes at most half a window."""
    fits = is_symmetric(padding) and 2 * padding[0] <= size[0] and 2 * padding[2] <= size[1]
    return (padding[0], padding[2]) if fits else None


def max_pool(x, size, strides, padding):
    """The maxima, and where they are: positions in an image, which is padded where `pool_padding` is None."""
    x, inner = channels_first(x), pool_padding(size, padding)
    if inner is None:
        x, inner = padded(x, padding, -math.inf), (0, 0)
    y, where = aten.max_pool2d_with_indices(x, size, strides, inner)
    return channels_last(y), where


def max_pool_gather(t, where, size, strides, padding):
    t = channels_first(t)
    if pool_padding(size, padding) is None:
        t = padded(t, padding)
    return channels_last(t.flatten(2).gather(2, where.flatten(2)).view(where.shape))


def max_pool_scatter(x, y, where, size, strides, padding):
    x, height, width = channels_first(x), x.shape[1], x.shape[2]
    inner = pool_padding(size, padding)
    outer = (0, 0, 0, 0) if inner is not None else padding
    extent = (x.shape[2] + outer[0] + outer[1], x.shape[3] + outer[2] + outer[3])
    y = channels_first(y)
    if y.device.type == "cuda" and torch.are_deterministic_algorithms_enabled():
        result = scattered(y, where, extent, size, strides)
    else:
        if inner is None:
            x, inner = padded(x, padding), (0, 0)
        result = aten.max_pool2d_with_indices_backward(y, x, size, strides, inner, (1, 1), False, where)
    return channels_last(without_padding(result, outer, height, width))


def scattered(y, where, extent, size, strides):
    """y (NCHW) added at positions of an image, always in the same order: CUDA's own operation adds in any order.

    Two windows that overlap may name the same position, but not two of windows that are apart: there are so many rounds that
    in each the windows are apart.
    """
    batch, channels, rows, columns = y.shape
    result = y.new_zeros((batch, channels, extent[0] * extent[1]))
    steps = [-(-size[axis] // strides[axis]) for axis in (0, 1)]
    for row in range(min(steps[0], rows)):
        for column in range(min(steps[1], columns)):
            part = (slice(None), slice(None), slice(row, None, steps[0]), slice(column, None, steps[1]))
            index = where[part].flatten(2)
            result.scatter_(2, index, result.gather(2, index) + y[part].flatten(2))
    return result.view(batch, channels, *extent)


def pool_factors(x_shape, size, strides, padding, dtype, device):
    """What the mean over whole windows is multiplied by, for windows with padding in them: [rows, columns, 1]."""
    counts = []
    for axis in (0, 1):
        extent, before, after = x_shape[axis + 1], padding[2 * axis], padding[2 * axis + 1]
        windows = (extent + before + after - size[axis]) // strides[axis] + 1
        starts = [i * strides[axis] - before for i in range(windows)]
        counts.append([min(start + size[axis], extent) - max(start, 0) for start in starts])
    rows, columns = (torch.tensor(count, dtype=torch.float64) for count in counts)
    factors = size[0] * size[1] / (rows.view(-1, 1, 1) * columns.view(1, -1, 1))
    return factors.to(device=device, dtype=dtype)


def average_pool(x, factors, size, strides, padding):
    x, inner = channels_first(x), pool_padding(size, padding)
    if inner is not None:
        return channels_last(aten.avg_pool2d(x, size, strides, inner, False, False))
    return channels_last(aten.avg_pool2d(padded(x, padding), size, strides)) * factors


def average_pool_gradient(y, factors, x_shape, size, strides, padding):
    inner = pool_padding(size, padding)
    batch, height, width, channels = x_shape
    if inner is not None:
        x = channels_first(y.new_empty(x_shape))
        return channels_last(aten.avg_pool2d_backward(channels_first(y), x, size, strides, inner, False, False, None))
    top, bottom, left, right = padding
    x = channels_first(y.new_empty((batch, height + top + bottom, width + left + right, channels)))
    y = channels_first(y * factors)
    result = aten.avg_pool2d_backward(y, x, size, strides, (0, 0), False, True, None)
    return channels_last(without_padding(result, padding, height, width))


# Batch normalization ----------------------------------------------------------------------------------------------------------


def channels_second(x):
    """x with its last axis as the second one, as PyTorch's normalization has it."""
    return channels_first(x) if x.dim() == 4 else x.reshape(-1, x.shape[-1])


def channels_at_end(x, shape):
    """Undoes `channels_second`."""
    return channels_last(x) if x.dim() == 4 else x.view(shape)


def normalize(x, gamma, beta, epsilon):
    y, mean, deviation = aten.native_batch_norm(channels_second(x), gamma, beta, None, None, True, 0.0, epsilon)
    return channels_at_end(y, x.shape), mean, deviation


def apply_normalization(x, gamma, beta, mean, deviation):
    factor = gamma * deviation
    return torch.addcmul(beta - mean * factor, x, factor)


def normalization_gradient(x, gamma, y, mean, deviation, epsilon, wants_input):
    by_x, by_gamma, by_beta = aten.native_batch_norm_backward(
        channels_second(y),
        channels_second(x),
        gamma,
        None,
        None,
        mean,
        deviation,
        True,
        epsilon,
        (wants_input, True, True),
    )
    return (channels_at_end(by_x, x.shape) if wants_input else None), by_gamma, by_beta


def further_normalization_gradient(x, gamma, y, mean, deviation, by_gamma, by_beta):
    """gamma * d * (y - mean(y) - h * mean(y * h)) as a * y + b * x + c, with known sums of y * h and y."""
    count = x.numel() // x.shape[-1]
    a = gamma * deviation
    b = a * deviation * by_gamma * (-1.0 / count)
    c = -b * mean - a * by_beta * (1.0 / count)
    return torch.addcmul(torch.addcmul(c, x, b), y, a)


# Others -----------------------------------------------------------------------------------------------------------------------


def gate(x, y):
    if x.shape == y.shape and x.dtype == y.dtype:
        return aten.threshold_backward(y, x, 0)
    return torch.where(x > 0, y, 0.0)


def gather_rows(table, indices):
    rows = table.index_select(0, indices.reshape(-1))
    return rows.reshape(*indices.shape, *table.shape[1:])


def scatter_rows(rows, indices, shape):
    flat = rows.reshape(-1, *shape[1:])
    return rows.new_zeros(shape).index_add_(0, indices.reshape(-1), flat)


def matmul(a, b, transpose_a, transpose_b):
    if transpose_a:
        a = a.transpose(-1, -2)
    if transpose_b:
        b = b.transpose(-1, -2)
    return torch.matmul(a, b)
