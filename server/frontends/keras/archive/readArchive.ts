/** Models that Keras has saved with their weights: `.keras` archives of Keras 3 and 2, and HDF5 files. */
import { basename } from 'node:path';
import { checkMemory } from '../../../files/memory';
import { openRegular, readRange, readRegular } from '../../../files/regular';
import { UserError, usageError } from '../../../protocol/errors';
import type { ModelDescription } from '../description';
import { readKerasJson } from '../json/kerasJson';
import { openHdf5 } from './hdf5';
import { checkHdf5Start, isHdf5 } from './hdf5Start';
import { layerParameters } from './layerParameters';
import { withNamedWeights } from './namedWeights';
import { withStoredLayers } from './storedLayers';
import { readZip } from './zip';

/** Bytes that tell what a file is: more than its signature, as HDF5 says early how long it is. */
const START = 96;

async function startOf(path: string): Promise<{ readonly size: number; readonly start: Uint8Array }> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    return { size, start: await readRange(file, path, 0, Math.min(START, size)) };
  } finally {
    await file.close();
  }
}

const isZip = (start: Uint8Array) => Buffer.from(start.subarray(0, 2)).toString('latin1') === 'PK';

/** The topology as a file of Keras's, with the version that wrote it. */
function topology(config: string, version: string | undefined): string {
  return version === undefined ? config : `{"keras_version": ${JSON.stringify(version)}, "model_config": ${config}}`;
}

async function readKerasArchive(file: string): Promise<ModelDescription> {
  const name = basename(file);
  const { config, version, weights } = await readZip(file);
  const model = readKerasJson(topology(config, version), file);
  if (!weights) return model;
  const hdf5 = await openHdf5(weights, `the weights in ${name}`);
  try {
    return withStoredLayers(model, hdf5, layerParameters(model), name);
  } finally {
    hdf5.close();
  }
}

async function readHdf5(file: string): Promise<ModelDescription> {
  const name = basename(file);
  const bytes = await readRegular(file, (size) => checkMemory(name, size, 'file'));
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
 * @throws UserError (usage) for what is no such file; UserError for what is damaged, too large, or not supported.
 */
export async function readArchive(file: string): Promise<ModelDescription> {
  const { size, start } = await startOf(file);
  if (isZip(start)) return readKerasArchive(file);
  const name = basename(file);
  if (!isHdf5(start)) {
    throw usageError(
      `${name} is no model that Keras has saved: it begins neither as a zip file nor as HDF5.`,
      'Save the model with model.save("model.keras").',
    );
  }
  checkHdf5Start(start, size, name);
  return readHdf5(file);
}
