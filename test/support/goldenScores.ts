/** The scores of the golden networks, which every backend is to give. */
import { relativeError } from '../../server/executors/selfTest';
import type { Executor } from '../../server/executors/types';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../server/protocol/data';
import { findCriterion, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import type { Golden } from './golden';

export interface GoldenCase {
  /** Name of the score in the fixture. */
  readonly kind: string;
  readonly method: string;
  readonly batches: number;
  readonly options?: Partial<ScoringOptions>;
  /** The fixture holds the paper's -w * Hg; ours are oriented so that the highest stay. */
  readonly sign?: -1;
}

export const goldenCases: readonly GoldenCase[] = [
  { kind: 'magnitude', method: 'magnitude', batches: 0 },
  { kind: 'snip', method: 'snip', batches: 1 },
  { kind: 'snip_mb', method: 'snip', batches: 4 },
  { kind: 'grasp', method: 'grasp', batches: 1, sign: -1 },
  { kind: 'synflow_1', method: 'synflow', batches: 0, options: { iterations: 1 } },
  { kind: 'prospr', method: 'prospr', batches: 4 },
  { kind: 'prospr_m1', method: 'prospr', batches: 2, options: { steps: 1 } },
  { kind: 'prospr_released', method: 'prospr', batches: 4, options: { variant: 'released' } },
  { kind: 'prospr_first_order', method: 'prospr', batches: 4, options: { variant: 'first-order' } },
];

/** What scoring takes of a golden network. */
export function prepareGolden({ description, parameters, tensors }: Golden) {
  const network = createNetwork(description);
  const values = (key: string) => tensors.get(key)!.data as Float32Array;
  const weights = network.parameters.map((parameter): [string, Float32Array] => [
    parameter.name,
    (parameters.get(parameter.name)?.data as Float32Array | undefined) ?? parameter.initialize(0),
  ]);
  const batches = [0, 1, 2, 3].map((i): Batch => {
    const y = tensors.get(`batch/${i}/y`)!.data as Int32Array;
    return { x: values(`batch/${i}/x`), y, size: y.length };
  });
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  return { network, weights: new Map(weights), batches, prunable, values };
}

/** How far an executor's scores are from the float64 ones, relative in norm: the weight that is furthest off. */
export async function goldenError(
  executor: Executor,
  golden: ReturnType<typeof prepareGolden>,
  { kind, method, batches, options, sign }: GoldenCase,
): Promise<{ readonly weight: string; readonly error: number }> {
  const { network, weights, prunable } = golden;
  const { scores } = await scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights,
    prunable,
    executor,
    // The inner step of the golden scores; criteria without one do not look at it.
    options: { innerLearningRate: 0.1, ...options },
    seed: 1,
    givenBatches: batches > 0 ? golden.batches.slice(0, batches) : undefined,
  });
  const errors = prunable.map((weight) => {
    const actual = scores.get(weight)!.map((score) => (sign ?? 1) * score);
    return { weight, error: relativeError(actual, golden.values(`score/${kind}/${weight}`)) };
  });
  // What is not a number is the furthest off.
  return (
    errors.find(({ error }) => Number.isNaN(error)) ??
    errors.reduce((worst, one) => (one.error > worst.error ? one : worst))
  );
}
