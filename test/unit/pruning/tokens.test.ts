/** Criteria and paths through an embedding: in networks of ids, and in the same networks on one-hot rows. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import type { Batch } from '../../../server/protocol/data';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import { connectedMasks } from '../../../server/pruning/connectivity';
import { countPaths } from '../../../server/pruning/paths';
import { createRandom } from '../../../server/random';
import { resolveRequest } from '../../../server/request/resolve';
import { failureOf } from '../../support/models';
import { chain, type LayerRow, relativeError } from '../../support/networks';

const [WORDS, STEPS, FEATURES] = [7, 4, 3];
const rest: LayerRow[] = [
  ['a', 'Dense', { units: 5, activation: 'relu' }],
  ['flat', 'Flatten'],
  ['b', 'Dense', { units: 2 }],
];
const tokens = createNetwork(chain([STEPS], ['embed', 'Embedding', { inputDim: WORDS, outputDim: FEATURES }], ...rest));
/** The same function of one-hot rows. */
const rows = createNetwork(chain([STEPS, WORDS], ['embed', 'Dense', { units: FEATURES, useBias: false }], ...rest));
/** What follows the embedding. */
const after = createNetwork(chain([STEPS, FEATURES], ...rest));

const weights = initialWeights(tokens, 3);
const table = weights.get('embed/embeddings')!;
const rowWeights = new Map([...weights, ['embed/kernel', table] as const]);

const ids = Int32Array.from({ length: 6 * STEPS }, (_, i) => createRandom(5, 'ids', i).integer(WORDS));
const y = Int32Array.from({ length: 6 }, (_, i) => i % 2);
const batch: Batch = { x: ids, y, size: 6 };
const oneHot: Batch = {
  x: Float32Array.from({ length: ids.length * WORDS }, (_, i) => (ids[Math.floor(i / WORDS)] === i % WORDS ? 1 : 0)),
  y,
  size: 6,
};
const embedded: Batch = {
  x: Float32Array.from({ length: ids.length * FEATURES }, (_, i) => {
    return table[ids[Math.floor(i / FEATURES)] * FEATURES + (i % FEATURES)];
  }),
  y,
  size: 6,
};

function score(network: Network, method: string, prunable: readonly string[], given: Batch, values = weights) {
  const options = { sparsity: 0.5, iterations: 1, steps: 2, draws: 1 };
  return scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights: values,
    prunable,
    executor: createReferenceExecutor(),
    options,
    seed: 3,
    givenBatches: [given, given, given],
  });
}

const KERNELS = ['a/kernel', 'b/kernel'];

describe('criteria', () => {
  it.each(['snip', 'grasp', 'synflow', 'px'])('%s is that of what follows an embedding that stays', async (method) => {
    const { scores } = await score(tokens, method, KERNELS, batch);
    const expected = await score(after, method, KERNELS, embedded);
    for (const name of KERNELS) {
      expect(relativeError(scores.get(name)!, expected.scores.get(name)!), name).toBeLessThan(1e-5);
    }
  });

  it.each(['snip', 'grasp', 'synflow', 'prospr'])(
    '%s of an embedding is that of a layer on one-hot rows',
    async (method) => {
      const { scores } = await score(tokens, method, ['embed/embeddings', ...KERNELS], batch);
      const expected = await score(rows, method, ['embed/kernel', ...KERNELS], oneHot, rowWeights);
      for (const name of ['embed/embeddings', ...KERNELS]) {
        const twin = expected.scores.get(name === 'embed/embeddings' ? 'embed/kernel' : name)!;
        expect(relativeError(scores.get(name)!, twin), name).toBeLessThan(1e-5);
      }
    },
  );

  it('PX of an embedding is that of a layer on one-hot rows, up to a factor', async () => {
    const names = ['embed/embeddings', ...KERNELS];
    const { scores } = await score(tokens, 'px', names, batch);
    const expected = await score(rows, 'px', ['embed/kernel', ...KERNELS], oneHot, rowWeights);
    const twins = ['embed/kernel', ...KERNELS].map((name) => expected.scores.get(name)!);
    const factor =
      scores.get(names[0])!.reduce((sum, value) => sum + value, 0) / twins[0].reduce((sum, value) => sum + value, 0);
    names.forEach((name, i) => {
      expect(
        relativeError(
          scores.get(name)!,
          twins[i].map((value) => value * factor),
        ),
        name,
      ).toBeLessThan(1e-5);
    });
  });

  it.each(['ntk-sap', 'phew', 'hutchinson-taylor', 'fisher-taylor'])('%s scores both', async (method) => {
    const { scores } = await score(tokens, method, ['embed/embeddings', ...KERNELS], batch);
    for (const values of scores.values()) expect(new Set(values).size).toBeGreaterThan(1);
  });
});

describe('paths', () => {
  it('lead from ids through the rows of the table', async () => {
    const executor = createReferenceExecutor();
    const masks = (network: Network, first: string) =>
      new Map(
        [first, ...KERNELS].map((name) => {
          const random = createRandom(1, 'mask', name === first ? 'first' : name);
          const { shape } = network.parameters.find((parameter) => parameter.name === name)!;
          const mask = new Uint8Array(shape.reduce((product, extent) => product * extent, 1));
          return [name, mask.map(() => (random.uniform() < 0.3 ? 1 : 0))];
        }),
      );
    const given = masks(tokens, 'embed/embeddings');
    const twin = masks(rows, 'embed/kernel');
    const found = await connectedMasks(executor, tokens, given);
    const expected = await connectedMasks(executor, rows, twin);
    expect(found.get('embed/embeddings')).toEqual(expected.get('embed/kernel'));
    for (const name of KERNELS) expect(found.get(name)).toEqual(expected.get(name));
    const counted = countPaths(tokens, given);
    expect(counted.total).toBeCloseTo(countPaths(rows, twin).total!, 10);
    expect(counted.units.get('embed/embeddings')).toEqual(countPaths(rows, twin).units.get('embed/kernel'));
  });
});

describe('embeddings', () => {
  const prunable = (flags: object, settings: object = {}) =>
    resolveRequest({ specifier: 'net.ts', network: tokens, flags, settings }).prunable;

  it('are pruned where patterns ask for them, and only then', () => {
    expect(prunable({})).toEqual(KERNELS);
    expect(prunable({ include: ['embed', 'a'] })).toEqual(['embed/embeddings', 'a/kernel']);
    expect(prunable({ include: ['*'], exclude: ['b'] })).toEqual(['embed/embeddings', 'a/kernel']);
    expect(prunable({}, { prunable: { include: ['embed'] } })).toEqual(['embed/embeddings']);
    expect(prunable({ exclude: ['a'] })).toEqual(['b/kernel']);
  });

  it('of other networks are no layers that patterns could mean', async () => {
    const ask = () =>
      resolveRequest({ specifier: 'net.ts', network: after, flags: { include: ['embed'] }, settings: {} });
    expect((await failureOf(ask)).message).toContain('--include embed matches no layer.');
  });
});
