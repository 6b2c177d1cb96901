/** Gaussian noise, or ids at random, in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import type { Dataset, LabelValues, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

const EXAMPLES = 1024;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/** What noise consists of. */
interface Noise extends Pick<Dataset, 'name' | 'shape' | 'classes' | 'labelShape'> {
  /** The examples are ids below this. */
  readonly vocabulary?: number;
  /** Of each split. */
  readonly examples: number;
  readonly labels: LabelValues;
}

/** The data set of noise: standard normal values, or ids. */
function noiseOf({ vocabulary, examples, labels, ...named }: Noise): Dataset {
  const { shape } = named;
  const size = sizeOf(shape);
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
  return { ...named, ...(vocabulary !== undefined && { holdsIds: true }), train: split('train'), test: split('test') };
}

/** The parts of a name of noise: shape, ids, classes, examples, and what has a class of its own. */
const CLASSES = /^noise:(\d+(?:x\d+)*)(?:@(\d+))?:(\d+)(?::(\d+))?(?::(pixels|tokens(\d+)))?$/;

/** The same of noise whose labels are values: shape, ids, shape of the labels, examples, and which values. */
const VALUES = /^noise:(\d+(?:x\d+)*)(?:@(\d+))?:(\d+(?:x\d+)*)(?::(\d+))?:(values|binary)$/;

const extentsOf = (text: string): Shape => text.split('x').map(Number);
const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `@1000` after the shape the values are ids below
 * 1000 instead. With `:pixels` at the end every pixel of an image has a class, with `:tokens16` an example has 16 of them, in turn
 * too. `noise:8:3:values` and `noise:8:3:binary` have labels of a shape, here [3]: standard normal values, or zeros and ones.
 */
export function openNoise(name: string): Dataset {
  const noise = valueNoise(name) ?? classNoise(name);
  if (noise && sizeOf(noise.shape) > 0 && noise.classes > 0 && noise.examples > 0 && noise.vocabulary !== 0) {
    return noiseOf(noise);
  }
  throw usageError(
    `'${name}' is not a noise data set.`,
    /:(values|binary)$/.test(name)
      ? 'Write noise:SHAPE:SHAPE:values or noise:SHAPE:SHAPE:binary, such as noise:8:3:values for three values an example.'
      : 'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, for a class a pixel noise:28x28x1:3:pixels, or for token ids below 1000 noise:16@1000:2.',
  );
}

function classNoise(name: string): Noise | undefined {
  const match = CLASSES.exec(name);
  if (!match) return undefined;
  const shape = extentsOf(match[1]);
  const classes = Number(match[3]);
  const examples = Number(match[4] ?? EXAMPLES);
  const hasMasks = match[5] === 'pixels';
  const tokens = numberOf(match[6]);
  if ((hasMasks && (shape.length !== 3 || classes > 256)) || tokens === 0) return undefined;
  const labelShape = hasMasks ? shape.slice(0, 2) : tokens === undefined ? undefined : [tokens];
  const count = examples * sizeOf(labelShape ?? []);
  const labels = (hasMasks ? new Uint8Array(count) : new Int32Array(count)).map((_, index) => index % classes);
  const vocabulary = numberOf(match[2]);
  return {
    ...{ name, shape, classes, examples, labels },
    ...(labelShape && { labelShape }),
    ...(vocabulary !== undefined && { vocabulary }),
  };
}

/** Labels that are values: normal ones, or zeros and ones. */
function valueNoise(name: string): Noise | undefined {
  const match = VALUES.exec(name);
  if (!match) return undefined;
  const [shape, labelShape] = [extentsOf(match[1]), extentsOf(match[3])];
  const examples = Number(match[4] ?? EXAMPLES);
  const classes = sizeOf(labelShape);
  const normal = new Float32Array(examples * classes);
  createRandom(0, 'noise', 'labels').fillNormal(normal, 0, 1);
  const labels = match[5] === 'binary' ? normal.map((value) => (value > 0 ? 1 : 0)) : normal;
  const vocabulary = numberOf(match[2]);
  return { name, shape, classes, labelShape, examples, labels, ...(vocabulary !== undefined && { vocabulary }) };
}
