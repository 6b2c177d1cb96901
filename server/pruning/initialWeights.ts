import type { Network, Parameter } from '../models/types';
import { UserError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';

/** Values that one parameter may have: 8 GiB of them. */
const LARGEST = 2 ** 31;

/** @throws UserError where a parameter is larger than anything that could be trained here. */
function checkSize({ name, shape }: Parameter): void {
  if (sizeOf(shape) <= LARGEST) return;
  throw new UserError(
    `${name} has ${sizeOf(shape).toLocaleString('en')} values; a parameter may have ${LARGEST.toLocaleString('en')}.`,
    { hint: 'Check the numbers of units and filters in the model.' },
  );
}

/**
 * Values of every parameter at initialization, drawn from the seed. Those of a model whose own code draws them are those of the
 * seed that it was loaded with: `drawWeights` gives them for any seed.
 *
 * @throws UserError where a parameter is too large.
 */
export function initialWeights(network: Network, seed: number): Map<string, Float32Array> {
  network.parameters.forEach(checkSize);
  return new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
}

/** Values of every parameter at initialization, drawn from the seed, also by the model's own code. */
export async function drawWeights(network: Network, seed: number): Promise<Map<string, Float32Array>> {
  return network.draw ? new Map(await network.draw(seed)) : initialWeights(network, seed);
}
