/** Pruning at convergence: what is trained, what is kept, and where training goes on. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { trainedState } from '../../../server/comparison/convergence/trainedState';
import type { ComparedNetwork } from '../../../server/comparison/model';
import { finishedRun, runOne } from '../../../server/comparison/run';
import { batchCount } from '../../../server/data/batches';
import { type Masks, selectMasks, type Weights } from '../../../server/pruning';
import { denseMacs } from '../../../server/pruning/structured';
import { resolveTraining } from '../../../server/request/resolve';
import type { TrainingRequestFlags } from '../../../server/request/types';
import { readRun, readRunMasks } from '../../../server/runs/read';
import { trainingMacs } from '../../../server/training/cost';
import { train } from '../../../server/training/train';
import { cloudDataset, initialWeights, plainNetwork, trainingTask } from '../../support/training';

const out = mkdtempSync(join(tmpdir(), 'prunelens-convergence-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const network = plainNetwork();
const dataset = cloudDataset({ shape: network.inputs[0].shape });
const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
const EPOCHS = 3;
const SEED = 4;
const { config, executor } = trainingTask({ epochs: EPOCHS, seed: SEED }, { network });
const initial = initialWeights(network, SEED);
const STEPS = batchCount(dataset.train.size, config.batchSize, true);

const comparedWith = (flags: TrainingRequestFlags) =>
  ({
    label: 'net',
    data: 'clouds',
    dataset,
    model: { network, prunable, seed: SEED, weights: initial, description: network },
    request: { ...resolveTraining({ specifier: 'net', flags, settings: {}, network }), training: config },
    settings: { model: 'fingerprint' },
    content: { data: 'clouds' },
  }) as unknown as ComparedNetwork;

const sparsities = [0.5, 0.75];
const base: TrainingRequestFlags = { epochs: EPOCHS, batchSize: config.batchSize };

/** A run of `method`, under a name of its own where its options are. */
async function run(method: string, sparsity: number, flags: TrainingRequestFlags = {}, name = method) {
  const key = { model: 'net', method: name, sparsity, seed: SEED };
  const { signal } = new AbortController();
  const compared = comparedWith({ ...base, ...flags });
  const request = { key, method, compared, executor, out, sparsities, signal, onProgress() {} };
  const outcome = await runOne(request);
  expect(await finishedRun(request)).toEqual(outcome);
  const folder = join(out, outcome.folder);
  return { outcome, masks: await readRunMasks(folder), epochs: (await readRun(folder)).epochs };
}

const dense = async () => {
  const { outcome, epochs } = await run('dense', 0);
  return { ...(await trainedState(join(out, outcome.folder), network, config)), measured: epochs };
};

function largest(weights: Weights, sparsity: number): Masks {
  const scores = new Map(prunable.map((name) => [name, weights.get(name)!.map(Math.abs)]));
  return selectMasks({ scores }, { sparsity });
}

/** Losses after each epoch of a training of its own. */
async function losses(weights: Weights, masks: Masks, epochs = EPOCHS): Promise<number[]> {
  const result = await train({ network, dataset, executor, weights, masks, config: { ...config, epochs } });
  return result.epochs.map(({ testLoss }) => testLoss);
}

const lossesOf = (epochs: readonly { readonly testLoss: number }[]) => epochs.map(({ testLoss }) => testLoss);
const isWithin = (inner: Masks, outer: Masks) =>
  prunable.every((name) => inner.get(name)!.every((bit, i) => bit <= outer.get(name)![i]));

/** Multiplications of so many epochs, counted by hand: three passes a step. */
const macs = (epochs: number, masks?: Masks) =>
  trainingMacs({ network, ...(masks && { masks }), batchSize: config.batchSize, steps: STEPS, epochs });

