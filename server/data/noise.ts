/** Gaussian noise, or ids at random, in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import type { Dataset, InputValues, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { createRandom, type Random } from '../random';

const EXAMPLES = 1024;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/** The parts of a name of noise: shapes with ids, classes, examples, and what has a class of its own. */
const NAME = /^noise:(\d+(?:x\d+)*(?:@\d+)?(?:\+\d+(?:x\d+)*(?:@\d+)?)*):(\d+)(?::(\d+))?(?::(pixels|tokens(\d+)))?$/;

interface NoisePart {
  readonly shape: Shape;
  /** How many ids there are, where it consists of ids. */
  readonly vocabulary?: number;
}

function partOf(text: string): NoisePart {
  const [shape, ids] = text.split('@');
  return { shape: shape.split('x').map(Number), ...(ids !== undefined && { vocabulary: Number(ids) }) };
}

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `@1000` after the shape the values are ids below
 * 1000 instead; `28x28x1+16@1000` are the shapes of two inputs. With `:pixels` at the end every pixel of an image has a class, with
 * `:tokens16` an example has 16 of them, in turn too.
 */
export function openNoise(name: string): Dataset {
  const match = NAME.exec(name);
  const parts = match?.[1].split('+').map(partOf) ?? [];
  const classes = Number(match?.[2]);
  const examples = Number(match?.[3] ?? EXAMPLES);
  const hasMasks = match?.[4] === 'pixels';
  const tokens = match?.[5] === undefined ? undefined : Number(match[5]);
  const hasValues = parts.every(({ shape, vocabulary }) => sizeOf(shape) > 0 && vocabulary !== 0);
  const isPossible = hasValues && (!hasMasks || (parts[0].shape.length === 3 && classes <= 256)) && tokens !== 0;
  if (!match || classes < 1 || examples < 1 || !isPossible) {
    throw usageError(
      `'${name}' is not a noise data set.`,
      'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, for a class a pixel noise:28x28x1:3:pixels, or for token ids below 1000 noise:16@1000:2.',
    );
  }
  const [{ shape }] = parts;
  const labelShape = hasMasks ? shape.slice(0, 2) : tokens === undefined ? undefined : [tokens];
  const count = examples * sizeOf(labelShape ?? []);
  const labels = (hasMasks ? new Uint8Array(count) : new Int32Array(count)).map((_, index) => index % classes);
  const split = (splitName: string): Split => ({
    size: examples,
    labels,
    read(indices, out, part = 0) {
      const size = sizeOf(parts[part].shape);
      if (out.length !== indices.length * size) {
        throw new RangeError(`${out.length} elements for ${indices.length} examples of shape [${parts[part].shape}]`);
      }
      for (let i = 0; i < indices.length; i++) {
        const random = createRandom(0, 'noise', splitName, indices[i], ...(part > 0 ? [part] : []));
        fill(out.subarray(i * size, (i + 1) * size), parts[part], random);
      }
    },
  });
  const described = parts.map((part) => ({
    shape: part.shape,
    ...(part.vocabulary !== undefined && { holdsIds: true }),
  }));
  return {
    name,
    ...described[0],
    ...(parts.length > 1 && { parts: described }),
    classes,
    ...(labelShape && { labelShape }),
    train: split('train'),
    test: split('test'),
  };
}

function fill(example: InputValues, { vocabulary }: NoisePart, random: Random): void {
  if (vocabulary !== undefined) for (let i = 0; i < example.length; i++) example[i] = random.integer(vocabulary);
  else if (example instanceof Float32Array) random.fillNormal(example, 0, 1);
  else throw new Error('normal values are no ids');
}
