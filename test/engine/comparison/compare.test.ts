/** The loops of comparisons and searches: what an observer hears, in which order, and what is written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { type ComparisonObserver, planComparison, runComparison } from '../../../server/comparison/compare';
import type { CompareFlags } from '../../../server/comparison/flags';
import { createReferenceExecutor } from '../../../server/executors/reference';
import type { Comparison } from '../../../server/protocol/comparison';
import { planSearch, runSearch } from '../../../server/search/search';
import { temporaryFolder } from '../../support/models';
import { TINY_CLASSIFIER } from '../../support/tinyModels';

// Its script and style lie beside the built command only.
vi.mock('../../../server/reports/comparison', () => ({ createReport: () => '' }));

const { signal } = new AbortController();
const loading = { trusted: true };
const executor = createReferenceExecutor();

/** Where the tests' model is, and a folder for results beside it. */
function place() {
  const folder = temporaryFolder({ 'model.json': TINY_CLASSIFIER, 'prunelens.json': '{ "data": "noise:4:3:256" }' });
  return { model: join(folder, 'model.json'), out: join(folder, 'out') };
}

/** An observer that writes down what it hears, and the shares of the work. */
function listener() {
  const heard: string[] = [];
  const shares: number[] = [];
  const observer: ComparisonObserver = {
    planned: ({ runs }, finished) => heard.push(`planned ${runs.length}, ${finished.length} there`),
    started(run, done) {
      heard.push(`started ${run.key.method}`);
      shares.push(done);
    },
    progress(run, done, { kind }) {
      if (heard.at(-1) !== `${kind} of ${run.key.method}`) heard.push(`${kind} of ${run.key.method}`);
      shares.push(done);
    },
    finished: (run, outcome) => heard.push(`finished ${run.key.method} ${outcome.final.epoch}`),
    failed: (run, error) => heard.push(`failed ${run.key.method}: ${error.split('.')[0]}`),
    results: ({ runs, failures }) => heard.push(`results ${runs.length}+${failures.length}`),
  };
  return { heard, shares, observer };
}

it('an observer hears of the plan, of each run from start to end, and of the results after it', async () => {
  const { model, out } = place();
  // The rewind point lies behind the last epoch: the run fails.
  const flags = { methods: ['snip', 'lottery-ticket'], sparsities: [0.5], seeds: 1, dense: true, out, epochs: 1 };
  const plan = await planComparison([model], { ...flags, rewindEpoch: 1 }, signal, loading);
  const { heard, shares, observer } = listener();
  const comparison = await runComparison({ plan, executor, signal, observer });
  const run = (name: string) => [`started ${name}`, `start of ${name}`, `step of ${name}`, `epoch of ${name}`];
  expect(heard).toEqual([
    'planned 3, 0 there',
    'results 0+0',
    ...[...run('dense'), 'finished dense 1', 'results 1+0'],
    ...[...run('snip'), 'finished snip 1', 'results 2+0'],
    'started lottery-ticket',
    'failed lottery-ticket: The weights cannot be rewound to epoch 1 of 1',
    'results 2+1',
  ]);
  expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
  expect([shares[0], shares.at(-1)]).toEqual([0, 2 / 3]);
  expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toEqual(comparison);

  const again = listener();
  await runComparison({
    plan: await planComparison([model], { ...flags, rewindEpoch: 1, resume: true }, signal, loading),
    executor,
    signal,
    observer: again.observer,
  });
  expect(again.heard.slice(0, 3)).toEqual(['planned 3, 2 there', 'results 2+0', 'started lottery-ticket']);
});

it('an inner step is found once for a network, recorded as a number, and gone on with', async () => {
  const { model, out } = place();
  const flags = { methods: ['prospr'], sparsities: [0.5], seeds: 1, dense: false, out, epochs: 1, steps: 1 };
  const compare = async (more: Partial<CompareFlags> = {}) =>
    runComparison({ plan: await planComparison([model], { ...flags, ...more }, signal, loading), executor, signal });
  const recordFile = join(out, 'comparison.json');
  const record = () => JSON.parse(readFileSync(recordFile, 'utf8'));
  const stepOf = () => record().models.model['scoring.innerLearningRate'];

  const { runs } = await compare();
  const chosen = runs[0].pruning.innerLr!;
  expect(chosen).toBeGreaterThan(0);
  expect(stepOf()).toBe(String(chosen));

  // A folder of a time when the step was 0.1 goes on with that.
  const { models, ...rest } = record();
  const former = { ...models.model, 'scoring.innerLearningRate': '0.07' };
  writeFileSync(recordFile, JSON.stringify({ ...rest, models: { model: former } }));
  const more = await compare({ resume: true, sparsities: [0.5, 0.75] });
  expect(more.runs.map(({ pruning }) => pruning.innerLr)).toEqual([0.07, 0.07]);
  expect(stepOf()).toBe('0.07');
  await expect(compare({ resume: true, innerLr: 0.2 })).rejects.toThrow(
    'scoring.innerLearningRate (0.07 there, 0.2 now)',
  );
});

