/** The networks that were described last, so that what is scored right after need not be loaded again. */
import type { Network } from '../models/types';
import type { ModelName } from '../protocol/results';

export interface Descriptions {
  keep(model: ModelName, network: Network): void;
  /** The latest network of a model, if it has that fingerprint. */
  find(model: ModelName, fingerprint: string | undefined): Network | undefined;
}

/** Models whose networks are kept. */
const KEPT = 4;

export function createDescriptions(): Descriptions {
  const latest = new Map<ModelName, Network>();
  return {
    keep(model, network) {
      latest.delete(model);
      latest.set(model, network);
      if (latest.size > KEPT) latest.delete(latest.keys().next().value!);
    },
    find(model, fingerprint) {
      const found = latest.get(model);
      return found !== undefined && found.fingerprint === fingerprint ? found : undefined;
    },
  };
}
