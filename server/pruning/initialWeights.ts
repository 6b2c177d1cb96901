import type { Network } from '../models/types';

/** Values of every parameter at initialization, drawn from the seed. */
export function initialWeights(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
}
