/** The trilinear form of convolution and the window loops of pooling, in the plainest loops that can be read. */
import type { ConvolutionGeometry, PoolingGeometry } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';

/**
 * Calls `term(xIndex, kernelIndex, yIndex)` for every product of sum(x * kernel * y) over a convolution of
 * x [n, h, w, c] with a kernel [kh, kw, c/groups, o] and y [n, oh, ow, o].
 */
export function forEachProduct(
  x: Shape,
  kernel: Shape,
  y: Shape,
  { strides, padding, dilations, groups }: ConvolutionGeometry,
  term: (xIndex: number, kernelIndex: number, yIndex: number) => void,
): void {
  const [, height, width, channels] = x;
  const [kernelHeight, kernelWidth, inputs, outputs] = kernel;
  const outputsPerGroup = outputs / groups;
  for (let n = 0; n < y[0]; n++) {
    for (let row = 0; row < y[1]; row++) {
      for (let column = 0; column < y[2]; column++) {
        const yBase = ((n * y[1] + row) * y[2] + column) * outputs;
        for (let i = 0; i < kernelHeight; i++) {
          const h = row * strides[0] + i * dilations[0] - padding[0];
          if (h < 0 || h >= height) continue;
          for (let j = 0; j < kernelWidth; j++) {
            const w = column * strides[1] + j * dilations[1] - padding[2];
            if (w < 0 || w >= width) continue;
            const xBase = ((n * height + h) * width + w) * channels;
            const kernelBase = (i * kernelWidth + j) * inputs * outputs;
            for (let output = 0; output < outputs; output++) {
              const group = Math.floor(output / outputsPerGroup) * inputs;
              for (let input = 0; input < inputs; input++) {
                term(xBase + group + input, kernelBase + input * outputs + output, yBase + output);
              }
            }
          }
        }
      }
    }
  }
}

/** Calls `visit(yIndex, xIndices)` for each window of pooling x into y, with the unpadded positions in row-major order. */
export function forEachWindow(
  x: Shape,
  y: Shape,
  { size, strides, padding }: PoolingGeometry,
  visit: (yIndex: number, xIndices: readonly number[]) => void,
): void {
  const [, height, width, channels] = x;
  for (let n = 0; n < y[0]; n++) {
    for (let row = 0; row < y[1]; row++) {
      for (let column = 0; column < y[2]; column++) {
        for (let channel = 0; channel < channels; channel++) {
          const indices: number[] = [];
          for (let i = 0; i < size[0]; i++) {
            const h = row * strides[0] + i - padding[0];
            if (h < 0 || h >= height) continue;
            for (let j = 0; j < size[1]; j++) {
              const w = column * strides[1] + j - padding[2];
              if (w >= 0 && w < width) indices.push(((n * height + h) * width + w) * channels + channel);
            }
          }
          visit(((n * y[1] + row) * y[2] + column) * channels + channel, indices);
        }
      }
    }
  }
}
