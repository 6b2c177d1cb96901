/** A model's output as objectives read it, and which of them it is for. */
import { defaultObjective, type Labels, type ModelOutput, type Objective } from '../../../objectives';
import type { Ending } from '../../../objectives/types';
import type { Shape } from '../../../protocol/tensor';
import type { Activation } from './activations';
import type { LayerInstance } from './instances';

/** A layer whose function ends the model, up to reshaping. */
export interface LastLayer {
  readonly instance: LayerInstance;
  readonly activation: Activation | undefined;
  /** What it gives, with the batch. */
  readonly shape: Shape;
}

/** The output of the model `model` whose logits have `shape` (with the batch). */
export function describeOutput(model: string, shape: Shape, last: readonly LastLayer[]): ModelOutput {
  return { model, shape: shape.slice(1), endings: last.map(endingOf) };
}

function endingOf({ activation, shape }: LastLayer): Ending {
  if (!activation) return { kind: 'linear', name: 'linear', shape };
  const { kind, name, axis } = activation;
  return { kind, name, shape, ...(axis !== undefined && { axis }) };
}

/**
 * The first of `objectives` that the output is for and that can read it, with its labels. Where none can, a UserError with what is in the way of
 * the first, at the layer that is to blame: that of the ending, or `output`, which makes the output.
 */
export function chooseObjective(
  read: ModelOutput,
  objectives: readonly Objective[],
  output: LayerInstance,
  last: readonly LastLayer[],
): { readonly objective: Objective; readonly labels: Labels } {
  const chosen = defaultObjective(read, objectives);
  if ('objective' in chosen) return chosen;
  const { problem, hint, ending } = chosen;
  const blamed = ending ? last[read.endings.indexOf(ending)].instance : output;
  return blamed.fail(problem, hint);
}
