/** Structured methods in comparisons: smaller networks that are trained at their own size, and what is told of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { trainedState } from '../../../server/comparison/convergence/trainedState';
import { formatCsv } from '../../../server/comparison/csv';
import type { ComparedNetwork } from '../../../server/comparison/model';
import { summarize } from '../../../server/comparison/results';
import { finishedRun, runOne } from '../../../server/comparison/run';
import { createScoreCache, type ScoreCache } from '../../../server/comparison/scoreCache';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { readMasks } from '../../../server/masks/maskFile';
import type { RunOutcome } from '../../../server/protocol/comparison';
import { denseMacs, findChannels, shrinkNetwork } from '../../../server/pruning/structured';
import { checkMethod, methodNames, methodTitle } from '../../../server/request/comparedMethods';
import { resolveTraining } from '../../../server/request/resolve';
import type { TrainingRequestFlags } from '../../../server/request/types';
import { structuredMasksFile } from '../../../server/runs/files';
import { concernsMethod } from '../../../server/sweep/options';
import { train } from '../../../server/training/train';
import type { TrainingEvent } from '../../../server/training/types';
import { chain } from '../../support/networks';
import { cloudDataset, initialWeights, trainingTask } from '../../support/training';

const out = mkdtempSync(join(tmpdir(), 'prunelens-structured-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const description = chain(
  [4, 4, 1],
  ['conv1', 'Conv2D', { filters: 6, kernelSize: 3, padding: 'same', useBias: false }],
  ['bn1', 'BatchNormalization'],
  ['act', 'Activation', { activation: 'relu' }],
  ['flat', 'Flatten'],
  ['fc', 'Dense', { units: 6, activation: 'tanh' }],
  ['out', 'Dense', { units: 3 }],
);
const network = createNetwork(description);
const dataset = cloudDataset({ shape: network.inputs[0].shape });
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
const EPOCHS = 2;
const SEED = 3;
const { config, executor } = trainingTask({ epochs: EPOCHS, seed: SEED }, { network });
const initial = initialWeights(network, SEED);

const comparedWith = (flags: TrainingRequestFlags) =>
  ({
    label: 'net',
    data: 'clouds',
    dataset,
    model: { network, prunable, seed: SEED, weights: initial, description },
    request: {
      ...resolveTraining({
        specifier: 'net',
        flags: { batchSize: config.batchSize, ...flags },
        settings: {},
        network,
      }),
      training: config,
    },
    settings: { model: 'fingerprint' },
    content: { data: 'clouds' },
  }) as unknown as ComparedNetwork;

interface RunOptions {
  readonly flags?: TrainingRequestFlags;
  readonly scores?: ScoreCache;
  readonly signal?: AbortSignal;
  onProgress?(event: TrainingEvent): void;
}

const placed = (method: string, sparsity: number, flags: TrainingRequestFlags = {}, name = method) => ({
  key: { model: 'net', method: name, sparsity, seed: SEED },
  method,
  compared: comparedWith(flags),
  executor,
  out,
  sparsities: [0.5],
});

/** A run of `method`, under a name of its own where its options are. */
function run(method: string, sparsity: number, options: RunOptions = {}, name = method): Promise<RunOutcome> {
  const { flags = {}, scores, signal = new AbortController().signal, onProgress = () => {} } = options;
  const request = { ...placed(method, sparsity, flags, name), signal, onProgress };
  return runOne({ ...request, ...(scores && { scores }) });
}

const masksOf = ({ folder }: RunOutcome) => readMasks(network, structuredMasksFile(join(out, folder)));