it('what was finished before an interruption is kept, and the reason is thrown', async () => {
  const { model, out } = place();
  const flags = { methods: ['random'], sparsities: [0.5], seeds: 1, dense: true, out, epochs: 1 };
  const plan = await planComparison([model], flags, signal, loading);
  const stop = new AbortController();
  const reason = new Error('enough');
  const observer: ComparisonObserver = { finished: () => stop.abort(reason) };
  await expect(runComparison({ plan, executor, signal: stop.signal, observer })).rejects.toBe(reason);
  const { runs, planned } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Comparison;
  expect([planned, runs.map(({ method }) => method)]).toEqual([2, ['dense']]);
});

it('a search tells of its runs and of the results after each sparsity', async () => {
  const { model, out } = place();
  const flags = { method: 'magnitude', tolerance: 0.1, rounds: 2, maxSparsity: 0.9, seeds: 1, out, epochs: 1 };
  const plan = await planSearch(model, flags, signal, loading);
  const heard: string[] = [];
  const result = await runSearch({
    plan,
    executor,
    signal,
    observer: {
      started: ({ key, index, count }, done) =>
        heard.push(`started ${key.method} ${index}/${count} ${done.toFixed(2)}`),
      finished: ({ key }) => heard.push(`finished ${key.method}`),
      results: ({ trials }) => heard.push(`results ${trials.length}`),
    },
  });
  expect(heard).toEqual([
    ...['started dense 0/3 0.00', 'finished dense', 'results 0'],
    ...['started magnitude 1/3 0.33', 'finished magnitude', 'results 1'],
    ...['started magnitude 2/3 0.67', 'finished magnitude', 'results 2'],
  ]);
  expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toEqual(result);
});

it('a folder records the same texts as ever, so that old ones can be resumed', async () => {
  const { model, out } = place();
  const shared = { methods: ['snip'], sparsities: [0.5], seeds: 1, dense: true, out };
  const settingsWith = async (flags: Partial<CompareFlags>) =>
    (await planComparison([model], { ...shared, ...flags }, signal, loading)).models[0].settings;
  const { model: fingerprint, ...plain } = await settingsWith({});
  expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect(plain).toEqual({
    ...{ data: 'noise:4:3:256', trainExamples: '256', testExamples: '256', epochs: '10', batchSize: '128' },
    'optimizer.kind': 'sgd',
    'optimizer.learningRate': '0.05',
    'optimizer.momentum': '0.9',
    'optimizer.nesterov': 'false',
    'optimizer.weightDecay': '0.0005',
    'schedule.kind': 'cosine',
    'schedule.warmupEpochs': '0',
    'augmentation.crop': '0',
    'augmentation.flip': 'false',
    'scoring.steps': '3',
    'scoring.innerLearningRate': 'auto',
    'scoring.innerMomentum': '0.9',
    'scoring.innerWeightDecay': '0',
    'scoring.variant': 'exact',
    'scoring.sameBatch': 'false',
    'scoring.innerOptimizer': 'momentum',
    'scoring.innerEpsilon': '1e-8',
    'scoring.warmUpBatches': '0',
    ...{ selection: 'global', minPerLayer: '0', pruned: 'hidden/kernel, output/kernel' },
  });
  // What equals a default is recorded where it was given, but for what has always been left out.
  const given = { rewindEpoch: 0, pruningBatchSize: 128, fineTuneEpochs: 10, pruningRate: 0.2 } as const;
  const { model: _, ...more } = await settingsWith({ ...given, sparsityOf: 'channels', adapt: 'keep' });
  expect(more).toEqual({
    ...plain,
    ...{ rewindEpoch: '0', pruningBatchSize: '128', fineTuneEpochs: '10', pruningRate: '0.2' },
  });
  expect(await settingsWith({ sparsityOf: 'parameters', adapt: 'reinit', exactPredictor: true })).toMatchObject({
    ...{ sparsityOf: 'parameters', adapt: 'reinit', exactPredictor: 'true' },
  });
});
