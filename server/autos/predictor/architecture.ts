/** The networks that predict: features of a weight in, one score out. They are models of the engine like any other. */

import type { LayerConfig, ModelDescription } from '../../frontends/keras/description';
import { createNetwork } from '../../frontends/keras/network/createNetwork';
import type { Builder } from '../../graph/builder';
import type { Node } from '../../graph/types';
import type { Network, Parameter } from '../../models/types';
import { isMisfit, type Objective } from '../../objectives';
import { createRandom } from '../../random';
import { PREDICTOR_OBJECTIVES } from './objectives';

export type PredictorArchitecture =
  /** Dense layers with batch normalization and ReLU. The paper's has the widths 16, 64, 1024, 1024, 64. */
  | { readonly kind: 'mlp'; readonly widths: readonly number[] }
  /**
   * A dense layer expands the features to an image of `size` x `size` x 3, which a ResNet-18 reads whose stages have 1, 2, 4
   * and 8 times `filters` filters. The paper's has images of 32 and 64 filters.
   */
  | { readonly kind: 'convolutional'; readonly size: number; readonly filters: number };

/** The paper's network, a narrow one that does as well, and the paper's convolutional one. */
export const ARCHITECTURES = {
  mlp: { kind: 'mlp', widths: [16, 64, 1024, 1024, 64] },
  small: { kind: 'mlp', widths: [32, 64, 32] },
  conv: { kind: 'convolutional', size: 32, filters: 64 },
} as const satisfies { readonly [name: string]: PredictorArchitecture };

/** A few hundred steps of training are too few for Keras's 0.99. */
const STATISTICS_MOMENTUM = 0.9;

interface Chain {
  /** Adds a layer after the last one, or after those named, and gives its name. */
  add(name: string, className: string, config?: LayerConfig, from?: readonly string[]): string;
  description(): ModelDescription;
}

function startChain(features: number): Chain {
  const layers: ModelDescription['layers'][number][] = [];
  const add: Chain['add'] = (name, className, config = {}, from = layers.slice(-1).map((layer) => layer.name)) => {
    const inputs = from.map((layer) => ({ layer, call: 0, output: 0 }));
    layers.push({ name, className, config, calls: [inputs], source: [] });
    return name;
  };
  add('features', 'InputLayer', { batchInputShape: [null, features] });
  return {
    add,
    description: () => ({
      name: 'autos',
      file: 'autos',
      layers,
      inputs: [{ layer: 'features', call: 0, output: 0 }],
      outputs: [{ layer: layers[layers.length - 1].name, call: 0, output: 0 }],
    }),
  };
}

function normalized(chain: Chain, name: string): void {
  chain.add(`${name}_bn`, 'BatchNormalization', { momentum: STATISTICS_MOMENTUM });
}

function perceptron(features: number, widths: readonly number[]): ModelDescription {
  const chain = startChain(features);
  for (const [index, units] of widths.entries()) {
    const name = `dense${index + 1}`;
    chain.add(name, 'Dense', { units, kernelInitializer: 'heNormal' });
    normalized(chain, name);
    // The last one is the readout's: a model that ends in it is refused by the front end, which wants logits.
    if (index < widths.length - 1) chain.add(`${name}_relu`, 'ReLU');
  }
  return chain.description();
}

function convolution(
  chain: Chain,
  name: string,
  filters: number,
  kernel: number,
  stride: number,
  from?: string,
): string {
  const config: LayerConfig = {
    filters,
    kernelSize: [kernel, kernel],
    strides: [stride, stride],
    padding: 'same',
    useBias: false,
    kernelInitializer: 'heNormal',
  };
  chain.add(name, 'Conv2D', config, from === undefined ? undefined : [from]);
  normalized(chain, name);
  return `${name}_bn`;
}

function residualBlock(
  chain: Chain,
  name: string,
  filters: number,
  stride: number,
  input: string,
  inputs: number,
): string {
  convolution(chain, `${name}_a`, filters, 3, stride, input);
  chain.add(`${name}_a_relu`, 'ReLU');
  const branch = convolution(chain, `${name}_b`, filters, 3, 1);
  const isIdentity = stride === 1 && inputs === filters;
  const shortcut = isIdentity ? input : convolution(chain, `${name}_shortcut`, filters, 1, stride, input);
  chain.add(`${name}_add`, 'Add', {}, [branch, shortcut]);
  return chain.add(`${name}_relu`, 'ReLU');
}

function residualNetwork(features: number, size: number, filters: number): ModelDescription {
  const chain = startChain(features);
  chain.add('expand', 'Dense', { units: size * size * 3, kernelInitializer: 'heNormal' });
  normalized(chain, 'expand');
  chain.add('expand_relu', 'ReLU');
  chain.add('image', 'Reshape', { targetShape: [size, size, 3] });
  convolution(chain, 'stem', filters, 3, 1);
  let last = chain.add('stem_relu', 'ReLU');
  let inputs = filters;
  for (const [stage, factor] of [1, 2, 4, 8].entries()) {
    for (let block = 0; block < 2; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      last = residualBlock(chain, `stage${stage + 1}_block${block + 1}`, factor * filters, stride, last, inputs);
      inputs = factor * filters;
    }
  }
  chain.add('pool', 'GlobalAveragePooling2D');
  return chain.description();
}

/** ReLU and the last dense layer, to one number: a classifier's front end asks for two classes or more, so it is added here. */
function readout(inputs: number): readonly Parameter[] {
  const parameter = (name: string, role: 'kernel' | 'bias', shape: readonly number[]): Parameter => ({
    name: `readout/${name}`,
    layer: 'readout',
    role,
    shape,
    trainable: true,
    prunable: false,
    initialize(seed) {
      const values = new Float32Array(role === 'kernel' ? inputs : 1);
      // Glorot's uniform distribution for one output.
      const limit = Math.sqrt(6 / (inputs + 1));
      if (role === 'kernel') createRandom(seed, 'initialization', 'readout/kernel').fillUniform(values, -limit, limit);
      return values;
    },
  });
  return [parameter('kernel', 'kernel', [inputs, 1]), parameter('bias', 'bias', [1])];
}

/** The network of an architecture for `features` features a weight, to be trained for `objective`; its output is [n, 1]. */
export function createPredictorNetwork(
  architecture: PredictorArchitecture,
  features: number,
  objective: Objective = PREDICTOR_OBJECTIVES.mse,
): Network {
  const trunk = createNetwork(
    architecture.kind === 'mlp'
      ? perceptron(features, architecture.widths)
      : residualNetwork(features, architecture.size, architecture.filters),
  );
  const last = readout(trunk.classes);
  const output = { ...trunk.output, shape: [1] };
  const labels = objective.read(output);
  if (isMisfit(labels)) throw new Error(labels.problem);
  return {
    ...trunk,
    output,
    objective,
    labels,
    task: labels.task,
    labelShape: labels.shape,
    classes: 1,
    parameters: [...trunk.parameters, ...last],
    apply(b: Builder, inputs: readonly Node[], parameters, mode) {
      const { logits, ...rest } = trunk.apply(b, inputs, parameters, mode);
      const [kernel, bias] = last.map(({ name }) => parameters.get(name)!);
      return { ...rest, logits: b.add(b.matmul(b.relu(logits), kernel), bias) };
    },
    shrink() {
      throw new Error('a predictor is not pruned');
    },
  };
}
