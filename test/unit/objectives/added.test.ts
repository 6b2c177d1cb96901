/** An objective that is added: it trains, and its metric is seen wherever results are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { formatSummary } from '../../../server/cli/compare/summary';
import { addCommandOptions } from '../../../server/cli/options';
import { formatCsv } from '../../../server/comparison/csv';
import { summarize } from '../../../server/comparison/results';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { mean, square } from '../../../server/graph/compose';
import { checkTask, forTraining } from '../../../server/models/task';
import { OBJECTIVES } from '../../../server/objectives';
import type { Objective } from '../../../server/objectives/types';
import { ALL_METRICS, type MetricDefinition } from '../../../server/protocol/catalogue/metrics';
import type { FinalMetrics, RunOutcome } from '../../../server/protocol/comparison';
import type { Dataset } from '../../../server/protocol/data';
import { UserError } from '../../../server/protocol/errors';
import { metricOf, pickMetrics } from '../../../server/protocol/metricKeys';
import type { SweepResults } from '../../../server/protocol/sweep';
import { meanGradient } from '../../../server/pruning/gradients';
import type { ScoringContext } from '../../../server/pruning/types';
import { createCatalogue } from '../../../server/request/catalogue';
import { readRun } from '../../../server/runs/read';
import { keepsMetric, metricFor } from '../../../server/search/metrics';
import { axisCurves } from '../../../server/sweep/axes';
import { expandSweep } from '../../../server/sweep/expand';
import { axisTables, metricTable } from '../../../server/sweep/markdown';
import { completeConfig } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import { temporaryFolder } from '../../support/command';
import { failureOf } from '../../support/models';
import { chain } from '../../support/networks';
import { initialWeights } from '../../support/training';

const absoluteError: MetricDefinition = {
  name: 'largestError',
  option: 'largest-error',
  title: 'largest error',
  direction: 'lower',
  format: 'number',
};
const metrics = [...ALL_METRICS, absoluteError];

const squaredError: Objective = {
  name: 'squared-error',
  title: 'mean squared error',
  leavesOut: [],
  isOfLogits: false,
  read: ({ shape, model }) =>
    shape.join() === '1'
      ? { task: 'regression', shape: [1], dtype: 'float32', classes: 1, balanced: false }
      : { problem: `the objective squared-error is for one value, but ${model} gives ${shape.join('x')}.` },
  checkDataset({ name }, dataset) {
    if (dataset.labelShape?.join() !== '1')
      throw new UserError(`${name} wants one value, which ${dataset.name} lacks.`);
  },
  findWrongLabel(values) {
    const index = Array.from(values).findIndex(Number.isNaN);
    return index < 0 ? undefined : { index, problem: 'is no number' };
  },
  loss: (b, { logits, y }) => mean(b, square(b, b.subtract(logits, y))),
  metrics: () => ['largestError'],
  stepMetrics: [{ name: 'largestError', sum: (b, { logits, y }) => b.reduceSum(b.abs(b.subtract(logits, y))) }],
  measures(b, { logits, y, exampleWeights }) {
    const distance = b.reshape(b.abs(b.subtract(logits, y)), [logits.shape[0]]);
    const squares = b.reduceSum(b.multiply(exampleWeights, square(b, distance)));
    return {
      squares: { node: b.reshape(squares, [1]), per: 'batch' },
      distances: { node: distance, per: 'example' },
    };
  },
  finish: ({ squares, distances }, size) => ({ loss: squares[0] / size, largestError: distances[0] / size }),
};
const objectives = [squaredError, ...OBJECTIVES];

const network = createNetwork(
  chain([2], ['fc', 'Dense', { units: 8, activation: 'tanh' }], ['out', 'Dense', { units: 1 }]),
  objectives,
);

/** y = x0 - x1 / 2 on a grid. */
function plane(size: number): Dataset['train'] {
  const at = (i: number) => [((i * 7) % 11) / 5 - 1, ((i * 5) % 13) / 6 - 1];
  return {
    size,
    labels: Float32Array.from({ length: size }, (_, i) => at(i)[0] - at(i)[1] / 2),
    read: (indices, out) => {
      for (let i = 0; i < indices.length; i++) out.set(at(indices[i]), 2 * i);
    },
  };
}
const dataset: Dataset = { name: 'plane', shape: [2], classes: 1, labelShape: [1], train: plane(64), test: plane(21) };

const folder = temporaryFolder();
const finished = train({
  network,
  weights: initialWeights(network),
  dataset,
  executor: createReferenceExecutor(),
  config: completeConfig(
    { epochs: 5, batchSize: 8, loss: 'squared-error', optimizer: { kind: 'adam', learningRate: 0.02 } },
    objectives,
  ),
  objectives,
  runDir: join(folder, 'run'),
});

async function outcome(seed: number): Promise<RunOutcome> {
  const pruning = { prunable: 10, kept: 1, effectiveKept: 1, collapsed: [], layers: [], seconds: 0 };
  const final = (await finished).final!;
  const metricsOfRun = { epoch: final.epoch, ...pickMetrics(final) } as FinalMetrics;
  return {
    model: 'net',
    method: 'snip',
    sparsity: 0.9,
    seed,
    pruning,
    final: metricsOfRun,
    seconds: 1,
    folder: 'runs',
  };
}

