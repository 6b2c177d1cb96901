/** What a Python process tells of a Keras model, read as Keras's JSON is: lines, weights under their names, and operations. */
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import { describeLoaded } from '../../../../server/frontends/keras/pythonModel';
import type { LoadedLayer } from '../../../../server/frontends/keras/pythonProtocol';
import { storedAs } from '../../../../server/models/stored';
import { failureOf } from '../../../support/models';

const FILE = '/m/net.py';

const tensor = (layer: string, shape: readonly (number | null)[]) => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [layer, 0, 0] },
});

const node = (module: string, className: string, config: { readonly name: string }, args: readonly unknown[]) => ({
  module,
  class_name: className,
  config,
  name: config.name,
  inbound_nodes: args.length > 0 ? [{ args, kwargs: {} }] : [],
});

const INPUT = node('keras.layers', 'InputLayer', { batch_shape: [null, 4], name: 'in' } as { name: string }, []);

const dense = (name: string, units: number, from: string) =>
  node('keras.layers', 'Dense', { name, units } as { name: string }, [tensor(from, [null, 4])]);

const functional = (layers: readonly { readonly name: string }[]) =>
  JSON.stringify({
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: 'net',
      trainable: true,
      layers,
      input_layers: [['in', 0, 0]],
      output_layers: [[layers.at(-1)!.name, 0, 0]],
    },
  });

const made = (name: string, line: number, shapes: { readonly [weight: string]: number[] } = {}): LoadedLayer => ({
  path: [name],
  source: [{ file: FILE, line, column: 1 }],
  weights: Object.entries(shapes).map(([weight, shape]) => ({
    name: `net/${name}/${weight}`,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + line),
  })),
});

const IN = made('in', 3);
const DENSE = made('dense', 5, { kernel: [4, 4], bias: [4] });

describe('a loaded model', () => {
  it('has its layers at their lines, and the values of its weights under the names of Keras', () => {
    const json = functional([INPUT, dense('dense', 4, 'in')]);
    const network = createNetwork(describeLoaded({ json, layers: [IN, DENSE] }, FILE));
    expect(network.layers.map(({ name, source }) => [name, source[0].line])).toEqual([
      ['in', 3],
      ['dense', 5],
    ]);
    expect(network.parameters.map((parameter) => [parameter.name, storedAs(parameter).name])).toEqual([
      ['dense/kernel', 'net/dense/kernel'],
      ['dense/bias', 'net/dense/bias'],
    ]);
    expect([...network.parameters[1].initialize(9)]).toEqual([5, 6, 7, 8]);
  });

  it('has a fingerprint that does not depend on what the seed has drawn', () => {
    const json = functional([INPUT, dense('dense', 4, 'in')]);
    const of = (layer: LoadedLayer) => createNetwork(describeLoaded({ json, layers: [IN, layer] }, FILE)).fingerprint;
    expect(of(DENSE)).toBe(of(made('dense', 6, { kernel: [4, 4], bias: [4] })));
  });

  it('is refused at the line of a layer whose weights do not fit it', async () => {
    const json = functional([INPUT, dense('dense', 4, 'in')]);
    const layers = [IN, made('dense', 5, { kernel: [4, 3], bias: [4] })];
    const { message, location } = await failureOf(() => describeLoaded({ json, layers }, FILE));
    expect([message, location?.line]).toEqual([
      "The weights of the layer 'dense' (Dense) do not fit it: 'net/dense/kernel' is [4, 3], and kernel [4, 4].",
      5,
    ]);
  });

  it('takes sizes that it leaves open as they were given, and asks for them', async () => {
    const open = node('keras.layers', 'InputLayer', { batch_shape: [null, null], name: 'in' } as { name: string }, []);
    const json = functional([open, dense('dense', 4, 'in')]);
    const model = describeLoaded({ json, layers: [IN, DENSE] }, FILE, [{ shape: [4] }]);
    expect(createNetwork(model).inputs[0].shape).toEqual([4]);
    const failure = await failureOf(() => describeLoaded({ json, layers: [IN, DENSE] }, FILE));
    expect([failure.message, failure.about, failure.location?.line]).toEqual([
      'The input in leaves sizes open: [any].',
      'inputs',
      3,
    ]);
  });
});

describe('operations', () => {
  const withOperation = (className: string, args: readonly unknown[]) => {
    const operation = node('keras.src.ops.numpy', className, { name: 'op' }, args);
    return { json: functional([INPUT, dense('dense', 4, 'in'), operation]), layers: [IN, DENSE, made('op', 7)] };
  };
  const [x, y] = [tensor('dense', [null, 4]), tensor('in', [null, 4])];

  it.each([
    ['Add', [x, y], 'Add', {}],
    ['Multiply', [x, y], 'Multiply', {}],
    ['Add', [x, 2], 'Rescaling', { offset: 2 }],
    ['Multiply', [0.5, x], 'Rescaling', { scale: 0.5 }],
    ['Subtract', [x, 1], 'Rescaling', { scale: 1, offset: -1 }],
    ['Subtract', [1, x], 'Rescaling', { scale: -1, offset: 1 }],
    ['TrueDivide', [x, 4], 'Rescaling', { scale: 0.25 }],
    ['Relu', [x], 'Activation', { activation: 'relu' }],
  ])('%s of %j is the layer that computes the same', (operation, args, className, config) => {
    const { layers } = describeLoaded(withOperation(operation, args), FILE);
    expect(layers.at(-1)).toMatchObject({ className, config, source: [{ line: 7 }] });
  });

  it.each([
    ['Tan', [x]],
    ['Mean', [x]],
    ['Maximum', [x, 2]],
    ['TrueDivide', [1, x]],
    ['Add', [x, tensor('in', [null, 4, 4])]],
  ])('%s of %j is refused at its line', async (operation, args) => {
    const { message, location } = await failureOf(() => describeLoaded(withOperation(operation, args), FILE));
    expect(message).toBe(`The operation "op" (${operation} of keras.ops) is not supported with these arguments.`);
    expect(location).toEqual({ file: FILE, line: 7, column: 1 });
  });
});
