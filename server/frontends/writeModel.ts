/** Writing a network with its weights as a folder of its framework's files. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { listFolder } from '../files/output';
import type { Network } from '../models/types';
import { usageError } from '../protocol/errors';
import { FRONT_ENDS, frontEndFor, frontEndOf } from './registry';
import type { Framework, FrontEnd, ModelWriter } from './types';

/** Name of the masks that hold in the model beside them. */
export const MODEL_MASKS = 'masks.safetensors';

function requireWriter({ writer, name }: Framework, model: string): ModelWriter {
  if (writer) return writer;
  throw usageError(`${model} comes from ${name}, for which PruneLens writes no models.`, 'Export its masks instead.');
}

/**
 * Makes sure, before the work, that a smaller model of `file` can be written to `folder`.
 * @throws UserError (usage) where the folder is not empty, or such models cannot be written.
 */
export async function checkModelFolder(
  folder: string,
  file: string,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): Promise<void> {
  const { frameworks, ...own } = frontEndFor(file, frontEnds)!;
  const files = (frameworks ?? [own]).flatMap((one) => one.originalFiles ?? requireWriter(one, file).files);
  const foreign = (await listFolder(folder)).filter((name) => name !== MODEL_MASKS && !files.includes(name));
  if (foreign.length > 0) {
    throw usageError(`${folder} is not empty.`, 'Choose another folder; only a model written here before is replaced.');
  }
}

/**
 * Writes a network with its initial values to `folder`, which is made where it does not exist; gives the path to load it by.
 * @throws UserError where it cannot be written.
 */
export async function writeModel(
  folder: string,
  network: Network,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): Promise<string> {
  const writer = requireWriter(frontEndOf(network, frontEnds), network.name);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
  await removeLeftovers(folder);
  // Masks of a model that was here before do not fit this one.
  await rm(join(folder, MODEL_MASKS), { force: true });
  return writer.write(network, folder);
}