describe('an objective that is added', () => {
  it('reads what others cannot, trains, and is in the run folder under keys of its metric', async () => {
    expect(network).toMatchObject({ task: 'regression', labelShape: [1] });
    const { epochs } = await finished;
    const error = (epoch: object) => metricOf(epoch, 'test', 'largestError')!;
    expect(error(epochs[4])).toBeLessThan(error(epochs[0]) / 2);
    expect('testAccuracy' in epochs[4]).toBe(false);
    const line = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .at(-1)!;
    expect(Object.keys(JSON.parse(line))).toEqual([
      ...['epoch', 'trainLoss', 'trainLargestError', 'testLoss', 'testLargestError', 'learningRate'],
    ]);
    const stored = await readRun(join(folder, 'run'));
    expect(error(stored.epochs[4])).toBe(error(epochs[4]));
  });

  it('counts every example of a split once', async () => {
    const { final } = await finished;
    // The root mean square is never below the mean distance; both are over the same 21 examples.
    expect(final!.testLoss).toBeGreaterThanOrEqual(metricOf(final!, 'test', 'largestError')! ** 2);
  });

  it('is what criteria score by', async () => {
    const x = new Float32Array(8);
    dataset.train.read([0, 1, 2, 3], x);
    const batch = { x, y: Float32Array.from(dataset.train.labels.slice(0, 4)), size: 4 };
    const weights = initialWeights(network);
    const executor = createReferenceExecutor();
    const context = { network, weights, prunable: ['out/kernel'], executor, options: { warmUpBatches: 0 } };
    const gradient = async (y: Float32Array) =>
      (await meanGradient(context as unknown as ScoringContext, weights, [{ ...batch, y }], () => undefined)).get(
        'out/kernel',
      )!;
    // d/dw mean (h w - y)² is linear in y.
    const [none, once, twice] = [
      await gradient(new Float32Array(4)),
      await gradient(batch.y),
      await gradient(batch.y.map((value) => 2 * value)),
    ];
    none.forEach((value, i) => {
      expect(twice[i] - once[i]).toBeCloseTo(once[i] - value, 5);
    });
    expect(once).not.toEqual(none);
  });

  it('is in tables, CSV and sweeps, and no accuracy is', async () => {
    const runs = [await outcome(0), await outcome(1)];
    const summary = summarize(runs, metrics);
    expect(summary[0]).toMatchObject({
      metric: 'largestError',
      deviation: 0,
      largestError: { deviation: 0 },
    });
    const model = { label: 'net', file: 'net.ts', data: 'plane', settings: {} };
    const methods = [{ name: 'snip', title: 'SNIP' }];
    const table = formatSummary({ models: [model], methods, summary }, metrics);
    expect(table).toContain('net on plane: test largest error');
    expect(table).not.toContain('accuracy');
    const [head] = formatCsv(runs, undefined, metrics).split('\n');
    expect(head).toContain(',test_largest_error');
    expect(head).not.toContain('accuracy');
    const results = { methods, summary, sweep: { published: [] } } as unknown as SweepResults;
    expect(metricTable(results, 'net', absoluteError)).toMatch(/\| SNIP \| 0\.\d{4} ± 0\.0000 \|/);
    const plan = expandSweep(
      { models: ['net.ts'], methods: ['prospr'], sparsities: [0.9], settings: { steps: [1, 2] } },
      { folder: '.', name: 'sweep', out: 'out' },
    );
    const curves = axisCurves(
      plan,
      plan.runs.map(({ key }) => ({ ...runs[0], ...key })),
      metrics,
    );
    const sweep = { axes: plan.axes, axisCurves: curves };
    expect(axisTables({ sweep } as unknown as SweepResults, metrics)[0]).toBe('## net: test largest error over steps');
  });

  it('is a choice of --objective, leads a search, and less is better there', () => {
    const catalogue = createCatalogue({ objectives });
    const help = addCommandOptions(new Command(), 'train', catalogue).helpInformation();
    expect(help).toContain('"squared-error"');
    expect(metricFor(network, {}, metrics)).toBe('largest-error');
    expect(keepsMetric(0.11, 0.1, 0.02, absoluteError)).toBe(true);
    expect(keepsMetric(0.13, 0.1, 0.02, absoluteError)).toBe(false);
    expect(keepsMetric(0.5, 0.1, 0.02, ALL_METRICS[1])).toBe(true);
  });

  it('refuses outputs, data and losses that do not fit', async () => {
    const classifier = createNetwork(chain([2], ['out', 'Dense', { units: 3 }]), objectives);
    expect(classifier.objective.name).toBe('cross-entropy');
    expect((await failureOf(() => forTraining(classifier, { loss: 'squared-error' }, objectives))).message).toBe(
      'The objective squared-error is for one value, but net gives 3.',
    );
    expect((await failureOf(() => forTraining(network, { loss: 'cross-entropy' }, objectives))).message).toContain(
      'a single value',
    );
    expect((await failureOf(() => checkTask(network, { name: 'digits' }))).message).toContain('digits lacks');
    expect((await failureOf(() => completeConfig({ loss: 'squared-error' }))).message).toContain(
      'loss is "squared-error"',
    );
  });
});
