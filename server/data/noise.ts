/** Gaussian noise, or ids at random, in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import { checkMemory } from '../files/memory';
import type { Dataset, InputValues, LabelValues, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { createRandom, type Random } from '../random';

const EXAMPLES = 1024;
const LABEL_BYTES = 4;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/** A part of each example. */
interface NoisePart {
  readonly shape: Shape;
  /** It holds ids below this. */
  readonly vocabulary?: number;
}

/** What noise consists of. */
interface Noise extends Pick<Dataset, 'name' | 'classes' | 'labelShape'> {
  readonly parts: readonly NoisePart[];
  /** Of each split. */
  readonly examples: number;
  readonly labels: LabelValues;
}

/** The data set of noise: standard normal values, or ids. */
function noiseOf({ parts, examples, labels, ...named }: Noise): Dataset {
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
  const described = parts.map(({ shape, vocabulary }) => ({
    shape,
    ...(vocabulary !== undefined && { holdsIds: true }),
  }));
  return {
    ...named,
    ...described[0],
    ...(parts.length > 1 && { parts: described }),
    train: split('train'),
    test: split('test'),
  };
}

function fill(example: InputValues, { vocabulary }: NoisePart, random: Random): void {
  if (vocabulary !== undefined) for (let i = 0; i < example.length; i++) example[i] = random.integer(vocabulary);
  else if (example instanceof Float32Array) random.fillNormal(example, 0, 1);
  else throw new Error('normal values are no ids');
}

/** The parts of a name of noise: shapes with ids, classes, examples, and what has a class of its own. */
const CLASSES = /^noise:([\dx@+]+):(\d+)(?::(\d+))?(?::(pixels|tokens(\d+)))?$/;

/** The same of noise whose labels are values: shapes with ids, shape of the labels, examples, and which values. */
const VALUES = /^noise:([\dx@+]+):(\d+(?:x\d+)*)(?::(\d+))?:(values|binary)$/;

const extentsOf = (text: string): Shape => text.split('x').map(Number);

/** `28x28x1+16@1000`: the parts of each example; undefined where it is anything else. */
function partsOf(text: string): readonly NoisePart[] | undefined {
  const parts = text.split('+').map((part): NoisePart | undefined => {
    const match = /^(\d+(?:x\d+)*)(?:@(\d+))?$/.exec(part);
    return match ? { shape: extentsOf(match[1]), ...(match[2] && { vocabulary: Number(match[2]) }) } : undefined;
  });
  const isPossible = (part: NoisePart | undefined): part is NoisePart =>
    part !== undefined && sizeOf(part.shape) > 0 && part.vocabulary !== 0;
  return parts.every(isPossible) ? parts : undefined;
}

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `@1000` after the shape the values are ids below
 * 1000 instead; `28x28x1+16@1000` are the shapes of two inputs. With `:pixels` at the end every pixel of an image has a class, with `:tokens16` an example has 16 of them, in turn
 * too. `noise:8:3:values` and `noise:8:3:binary` have labels of a shape, here [3]: standard normal values, or zeros and ones.
 */
export function openNoise(name: string): Dataset {
  const noise = valueNoise(name) ?? classNoise(name);
  if (noise && noise.classes > 0 && noise.examples > 0) return noiseOf(noise);
  throw usageError(
    `'${name}' is not a noise data set.`,
    /:(values|binary)$/.test(name)
      ? 'Write noise:SHAPE:SHAPE:values or noise:SHAPE:SHAPE:binary, such as noise:8:3:values for three values an example.'
      : 'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, for a class a pixel noise:28x28x1:3:pixels, or for token ids below 1000 noise:16@1000:2.',
  );
}

function classNoise(name: string): Noise | undefined {
  const match = CLASSES.exec(name);
  const parts = match && partsOf(match[1]);
  if (!match || !parts) return undefined;
  const classes = Number(match[2]);
  const examples = Number(match[3] ?? EXAMPLES);
  const hasMasks = match[4] === 'pixels';
  const tokens = match[5] === undefined ? undefined : Number(match[5]);
  const [{ shape }] = parts;
  if ((hasMasks && (shape.length !== 3 || classes > 256)) || tokens === 0) return undefined;
  const labelShape = hasMasks ? shape.slice(0, 2) : tokens === undefined ? undefined : [tokens];
  const count = examples * sizeOf(labelShape ?? []);
  checkMemory(`The labels of ${name}`, count * LABEL_BYTES, 'folder');
  const labels = (hasMasks ? new Uint8Array(count) : new Int32Array(count)).map((_, index) => index % classes);
  return { name, parts, classes, examples, labels, ...(labelShape && { labelShape }) };
}

/** Labels that are values: normal ones, or zeros and ones. */
function valueNoise(name: string): Noise | undefined {
  const match = VALUES.exec(name);
  const parts = match && partsOf(match[1]);
  if (!match || !parts) return undefined;
  const labelShape = extentsOf(match[2]);
  const examples = Number(match[3] ?? EXAMPLES);
  const classes = sizeOf(labelShape);
  checkMemory(`The labels of ${name}`, examples * classes * LABEL_BYTES, 'folder');
  const normal = new Float32Array(examples * classes);
  createRandom(0, 'noise', 'labels').fillNormal(normal, 0, 1);
  const labels = match[4] === 'binary' ? normal.map((value) => (value > 0 ? 1 : 0)) : normal;
  return { name, parts, classes, labelShape, examples, labels };
}
