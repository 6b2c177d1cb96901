/** Writing a model with its weights as a folder that tfjs, Keras's readers and this product load. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import { fileFailure } from '../../files/failures';
import { listFolder } from '../../files/output';
import { usageError } from '../../protocol/errors';
import type { ModelDescription } from '../../protocol/model';
import { writeKeras } from './json/writeKeras';

const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';

/** Name of the masks that hold in the model beside them. */
export const MODEL_MASKS = 'masks.safetensors';

const OWN_FILES: readonly string[] = [MODEL, WEIGHTS, MODEL_MASKS];

/** Makes sure, before the work, that a model can be written to `folder`. @throws UserError (usage) where it is not empty. */
export async function checkModelFolder(folder: string): Promise<void> {
  const found = await listFolder(folder);
  const foreign = found.filter((name) => !OWN_FILES.includes(name));
  if (foreign.length > 0) {
    throw usageError(`${folder} is not empty.`, 'Choose another folder; only a model written here before is replaced.');
  }
}

/** Writes `model.json` and `weights.bin` to `folder`, which is made where it does not exist; gives the path of the model. */
export async function writeKerasModel(folder: string, model: ModelDescription): Promise<string> {
  const files = writeKeras(model, WEIGHTS);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  // Masks of a model that was here before do not fit this one.
  await rm(join(folder, MODEL_MASKS), { force: true });
  // The weights come first: a model.json is never there without them.
  await writeFileAtomic(join(folder, WEIGHTS), files.weights);
  const path = join(folder, MODEL);
  await writeJsonAtomic(path, files.model);
  return path;
}
