/** What is in the files that runs read. */
import { createHash } from 'node:crypto';
import { readRegular } from '../files/regular';
import type { TrainingRequest } from '../request/types';

/** Hashes over contents: what of a run's files decides its result. */
export interface ContentHashes {
  /** See `contentHash`. */
  readonly data: string;
  /** Of the file of initial weights, where there is one. */
  readonly weights?: string;
  /** Of AutoS's predictor, where it is not the shipped one. */
  readonly predictor?: string;
}

async function fileHash(path: string): Promise<string> {
  const bytes = await readRegular(path);
  return createHash('sha256').update(bytes).digest('hex');
}

/** The hashes of what a request reads beside its data. @throws UserError where a file cannot be read. */
export async function hashContents(
  { weightsFile, scoring }: Pick<TrainingRequest, 'weightsFile' | 'scoring'>,
  data: string,
): Promise<ContentHashes> {
  return {
    data,
    ...(weightsFile !== undefined && { weights: await fileHash(weightsFile) }),
    ...(scoring.predictor !== undefined && { predictor: await fileHash(scoring.predictor) }),
  };
}
