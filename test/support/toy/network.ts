/** The networks of toys, made without any of Keras's layers. */
import { createHash } from 'node:crypto';
import type { Node } from '../../../server/graph/types';
import type { Network, Parameter, Remainder, StoredTensor } from '../../../server/models/types';
import { defaultObjective, type Labels, type ModelOutput, type Objective } from '../../../server/objectives';
import { sizeOf } from '../../../server/protocol/tensor';
import { createRandom } from '../../../server/random';

export interface ToyLayer {
  readonly name: string;
  readonly units: number;
  readonly relu: boolean;
  /** From 1. */
  readonly line: number;
}

export interface Toy {
  readonly name: string;
  readonly file: string;
  readonly inputs: number;
  readonly layers: readonly ToyLayer[];
  /** Values that the model starts with, by parameter; others are drawn. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

export function storedToy({ layer, role, shape }: Pick<Parameter, 'layer' | 'role' | 'shape'>): StoredTensor {
  return role === 'kernel'
    ? { name: `${layer}.weight`, view: shape, order: [1, 0], shape: [shape[1], shape[0]] }
    : { name: `${layer}.bias`, view: shape, order: [0], shape };
}

function parametersOf({ name: layer, units }: ToyLayer, inputs: number, values: Toy['values']): Parameter[] {
  const parameter = (role: 'kernel' | 'bias', shape: readonly number[]): Parameter => {
    const name = `${layer}/${role}`;
    return {
      name,
      layer,
      role,
      shape,
      stored: storedToy({ layer, role, shape }),
      trainable: true,
      prunable: role === 'kernel',
      initialize(seed) {
        const given = values.get(name);
        if (given) return given.slice();
        const drawn = new Float32Array(sizeOf(shape));
        if (role === 'kernel') createRandom(seed, 'initialization', name).fillNormal(drawn, 0, Math.sqrt(2 / inputs));
        return drawn;
      },
    };
  };
  return [parameter('kernel', [inputs, units]), parameter('bias', [units])];
}

/** The toy that a remainder leaves. */
function shrinkToy(toy: Toy, { parameters }: Remainder): Toy {
  return {
    ...toy,
    layers: toy.layers.map((layer) => ({ ...layer, units: parameters.get(`${layer.name}/bias`)!.shape[0] })),
    values: new Map(Array.from(parameters).flatMap(([name, { values }]) => (values ? [[name, values] as const] : []))),
  };
}

function objectiveOf(output: ModelOutput): { objective: Objective; labels: Labels } {
  const chosen = defaultObjective(output);
  if ('objective' in chosen) return chosen;
  throw new Error('no objective reads the output of a toy');
}

export function createToyNetwork(toy: Toy, given?: { objective: Objective; labels: Labels }): Network {
  const { name, file, inputs, layers, values } = toy;
  const widths = [inputs, ...layers.map(({ units }) => units)];
  const parameters = layers.flatMap((layer, i) => parametersOf(layer, widths[i], values));
  const text = JSON.stringify([inputs, layers.map(({ line: _line, ...layer }) => layer)]);
  const units = widths[widths.length - 1];
  const ending = { kind: 'linear', name: 'linear', shape: [1, units] } as const;
  const output: ModelOutput = { model: name, shape: [units], endings: [ending] };
  const { objective, labels } = given ?? objectiveOf(output);
  const source = (line: number) => [{ file, line, column: 1 }];
  return {
    name,
    frontEnd: 'toy',
    file,
    fingerprint: createHash('sha256').update(text).digest('hex').slice(0, 12),
    inputs: [{ name: 'input', shape: [inputs], dtype: 'float32' }],
    output,
    objective,
    labels,
    task: labels.task,
    labelShape: labels.shape,
    classes: labels.classes,
    parameters,
    layers: [
      { name: 'input', className: 'Input', source: source(1), outputShape: [inputs], parameters: [], macs: 0 },
      ...layers.map((layer, i) => ({
        name: layer.name,
        className: layer.relu ? 'Rectified' : 'Linear',
        source: source(layer.line),
        outputShape: [layer.units],
        parameters: [`${layer.name}/kernel`, `${layer.name}/bias`],
        macs: widths[i] * layer.units,
      })),
    ],
    apply(b, [x], nodes, _mode, observe) {
      observe?.('input', x);
      let value: Node = x;
      for (const layer of layers) {
        value = b.add(b.matmul(value, nodes.get(`${layer.name}/kernel`)!), nodes.get(`${layer.name}/bias`)!);
        if (layer.relu) value = b.relu(value);
        observe?.(layer.name, value);
      }
      return { logits: value, statistics: new Map(), noise: [] };
    },
    shrink: (remainder) => createToyNetwork(shrinkToy(toy, remainder)),
    withObjective: (other, read) => createToyNetwork(toy, { objective: other, labels: read }),
  };
}
