/** Trainings that change masks, against one written with PyTorch's autograd. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEpoch } from '../../../../server/data/batches';
import { formatsOf } from '../../../../server/protocol/data';
import { readMasksAfter } from '../../../../server/runs/updates';
import { completeConfig, type TrainingConfig } from '../../../../server/training/config';
import type { DynamicConfig, DynamicMethod } from '../../../../server/training/dynamic/plan';
import { chanceOfGrowth } from '../../../../server/training/dynamic/rules';
import { learningRateAt } from '../../../../server/training/schedules';
import { train } from '../../../../server/training/train';
import { TEST_PYTHON, whyNoPython } from '../../../support/python';
import { cloudDataset, imageNetwork, initialWeights, randomMasks, trainingTask } from '../../../support/training';

const EVERY = 3;
const EPOCHS = 4;
const BATCH = 16;
const UPDATES = 5;

const network = imageNetwork([6, 6, 2], 3);
const dataset = cloudDataset({ shape: [6, 6, 2] });
const steps = Math.floor(dataset.train.size / BATCH);
/** Behind the last update, and before the next one. */
const end = EVERY * UPDATES + 2;
const weights = initialWeights(network, 3);
const sparse = randomMasks(network, 0.25, 5);
const dense = randomMasks(network, 1.1);
const all = [...dense.values()].reduce((sum, { length }) => sum + length, 0);
const kept = [...sparse.values()].reduce((sum, mask) => sum + mask.reduce((count, bit) => count + bit, 0), 0);

const training: TrainingConfig = completeConfig({
  epochs: EPOCHS,
  batchSize: BATCH,
  optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3 },
  seed: 2,
});

const common = { updateEvery: EVERY, updateEnd: end / (steps * EPOCHS) };
const gradual = (initialSparsity: number) => ({
  pruning: { initialSparsity, finalSparsity: 0.9, scope: 'global' as const, minPerLayer: 0 },
});
const cases: readonly DynamicConfig[] = [
  { method: 'set', ...common, dropFraction: 0.4 },
  { method: 'rigl', ...common, dropFraction: 0.4 },
  { method: 'gmp', ...common, ...gradual(0) },
  { method: 'granet', ...common, dropFraction: 0.5, ...gradual(1 - kept / all) },
];

const beginning = (method: DynamicMethod) => (method === 'gmp' ? dense : sparse);

async function batches() {
  const read: object[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const inputs = formatsOf(dataset);
    const found = readEpoch({ split: dataset.train, inputs, batchSize: BATCH, seed: 2, epoch, dropLast: true });
    for await (const { x, y, position } of found) {
      const learningRate = learningRateAt(training, steps, epoch * steps + position);
      read.push({ x: Array.from(x), y: Array.from(y), shape: [BATCH, 6, 6, 2], learningRate });
    }
  }
  return read;
}

function chances() {
  const updates = Array.from({ length: UPDATES }, (_, i) => EVERY * (i + 1));
  const drawn = (step: number) =>
    Object.fromEntries(
      Array.from(sparse, ([name, { length }]) => [name, Array.from(chanceOfGrowth(2, step, name, length))]),
    );
  return Object.fromEntries(updates.map((step) => [step, drawn(step)]));
}

interface Answer {
  readonly after: readonly { readonly [name: string]: readonly number[] }[];
  readonly weights: { readonly [name: string]: readonly number[] };
}

/** What PyTorch makes of all cases. */
async function askPython(): Promise<Answer[]> {
  const listed = (values: ReadonlyMap<string, ArrayLike<number>>) =>
    Object.fromEntries(Array.from(values, ([name, one]) => [name, Array.from(one)]));
  const trained = new Map([...weights].filter(([name]) => !name.includes('moving')));
  const shared = {
    weights: listed(trained),
    shapes: Object.fromEntries(network.parameters.map(({ name, shape }) => [name, shape])),
    batches: await batches(),
    momentum: 0.9,
    weightDecay: 1e-3,
  };
  const asked = cases.map(({ method, dropFraction, pruning }) => ({
    ...{ method, dropFraction, every: EVERY, end, count: UPDATES, masks: listed(beginning(method)) },
    ...pruning,
    chance: chances(),
  }));
  const script = join(__dirname, 'reference.py');
  const input = JSON.stringify({ shared, cases: asked });
  const { stdout, stderr, status } = spawnSync(TEST_PYTHON, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer[];
}

const folder = mkdtempSync(join(tmpdir(), 'prunelens-dynamic-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = whyNoPython();
const title = missing ? ` (left out because ${missing})` : '';

describe.skipIf(missing !== undefined)(`masks that change, as PyTorch changes them${title}`, () => {
  let answers: Promise<Answer[]> | undefined;

  it.each(cases.map((dynamic, index) => ({ dynamic, index, method: dynamic.method })))(
    '$method: after each of five updates, and the weights of the end',
    async ({ dynamic, index, method }) => {
      answers ??= askPython();
      const wanted = (await answers)[index];
      const runDir = join(folder, method);
      const config = { ...training, dynamic };
      const masks = beginning(method);
      const result = await train(trainingTask({}, { network, dataset, weights, masks, config, runDir }));
      expect(wanted.after).toHaveLength(UPDATES);
      for (const [update, expected] of wanted.after.entries()) {
        const found = await readMasksAfter(runDir, { step: EVERY * (update + 1) });
        for (const [name, mask] of found)
          expect(Array.from(mask), `${name} after ${update + 1}`).toEqual(expected[name]);
      }
      expect(result.updates!.some(({ grown }) => grown > 0)).toBe(method !== 'gmp');
      for (const [name, values] of Object.entries(wanted.weights)) {
        const found = result.weights.get(name)!;
        values.forEach((value, i) => {
          expect(found[i]).toBeCloseTo(value, 5);
        });
      }
    },
  );
});
