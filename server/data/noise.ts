/** Gaussian noise, or ids at random, in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import type { Dataset, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

const EXAMPLES = 1024;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/** The parts of a name of noise: shape, ids, classes, examples, and what has a class of its own. */
const NAME = /^noise:(\d+(?:x\d+)*)(?:@(\d+))?:(\d+)(?::(\d+))?(?::(pixels|tokens(\d+)))?$/;

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `@1000` after the shape the values are ids below
 * 1000 instead. With `:pixels` at the end every pixel of an image has a class, with `:tokens16` an example has 16 of them, in turn
 * too.
 */
export function openNoise(name: string): Dataset {
  const match = NAME.exec(name);
  const shape = match?.[1].split('x').map(Number);
  const vocabulary = match?.[2] === undefined ? undefined : Number(match[2]);
  const classes = Number(match?.[3]);
  const examples = Number(match?.[4] ?? EXAMPLES);
  const hasMasks = match?.[5] === 'pixels';
  const tokens = match?.[6] === undefined ? undefined : Number(match[6]);
  const isPossible = (!hasMasks || (shape?.length === 3 && classes <= 256)) && vocabulary !== 0 && tokens !== 0;
  if (!shape || sizeOf(shape) === 0 || classes < 1 || examples < 1 || !isPossible) {
    throw usageError(
      `'${name}' is not a noise data set.`,
      'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, for a class a pixel noise:28x28x1:3:pixels, or for token ids below 1000 noise:16@1000:2.',
    );
  }
  const size = sizeOf(shape);
  const labelShape = hasMasks ? shape.slice(0, 2) : tokens === undefined ? undefined : [tokens];
  const count = examples * sizeOf(labelShape ?? []);
  const labels = (hasMasks ? new Uint8Array(count) : new Int32Array(count)).map((_, index) => index % classes);
  const split = (splitName: string): Split => ({
    size: examples,
    labels,
    read(indices, out) {
      if (out.length !== indices.length * size) {
        throw new RangeError(`${out.length} elements for ${indices.length} examples of shape [${shape}]`);
      }
      for (let i = 0; i < indices.length; i++) {
        const random = createRandom(0, 'noise', splitName, indices[i]);
        const example = out.subarray(i * size, (i + 1) * size);
        if (vocabulary !== undefined) for (let j = 0; j < size; j++) example[j] = random.integer(vocabulary);
        else if (example instanceof Float32Array) random.fillNormal(example, 0, 1);
        else throw new Error('normal values are no ids');
      }
    },
  });
  return {
    name,
    shape,
    classes,
    ...(labelShape && { labelShape }),
    ...(vocabulary !== undefined && { holdsIds: true }),
    train: split('train'),
    test: split('test'),
  };
}
