/** What a training takes, counted before it is begun. */
import { expect, it } from 'vitest';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { epochSeconds, estimatedSeconds, type TrainingCosts, trainingsOf } from '../../../server/protocol/form';
import { peakBytes } from '../../../server/training/stepMemory';
import { measuredExamples } from '../../../server/training/trainingCosts';

it('counts the tensors that are there at the same time: inputs always, others until their last use', () => {
  const b = createBuilder();
  const x = b.input('x', [10, 10]);
  // 400 bytes each: x, then y beside it, then z beside both while y is read.
  const y = b.relu(x);
  const z = b.multiply(y, y);
  expect(peakBytes(createProgram('one', { y }))).toBe(800);
  expect(peakBytes(createProgram('two', { z }))).toBe(1200);
  // A reshape is the same memory, and a value that is given back stays.
  expect(peakBytes(createProgram('view', { z: b.reshape(z, [100]) }))).toBe(1200);
  const w = b.multiply(z, z);
  expect(peakBytes(createProgram('three', { w }))).toBe(1200);
  expect(peakBytes(createProgram('kept', { w, y }))).toBe(1600);
});

it('measures fewer examples of large networks on a processor, and whole batches elsewhere', () => {
  const network = (macs: number) => ({ layers: [{ macs }] }) as unknown as Parameters<typeof measuredExamples>[0];
  expect(measuredExamples(network(1e6), 128, { device: 'CPU' })).toBe(128);
  expect(measuredExamples(network(4e8), 128, { device: 'CPU' })).toBe(30);
  expect(measuredExamples(network(4e9), 128, { device: 'CPU' })).toBe(16);
  expect(measuredExamples(network(4e9), 8, { device: 'CPU' })).toBe(8);
  expect(measuredExamples(network(4e9), 128, { device: 'NVIDIA H100 (cuda:0)' })).toBe(128);
});

it('adds up what was measured', () => {
  const costs: TrainingCosts = {
    backend: 'cpu',
    device: 'CPU',
    batchSize: 100,
    measuredExamples: 100,
    stepSeconds: 0.01,
    stepBytes: 1,
    trainExamples: 60_050,
    testExamples: 30_000,
  };
  expect(epochSeconds(costs)).toBeCloseTo(6 + 1);
  expect(epochSeconds({ ...costs, testSeconds: 1e-4 })).toBeCloseTo(6 + 3);
  const compared = { methods: ['snip', 'prospr'], sparsities: [0.9, 0.98], seeds: 3, epochs: 2 };
  expect(trainingsOf('compare', compared)).toBe(15);
  expect(estimatedSeconds('compare', compared, costs)).toBeCloseTo(15 * 2 * 7);
  expect(trainingsOf('search', { rounds: 6 })).toBe(7);
  expect(trainingsOf('learn', { iterations: 20, seeds: 2 })).toBe(40);
  expect(estimatedSeconds('train', {}, costs)).toBeUndefined();
});
