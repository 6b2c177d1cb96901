/** Trainings that change masks on TensorFlow, against the float64 reference. */
import { describe, expect, it } from 'vitest';
import { createTensorflowExecutor, probeTensorflow } from '../../../../server/executors/tfjs';
import { completeConfig } from '../../../../server/training/config';
import type { DynamicConfig } from '../../../../server/training/dynamic/plan';
import { train } from '../../../../server/training/train';
import { cloudDataset, imageNetwork, initialWeights, randomMasks, trainingTask } from '../../../support/training';

const network = imageNetwork([6, 6, 2], 3);
const dataset = cloudDataset({ shape: [6, 6, 2] });
const weights = initialWeights(network, 3);
const sparse = randomMasks(network, 0.25, 5);
const dense = randomMasks(network, 1.1);

const common = { updateEvery: 3, updateEnd: 0.75 };
const gradual = (initialSparsity: number) => ({
  pruning: { initialSparsity, finalSparsity: 0.9, scope: 'global' as const, minPerLayer: 0 },
});
const cases: readonly DynamicConfig[] = [
  { method: 'set', ...common, dropFraction: 0.4 },
  { method: 'rigl', ...common, dropFraction: 0.4 },
  { method: 'gmp', ...common, ...gradual(0) },
  { method: 'granet', ...common, dropFraction: 0.5, ...gradual(0) },
];

const training = completeConfig({
  epochs: 4,
  batchSize: 16,
  optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
  seed: 2,
});

const availability = await probeTensorflow();
const title = availability.available
  ? `on TensorFlow (${availability.device})`
  : `left out because ${availability.reason}`;

describe.runIf(availability.available)(title, () => {
  it.each(cases)('$method changes masks as the reference does', async (dynamic) => {
    const config = { ...training, dynamic };
    const masks = dynamic.method === 'set' || dynamic.method === 'rigl' ? sparse : dense;
    const shared = { network, dataset, weights, masks, config };
    const expected = await train(trainingTask({}, shared));
    const executor = await createTensorflowExecutor();
    const ours = await train(trainingTask({}, { ...shared, executor }));
    executor.dispose();
    expect(ours.updates).toEqual(expected.updates);
    expect(expected.updates!.length).toBeGreaterThan(2);
    for (const [name, mask] of expected.masks) expect(ours.masks.get(name), name).toEqual(mask);
    for (const [name, values] of expected.weights) {
      const other = ours.weights.get(name)!;
      const furthest = values.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0);
      expect(furthest, name).toBeLessThan(1e-4);
    }
  });
});
