/**
 * What a run is: everything that its result follows from, and a hash over it that names its folder. Where, when and on which device it is
 * computed is no part of it, nor what its files are called, so the same run has the same name on every machine.
 */
import { createHash } from 'node:crypto';
import type { Executor } from '../executors/types';
import { comparedMethods, scoringKey } from '../protocol/catalogue/derive';
import { DENSE } from '../protocol/comparison';
import { splitControl } from '../pruning';
import { GATE } from '../pruning/structured';
import { CATALOGUE } from '../request/catalogue';
import { isConvergenceMethod, isStructuredMethod } from '../request/comparedMethods';
import { dynamicConfig, initialCriterion, initialSparsity, isDynamicMethod } from '../request/dynamic';
import { withPreset } from '../request/presets';
import type { TrainingRequest } from '../request/types';
import type { TrainingConfig } from '../training/config';
import type { DynamicMethod } from '../training/dynamic/plan';
import type { ContentHashes } from './content';
import { gradualPlan } from './convergence/magnitude';
import type { RunRequest } from './request';

/** What computes, as far as results differ by it. */
export type Computed = Pick<Executor, 'backend' | 'computation'>;

/** What a run is asked of. */
export type Identified = Pick<RunRequest, 'key' | 'method' | 'compared' | 'sparsities'> & {
  readonly executor: Computed;
};

/** Hexadecimal digits of the hash in the name of a folder. */
const DIGITS = 8;

/** JSON with sorted keys, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

function withoutSeed({ seed: _, ...training }: TrainingConfig): object {
  return training;
}

/** How a method scores: the options that it heeds, and nothing that only others do. */
function scoringOf(method: string, { scoring }: TrainingRequest, { predictor }: ContentHashes): object {
  const known = comparedMethods(CATALOGUE).find(({ name }) => name === method);
  const heeded = new Set(known?.options.map(scoringKey));
  const options = Object.entries(withPreset(known ?? {}, scoring)).filter(([name]) => heeded.has(name));
  const hasPredictor = heeded.has('predictor');
  const gate = known?.options.find(({ name }) => name === GATE.name);
  return {
    batchSize: scoring.batchSize,
    // Runs of versions without gates have none, and are others than those with the default.
    options: { ...(gate && { [scoringKey(gate)]: GATE.default }), ...Object.fromEntries(options) },
    ...(hasPredictor && { predictor: predictor ?? 'shipped', exactPredictor: scoring.exactPredictor }),
  };
}

/** What makes the masks, beside the sparsity. */
function pruningOf(method: string, { key, compared, sparsities }: Identified): object {
  const { request, content } = compared;
  const { convergence, selection, channels } = request;
  if (method === DENSE) return {};
  if (isDynamicMethod(method)) return changingOf(method, { key, compared });
  if (!isConvergenceMethod(method)) {
    const scoring = scoringOf(splitControl(method).method, request, content);
    return isStructuredMethod(method) ? { scoring, channels } : { scoring, selection };
  }
  const { pruningRate, rewindEpoch, fineTuning } = convergence;
  const isTicket = method === 'lottery-ticket';
  return {
    pruningRate,
    ...(isTicket ? { rewindEpoch } : { fineTuning: fineTuning && withoutSeed(fineTuning) }),
    // A gradual ticket ranks all weights together, on its way to the highest sparsity.
    ...(isTicket && pruningRate !== undefined
      ? gradualPlan(pruningRate, [key.sparsity, ...sparsities])
      : { selection }),
  };
}

/** What makes the initial mask of a method that changes it, and how it does. */
function changingOf(method: DynamicMethod, { key, compared }: Pick<Identified, 'key' | 'compared'>): object {
  const { request, content } = compared;
  const criterion = initialCriterion(method, request.dynamic);
  const initial = criterion && {
    criterion,
    sparsity: initialSparsity(method, request.dynamic, key.sparsity),
    scoring: scoringOf(splitControl(criterion).method, request, content),
    selection: request.selection,
  };
  return { ...dynamicConfig(method, request, key.sparsity), ...(initial && { initial }) };
}

/** Everything that runs of a method share over its sparsities. */
function commonIdentity(identified: Identified): object {
  const { key, method = key.method, compared, executor } = identified;
  const { model, request, content } = compared;
  const { computation } = executor;
  return {
    format: 'prunelens-identity-1',
    model: model.network.fingerprint,
    ...(request.output !== undefined && { output: request.output }),
    ...(content.weights !== undefined && { weights: content.weights }),
    data: content.data,
    prunable: model.prunable,
    objective: request.objective,
    method,
    pruning: pruningOf(method, identified),
    training: withoutSeed(request.training),
    seed: key.seed,
    backend: executor.backend,
    ...(computation && { precision: computation.precision }),
  };
}

/** What a run is, as plain data. */
export function identityOf(identified: Identified): object {
  return { ...commonIdentity(identified), sparsity: identified.key.sparsity };
}

/** SHA-256 of an identity in hex. */
export function hashOf(identity: object): string {
  return createHash('sha256').update(canonical(identity)).digest('hex');
}

/** The part of a hash that folders are named by. */
export function shortHash(hash: string): string {
  return hash.slice(0, DIGITS);
}

/** Names what all sparsities of a method share, such as the rounds of a gradual pruning. */
export function familyHash(identified: Identified): string {
  return shortHash(hashOf(commonIdentity(identified)));
}
