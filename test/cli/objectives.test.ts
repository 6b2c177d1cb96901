/** Regressions, binary and multi-label classifiers on the command line: trained, pruned, compared, with metrics of their own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, type HostTensor, intTensor } from '../../server/protocol/tensor';
import { createRandom } from '../../server/random';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const MODELS = at('models.ts');
writeFileSync(
  MODELS,
  `import * as tf from '@tensorflow/tfjs';
const net = (units: number, activation?: 'sigmoid') => tf.sequential({
  layers: [
    tf.layers.dense({ name: 'hidden', units: 16, activation: 'tanh', inputShape: [4] }),
    tf.layers.dense({ name: 'out', units, activation }),
  ],
});
export const regression = net(1);
export const binary = net(1, 'sigmoid');
export const labels = net(3, 'sigmoid');
export const linear = net(3);
`,
);

const SIZE = 200;
const COMMON = ['--backend', 'cpu', '--batch-size', '20', '--epochs', '4', '--optimizer', 'adam', '--lr', '0.02'];

/** Writes a data set in which each row x has the labels of `labelsOf`. */
async function writeData(name: string, labelsOf: (x: readonly number[]) => readonly number[], isWhole = false) {
  const tensors: { [key: string]: HostTensor } = {};
  for (const split of ['train', 'test']) {
    const x = new Float32Array(4 * SIZE);
    createRandom(1, split).fillNormal(x, 0, 1);
    const rows = Array.from({ length: SIZE }, (_, i) => labelsOf([...x.subarray(4 * i, 4 * i + 4)]));
    const shape = rows[0].length === 1 ? [SIZE] : [SIZE, rows[0].length];
    tensors[`${split}/x`] = floatTensor([SIZE, 4], x);
    tensors[`${split}/y`] = isWhole
      ? intTensor(shape, Int32Array.from(rows.flat()))
      : floatTensor(shape, Float32Array.from(rows.flat()));
  }
  await writeSafetensors(at(`${name}.safetensors`), tensors);
}
const bit = (value: number) => (value > 0 ? 1 : 0);
const data = (name: string) => at(`${name}.safetensors`);

beforeAll(async () => {
  await writeData('values', ([a, b, c]) => [Math.sin(a) + b - c + 0.5]);
  await writeData('sides', ([a, b]) => [bit(a + b)], true);
  await writeData('labels', ([a, b, c]) => [bit(a), bit(b + c), bit(a - c)], true);
});

async function json(...args: string[]) {
  const { code, stdout, stderr } = await prunelens([...args, '--json']);
  expect([code, stderr]).toEqual([0, stderr]);
  return { value: JSON.parse(stdout), stderr };
}