describe('a structured method', () => {
  it('has a name, a title and no control', () => {
    const names = ['prospr', 'snip', '3sp', '3sp-compute', 'grasp', 'magnitude', 'random'];
    expect(methodNames).toEqual(expect.arrayContaining(names.map((name) => `structured-${name}`)));
    expect(methodTitle('structured-3sp')).toBe('3SP (channels)');
    expect(() => checkMethod('structured-snip+shuffle')).toThrow('SNIP (channels) has no control');
    expect(() => checkMethod('structured-synflow')).toThrow('there is no method "structured-synflow"');
  });

  it('heeds the options of its criterion and those of channels', () => {
    const heeded = (method: string) =>
      [
        'steps',
        'temperature',
        'iterations',
        'pruning-batches',
        'pruning-batch-size',
        'sparsity-of',
        'adapt',
        'pruning-rate',
      ].filter((option) => concernsMethod(option, method));
    expect(heeded('structured-prospr')).toEqual(['steps', 'pruning-batch-size', 'sparsity-of', 'adapt']);
    expect(heeded('structured-grasp')).toEqual([
      'temperature',
      'pruning-batches',
      'pruning-batch-size',
      'sparsity-of',
      'adapt',
    ]);
    expect(heeded('structured-3sp')).toEqual(['pruning-batches', 'pruning-batch-size', 'sparsity-of', 'adapt']);
    expect(heeded('structured-random')).toEqual(['sparsity-of', 'adapt']);
    expect(heeded('grasp')).toEqual(['temperature', 'pruning-batches', 'pruning-batch-size']);
  });

  it('trains a smaller network, to the metrics of the whole one under its masks', async () => {
    const outcome = await run('structured-prospr', 0.5);
    const { pruning, final } = outcome;
    const { shrunk } = pruning;
    // Six filters and six units.
    expect(shrunk).toMatchObject({ channels: 12, keptChannels: 6, denseMacs: denseMacs(network) });
    expect(shrunk!.macs).toBeLessThan(shrunk!.denseMacs);
    expect(shrunk!.step.denseSeconds).toBeGreaterThan(0);
    expect(pruning.kept).toBeLessThan(pruning.prunable / 2);
    expect(pruning.adjointNorms).toHaveLength(4);

    const masks = await masksOf(outcome);
    const masked = await train({ network, dataset, executor, weights: initial, masks, config, compact: false });
    expect(final.testLoss).toBeCloseTo(masked.final!.testLoss, 5);
    expect(final.trainLoss).toBeCloseTo(masked.final!.trainLoss, 5);

    const filters = masks.get('conv1/kernel')!.slice(0, 6);
    const units = pruning.shrunk!.keptChannels - filters.reduce((sum, bit) => sum + bit, 0);
    const structure = findChannels(network);
    const keep = Uint8Array.from({ length: structure.entries });
    for (const { weight, axis } of structure.kernels) {
      structure.axes.get(weight)![axis]?.forEach((entry, index) => {
        const mask = masks.get(weight)!;
        if (entry >= 0 && mask.some((bit, i) => bit === 1 && i % 6 === index)) keep[entry] = 1;
      });
    }
    const smaller = shrinkNetwork(structure, keep, initial).network;
    expect(smaller.parameters.find(({ name }) => name === 'out/kernel')!.shape).toEqual([units, 3]);
    expect((await trainedState(join(out, outcome.folder), smaller, config)).epochs).toHaveLength(EPOCHS);
    expect(await finishedRun(placed('structured-prospr', 0.5))).toEqual(outcome);
  });

  it('is scored once for all sparsities', async () => {
    const scores = createScoreCache();
    let scorings = 0;
    const counted: ScoreCache = {
      get: (key, score) =>
        scores.get(key, () => {
          scorings++;
          return score();
        }),
    };
    const wide = await masksOf(await run('structured-snip', 0.25, { scores: counted }));
    const narrow = await masksOf(await run('structured-snip', 0.75, { scores: counted }));
    expect(scorings).toBe(1);
    const isWithin = (name: string) => narrow.get(name)!.every((bit, i) => bit <= wide.get(name)![i]);
    expect(prunable.every(isWithin)).toBe(true);
  });

  it('counts parameters, and re-scales what stays, where that is asked for', async () => {
    const flags = { sparsityOf: 'parameters', adapt: 'rescale' } as const;
    const { pruning, final } = await run('structured-3sp', 0.5, { flags }, 'parameters');
    expect(pruning.kept).toBeLessThanOrEqual(pruning.prunable / 2);
    expect(pruning.shrunk!.keptChannels).toBeGreaterThan(6);
    const { final: kept } = await run('structured-3sp', 0.5, { flags: { sparsityOf: 'parameters' } }, 'unscaled');
    expect(final.testLoss).not.toBe(kept.testLoss);
  });

  it('goes on where it was interrupted', async () => {
    const whole = await run('structured-random', 0.5, { flags: { adapt: 'reinit' } });
    const stop = new AbortController();
    const interrupted = run(
      'structured-random',
      0.5,
      {
        flags: { adapt: 'reinit' },
        signal: stop.signal,
        onProgress: (event) => event.kind === 'epoch' && stop.abort(),
      },
      'interrupted',
    );
    await expect(interrupted).rejects.toThrow();
    let first: number | undefined;
    const resumed = await run(
      'structured-random',
      0.5,
      {
        flags: { adapt: 'reinit' },
        onProgress(event) {
          if (event.kind === 'start') first = event.epoch;
        },
      },
      'interrupted',
    );
    expect(first).toBe(2);
    expect(resumed.final).toEqual(whole.final);
    expect(await masksOf(resumed)).toEqual(await masksOf(whole));
  });

  it('has its times in the summary and the CSV, beside methods that have none', async () => {
    const runs = [await run('snip', 0.5), await run('structured-snip', 0.25)];
    const [unstructured, structured] = summarize(runs);
    expect(unstructured.stepRatio).toBeUndefined();
    const { step } = runs[1].pruning.shrunk!;
    expect(structured.stepRatio).toBe(step.seconds / step.denseSeconds);
    const [head, first, second] = formatCsv(runs).split('\n');
    expect(head).toMatch(/,channels,kept_channels,parameters,macs,dense_step_seconds,step_seconds,step_time_ratio$/);
    expect(first).toMatch(/,{7}$/);
    expect(second).toMatch(/,12,9,\d+,\d+,[\d.]+,[\d.]+,[\d.]+$/);
    expect(formatCsv(runs.slice(0, 1)).split('\n')[0]).toMatch(
      /epochs_before_pruning,inference_macs,training_macs,dense_training_macs$/,
    );
  });
});
