/** Masks to files, in the layouts that other tools read: those of a score at a sparsity, or those of a run. */

import { checkOutputFile } from '../../files/output';
import { joinModelSpecifier } from '../../frontends';
import { exportMasksTo, type MaskExport } from '../../masks/formats';
import { fromFramework } from '../../models/stored';
import { UserError, usageError } from '../../protocol/errors';
import { exportedFiles } from '../../protocol/exports';
import { sizeOf } from '../../protocol/tensor';
import type { ExportParams } from '../../protocol/worker';
import type { Masks } from '../../pruning';
import { isStructuredMethod } from '../../request/comparedMethods';
import { loadForRequests } from '../../request/model';
import { structuredMasksFile } from '../../runs/files';
import { readMasksFile } from '../../runs/masks';
import { readRunConfig } from '../../runs/read';
import { readMasksAfter } from '../../runs/updates';
import { masksOf } from '../scores/cutoffs';
import type { CallContext, CallHandler } from '../session';

type Exported = Omit<MaskExport, 'format' | 'file'>;

function masksOfScore(
  { scoreId, sparsity, minPerLayer }: Extract<ExportParams, { scoreId: string }>,
  { scores }: CallContext['session'],
): Exported {
  const score = scores.get(scoreId);
  const { network, summary } = score;
  const masks = masksOf(score.scores, scores.cutoffs(score, sparsity, minPerLayer));
  return { network, masks, origin: { method: summary.method, sparsity, seed: summary.seed } };
}

/** Over the whole network, all weights of the channels that the run's smaller network does not have; named as in the framework. */
async function readStructuredMasks(run: string): Promise<Masks> {
  return new Map((await readMasksFile(structuredMasksFile(run))).map(({ name, mask }) => [name, mask]));
}

/**
 * The masks that a run trains with, where it changes them those that it has come to, or those that made its smaller network, for its model as it is now: layouts and names of
 * layers are the model's.
 */
async function masksOfRun(run: string, { signal, trusted }: CallContext): Promise<Exported> {
  const { file, origin, training } = await readRunConfig(run);
  const isStructured = origin.method !== undefined && isStructuredMethod(origin.method);
  const found = await (isStructured ? readStructuredMasks(run) : readMasksAfter(run));
  if (found.size === 0) throw usageError(`The run ${run} has no masks: it trains all weights.`);
  // What the run's folder says is data: which kind of model it is, the name tells.
  const specifier = joinModelSpecifier(file, origin.exportName);
  const { output } = origin;
  const flags = output === undefined ? {} : { output };
  const { network } = await loadForRequests(specifier, flags, signal, { trusted });
  // Masks over channels are in a file for the user, those of a training in one for the engine.
  const masks = isStructured ? fromFramework(network, found) : found;
  const sizes = new Map(network.parameters.map(({ name, shape }) => [name, sizeOf(shape)]));
  const changed = [...masks].find(([name, mask]) => sizes.get(name) !== mask.length);
  if (changed) {
    throw new UserError(`The masks of the run do not fit its model any more: ${changed[0]} has changed since.`, {
      hint: `They are as they were in ${isStructured ? structuredMasksFile(run) : `masks.safetensors in ${run}`}.`,
    });
  }
  const { method, sparsity } = origin;
  return {
    network,
    masks,
    origin: {
      ...(method !== undefined && { method }),
      ...(sparsity !== undefined && { sparsity }),
      ...(isStructured && { structured: true }),
      seed: training.seed,
    },
  };
}

export const exportMasks: CallHandler<'exportMasks'> = async (params, context) => {
  const { format, file } = params;
  const exported = 'run' in params ? await masksOfRun(params.run, context) : masksOfScore(params, context.session);
  await checkOutputFile(file);
  await exportMasksTo({ ...exported, format, file });
  return { file, files: exportedFiles(format, file) };
};
