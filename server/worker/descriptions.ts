/** The models that were described last, so that what is scored right after need not be loaded again. */
import type { ModelDescription } from '../protocol/model';
import type { ModelName } from '../protocol/results';

export interface Descriptions {
  keep(model: ModelName, fingerprint: string, description: ModelDescription): void;
  /** The latest description of a model, if it is of the architecture with that fingerprint. */
  find(model: ModelName, fingerprint: string | undefined): ModelDescription | undefined;
}

/** Models whose descriptions are kept. */
const KEPT = 4;

export function createDescriptions(): Descriptions {
  const latest = new Map<ModelName, { readonly fingerprint: string; readonly description: ModelDescription }>();
  return {
    keep(model, fingerprint, description) {
      latest.delete(model);
      latest.set(model, { fingerprint, description });
      if (latest.size > KEPT) latest.delete(latest.keys().next().value!);
    },
    find(model, fingerprint) {
      const found = latest.get(model);
      return found !== undefined && found.fingerprint === fingerprint ? found.description : undefined;
    },
  };
}
