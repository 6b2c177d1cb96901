/** Writing a network with its weights as files that tfjs, Keras's readers and this product load. */
import { join } from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import type { Network } from '../../models/types';
import type { ModelWriter } from '../types';
import { type ShapeOf, writeKeras } from './json/writeKeras';
import { descriptionOf } from './network/createNetwork';

const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';

/** The shapes of a network's layers by their own names: where two are named alike, the file has another name for them. */
function shapeOf({ layers }: Network): ShapeOf {
  const shapes = new Map(layers.map(({ name, outputShape }) => [name.replaceAll('/', '_'), outputShape]));
  return (name) => shapes.get(name);
}

/** Writes `model.json` and `weights.bin`, with the values that the network's description carries. */
export const kerasWriter: ModelWriter = {
  files: [MODEL, WEIGHTS],
  async write(network, folder) {
    const files = writeKeras(descriptionOf(network), WEIGHTS, shapeOf(network));
    // The weights come first: a model.json is never there without them.
    await writeFileAtomic(join(folder, WEIGHTS), files.weights);
    const path = join(folder, MODEL);
    await writeJsonAtomic(path, files.model);
    return path;
  },
};
