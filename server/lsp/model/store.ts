/** The states of all models, which events change. */
import type { ModelName } from '../../protocol/results';
import { type ModelEvent, reduce } from './events';
import { initialState, type ModelState } from './state';

export interface ModelStore {
  get(model: ModelName): ModelState | undefined;
  all(): readonly ModelState[];
  /** Tells what has happened to a model, which need not be known yet. Returns its state after that. */
  dispatch(model: ModelName, event: ModelEvent): ModelState;
}

/** A store that tells `onChanged` of every new state, with the one before. */
export function createModelStore(
  initialSparsity: () => number,
  onChanged: (state: ModelState, before: ModelState) => void,
): ModelStore {
  const states = new Map<ModelName, ModelState>();
  return {
    get: (model) => states.get(model),
    all: () => [...states.values()],
    dispatch(model, event) {
      const known = states.get(model);
      const before = known ?? initialState(model, initialSparsity());
      const state = reduce(before, event);
      if (state === known) return state;
      states.set(model, state);
      onChanged(state, before);
      return state;
    },
  };
}
