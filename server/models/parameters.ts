/** The inputs of a network in a graph: its examples and its parameters. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import { type Batch, type InputValues, valuesOf } from '../protocol/data';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../protocol/tensor';
import type { Random } from '../random';
import type { Network, NetworkInput } from './types';

/** The examples of a batch, without their labels. */
export type Examples = Pick<Batch, 'x' | 'further' | 'size'>;

/** Names of the inputs in programs and in files of batches: `x`, or `x/NAME` of each where there are several. */
export function inputNames({ inputs }: Pick<Network, 'inputs'>): readonly string[] {
  return inputs.length === 1 ? ['x'] : inputs.map(({ name }) => `x/${name}`);
}

/** The inputs of the graph that hold a batch of `size` examples of the network, in the network's order. */
export function declareInputs(b: Builder, network: Pick<Network, 'inputs'>, size: number): readonly Node[] {
  const names = inputNames(network);
  return network.inputs.map(({ shape, dtype }, i) => b.input(names[i], [size, ...shape], dtype));
}

/** A batch of examples as the tensors of the inputs that {@link declareInputs} declares, by name. */
export function inputTensors(
  network: Pick<Network, 'inputs'>,
  examples: Examples,
): { readonly [name: string]: HostTensor } {
  const names = inputNames(network);
  const values = valuesOf(examples);
  return Object.fromEntries(network.inputs.map((input, i) => [names[i], inputTensor(input, examples.size, values[i])]));
}

function inputTensor({ shape, dtype }: NetworkInput, size: number, values: InputValues): HostTensor {
  const extents = [size, ...shape];
  if (dtype === 'float32')
    return floatTensor(extents, values instanceof Float32Array ? values : Float32Array.from(values));
  return intTensor(extents, values instanceof Int32Array ? values : Int32Array.from(values));
}

/** Examples at random: standard normal numbers, and ids with equal chance. */
export function drawExamples({ inputs }: Pick<Network, 'inputs'>, size: number, random: Random): Examples {
  const [x, ...further] = inputs.map((input) => drawInput(input, size, random));
  return { x, ...(further.length > 0 && { further }), size };
}

function drawInput({ shape, dtype, vocabulary = 1 }: NetworkInput, size: number, random: Random): InputValues {
  const count = size * sizeOf(shape);
  if (dtype === 'int32') return Int32Array.from({ length: count }, () => random.integer(vocabulary));
  const values = new Float32Array(count);
  random.fillNormal(values, 0, 1);
  return values;
}

/** An input of the graph for each parameter of the network, under its name. */
export function declareParameters(b: Builder, network: Network): ReadonlyMap<string, Node> {
  return new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
}