describe.each([
  ['regression', 'values', ['testR2', 'testMeanAbsoluteError'], 'test R²'],
  ['binary', 'sides', ['testAccuracy', 'testBalancedAccuracy', 'testF1'], 'test balanced accuracy'],
  ['labels', 'labels', ['testAccuracy', 'testBalancedAccuracy', 'testF1'], 'test F1'],
])('a model for %s', (model, name, keys, told) => {
  const specifier = `${MODELS}#${model}`;

  it('trains, and tells its own metrics', async () => {
    const run = at(`run-${model}`);
    const { value, stderr } = await json('train', specifier, '--data', data(name), ...COMMON, '--out', run);
    const { epochs, final } = value;
    expect(Object.keys(final).filter((key) => key.startsWith('test') && key !== 'testLoss')).toEqual(keys);
    expect(final[keys[0]]).toBeGreaterThan(epochs[0][keys[0]]);
    expect(final[keys[0]]).toBeGreaterThan(0.5);
    expect(stderr).toContain(told);
    if (model === 'regression')
      expect(stderr + readFileSync(join(run, 'metrics.jsonl'), 'utf8')).not.toMatch(/accuracy/i);
  });

  it.each(['snip', 'grasp', 'prospr'])('is pruned by %s', async (method) => {
    const out = at(`${model}-${method}.safetensors`);
    const args = ['prune', specifier, '--method', method, '--data', data(name), '--sparsity', '0.5', '--out', out];
    const { value } = await json(...args, '--backend', 'cpu');
    expect(value.kept).toBe(Math.round(value.prunable / 2));
    expect([...(await readSafetensors(out)).tensors.keys()]).toEqual(['hidden/kernel', 'out/kernel']);
  });

  it('is compared, with a report', async () => {
    const out = at(`compared-${model}`);
    const args = [
      'compare',
      specifier,
      '--data',
      data(name),
      '--methods',
      'snip',
      '--sparsities',
      '0.5',
      '--seeds',
      '1',
    ];
    const { code, stdout } = await prunelens([...args, ...COMMON, '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toContain(told);
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toContain(`"${keys[0]}"`);
    const csv = readFileSync(join(out, 'results.csv'), 'utf8').split('\\n')[0];
    expect(csv.includes('test_accuracy')).toBe(model !== 'regression');
    if (model === 'regression') expect(stdout).not.toContain('accuracy');
  });
});

it('several linear outputs are for values where the labels are no one-hot rows, which is said', async () => {
  const args = ['train', `${MODELS}#linear`, '--data', data('labels'), ...COMMON];
  const { value, stderr } = await json(...args, '--out', at('decided'));
  expect(value.final.testR2).toBeGreaterThan(0);
  expect(stderr).toMatch(/so \S+ is for a regression, by the mean squared error; --objective says otherwise\./);
  const chosen = await json(...args, '--objective', 'binary-cross-entropy', '--out', at('chosen'));
  expect(chosen.value.final.testF1).toBeGreaterThan(0.5);
  const config = JSON.parse(readFileSync(at('chosen', 'config.json'), 'utf8'));
  expect(config.training.objective).toBe('binary-cross-entropy');
});

it('criteria score by the objective that is chosen, in batches of its labels', async () => {
  const x = floatTensor(
    [3, 4],
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  );
  const y = floatTensor([3, 3], Float32Array.of(0, 1, 0, 1, 1, 0, 0, 0, 1));
  await writeSafetensors(at('batches.safetensors'), { '0/x': x, '0/y': y });
  const scores = async (name: string, ...more: string[]) => {
    const out = at(`${name}.safetensors`);
    const args = ['score', `${MODELS}#linear`, '--method', 'snip', '--batches', at('batches.safetensors')];
    await json(...args, '--backend', 'cpu', '--out', out, ...more);
    return (await readSafetensors(out)).tensors.get('out/kernel')!.data;
  };
  const decided = await scores('decided-scores');
  expect(await scores('mse', '--objective', 'mse')).toEqual(decided);
  expect(await scores('alias', '--loss', 'mse')).toEqual(decided);
  expect(await scores('huber', '--objective', 'huber', '--huber-delta', '0.1')).not.toEqual(decided);
  const { code, stderr } = await prunelens([
    ...['score', `${MODELS}#linear`, '--method', 'snip', '--batches', at('batches.safetensors')],
    ...['--backend', 'cpu', '--objective', 'cross-entropy'],
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('row 1 of 0/y is not one-hot');
});

describe('wrong use', () => {
  it.each([
    ['regression', 'sides', [], 'gives one value for an example, but the labels of sides.safetensors are classes'],
    ['binary', 'labels', [], 'the labels of labels.safetensors have the shape [3]'],
    ['binary', 'values', [], 'is not a label from 0 to 1'],
    ['linear', 'labels', ['--objective', 'cross-entropy'], 'are values that are no one-hot rows'],
    [
      'regression',
      'values',
      ['--label-smoothing', '0.1'],
      '--label-smoothing (labelSmoothing in settings) goes with cross-entropy, not with mse',
    ],
    [
      'regression',
      'values',
      ['--objective', 'mse', '--loss', 'huber'],
      '--objective is mse, but --loss, its older name, is huber',
    ],
    ['regression', 'values', ['--objective', 'dice'], 'needs at least two classes'],
  ])('%s on %s %j', async (model, name, more, message) => {
    const args = ['train', `${MODELS}#${model}`, '--data', data(name), ...COMMON, '--out', at('none'), ...more];
    const { code, stderr } = await prunelens(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
