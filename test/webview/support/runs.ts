/** Runs and a comparison as a host would tell them. */
import type { ComparisonSummary, RunMetrics, RunSummary } from '../../../server/protocol/results';
import type { PageMessage } from '../../../server/protocol/webview';
import { manyRows } from './runRows';
import { METHODS } from './scores';

export const STEPS = 100;

const run = (name: string, changes: Partial<RunSummary>): RunSummary => ({
  run: `/workspace/.prunelens/runs/${name}`,
  label: name,
  state: 'finished',
  epochs: 20,
  finishedEpochs: 20,
  seed: 1,
  started: '2025-01-01T10:00:00Z',
  testAccuracy: 0.91,
  ...changes,
});

export const RUNS: readonly RunSummary[] = [
  run('lenet-dense', { testAccuracy: 0.984 }),
  run('lenet-prospr-98', { method: 'prospr', sparsity: 0.98, masked: true, testAccuracy: 0.972 }),
  run('lenet-snip-98', {
    method: 'snip',
    sparsity: 0.98,
    masked: true,
    state: 'interrupted',
    finishedEpochs: 11,
    testAccuracy: 0.953,
  }),
  run('lenet-prospr-99', {
    method: 'prospr',
    sparsity: 0.99,
    masked: true,
    state: 'running',
    finishedEpochs: 3,
    testAccuracy: undefined,
  }),
];
export const LIVE = RUNS[3].run;

export function metricsOf(path: string): RunMetrics {
  const { run: name, finishedEpochs, sparsity = 0, method } = RUNS.find((one) => one.run === path)!;
  const floor = 0.03 + (sparsity > 0.985 ? 0.08 : sparsity > 0 ? 0.04 : 0) + (method === 'snip' ? 0.03 : 0);
  const lossAt = (epoch: number) => floor + 2.2 * Math.exp(-1.1 * epoch) + 0.12 / (epoch + 0.5);
  return {
    run: name,
    // A run tells its times when it ends.
    ...(finishedEpochs === 20 && { epochSeconds: Array.from({ length: 20 }, () => 30) }),
    epochs: Array.from({ length: finishedEpochs }, (_, at) => ({
      epoch: at + 1,
      trainLoss: lossAt(at + 1),
      trainAccuracy: 1 - lossAt(at + 1) / 2.4,
      testLoss: lossAt(at + 1) * 1.15 + 0.01,
      testAccuracy: 1 - lossAt(at + 1) / 2.1,
    })),
    steps: Array.from({ length: finishedEpochs * STEPS }, (_, at) => ({
      epoch: Math.floor(at / STEPS) + 1,
      step: (at % STEPS) + 1,
      loss: lossAt((at + 1) / STEPS) * (0.75 + 0.5 * Math.abs(Math.sin(at * 12.9898))),
    })),
  };
}

export const COMPARISON: ComparisonSummary = {
  folder: '/workspace/.prunelens/runs/compare-lenet',
  rows: [
    ...[1, 2, 3].map((seed) => ({
      model: 'lenet',
      method: 'dense',
      sparsity: 0,
      seed,
      testAccuracy: 0.983 + 0.001 * seed,
    })),
    ...['prospr', 'snip', 'magnitude'].flatMap((method, at) =>
      [0.8, 0.9, 0.95, 0.98, 0.99, 0.995].flatMap((sparsity) =>
        [1, 2, 3].map((seed) => ({
          model: 'lenet',
          method,
          sparsity,
          seed,
          testAccuracy: 0.985 - (0.0006 * (1 + at)) / (1 - sparsity) - 0.004 * (seed - 2) * (1 + at),
        })),
      ),
    ),
  ],
};

/** Sixteen methods at two sparsities, in an order of their own, by titles that only the comparison knows. */
export const MANY_METHODS: ComparisonSummary = {
  folder: '/workspace/.prunelens/runs/compare-many',
  methods: Array.from({ length: 16 }, (_, at) => ({ name: `method-${16 - at}`, title: `Method ${16 - at}` })),
  rows: Array.from({ length: 16 }, (_, at) =>
    [0.9, 0.98].map((sparsity) => ({
      model: 'lenet',
      method: `method-${at + 1}`,
      sparsity,
      seed: 1,
      testAccuracy: 0.99 - 0.01 * at - (sparsity - 0.9) * 0.3,
    })),
  ).flat(),
};

/** Answers the questions of the curves. */
export function answerCurves(
  message: PageMessage,
  runs: () => readonly RunSummary[] = () => RUNS,
  comparison = COMPARISON,
): unknown {
  if (message.kind === 'action') return message.action === 'ready' ? { methods: METHODS, theme: 'dark' } : null;
  switch (message.request) {
    case 'prunelens/runs':
      return runs();
    case 'prunelens/runMetrics':
      return metricsOf(message.params.run);
    case 'prunelens/runTable':
      return manyRows(60);
    case 'prunelens/comparisons':
      return [comparison];
    default:
      throw new Error(`${message.request} is not expected of the curves`);
  }
}
