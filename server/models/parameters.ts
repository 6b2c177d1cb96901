/** The inputs of a network in a graph: its examples and its parameters. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Batch, InputValues } from '../protocol/data';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../protocol/tensor';
import type { Random } from '../random';
import type { Network, NetworkInput } from './types';

/** The examples of a batch, without their labels. */
export type Examples = Pick<Batch, 'x' | 'size'>;

/** The inputs of the graph that hold a batch of `size` examples of the network, in the network's order. */
export function declareInputs(b: Builder, { inputs }: Pick<Network, 'inputs'>, size: number): readonly Node[] {
  return inputs.map(({ shape, dtype }) => b.input('x', [size, ...shape], dtype));
}

/** A batch of examples as the tensors of the inputs that {@link declareInputs} declares, by name. */
export function inputTensors(
  { inputs }: Pick<Network, 'inputs'>,
  { x, size }: Examples,
): { readonly [name: string]: HostTensor } {
  return Object.fromEntries(inputs.map((input) => ['x', inputTensor(input, size, x)]));
}

function inputTensor({ shape, dtype }: NetworkInput, size: number, values: InputValues): HostTensor {
  const extents = [size, ...shape];
  if (dtype === 'float32')
    return floatTensor(extents, values instanceof Float32Array ? values : Float32Array.from(values));
  return intTensor(extents, values instanceof Int32Array ? values : Int32Array.from(values));
}

/** Examples at random: standard normal numbers, and ids with equal chance. */
export function drawExamples({ inputs }: Pick<Network, 'inputs'>, size: number, random: Random): Examples {
  const [x] = inputs.map((input) => drawInput(input, size, random));
  return { x, size };
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
