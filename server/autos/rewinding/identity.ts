/** Everything that decides the outcome of an iterative pruning, and what differs where it is resumed. */
import { createHash } from 'node:crypto';
import type { Network } from '../../models/types';
import { usageError } from '../../protocol/errors';
import type { Weights } from '../../pruning/types';
import { flatten } from '../../runs/identity';
import type { RewindRecord } from './folder';
import type { RewindRequest } from './types';

function hashWeights(network: Network, weights: Weights): string {
  const hash = createHash('sha256');
  for (const { name } of network.parameters) {
    const { buffer, byteOffset, byteLength } = weights.get(name)!;
    hash.update(JSON.stringify([name, byteLength])).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** The record of the pruning that `request` describes. */
export function recordOf(request: RewindRequest): RewindRecord {
  const { label, modelHash, data, dataset, settings, config, executor, network, prunable } = request;
  const parameters = network.parameters.map(({ name, shape }) => ({ name, shape }));
  return {
    format: 'prunelens-rewinding-1',
    label,
    modelHash,
    data,
    settings,
    training: {
      backend: executor.backend,
      trainExamples: dataset.train.size,
      testExamples: dataset.test.size,
      config: { ...config, seed: settings.seed },
      pruningBatches: request.pruningBatches,
    },
    initialWeights: hashWeights(network, request.weights),
    prunable: parameters
      .filter(({ name }) => prunable.includes(name))
      .map(({ name, shape }) => ({ weight: name, shape })),
    parameters,
  };
}

/** `what (before there, now now)` for each value in which two records differ. */
export function differences(before: object, now: object): string[] {
  const [a, b] = [flatten(before), flatten(now)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => a.get(key) !== b.get(key))
    .map((key) =>
      key === 'prunable' || key === 'parameters'
        ? `the weights of the model`
        : `${key} (${a.get(key) ?? 'unset'} there, ${b.get(key) ?? 'unset'} now)`,
    );
}

/** @throws a usage error naming what differs, where the stored pruning is another one than the wanted. */
export function checkSamePruning(stored: RewindRecord, wanted: RewindRecord, folder: string): void {
  const differing = differences(stored, wanted);
  if (differing.length === 0) return;
  throw usageError(
    `The iterative pruning in ${folder} cannot be resumed, since it differs in ${differing.join(', ')}.`,
    'Resume it with the settings it was started with, or choose another folder.',
  );
}
