/** Every criterion of the golden networks on one executor: the same assertions for each backend. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../server/executors/selfTest';
import type { Executor } from '../../server/executors/types';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../server/protocol/data';
import { findCriterion, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import { type Golden, goldenNames, loadGolden } from '../support/golden';

interface GoldenCase {
  /** Name of the score in the fixture. */
  readonly kind: string;
  readonly method: string;
  readonly batches: number;
  readonly options?: Partial<ScoringOptions>;
  /** The fixture holds the paper's -w * Hg; ours are oriented so that the highest stay. */
  readonly sign?: -1;
}

const cases: readonly GoldenCase[] = [
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
function prepare({ description, parameters, tensors }: Golden) {
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

/** Declares the golden tests for an executor whose scores may differ from the float64 ones by `tolerance` (norm). */
export function describeGolden(name: string, open: () => Promise<Executor>, tolerance: number): void {
  describe(`golden scores on ${name}`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await open();
    });
    afterAll(() => executor.dispose());

    for (const network of goldenNames) {
      describe(network, () => {
        let golden: ReturnType<typeof prepare>;
        beforeAll(async () => {
          golden = prepare(await loadGolden(network));
        });
        for (const { kind, method, batches, options, sign = 1 } of cases) {
          it(kind, async () => {
            const { scores } = await scoreNetwork({
              criterion: findCriterion(method),
              network: golden.network,
              weights: golden.weights,
              prunable: golden.prunable,
              executor,
              options,
              seed: 1,
              givenBatches: batches > 0 ? golden.batches.slice(0, batches) : undefined,
            });
            for (const weight of golden.prunable) {
              const actual = scores.get(weight)!.map((score) => sign * score);
              expect(relativeError(actual, golden.values(`score/${kind}/${weight}`)), weight).toBeLessThan(tolerance);
            }
          });
        }
      });
    }
  });
}
