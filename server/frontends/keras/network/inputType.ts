/** Whether a model's input holds numbers or token ids. */
import type { DType } from '../../../protocol/tensor';
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
 * `int32` where the model's input is looked up in an embedding. Ends in a UserError where something else computes with the ids
 * too.
 */
export function inputType(model: ModelInstance): DType {
  const found = readers(model, model.description.inputs[0]);
  const embeddings = found.filter(({ description }) => canonicalClass(description.className) === 'Embedding');
  if (embeddings.length === 0) return 'float32';
  const other = found.find((layer) => !embeddings.includes(layer));
  return other ? other.fail('it computes with the token ids that an embedding looks up.') : 'int32';
}
