/** Gaussian noise in place of data, for scoring a model whose data is not at hand. Only on explicit request. */
import type { Dataset, LabelValues, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

const EXAMPLES = 1024;

/** Whether a data set's name asks for noise. */
export function isNoise(name: string): boolean {
  return name === 'noise' || name.startsWith('noise:');
}

/** Splits of noise, all with the same labels. */
function noiseSplits(shape: Shape, examples: number, labels: LabelValues): Pick<Dataset, 'train' | 'test'> {
  const size = sizeOf(shape);
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
  return { train: split('train'), test: split('test') };
}

function wrongName(name: string) {
  return usageError(
    `'${name}' is not a noise data set.`,
    /:(values|binary)$/.test(name)
      ? 'Write noise:SHAPE:SHAPE:values or noise:SHAPE:SHAPE:binary, such as noise:8:3:values for three values an example.'
      : 'Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, or for a class a pixel noise:28x28x1:3:pixels.',
  );
}

const extentsOf = (text: string): Shape => text.split('x').map(Number);

/**
 * `noise:28x28x1:10` (shape, classes) or `noise:28x28x1:10:5000` (and examples a split, 1024 by default): standard normal
 * values, the same on every run, with labels 0, 1, …, classes-1 in turn. With `:pixels` at the end every pixel of an image
 * has a class, in turn too. `noise:8:3:values` and `noise:8:3:binary` have labels of a shape, here [3]: standard normal values, or
 * zeros and ones.
 */
export function openNoise(name: string): Dataset {
  const valued = /^noise:(\d+(?:x\d+)*):(\d+(?:x\d+)*)(?::(\d+))?:(values|binary)$/.exec(name);
  if (valued) return openValues(name, valued);
  const match = /^noise:(\d+(?:x\d+)*):(\d+)(?::(\d+))?(:pixels)?$/.exec(name);
  if (!match) throw wrongName(name);
  const shape = extentsOf(match[1]);
  const classes = Number(match[2]);
  const examples = Number(match[3] ?? EXAMPLES);
  const hasMasks = match[4] !== undefined;
  const isPossible = !hasMasks || (shape.length === 3 && classes <= 256);
  if (sizeOf(shape) === 0 || classes < 1 || examples < 1 || !isPossible) throw wrongName(name);
  const labelShape = hasMasks ? shape.slice(0, 2) : undefined;
  const labels = hasMasks
    ? new Uint8Array(examples * sizeOf(shape.slice(0, 2))).map((_, pixel) => pixel % classes)
    : Int32Array.from({ length: examples }, (_, index) => index % classes);
  return { name, shape, classes, ...(labelShape && { labelShape }), ...noiseSplits(shape, examples, labels) };
}

/** Labels that are values: normal ones, or zeros and ones. */
function openValues(name: string, [, inputs, outputs, count, kind]: RegExpExecArray): Dataset {
  const [shape, labelShape] = [extentsOf(inputs), extentsOf(outputs)];
  const examples = Number(count ?? EXAMPLES);
  const values = sizeOf(labelShape);
  if (sizeOf(shape) === 0 || values === 0 || examples < 1) throw wrongName(name);
  const labels = new Float32Array(examples * values);
  createRandom(0, 'noise', 'labels').fillNormal(labels, 0, 1);
  const drawn = kind === 'binary' ? labels.map((value) => (value > 0 ? 1 : 0)) : labels;
  return { name, shape, classes: values, labelShape, ...noiseSplits(shape, examples, drawn) };
}
