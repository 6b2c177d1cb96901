import type { Network } from '../models/types';

/**
 * Values of every parameter at initialization, drawn from the seed. Those of a model whose own code draws them are those of the
 * seed that it was loaded with: `drawWeights` gives them for any seed.
 */
export function initialWeights(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
}

/** Values of every parameter at initialization, drawn from the seed, also by the model's own code. */
export async function drawWeights(network: Network, seed: number): Promise<Map<string, Float32Array>> {
  return network.draw ? new Map(await network.draw(seed)) : initialWeights(network, seed);
}
