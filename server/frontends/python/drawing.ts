/** Initial values that the code of a model draws: it is run for each seed. */
import type { Network } from '../../models/types';

type Values = ReadonlyMap<string, Float32Array>;

/**
 * `Network.draw` of a network that was loaded with the seed `own`; the values of the last seed are kept.
 * @param network Gives the network itself.
 * @param load Loads it with another seed.
 */
export function drawingFor(
  own: number,
  network: () => Network,
  load: (seed: number) => Promise<Network>,
): (seed: number) => Promise<Values> {
  let drawn: { readonly seed: number; readonly values: Values } | undefined;
  return async (seed) => {
    if (drawn?.seed === seed) return drawn.values;
    const { parameters } = seed === own ? network() : await load(seed);
    drawn = { seed, values: new Map(parameters.map(({ name, initialize }) => [name, initialize(seed)])) };
    return drawn.values;
  };
}
