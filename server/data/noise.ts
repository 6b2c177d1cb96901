/** Gaussian noise in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import type { Dataset, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

const EXAMPLES = 1024;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `:pixels` at the end every pixel of an image
 * has a class, in turn too.
 */
export function openNoise(name: string): Dataset {
  const match = /^noise:(\d+(?:x\d+)*):(\d+)(?::(\d+))?(:pixels)?$/.exec(name);
  const shape = match?.[1].split('x').map(Number);
  const classes = Number(match?.[2]);
  const examples = Number(match?.[3] ?? EXAMPLES);
  const hasMasks = match?.[4] !== undefined;
  const isPossible = !hasMasks || (shape?.length === 3 && classes <= 256);
  if (!shape || sizeOf(shape) === 0 || classes < 1 || examples < 1 || !isPossible) {
    throw usageError(
      `'${name}' is not a noise data set.`,
      'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, or for a class a pixel noise:28x28x1:3:pixels.',
    );
  }
  const size = sizeOf(shape);
  const labelShape = hasMasks ? shape.slice(0, 2) : undefined;
  const labels = hasMasks
    ? new Uint8Array(examples * sizeOf(shape.slice(0, 2))).map((_, pixel) => pixel % classes)
    : Int32Array.from({ length: examples }, (_, index) => index % classes);
  const split = (splitName: string): Split => ({
    size: examples,
    labels,
    read(indices, out) {
      if (out.length !== indices.length * size) {
        throw new RangeError(`${out.length} elements for ${indices.length} examples of shape [${shape}]`);
      }
      for (let i = 0; i < indices.length; i++) {
        createRandom(0, 'noise', splitName, indices[i]).fillNormal(out.subarray(i * size, (i + 1) * size), 0, 1);
      }
    },
  });
  return { name, shape, classes, ...(labelShape && { labelShape }), train: split('train'), test: split('test') };
}
