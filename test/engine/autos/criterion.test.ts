/** AutoS as a method: from a model and data to a selection. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAutos } from '../../../server/autos/criterion';
import { createOnnxExecutor } from '../../../server/executors/onnx';
import type { Executor } from '../../../server/executors/types';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../server/protocol/data';
import { countKept, initialWeights, scoreNetwork, selectMasks } from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { findMethod, methods } from '../../../server/request/methods';
import { chain } from '../../support/networks';

const PREDICTOR = join(import.meta.dirname, '..', '..', 'fixtures', 'predictor.safetensors');

const lenet = createNetwork(
  chain(
    [28, 28, 1],
    ['flatten', 'Flatten'],
    ['fc1', 'Dense', { units: 300, activation: 'relu' }],
    ['fc2', 'Dense', { units: 100, activation: 'relu' }],
    ['logits', 'Dense', { units: 10 }],
  ),
);
const prunable = lenet.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);

function batches(count: number, size = 32): readonly Batch[] {
  const random = createRandom(4, 'autos criterion test');
  return Array.from({ length: count }, () => {
    const x = new Float32Array(size * 784);
    random.fillNormal(x, 0, 1);
    return { x, y: Int32Array.from({ length: size }, (_, i) => i % 10), size };
  });
}

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ provider: 'cpu' });
});
afterAll(() => executor.dispose());

function score(
  options: { exact?: boolean; predictor?: string },
  weights = initialWeights(lenet, 1),
  asked: number[] = [],
) {
  return scoreNetwork({
    criterion: createAutos({ predictor: PREDICTOR, ...options }),
    network: lenet,
    weights,
    prunable,
    executor,
    seed: 1,
    batches: async (count) => {
      asked.push(count);
      return batches(count);
    },
  });
}

describe('AutoS', () => {
  it('scores LeNet-300-100, repeatably, and leaves exactly k weights, some in every layer', async () => {
    const asked: number[] = [];
    const saliency = await score({}, undefined, asked);
    expect(asked).toEqual([4]);
    expect(await score({})).toEqual(saliency);
    const masks = selectMasks(saliency, { sparsity: 0.98 });
    const kept = prunable.map((name) => countKept(masks.get(name)!));
    expect(kept.reduce((sum, count) => sum + count)).toBe(5324);
    for (const count of kept) expect(count).toBeGreaterThan(50);
    // Small layers near the output stay denser, as in iterative pruning.
    const densities = prunable.map((name, i) => kept[i] / masks.get(name)!.length);
    expect(densities[2]).toBeGreaterThan(densities[1]);
    expect(densities[1]).toBeGreaterThan(densities[0]);
  });

  it('gives nearly the same by its table and by its network', async () => {
    const [looked, exact] = [await score({}), await score({ exact: true })];
    const masks = [looked, exact].map((saliency) => selectMasks(saliency, { sparsity: 0.98 }));
    const common = prunable.map((name) => {
      const other = masks[1].get(name)!;
      return countKept(masks[0].get(name)!.map((bit, i) => bit & other[i]));
    });
    expect(common.reduce((sum, count) => sum + count) / 5324).toBeGreaterThanOrEqual(0.999);
  });

  it('does not depend on the scale of the weights alone', async () => {
    const masks = selectMasks(await score({}), { sparsity: 0.9 });
    const magnitude = [...initialWeights(lenet, 1)].filter(([name]) => prunable.includes(name));
    const largest = selectMasks(
      { scores: new Map(magnitude.map(([name, values]) => [name, values.map(Math.abs)])) },
      { sparsity: 0.9 },
    );
    expect(masks).not.toEqual(largest);
  });

  it('says what is wrong', async () => {
    const weights = initialWeights(lenet, 1);
    weights.get('fc2/kernel')!.fill(Number.NaN, 3, 4);
    await expect(score({}, weights)).rejects.toThrow(/NaN/);
    await expect(score({ predictor: '/nowhere/p.safetensors' })).rejects.toThrow(/p\.safetensors/);
  });

  it('is a method like the others, with a shipped predictor', async () => {
    expect(methods.map(({ name }) => name)).toContain('autos');
    expect(findMethod('autos')).toMatchObject({ title: 'AutoS', needsData: true });
    expect(findMethod('snip')).toMatchObject({ title: 'SNIP' });
    expect(() => findMethod('autoss')).toThrow('there is no method "autoss"');
    const saliency = await scoreNetwork({
      criterion: findMethod('autos'),
      network: lenet,
      weights: initialWeights(lenet, 1),
      prunable,
      executor,
      seed: 1,
      givenBatches: batches(2),
    });
    expect([...saliency.scores.keys()]).toEqual(prunable);
  });
});
