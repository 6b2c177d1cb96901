/** What a score's masks are held against: another score's, its own at another sparsity, or those of a run. */
import { fromFramework } from '../../models/stored';
import { usageError } from '../../protocol/errors';
import type { OtherMasks } from '../../protocol/results';
import { isStructuredMethod } from '../../request/comparedMethods';
import { structuredMasksFile } from '../../runs/files';
import { lastWritten } from '../../runs/folders';
import { readMasksFile } from '../../runs/masks';
import { readRunConfig } from '../../runs/read';
import { readMasksAfter } from '../../runs/updates';
import type { ScoreStore, StoredScore } from './store';
import type { CutTensor } from './tiles';

/** A mask of each scored tensor, as scores with what stays of them. */
export type OtherTensors = ReadonlyMap<string, CutTensor>;

export interface RunMasks {
  /**
   * Masks of a run in the layouts of the network that was scored.
   *
   * @param epoch After so many epochs; else those that it has come to.
   * @throws UserError where they do not fit it.
   */
  of(run: string, score: StoredScore, epoch?: number): Promise<OtherTensors>;
}

/** Masks are 0 or 1: what has a 1 stays. */
function tensorOf(mask: Uint8Array): CutTensor {
  const kept = mask.reduce((sum, value) => sum + value, 0);
  return { scores: Float32Array.from(mask), cutoff: { threshold: 1, equalEnd: mask.length, kept } };
}

/**
 * Masks that a run trains with, or has come to. Of a structured method, those over the whole network, which have the names of the
 * framework.
 */
async function readMasks(
  run: string,
  { network }: StoredScore,
  epoch: number | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { origin } = await readRunConfig(run);
  if (origin.method === undefined || !isStructuredMethod(origin.method)) return readMasksAfter(run, { epoch });
  const found = await readMasksFile(structuredMasksFile(run));
  return fromFramework(network, new Map(found.map(({ name, mask }) => [name, mask])));
}

/** Reads the masks of runs; those of the last one stay in memory until they change. */
export function createRunMasks(): RunMasks {
  let last: { readonly key: string; readonly tensors: Promise<OtherTensors> } | undefined;
  const read = async (run: string, score: StoredScore, epoch: number | undefined): Promise<OtherTensors> => {
    const masks = await readMasks(run, score, epoch);
    if (masks.size === 0) throw usageError(`The run ${run} has no masks: it trains all weights.`);
    return new Map(
      [...score.scores].map(([name, { length }]) => {
        // What was not pruned in that run is whole.
        const mask = masks.get(name) ?? new Uint8Array(length).fill(1);
        if (mask.length === length) return [name, tensorOf(mask)];
        throw usageError(`${name} has ${mask.length} weights in the run ${run}, and ${length} in the score.`);
      }),
    );
  };
  return {
    async of(run, score, epoch) {
      const key = `${score.summary.scoreId} ${await lastWritten(run)} ${epoch} ${run}`;
      if (last?.key !== key) last = { key, tensors: read(run, score, epoch) };
      return last.tensors;
    },
  };
}

/** Where scores and runs are. */
export interface MaskSources {
  readonly scores: ScoreStore;
  readonly runMasks: RunMasks;
}

/**
 * The masks to compare with; undefined where none are asked for.
 *
 * @throws UserError (usage) where they are of other tensors.
 */
export async function otherTensors(
  score: StoredScore,
  params: OtherMasks & { readonly sparsity: number; readonly minPerLayer?: number },
  { scores, runMasks }: MaskSources,
): Promise<OtherTensors | undefined> {
  const { otherScoreId, otherRun, otherEpoch, otherSparsity, sparsity, minPerLayer } = params;
  if (otherRun !== undefined) return runMasks.of(otherRun, score, otherEpoch);
  if (otherScoreId === undefined && otherSparsity === undefined) return undefined;
  const other = otherScoreId === undefined ? score : scores.get(otherScoreId);
  checkSameTensors(score, other);
  const cutoffs = scores.cutoffs(other, otherSparsity ?? sparsity, minPerLayer);
  return new Map([...other.scores].map(([name, values]) => [name, { scores: values, cutoff: cutoffs.get(name)! }]));
}

function checkSameTensors(a: StoredScore, b: StoredScore): void {
  const shapes = ({ scores, network }: StoredScore) =>
    network.parameters
      .filter(({ name }) => scores.has(name))
      .map(({ name, shape }) => `${name} ${shape.join(' ')}`)
      .join();
  if (shapes(a) === shapes(b)) return;
  throw usageError('The two scores are of different weights, so their masks cannot be compared.', 'Score both again.');
}
