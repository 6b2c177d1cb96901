/** The layers of a model and of the models in it, as a tree, each under a name that is unique in the whole model. */

import { type Fail, layerFailure } from '../../../models/failure';
import { UserError } from '../../../protocol/errors';
import type { LayerDescription, ModelDescription } from '../description';

export interface LayerInstance {
  /** The layer's own name, or its path (`block/conv1`) where another layer has that name too. */
  readonly name: string;
  readonly description: LayerDescription;
  /** Whether the layer and every model around it are trainable. */
  readonly trainable: boolean;
  /** The model, where the layer is one. */
  readonly model?: ModelInstance;
  readonly fail: Fail;
}

export interface ModelInstance {
  readonly description: ModelDescription;
  /** By the layers' own names, in the model's order. */
  readonly layers: ReadonlyMap<string, LayerInstance>;
}

/** The tree of `description`. Two layers of one name in one model are a UserError. */
export function createInstances(description: ModelDescription): ModelInstance {
  const counts = new Map<string, number>();
  countNames(description, counts);
  const isShared = (name: string) => (counts.get(name) ?? 0) > 1;
  const model = createModel(description, [], description.trainable !== false, isShared);
  const names = new Set<string>();
  for (const layer of leaves(model)) {
    if (names.has(layer.name)) layer.fail('another layer has this name too, counting the models around it.');
    names.add(layer.name);
  }
  return model;
}

/** The layers that are no models, in the order of the tree. */
export function leaves(model: ModelInstance): readonly LayerInstance[] {
  return [...model.layers.values()].flatMap((layer) => (layer.model ? leaves(layer.model) : [layer]));
}

function countNames(model: ModelDescription, counts: Map<string, number>): void {
  for (const layer of model.layers) {
    if (layer.model) countNames(layer.model, counts);
    else counts.set(layer.name, (counts.get(layer.name) ?? 0) + 1);
  }
}

function createModel(
  description: ModelDescription,
  path: readonly string[],
  trainable: boolean,
  isShared: (name: string) => boolean,
): ModelInstance {
  const layers = new Map<string, LayerInstance>();
  for (const layer of description.layers) {
    const ownPath = [...path, layer.name];
    const name = isShared(layer.name) ? ownPath.join('/') : layer.name;
    const fail = layerFailure(name, layer);
    if (layers.has(layer.name)) fail(`another layer of the model '${description.name}' has this name too.`);
    const ownTrainable = trainable && layer.config.trainable !== false;
    layers.set(layer.name, {
      name,
      description: layer,
      trainable: ownTrainable,
      fail,
      ...(layer.model && { model: createModel(layer.model, ownPath, ownTrainable, isShared) }),
    });
  }
  return { description, layers };
}

/** The layer a reference names; one the model does not have is a UserError. */
export function findLayer(model: ModelInstance, name: string): LayerInstance {
  const layer = model.layers.get(name);
  if (layer) return layer;
  throw new UserError(
    `The model '${model.description.name}' of ${model.description.file} refers to a layer '${name}', which it does not have.`,
  );
}
