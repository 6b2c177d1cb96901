/** Steps that were measured, so that a form that is filled in does not have them measured again. */
import type { MeasuredTraining } from '../training/trainingCosts';

export interface MeasuredSteps {
  /** What was measured under a key, or is now. */
  get(key: string, measure: () => Promise<MeasuredTraining>): Promise<MeasuredTraining>;
}

/** Measurements that are kept. */
const KEPT = 32;

export function createMeasuredSteps(): MeasuredSteps {
  const known = new Map<string, MeasuredTraining>();
  return {
    async get(key, measure) {
      const found = known.get(key) ?? (await measure());
      known.delete(key);
      known.set(key, found);
      if (known.size > KEPT) known.delete(known.keys().next().value!);
      return found;
    },
  };
}
