import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import { formatError, UserError } from '../../../server/protocol/errors';
import { hasRun, readRun, readRunWeights } from '../../../server/runs/read';
import type { TrainingOptions } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import type { TrainingResult, TrainingTask } from '../../../server/training/types';
import {
  cloudDataset,
  denseNetwork,
  imageNetwork,
  initialWeights,
  randomMasks,
  trainingTask,
} from '../../support/training';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prunelens-training-'));
});

afterEach(() => rm(folder, { recursive: true }));

const network = imageNetwork();
const masks = randomMasks(network, 0.5);
const options: TrainingOptions = { epochs: 4, augmentation: { crop: 1, flip: true } };

/** Aborts when the given number of epochs is finished, or in the middle of the next one's steps. */
async function killed(
  task: (rest: Partial<TrainingTask>) => TrainingTask,
  epochs: number,
  where: 'between' | 'within',
  runDir = at('run'),
): Promise<TrainingResult> {
  const abort = new AbortController();
  let reads = 0;
  const { dataset } = task({});
  const train_ = {
    ...dataset.train,
    read(indices: ArrayLike<number>, out: Float32Array) {
      dataset.train.read(indices, out);
      if (where === 'within' && ++reads === epochs * 6 + 3) abort.abort();
    },
  };
  const result = await train(
    task({
      runDir,
      signal: abort.signal,
      dataset: { ...dataset, train: train_ },
      onProgress: (event) => {
        if (where === 'between' && event.kind === 'epoch' && event.epoch === epochs) abort.abort();
      },
    }),
  );
  expect(result.interrupted).toBe(true);
  expect(result.epochs.length).toBe(epochs);
  return result;
}

const imageTask = (rest: Partial<TrainingTask> = {}) => trainingTask(options, { network, masks, ...rest });

async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return formatError(error as UserError);
}

