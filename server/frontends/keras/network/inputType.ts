/** Whether an input of a model holds numbers or token ids. */
import type { NetworkInput } from '../../../models/types';
import type { TensorReference } from '../description';
import { canonicalClass } from '../layers';
import type { LayerInstance, ModelInstance } from './instances';

const same = (a: TensorReference, b: TensorReference): boolean =>
  a.layer === b.layer && a.call === b.call && a.output === b.output;

/** The layers that are no models and take a tensor of the model, also inside the models in it. */
function readers(model: ModelInstance, tensor: TensorReference): readonly LayerInstance[] {
  return [...model.layers.values()].flatMap((layer) =>
    layer.description.calls.flatMap((call) =>
      call.flatMap((reference, place) => {
        if (!same(reference, tensor)) return [];
        return layer.model ? readers(layer.model, layer.model.description.inputs[place]) : [layer];
      }),
    ),
  );
}

/**
 * `int32` where an input of the model is looked up in an embedding, with the number of ids that each of them has a row for. Ends in a
 * UserError where something else computes with the ids too.
 */
export function inputType(model: ModelInstance, input: TensorReference): Pick<NetworkInput, 'dtype' | 'vocabulary'> {
  const found = readers(model, input);
  const embeddings = found.filter(({ description }) => canonicalClass(description.className) === 'Embedding');
  if (embeddings.length === 0) return { dtype: 'float32' };
  const other = found.find((layer) => !embeddings.includes(layer));
  if (other) return other.fail('it computes with the token ids that an embedding looks up.');
  const rows = embeddings
    .map(({ description }) => description.config.inputDim)
    .filter((one) => typeof one === 'number');
  return { dtype: 'int32', ...(rows.length > 0 && { vocabulary: Math.min(...rows) }) };
}
