/** Small model descriptions for tests, and running networks in the reference interpreter. */
import { interpret } from '../../server/executors/reference';
import type { LayerConfig, LayerDescription, ModelDescription } from '../../server/frontends/keras/description';
import { createBuilder } from '../../server/graph/builder';
import { createProgram } from '../../server/graph/program';
import { declareParameters } from '../../server/models/parameters';
import type { Mode, Network, Noise } from '../../server/models/types';
import { type Shape, sizeOf } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';

export interface Values {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** Name, class and configuration of a layer; what `chain` strings together. */
export type LayerRow = readonly [name: string, className: string, config?: LayerConfig, model?: ModelDescription];

/** The file that locations in these descriptions are in; layer i is made on line i + 1. */
export const FILE = '/models/net.ts';

/** A model in which every layer follows the one before; the first row is the input of the given shape. */
export function chain(shape: readonly (number | null)[], ...rows: LayerRow[]): ModelDescription {
  const input: LayerRow = ['input', 'InputLayer', { batchInputShape: [null, ...shape] }];
  const layers = [input, ...rows].map(
    ([name, className, config = {}, model], i, all): LayerDescription => ({
      name,
      className,
      config,
      calls: [i === 0 ? [] : [{ layer: all[i - 1][0], call: 0, output: 0 }]],
      source: [{ file: FILE, line: i + 1, column: 3 }],
      ...(model && { model }),
    }),
  );
  const last = layers[layers.length - 1].name;
  return {
    name: 'net',
    file: FILE,
    layers,
    inputs: [{ layer: 'input', call: 0, output: 0 }],
    outputs: [{ layer: last, call: 0, output: 0 }],
  };
}

/** Normal values. */
export function randomValues(shape: Shape, seed = 1): Values {
  const data = new Float32Array(sizeOf(shape));
  createRandom(seed, 'values').fillNormal(data, 0, 1);
  return { shape, data };
}

export interface Outcome {
  readonly logits: Values;
  readonly statistics: { readonly [name: string]: Values };
  readonly noise: readonly Noise[];
  readonly penalty: number | undefined;
}

/** Applies a network in float64. Parameters not given are initialized from seed 0; masks drop nothing unless given. */
export function runNetwork(
  network: Network,
  x: Values,
  mode: Mode,
  given: { readonly [name: string]: Values } = {},
): Outcome {
  const b = createBuilder();
  const { logits, statistics, noise, penalty } = network.apply(
    b,
    [b.input('x', x.shape)],
    declareParameters(b, network),
    mode,
  );
  const program = createProgram('test', {
    logits,
    ...Object.fromEntries([...statistics].map(([name, node]) => [`statistic ${name}`, node])),
    ...(penalty && { penalty }),
  });
  const values: { [name: string]: Values } = { x };
  for (const { name, shape, initialize } of network.parameters) values[name] = { shape, data: initialize(0) };
  for (const { input, shape } of noise) values[input] = { shape, data: new Float32Array(sizeOf(shape)).fill(1) };
  const results = interpret(program, { ...values, ...given } as Parameters<typeof interpret>[1]) as {
    [name: string]: Values;
  };
  return {
    logits: results.logits,
    statistics: Object.fromEntries([...statistics.keys()].map((name) => [name, results[`statistic ${name}`]])),
    noise,
    penalty: results.penalty?.data[0],
  };
}

/** Norm of the difference over the norm of the expected values. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values instead of ${expected.length}`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