describe('the lottery ticket', () => {
  it('keeps the largest trained weights, at their initial values', async () => {
    const { outcome, masks, epochs } = await run('lottery-ticket', 0.5);
    const trained = await dense();
    expect(masks).toEqual(largest(trained.weights, 0.5));
    expect(lossesOf(epochs)).toEqual(await losses(initial, masks));
    expect(outcome.pruning.trainedBefore).toMatchObject({ epochs: EPOCHS, macs: macs(EPOCHS) });
    expect(outcome.pruning.cost).toEqual({
      inference: macs(1, masks) / (3 * STEPS * config.batchSize),
      denseInference: denseMacs(network),
      training: macs(EPOCHS) + macs(EPOCHS, masks),
      denseTraining: macs(EPOCHS),
    });
  });

  it('goes on from the epoch it is rewound to, on the rest of the schedule', async () => {
    const { masks, epochs, outcome } = await run('lottery-ticket', 0.5, { rewindEpoch: 1 }, 'rewound');
    const trained = await dense();
    expect(masks).toEqual(largest(trained.weights, 0.5));
    expect(epochs).toHaveLength(EPOCHS);
    expect(outcome.pruning.cost!.training).toBe(macs(EPOCHS) + macs(1) + macs(EPOCHS - 1, masks));
    // The first epoch is the dense network's.
    expect(epochs[0]).toEqual(trained.measured[0]);
    expect(epochs[1].learningRate).toBe(trained.measured[1].learningRate);
    expect(epochs[1].testLoss).not.toBe(trained.measured[1].testLoss);
    const late = run('lottery-ticket', 0.5, { rewindEpoch: EPOCHS }, 'late');
    await expect(late).rejects.toThrow(`cannot be rewound to epoch ${EPOCHS} of ${EPOCHS}`);
  });

  it('found gradually serves all sparsities by one pruning, each a part of the last', async () => {
    const wide = await run('lottery-ticket', 0.5, { pruningRate: 0.5 }, 'gradual');
    const narrow = await run('lottery-ticket', 0.75, { pruningRate: 0.5 }, 'gradual');
    expect(isWithin(narrow.masks, wide.masks)).toBe(true);
    expect(lossesOf(narrow.epochs)).toEqual(await losses(initial, narrow.masks));
    expect(wide.outcome.pruning.trainedBefore!.epochs).toBe(EPOCHS);
    expect(narrow.outcome.pruning.trainedBefore!.epochs).toBe(2 * EPOCHS);
    expect(narrow.outcome.pruning.trainedBefore!.macs).toBe(macs(EPOCHS) + macs(EPOCHS, wide.masks));
    const folders = readdirSync(join(out, 'runs', 'net')).filter((name) => name.includes('rewinding'));
    expect(folders).toEqual([expect.stringMatching(`^gradual-${SEED}-[0-9a-f]{8}\\.rewinding-2$`)]);
  });
});

describe('magnitude after training', () => {
  it('keeps the largest trained weights, and trains them on', async () => {
    const { masks, epochs, outcome } = await run('magnitude-after-training', 0.5, { fineTuneEpochs: 2 });
    const trained = await dense();
    expect(masks).toEqual(largest(trained.weights, 0.5));
    expect(lossesOf(epochs)).toEqual(await losses(trained.weights, masks, 2));
    expect(outcome.pruning.trainedBefore!.epochs).toBe(EPOCHS);
  });

  it('in rounds removes only from what is left', async () => {
    const flags = { pruningRate: 0.5, fineTuneEpochs: 1 };
    const { masks, outcome } = await run('magnitude-after-training', 0.75, flags, 'rounds');
    const rounds = readdirSync(join(out, 'runs', 'net')).find((name) => name.endsWith('.rounds'))!;
    const round = await readRunMasks(join(out, 'runs', 'net', rounds, '1'));
    const trained = await dense();
    expect(round).toEqual(largest(trained.weights, 0.5));
    expect(isWithin(masks, round)).toBe(true);
    expect(outcome.pruning).toMatchObject({
      trainedBefore: { epochs: EPOCHS + 1, macs: macs(EPOCHS) + macs(1, round) },
      cost: { training: macs(EPOCHS) + macs(1, round) + macs(1, masks), denseTraining: macs(EPOCHS) },
    });
    expect(outcome.final.epoch).toBe(1);
  });
});
