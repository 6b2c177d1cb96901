/** Models that Keras has saved with their weights: `.keras` archives of Keras 3 and 2, and HDF5 files. */
import { basename } from 'node:path';
import { checkMemory } from '../../../files/memory';
import { readRegular } from '../../../files/regular';
import { UserError } from '../../../protocol/errors';
import type { ModelDescription } from '../description';
import { readKerasJson } from '../json/kerasJson';
import { openHdf5 } from './hdf5';
import { layerParameters } from './layerParameters';
import { withNamedWeights } from './namedWeights';
import { withStoredLayers } from './storedLayers';
import { readZip } from './zip';

const isZip = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 2)).toString('latin1') === 'PK';

/** The topology as a file of Keras's, with the version that wrote it. */
function topology(config: string, version: string | undefined): string {
  return version === undefined ? config : `{"keras_version": ${JSON.stringify(version)}, "model_config": ${config}}`;
}

async function readKerasArchive(bytes: Uint8Array, file: string): Promise<ModelDescription> {
  const name = basename(file);
  const { config, version, weights } = readZip(bytes, name);
  const model = readKerasJson(topology(config, version), file);
  if (!weights) return model;
  const hdf5 = await openHdf5(weights, `the weights in ${name}`);
  try {
    return withStoredLayers(model, hdf5, layerParameters(model), name);
  } finally {
    hdf5.close();
  }
}

async function readHdf5(bytes: Uint8Array, file: string): Promise<ModelDescription> {
  const name = basename(file);
  const hdf5 = await openHdf5(bytes, name);
  try {
    const config = hdf5.text('/', 'model_config');
    if (config === undefined) {
      throw new UserError(`${name} holds no model, at most weights: it has no "model_config".`, {
        kind: 'usage',
        hint: 'Save the whole model with model.save("model.keras"), not its weights alone.',
      });
    }
    const model = readKerasJson(topology(config, hdf5.text('/', 'keras_version')), file);
    if (!hdf5.has('model_weights')) return model;
    return withNamedWeights(model, hdf5, layerParameters(model), name);
  } finally {
    hdf5.close();
  }
}

/**
 * Reads a model with its weights. To be called in a process that has a deadline and a memory limit.
 * @param file Absolute path.
 * @throws UserError for what is no such file, is damaged, too large, or not supported.
 */
export async function readArchive(file: string): Promise<ModelDescription> {
  const bytes = await readRegular(file, (size) => checkMemory(basename(file), size, 'file'));
  return isZip(bytes) ? readKerasArchive(bytes, file) : readHdf5(bytes, file);
}
