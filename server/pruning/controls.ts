/**
 * Sanity controls: does it matter which weights a method keeps? A control spoils exactly one thing and leaves the rest,
 * so that a method whose accuracy survives it owes nothing to what was spoiled (Frankle et al. 2021).
 */
import type { Network } from '../models/types';
import { CONTROL_OPTIONS } from '../protocol/catalogue/options';
import type { OptionValue } from '../protocol/catalogue/types';
import { usageError } from '../protocol/errors';
import { createRandom } from '../random';
import { drawWeights } from './initialWeights';
import type { Criterion, Masks, Saliency, Scores } from './types';

/**
 * `shuffle` permutes the scores, and so the mask, within each tensor: layers keep their densities. `invert` keeps the
 * weights with the lowest scores. `reinitialize` scores as ever and trains from weights drawn anew.
 */
export type Control = OptionValue<typeof CONTROL_OPTIONS.control>;

export const controls: readonly Control[] = CONTROL_OPTIONS.control.choices;

const titles: { readonly [control in Control]: string } = {
  shuffle: 'shuffled in each layer',
  reinitialize: 'weights drawn anew',
  invert: 'scores inverted',
};

/** Values of one tensor in an order drawn for it. */
function shuffled<T extends Float32Array | Uint8Array>(values: T, seed: number, name: string): T {
  const order = createRandom(seed, 'control', 'shuffle', name).permutation(values.length);
  return values.map((_, i) => values[order[i]]) as T;
}

/** Masks permuted within each tensor; the same for the same seed. */
export function shuffleMasks(masks: Masks, seed: number): Masks {
  return new Map(Array.from(masks, ([name, mask]) => [name, shuffled(mask, seed, name)]));
}

function shuffleScores(scores: Scores, seed: number): Scores {
  return new Map(Array.from(scores, ([name, values]) => [name, shuffled(values, seed, name)]));
}

function invertScores(scores: Scores): Scores {
  return new Map(Array.from(scores, ([name, values]) => [name, values.map((value) => -value)]));
}

function apply(saliency: Saliency, control: Control, seed: number): Saliency {
  switch (control) {
    case 'shuffle':
      return { ...saliency, scores: shuffleScores(saliency.scores, seed) };
    case 'invert':
      return { ...saliency, scores: invertScores(saliency.scores) };
    case 'reinitialize':
      return saliency;
  }
}

/** A method's name with a control: `snip+shuffle`. */
export function controlledName(method: string, control: Control | undefined): string {
  return control === undefined ? method : `${method}+${control}`;
}

/**
 * A method's name without its control.
 * @throws a usage error where what follows the `+` is no control.
 */
export function splitControl(name: string): { readonly method: string; readonly control?: Control } {
  const [method, suffix] = name.split('+', 2);
  if (suffix === undefined) return { method };
  const control = controls.find((known) => known === suffix);
  if (control) return { method, control };
  throw usageError(`there is no control "${suffix}" of ${method}`, `Known controls: ${controls.join(', ')}.`);
}

/** The criterion under a control, with a name and a title that say so. */
export function withControl(criterion: Criterion, control: Control | undefined): Criterion {
  if (control === undefined) return criterion;
  return {
    ...criterion,
    name: controlledName(criterion.name, control),
    title: `${criterion.title} (${titles[control]})`,
    score: async (context) => apply(await criterion.score(context), control, context.seed),
  };
}

/** Initial weights drawn anew for the control `reinitialize`; values that the model's code has set stay. */
export function reinitializedWeights(network: Network, seed: number): Promise<Map<string, Float32Array>> {
  return drawWeights(network, createRandom(seed, 'control', 'reinitialize').integer(2 ** 31));
}
