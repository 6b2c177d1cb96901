/** Binary cross-entropy: what it is for, which data fit, and what is measured. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { fitLabels, forTraining } from '../../../server/models/task';
import { findObjective } from '../../../server/objectives';
import { binaryCrossEntropies } from '../../../server/objectives/binaryCrossEntropy';
import { balancedAccuracy, f1Score } from '../../../server/objectives/binaryMeasures';
import type { Labels } from '../../../server/objectives/types';
import type { Dataset, LabelValues } from '../../../server/protocol/data';
import { sizeOf } from '../../../server/protocol/tensor';
import { failureOf } from '../../support/models';
import { chain, type LayerRow } from '../../support/networks';

const dense = (units: number, activation = 'sigmoid', ...more: LayerRow[]) =>
  createNetwork(chain([4], ['out', 'Dense', { units, activation }], ...more));
const pixels = createNetwork(chain([2, 3, 1], ['out', 'Conv2D', { filters: 1, kernelSize: 1, activation: 'sigmoid' }]));

describe('models', () => {
  it.each([
    ['one unit', dense(1), 'binary-classification', [1]],
    ['several units', dense(3), 'multi-label-classification', [3]],
    [
      'a layer of its own',
      dense(3, 'linear', ['end', 'Activation', { activation: 'sigmoid' }]),
      'multi-label-classification',
      [3],
    ],
    ['a layer that reshapes behind it', dense(3, 'sigmoid', ['flat', 'Flatten']), 'multi-label-classification', [3]],
    ['pixels', pixels, 'binary-segmentation', [2, 3, 1]],
  ])('whose sigmoid is at the end of %s', (_, network, task, shape) => {
    expect(network.objective.name).toBe('binary-cross-entropy');
    expect(network.labels).toMatchObject({ task, shape, dtype: 'float32' });
  });

  it('give logits to the loss, whether they end in the sigmoid or are told that they mean it', () => {
    for (const network of [dense(2), forTraining(dense(2, 'linear'), { objective: 'binary-cross-entropy' })]) {
      const b = createBuilder();
      const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
      const { logits } = network.apply(b, [b.input('x', [5, 4])], parameters, 'evaluate');
      expect(logits.op).toBe('add');
    }
  });
});

describe('the loss', () => {
  it('has far logits without clipping', () => {
    const b = createBuilder();
    const [logits, y] = [b.input('z', [1, 4]), b.input('y', [1, 4])];
    const program = createProgram('loss', { losses: binaryCrossEntropies(b, { logits, y }) });
    const values = (...data: number[]) => ({ shape: [1, 4], data: Float64Array.from(data) });
    const { losses } = interpret(program, { z: values(500, -500, 40, -40), y: values(0, 1, 1, 0) });
    expect(losses.data[0]).toBeCloseTo((500 + 500) / 4, 10);
    const small = interpret(program, { z: values(40, 40, 40, 40), y: values(1, 1, 1, 1) });
    expect(small.losses.data[0] / Math.exp(-40)).toBeCloseTo(1, 10);
  });
});

/** Data whose splits have the same labels. */
function data(labels: LabelValues, size: number, more: Partial<Dataset> = {}): Dataset {
  const split = { size, labels, read: () => undefined };
  return { name: 'mail', shape: [4], classes: 2, train: split, test: split, ...more };
}

describe('data', () => {
  it('with two classes is one label', () => {
    const fitted = fitLabels(dense(1), data(Int32Array.of(1, 0, 1), 3));
    expect(fitted).toMatchObject({ labelShape: [1], classes: 2, train: { labels: Float32Array.of(1, 0, 1) } });
    expect(fitLabels(dense(1), fitted)).toEqual(fitted);
  });

  it('with as many classes as labels is one-hot', () => {
    const fitted = fitLabels(dense(3), data(Int32Array.of(2, 0), 2, { classes: 3 }));
    expect(fitted).toMatchObject({ labelShape: [3], train: { labels: Float32Array.of(0, 0, 1, 1, 0, 0) } });
  });

  it('with two classes a pixel is a label a pixel', () => {
    const masks = data(Uint8Array.of(0, 1, 0, 1, 1, 0), 1, { labelShape: [2, 3] });
    expect(fitLabels(pixels, masks)).toMatchObject({ labelShape: [2, 3, 1] });
  });

  it('is refused with more classes, other labels, and values that are none', async () => {
    const failing = async (units: number, of: Dataset) => (await failureOf(() => fitLabels(dense(units), of))).message;
    expect(await failing(1, data(Int32Array.of(0, 2), 2, { classes: 3 }))).toBe(
      'net has a label that is 0 or 1 for an example, but mail has 3 classes.',
    );
    expect(await failing(3, data(Int32Array.of(0, 1), 2))).toContain('net has 3 labels that are 0 or 1');
    expect(await failing(2, data(new Float32Array(6), 2, { labelShape: [3] }))).toContain('have the shape [3]');
    expect(await failing(2, data(Float32Array.of(0, 1, 1, 2), 2, { labelShape: [2] }))).toBe(
      'mail, training labels, row 2, column 2: 2 is not a label from 0 to 1.',
    );
    expect(await failing(1, data(Float32Array.of(0, Number.NaN), 2, { labelShape: [1] }))).toContain('row 2: NaN');
  });
});

