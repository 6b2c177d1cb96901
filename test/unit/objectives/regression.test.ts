/** Mean squared error and Huber loss, and what is measured with them. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { fitLabels, forScoring, forTraining } from '../../../server/models/task';
import { findObjective } from '../../../server/objectives';
import { determination } from '../../../server/objectives/regressionMeasures';
import type { Dataset } from '../../../server/protocol/data';
import { metricNotes } from '../../../server/request/objective';
import { checkMeasured } from '../../../server/search/metrics';
import { completeConfig } from '../../../server/training/config';
import { failureOf } from '../../support/models';
import { chain } from '../../support/networks';

const dense = (units: number, activation = 'linear') =>
  createNetwork(chain([4], ['out', 'Dense', { units, activation }]));

function lossOf(name: string, logits: readonly number[], y: readonly number[], settings: { huberDelta?: number } = {}) {
  const { huberDelta } = settings;
  const known = findObjective(name);
  const objective = huberDelta === undefined ? known : known.configure!.huberDelta!(huberDelta);
  const labels = { task: '', shape: [2], dtype: 'float32', classes: 2, balanced: false } as const;
  const b = createBuilder();
  const size = logits.length / 2;
  const batch = { logits: b.input('logits', [size, 2]), y: b.input('y', [size, 2]), labels };
  const program = createProgram('loss', { loss: objective.loss(b, batch) });
  const values = (data: readonly number[]) => ({ shape: [size, 2], data: Float64Array.from(data) });
  return interpret(program, { logits: values(logits), y: values(y) }).loss.data[0];
}

describe('losses of values', () => {
  it('are means over outputs and batch', () => {
    expect(lossOf('mse', [1, 2, 3, 4], [0, 0, 0, 1])).toBeCloseTo((1 + 4 + 9 + 9) / 4, 12);
  });

  it('of Huber pass from squares to distances at delta', () => {
    expect(lossOf('huber', [0.5, -3, 1, 0], [0, 0, 0, 0])).toBeCloseTo((0.125 + 2.5 + 0.5) / 4, 12);
    expect(lossOf('huber', [0.5, -3, 1, 0], [0, 0, 0, 0], { huberDelta: 0.25 })).toBeCloseTo(
      (0.25 * 0.375 + 0.25 * 2.875 + 0.25 * 0.875) / 4,
      12,
    );
  });
});

describe('R²', () => {
  it('is 1 of exact values, 0 of their mean, and the mean over outputs', () => {
    const values = Float32Array.of(1, 10, 2, 10, 3, 40);
    expect(determination([0, 0], values)).toBe(1);
    expect(determination([2, 600], values)).toBeCloseTo(0, 12);
    expect(determination([1, 0], values)).toBeCloseTo(0.75, 12);
  });

  it('is said to be missing where all labels are equal, and no search can keep it then', () => {
    const network = dense(1);
    const test = { labels: Float32Array.of(5, 5, 5), size: 3, read: () => undefined };
    const dataset = { name: 'rows', shape: [4], classes: 1, labelShape: [1], train: test, test };
    expect(metricNotes(network, dataset)).toEqual([
      'R² is left out of the results: all labels of the test examples are equal in rows.',
    ]);
    expect(() => checkMeasured(network, 'r2', dataset)).toThrow(
      'A search cannot keep the R²: all labels of the test examples are equal in rows.',
    );
    expect(() => checkMeasured(network, 'mean-absolute-error', dataset)).not.toThrow();
    const differing = { ...dataset, test: { ...test, labels: Float32Array.of(5, 5, 6) } };
    expect(metricNotes(network, differing)).toEqual([]);
  });

  it('leaves out outputs whose labels are equal', () => {
    expect(determination([0, 1], Float32Array.of(1, 5, 2, 5))).toBe(1);
    expect(determination([1], Float32Array.of(5, 5))).toBeUndefined();
  });
});

describe('what a model is for', () => {
  it.each([
    [1, 'linear', 'mse'],
    [1, 'tanh', 'mse'],
    [3, 'tanh', 'mse'],
    [3, 'relu', 'mse'],
    [3, 'linear', 'cross-entropy'],
    [3, 'softmax', 'cross-entropy'],
  ])('%i %s units', (units, activation, name) => {
    const { objective, labels } = dense(units, activation);
    expect(objective.name).toBe(name);
    if (name === 'mse') expect(labels).toMatchObject({ task: 'regression', shape: [units], dtype: 'float32' });
  });

  it('is a regression where a linear unit gives a value for each step', () => {
    const network = createNetwork(chain([5, 4], ['out', 'Dense', { units: 1 }]));
    expect(network.objective.name).toBe('mse');
    expect(network.labels.shape).toEqual([5, 1]);
  });

  it('is a regression where a value is for each pixel, or values are for the places of a volume', () => {
    const pixels = createNetwork(chain([4, 5, 3], ['depth', 'Conv2D', { filters: 1, kernelSize: 1 }]));
    expect(pixels.objective.name).toBe('mse');
    expect(pixels.labels).toMatchObject({ task: 'regression', shape: [4, 5, 1], dtype: 'float32' });
    const volume = createNetwork(chain([16], ['places', 'Reshape', { targetShape: [2, 2, 2, 2] }]));
    expect(volume.objective.name).toBe('mse');
    const classes = createNetwork(chain([4, 5, 3], ['classes', 'Conv2D', { filters: 2, kernelSize: 1 }]));
    expect(classes.objective.name).toBe('cross-entropy');
  });

  it('is what somebody chooses, whatever it ends in, and criteria score by it', () => {
    for (const choice of [{ objective: 'huber' }, { loss: 'huber' }]) {
      expect(forTraining(dense(3, 'softmax'), choice).objective.name).toBe('huber');
      expect(forScoring(dense(3, 'softmax'), choice).objective.name).toBe('huber');
    }
    expect(forTraining(dense(3), {}).objective.name).toBe('cross-entropy');
  });

  it('is the pixels’ cross-entropy to criteria where only the loss is Dice', () => {
    const pixels = createNetwork(chain([4, 4, 1], ['out', 'Conv2D', { filters: 2, kernelSize: 1 }]));
    expect(forScoring(pixels, { loss: 'dice' }).objective.name).toBe('cross-entropy');
    expect(forTraining(pixels, { loss: 'dice' }).objective.name).toBe('dice');
    expect(forScoring(pixels, { objective: 'dice' }).objective.name).toBe('dice');
    expect(forScoring(pixels, { objective: 'cross-entropy', loss: 'dice' }).objective.name).toBe('cross-entropy');
  });

  it('takes settings that go with it, and no others', async () => {
    const { message } = await failureOf(() => forTraining(dense(1), { huberDelta: 2 }));
    expect(message).toContain('--huber-delta');
    expect(message).toContain('goes with huber, not with mse');
    expect(forTraining(dense(1), { objective: 'huber', huberDelta: 2 }).objective.title).toBe('Huber loss');
    expect((await failureOf(() => completeConfig({ huberDelta: 0 }))).message).toContain('huberDelta is 0');
  });

  it('is recorded where it is chosen', () => {
    expect(completeConfig({ objective: 'cross-entropy' })).toMatchObject({ objective: 'cross-entropy' });
    expect('objective' in completeConfig({})).toBe(false);
  });
});

describe('data of a regression', () => {
  const split = (labels: Dataset['train']['labels'], size: number) => ({ size, labels, read: () => undefined });
  const data = (labels: Dataset['train']['labels'], size: number, more: Partial<Dataset>): Dataset => ({
    ...{ name: 'houses', shape: [4], classes: 3, train: split(labels, size), test: split(labels, size) },
    ...more,
  });

  it('may hold whole numbers and one-hot rows as values', () => {
    const counts = fitLabels(dense(1), data(Int32Array.of(7, 2), 2, { storedLabels: 'numbers' }));
    expect(counts).toMatchObject({ labelShape: [1], train: { labels: Float32Array.of(7, 2) } });
    const rows = fitLabels(dense(3, 'tanh'), data(Int32Array.of(2, 0), 2, { storedLabels: 'rows' }));
    expect(rows.train.labels).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
    expect(fitLabels(dense(1), counts)).toEqual(counts);
  });

  it('is refused where it holds classes, another number of values, or no numbers', async () => {
    const failing = async (...of: Parameters<typeof data>) =>
      (await failureOf(() => fitLabels(dense(1), data(...of)))).message;
    expect(await failing(Int32Array.of(1, 0), 2, {})).toBe(
      'net gives one value for an example, but the labels of houses are classes.',
    );
    expect(await failing(new Float32Array(4), 2, { labelShape: [2] })).toContain(
      'the labels of houses have the shape [2]',
    );
    expect(await failing(Float32Array.of(1, Number.NaN), 2, { labelShape: [1] })).toBe(
      'houses, training labels, row 2: NaN is no finite number.',
    );
  });

  it('is refused by a classifier', async () => {
    const given = data(new Float32Array(6), 2, { labelShape: [3] });
    expect((await failureOf(() => fitLabels(dense(3), given))).message).toContain('the labels of houses are values');
  });
});
