/** A model's output as objectives read it, and which of them it is for. */
import { isMisfit, type Labels, type Misfit, type ModelOutput, type Objective } from '../../../objectives';
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
 * The first of `objectives` that can read the output, with its labels. Where none can, a UserError with what is in the way of
 * the first, at the layer that is to blame: that of the ending, or `output`, which makes the output.
 */
export function chooseObjective(
  read: ModelOutput,
  objectives: readonly Objective[],
  output: LayerInstance,
  last: readonly LastLayer[],
): { readonly objective: Objective; readonly labels: Labels } {
  let first: Misfit | undefined;
  for (const objective of objectives) {
    const labels = objective.read(read);
    if (!isMisfit(labels)) return { objective, labels };
    first ??= labels;
  }
  if (!first) throw new Error('there is no objective');
  const { problem, hint, ending } = first;
  const blamed = ending ? last[read.endings.indexOf(ending)].instance : output;
  return blamed.fail(problem, hint);
}