/** What an objective measures of a batch, of which the last example does not count. */
function measured(name: string, labels: Labels, logits: readonly number[], y: readonly number[], size: number) {
  const objective = findObjective(name);
  const b = createBuilder();
  const output = labels.dtype === 'int32' ? [labels.classes] : labels.shape;
  const nodes = {
    logits: b.input('logits', [size, ...output]),
    y: b.input('y', [size, ...labels.shape], labels.dtype),
    exampleWeights: b.input('weights', [size]),
  };
  const measures = objective.measures(b, { ...nodes, labels });
  const program = createProgram(
    'measures',
    Object.fromEntries(Object.entries(measures).map(([key, { node }]) => [key, node])),
  );
  const given = labels.dtype === 'int32' ? Int32Array.from(y) : Float64Array.from(y);
  const results = interpret(program, {
    logits: { shape: [size, ...output], data: Float64Array.from(logits) },
    y: { shape: [size, ...labels.shape], data: given },
    weights: { shape: [size], data: Float64Array.from({ length: size }, (_, i) => (i < size - 1 ? 1 : 0)) },
  });
  const totals = Object.fromEntries(
    Object.entries(measures).map(([key, { per }]) => {
      const { data: values } = results[key];
      if (per === 'batch') return [key, Float64Array.from(values)];
      const cells = values.length / size;
      const sum = new Float64Array(cells);
      for (let i = 0; i < cells * (size - 1); i++) sum[i % cells] += values[i];
      return [key, sum];
    }),
  );
  const counted = Float32Array.from(y.slice(0, (size - 1) * sizeOf(labels.shape)));
  return objective.finish(totals, size - 1, labels, counted);
}

describe('metrics', () => {
  it('of one label', () => {
    // There are 3 of 5: found 2, invented 1.
    const found = measured('binary-cross-entropy', dense(1).labels, [1, 2, -1, 3, -2, 9], [1, 1, 1, 0, 0, 0], 6);
    expect(found.accuracy).toBeCloseTo(3 / 5, 12);
    expect(found.balancedAccuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
    expect(found.f1).toBeCloseTo(4 / (4 + 1 + 1), 12);
    const losses = [
      Math.log1p(Math.exp(-1)),
      Math.log1p(Math.exp(-2)),
      Math.log1p(Math.exp(1)),
      Math.log1p(Math.exp(3)),
      Math.log1p(Math.exp(-2)),
    ];
    expect(found.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 5, 12);
  });

  it('are means over several labels, without those that a measure says nothing of', () => {
    const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 4 };
    expect(f1Score(counts)).toBeNaN();
    expect(balancedAccuracy(counts)).toBe(1);
    // The first label is always right, the second never there nor predicted.
    const found = measured('binary-cross-entropy', dense(2).labels, [1, -1, -1, -1, 5, 5], [1, 0, 0, 0, 0, 0], 3);
    expect(found).toMatchObject({ accuracy: 1, balancedAccuracy: 1, f1: 1 });
  });

  it('of pixels have the IoU of both sides', () => {
    const found = measured(
      'binary-cross-entropy',
      pixels.labels,
      [...[1, 1, -1, -1, -1, -1], ...Array(6).fill(1)],
      [...[1, 0, 1, 0, 0, 0], ...Array(6).fill(0)],
      2,
    );
    expect(found.meanIoU).toBeCloseTo((1 / 3 + 3 / 5) / 2, 12);
  });

  it('of more than five classes have the top five', () => {
    const seven: Labels = { task: 'classification', shape: [], dtype: 'int32', classes: 7, balanced: true };
    const row = [7, 6, 5, 4, 3, 2, 1];
    const found = measured('cross-entropy', seven, [...row, ...row, ...row, ...row], [0, 4, 5, 6], 4);
    expect(found.accuracy).toBeCloseTo(1 / 3, 12);
    expect(found.topFive).toBeCloseTo(2 / 3, 12);
    const objective = findObjective('cross-entropy');
    expect(objective.metrics(seven)).toEqual(['accuracy', 'topFive']);
    expect(objective.metrics({ ...seven, classes: 5 })).toEqual(['accuracy']);
  });
});
