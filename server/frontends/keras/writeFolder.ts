/** Writing a network with its weights as files that tfjs, Keras's readers and this product load. */
import { join } from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import type { ModelWriter } from '../types';
import { writeKeras } from './json/writeKeras';
import { descriptionOf } from './network/createNetwork';

const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';

/** Writes `model.json` and `weights.bin`, with the values that the network's description carries. */
export const kerasWriter: ModelWriter = {
  files: [MODEL, WEIGHTS],
  async write(network, folder) {
    const files = writeKeras(descriptionOf(network), WEIGHTS);
    // The weights come first: a model.json is never there without them.
    await writeFileAtomic(join(folder, WEIGHTS), files.weights);
    const path = join(folder, MODEL);
    await writeJsonAtomic(path, files.model);
    return path;
  },
};