describe('a run folder', () => {
  it('tells while it trains the very step losses that it keeps', async () => {
    const told: { epoch: number; step: number; loss: number }[] = [];
    await train(
      imageTask({
        runDir: at('run'),
        onProgress: (event) => {
          if (event.kind !== 'step') return;
          told.push(...event.stepLosses.map((one) => ({ epoch: event.epoch, ...one })));
        },
      }),
    );
    expect(told.length).toBeGreaterThan(0);
    expect((await readRun(at('run'))).steps).toEqual(told);
  });

  it('holds settings, masks, metrics, checkpoint and result', async () => {
    const origin = { data: 'clouds', method: 'snip', sparsity: 0.5 };
    const result = await train(imageTask({ runDir: at('deep', 'run'), origin }));
    expect((await readdir(at('deep', 'run'))).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'masks.safetensors',
      'metrics.jsonl',
      'result.json',
    ]);
    const run = await readRun(at('deep', 'run'));
    expect(run.config).toMatchObject({
      network: network.name,
      file: network.file,
      backend: 'reference',
      device: 'float64 interpreter',
      data: { name: 'clouds', trainExamples: 96, testExamples: 31 },
      training: imageTask().config,
      origin,
      versions: { prunelens: expect.stringMatching(/^\d+\.\d+/), node: process.version },
    });
    expect(Date.parse(run.config.started)).toBeGreaterThan(0);
    expect(run.epochs).toEqual(result.epochs.map(({ seconds: _, ...metrics }) => metrics));
    expect(run.steps.map(({ epoch, step }) => [epoch, step]).slice(0, 7)).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [1, 5],
      [1, 6],
      [2, 1],
    ]);
    expect(run.result).toMatchObject({ backend: 'reference', stoppedEarly: false });
    expect(run.result!.epochs).toEqual(result.epochs);
    expect(run.result!.final).toEqual(result.final);
    const stored = await readSafetensors(at('deep', 'run', 'masks.safetensors'));
    for (const [name, mask] of masks) expect(stored.tensors.get(name)!.data).toEqual(Int32Array.from(mask));
    const checkpoint = await readSafetensors(at('deep', 'run', 'checkpoint.safetensors'));
    for (const { name } of network.parameters) {
      expect(Float32Array.from(checkpoint.tensors.get(`parameter:${name}`)!.data)).toEqual(result.weights.get(name));
    }
  });

  it('stores about a hundred losses an epoch at most', async () => {
    await train(
      trainingTask({ epochs: 1, batchSize: 1 }, { runDir: at('run'), dataset: cloudDataset({ train: 250 }) }),
    );
    const { steps } = await readRun(at('run'));
    expect(steps.length).toBe(83);
    expect(steps[0]).toMatchObject({ epoch: 1, step: 3 });
  });

  it('stores initial weights where asked', async () => {
    const weights = initialWeights(network, 5);
    await train(imageTask({ runDir: at('run'), weights, storeInitialWeights: true }));
    expect(await readRunWeights(at('run'))).toEqual(weights);
  });

  it('is the same for two runs with one seed', async () => {
    await train(imageTask({ runDir: at('a') }));
    await train(imageTask({ runDir: at('b') }));
    for (const name of ['metrics.jsonl', 'masks.safetensors']) {
      expect(await readFile(at('a', name))).toEqual(await readFile(at('b', name)));
    }
  });

  it('is not written over', async () => {
    await mkdir(at('run'));
    await writeFile(at('run', 'notes.txt'), 'mine');
    expect(await failureOf(train(imageTask({ runDir: at('run') })))).toMatch(/run folder .*run is not empty/);
    expect(await readdir(at('run'))).toEqual(['notes.txt']);
    await writeFile(at('file'), '');
    expect(await failureOf(train(imageTask({ runDir: at('file') })))).toMatch(/Cannot write .*file/);
  });

  it('is not touched when the task is wrong', async () => {
    await failureOf(train(imageTask({ runDir: at('run'), weights: new Map() })));
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps finished epochs when training diverges', async () => {
    const { dataset } = imageTask();
    let reads = 0;
    const train_ = {
      ...dataset.train,
      read(indices: ArrayLike<number>, out: Float32Array) {
        dataset.train.read(indices, out);
        if (++reads > 8) out.fill(Number.NaN);
      },
    };
    const failure = train(imageTask({ runDir: at('run'), dataset: { ...dataset, train: train_ } }));
    expect(await failureOf(failure)).toContain('the loss became NaN in epoch 2, step 3 of 6');
    const run = await readRun(at('run'));
    expect(run.epochs.length).toBe(1);
    expect(run.result).toBeUndefined();
    expect((await train(imageTask({ runDir: at('run'), resume: true }))).epochs.length).toBe(4);
  });

  it('is read while its last line is half written, but not when it is damaged', async () => {
    await train(imageTask({ runDir: at('run') }));
    const text = await readFile(at('run', 'metrics.jsonl'), 'utf8');
    await writeFile(at('run', 'metrics.jsonl'), `${text}{"epoch":5,"st`);
    expect((await readRun(at('run'))).epochs.length).toBe(4);
    await writeFile(at('run', 'metrics.jsonl'), `${text}nonsense\n`);
    expect(await failureOf(readRun(at('run')))).toMatch(/metrics.jsonl, line 29 is not a line of metrics/);
    await writeFile(at('run', 'config.json'), '{');
    expect(await failureOf(readRun(at('run')))).toMatch(/config.json is damaged/);
    expect(await failureOf(readRun(at('nowhere')))).toMatch(/There is no run in .*nowhere/);
  });
});

