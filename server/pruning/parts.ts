/** Batches in parts, for networks of which a whole batch does not fit into memory. */
import { createProgram } from '../graph/program';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { buildLoss } from './loss';
import { optionValue, SHARED_OPTIONS } from './options';
import { scoringMode } from './scoringMode';
import type { ChosenOptions, Criterion } from './types';

/** Examples `start` up to but not including `end` of a batch, with their labels. */
export function examplesOf({ x, further, y, size }: Batch, start: number, end: number): Batch {
  const cut = <T extends Batch['x'] | Batch['y']>(values: T): T => {
    const each = values.length / size;
    return values.subarray(start * each, end * each) as T;
  };
  return { x: cut(x), ...(further && { further: further.map(cut) }), y: cut(y), size: end - start };
}

/** A batch in parts of at most `size` examples. */
export function partsOf(batch: Batch, size: number): readonly Batch[] {
  return Array.from({ length: Math.ceil(batch.size / size) }, (_, i) =>
    examplesOf(batch, i * size, Math.min((i + 1) * size, batch.size)),
  );
}

/** What each part counts in the mean over all of them: its share of the examples, or of what the loss is a mean over. */
export function sharesOf({ objective }: Pick<Network, 'objective'>, parts: readonly Batch[]): readonly number[] {
  const counts = parts.map(({ y, size }) => objective.countOf?.(y) ?? size);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / Math.max(total, 1));
}

/** A sentence where the parts of a batch do not add up to the batch: each is normalized by its own statistics. */
export function partWarnings(
  network: Network,
  { usesStatistics, needsData }: Pick<Criterion, 'usesStatistics' | 'needsData'>,
  options: ChosenOptions,
): readonly string[] {
  const microBatch = optionValue(options, SHARED_OPTIONS.microBatch);
  if (!needsData || microBatch === undefined) return [];
  const { loss } = buildLoss(network, microBatch, 1, scoringMode({ options }));
  if (!createProgram('loss', { loss }).nodes.some(({ op }) => op === 'batchNorm')) return [];
  const mend = usesStatistics ? ' --warm-up-batches fixes them, and parts add up to the whole.' : '';
  return [
    `--micro-batch ${microBatch}: batch normalization takes the statistics of each part of a batch, so scores are not those of ` +
      `whole batches.${mend}`,
  ];
}
