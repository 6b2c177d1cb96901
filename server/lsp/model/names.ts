/** What models are called, each told from all others that are known. */
import { modelLabels } from '../../protocol/modelNames';
import type { ModelName } from '../../protocol/results';

export interface Names {
  of(model: ModelName): string;
  /** The models of the workspace, as they were found last. */
  found(models: readonly ModelName[]): void;
}

/** @param used Models that were asked for, whether they are found or not. */
export function createNames(used: () => readonly ModelName[]): Names {
  let known: readonly ModelName[] = [];
  let labels: ReadonlyMap<ModelName, string> = new Map();
  const name = (models: readonly ModelName[]) => {
    labels = modelLabels([...known, ...used(), ...models]);
  };
  return {
    of(model) {
      if (!labels.has(model)) name([model]);
      return labels.get(model)!;
    },
    found(models) {
      known = models;
      name([]);
    },
  };
}