describe('resuming', () => {
  const dense = denseNetwork();
  it.each([
    ['images, cosine, SGD', imageTask],
    [
      'dropout, Adam, warm-up',
      (rest: Partial<TrainingTask> = {}) =>
        trainingTask(
          { epochs: 4, optimizer: { kind: 'adam', weightDecay: 0.01 }, schedule: { kind: 'step', warmupEpochs: 2 } },
          { network: dense, masks: randomMasks(dense, 0.5), ...rest },
        ),
    ],
  ])('ends as if the run was never stopped: %s', async (_, task) => {
    const whole = await train(task({ runDir: at('whole') }));
    for (const [epochs, where] of [
      [2, 'between'],
      [2, 'within'],
      [0, 'within'],
    ] as const) {
      const runDir = at(`${where}-${epochs}`);
      await killed(task, epochs, where, runDir);
      expect(await hasRun(runDir)).toBe(true);
      expect((await readRun(runDir)).result).toBeUndefined();
      const resumed = await train(task({ runDir, resume: true }));
      expect(resumed.weights).toEqual(whole.weights);
      expect(await readFile(join(runDir, 'metrics.jsonl'))).toEqual(await readFile(at('whole', 'metrics.jsonl')));
      const tensors = async (dir: string) => (await readSafetensors(join(dir, 'checkpoint.safetensors'))).tensors;
      expect(await tensors(runDir)).toEqual(await tensors(at('whole')));
      expect((await readRun(runDir)).result!.epochs.length).toBe(4);
    }
  });

  it('does not need the masks and weights again', async () => {
    const whole = await train(imageTask());
    await killed(imageTask, 1, 'between');
    const task = imageTask({ runDir: at('run'), resume: true, masks: undefined, weights: new Map() });
    const resumed = await train(task);
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.masks).toEqual(masks);
  });

  it('begins from stored initial weights where no epoch was finished', async () => {
    const weights = initialWeights(network, 5);
    const task = (rest: Partial<TrainingTask> = {}) => imageTask({ weights, storeInitialWeights: true, ...rest });
    const whole = await train(task());
    await killed(task, 0, 'within');
    const resumed = await train(imageTask({ runDir: at('run'), resume: true, masks: undefined }));
    expect(resumed.weights).toEqual(whole.weights);
  });

  it('gives the result of a complete run again without training', async () => {
    const whole = await train(imageTask({ runDir: at('run') }));
    const events: string[] = [];
    const onProgress = ({ kind }: { kind: string }) => events.push(kind);
    const again = await train(imageTask({ runDir: at('run'), resume: true, onProgress }));
    expect(events).toEqual([]);
    expect(again.epochs).toEqual(whole.epochs);
    expect(again.weights).toEqual(whole.weights);
    expect((await readRun(at('run'))).result!.final).toEqual(whole.final);
  });

  it('goes on for more epochs with a schedule that does not depend on their number', async () => {
    const task = (epochs: number, rest: Partial<TrainingTask> = {}) =>
      trainingTask({ epochs, schedule: { kind: 'constant' } }, { network, masks, ...rest });
    const whole = await train(task(4));
    await train(task(2, { runDir: at('run') }));
    const longer = await train(task(4, { runDir: at('run'), resume: true }));
    expect(longer.weights).toEqual(whole.weights);
    expect((await readRun(at('run'))).config.training.epochs).toBe(4);
    const shorter = train(task(3, { runDir: at('run'), resume: true }));
    expect(await failureOf(shorter)).toMatch(/has 4 finished epochs, more than/);
  });

  it('is refused while the run is trained, and not kept out by a killed process', async () => {
    const refused: string[] = [];
    const again = (rest: Partial<TrainingTask>) => failureOf(train(imageTask({ runDir: at('run'), ...rest })));
    let pending: Promise<unknown> = Promise.resolve();
    const first = train(
      imageTask({
        runDir: at('run'),
        onProgress({ kind }) {
          if (kind !== 'start') return;
          pending = Promise.all([again({ resume: true }), again({})]).then((messages) => refused.push(...messages));
        },
      }),
    );
    const whole = await first;
    await pending;
    const refusal = `Another process (${process.pid}) has been writing to ${at('run')} since `;
    expect(refused).toEqual([expect.stringContaining(refusal), expect.stringContaining(refusal)]);

    await killed(imageTask, 2, 'between', at('killed'));
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const lock = { format: 'prunelens-lock-1', host: hostname(), since: new Date().toISOString() };
    const left = { ...lock, processes: [{ pid: dead, started: null }] };
    await writeFile(at('killed', 'prunelens.lock'), JSON.stringify(left));
    const resumed = await train(imageTask({ runDir: at('killed'), resume: true }));
    expect(resumed.weights).toEqual(whole.weights);
    expect(await readdir(at('killed'))).not.toContain('prunelens.lock');
  });

  it('names the settings that differ', async () => {
    await killed(imageTask, 1, 'between');
    const other = trainingTask(
      {
        ...options,
        epochs: 5,
        batchSize: 8,
        optimizer: { learningRate: 1 },
        schedule: { kind: 'step', milestones: [2] },
      },
      { network, runDir: at('run'), resume: true },
    );
    const message = await failureOf(train(other));
    expect(message).toContain('training.batchSize (16 there, 8 now)');
    expect(message).toContain('training.optimizer.learningRate (0.05 there, 1 now)');
    expect(message).toContain('training.schedule.milestones (unset there, [2] now)');
    expect(message).not.toContain('seed');

    const longer = trainingTask({ ...options, epochs: 5 }, { network, runDir: at('run'), resume: true });
    expect(await failureOf(train(longer))).toContain('cosine schedule spans all epochs');
    const backend = { ...imageTask().executor, backend: 'cpu' as const };
    const elsewhere = train(imageTask({ runDir: at('run'), resume: true, executor: backend }));
    expect(await failureOf(elsewhere)).toContain('backend ("reference" there, "cpu" now)');
    const otherMasks = train(imageTask({ runDir: at('run'), resume: true, masks: randomMasks(network, 0.5, 1) }));
    expect(await failureOf(otherMasks)).toContain('other masks');
  });

  it('refuses what is no run, and damaged or foreign checkpoints', async () => {
    expect(await failureOf(train(imageTask({ runDir: at('none'), resume: true })))).toContain('There is no run in');
    await killed(imageTask, 1, 'between');
    const resumed = () => failureOf(train(imageTask({ runDir: at('run'), resume: true })));
    const path = at('run', 'checkpoint.safetensors');
    const bytes = await readFile(path);

    bytes[bytes.length - 20] ^= 1;
    await writeFile(path, bytes);
    expect(await resumed()).toMatch(/checkpoint.safetensors is damaged/);
    await truncate(path, bytes.length - 20);
    expect(await resumed()).toMatch(/checkpoint.safetensors is truncated/);
    await writeSafetensors(path, {});
    expect(await resumed()).toMatch(/is not a checkpoint of a training run/);

    const deeper = denseNetwork();
    await train(trainingTask({ epochs: 4 }, { network: deeper, runDir: at('dense') }));
    await cp(at('dense', 'checkpoint.safetensors'), path);
    expect(await resumed()).toMatch(
      /is the checkpoint of another network or optimizer: it has no parameter:conv1\/kernel/,
    );

    const wider = imageNetwork([4, 4, 1], 4);
    await train(trainingTask(options, { network: wider, runDir: at('wide') }));
    await cp(at('wide', 'checkpoint.safetensors'), path);
    expect(await resumed()).toMatch(/another network: .*fc\/kernel has shape \[32,4\] where .* has \[32,3\]/);
  });

  it('refuses metrics that lack epochs of the checkpoint', async () => {
    await killed(imageTask, 2, 'between');
    await truncate(at('run', 'metrics.jsonl'), 10);
    const message = await failureOf(train(imageTask({ runDir: at('run'), resume: true })));
    expect(message).toContain('has the metrics of 0 epochs, but the checkpoint is that of epoch 2');
  });
});
