/** Following the masks of steps through a model. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import { findDefinition } from '../layers';
import type { StepMasks } from '../layers/definition';
import type { LayerInstance } from './instances';

export function createStepMasks(): StepMasks {
  const masks = new Map<Node, Node>();
  return {
    get: (tensor) => masks.get(tensor),
    set: (tensor, mask) => void masks.set(tensor, mask),
  };
}

/**
 * Hands masks of a layer's inputs on to its result. `output` is the result before the layer's activation, on which the layer may
 * have set a mask of its own. Ends in a UserError at a layer that would lose a mask.
 */
export function passMask(
  b: Builder,
  masks: StepMasks,
  { description, fail }: LayerInstance,
  inputs: readonly Node[],
  output: Node,
  result: Node,
): void {
  const own = masks.get(output);
  if (own) {
    masks.set(result, own);
    return;
  }
  const found = inputs.flatMap((input) => masks.get(input) ?? []);
  if (found.length === 0) return;
  const { masking } = findDefinition(description.className) ?? {};
  if (masking === 'uses') return;
  if (masking !== 'passes' || result.shape.length < 2 || result.shape[1] !== found[0].shape[1]) {
    fail(
      'some steps of its input are masked, and it does not heed that: the mask would be lost.',
      'Leave out the masking, or put this layer behind one that heeds masks, such as LSTM, GRU or GlobalAveragePooling1D.',
    );
  }
  masks.set(
    result,
    found.reduce((all, one) => (all === one ? all : b.multiply(all, one))),
  );
}
