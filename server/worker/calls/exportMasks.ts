/** Masks to files, in the layouts that other tools read. */
import { checkOutputFile } from '../../preparation/output';
import { exportMasksTo } from '../export/formats';
import { masksOf } from '../scores/cutoffs';
import type { CallHandler } from '../session';

export const exportMasks: CallHandler<'exportMasks'> = async (params, { session }) => {
  const { scoreId, sparsity, minPerLayer, format, file } = params;
  const score = session.scores.get(scoreId);
  await checkOutputFile(file);
  const masks = masksOf(score.scores, session.scores.cutoffs(score, sparsity, minPerLayer));
  await exportMasksTo({ format, file, sparsity, score, masks });
  return { file };
};
