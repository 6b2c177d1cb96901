/** Segmentation on the command line: training with the mean IoU, the search for the highest sparsity, and wrong use. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const MODEL = at('tiny-unet.ts');
writeFileSync(
  MODEL,
  `import * as tf from '@tensorflow/tfjs';
const convolution = (name: string, filters: number) =>
  tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer: 'heNormal' });
const input = tf.input({ shape: [16, 16, 1] });
const down = convolution('down', 8).apply(input) as tf.SymbolicTensor;
const pool = tf.layers.maxPooling2d({ poolSize: 2 }).apply(down);
const bottom = convolution('bottom', 16).apply(pool);
const up = tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }).apply(bottom) as tf.SymbolicTensor;
const joined = tf.layers.concatenate().apply([down, up]);
const merged = convolution('merge', 8).apply(joined);
const output = tf.layers.conv2d({ name: 'classes', filters: 3, kernelSize: 1, activation: 'softmax' }).apply(merged);
export default tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
`,
);
const DATA = 'cells:16x16:64:32';
const COMMON = ['--data', DATA, '--backend', 'cpu', '--batch-size', '8', '--optimizer', 'adam', '--lr', '0.01'];

it('trains with a loss of its own and reports the mean IoU', async () => {
  const args = ['train', MODEL, ...COMMON, '--epochs', '4', '--loss', 'cross-entropy+dice', '--flip', '--crop', '2'];
  const { code, stdout, stderr } = await prunelens([...args, '--out', at('run'), '--json']);
  expect([code, stderr.includes('test mean IoU')]).toEqual([0, true]);
  const { epochs, final } = JSON.parse(stdout);
  expect(final.testMeanIoU).toBeGreaterThan(epochs[0].testMeanIoU);
  expect(final.testMeanIoU).toBeLessThan(1);
  const lines = readFileSync(at('run', 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(lines[lines.length - 1])).toMatchObject({ epoch: 4, testMeanIoU: final.testMeanIoU });
  expect(JSON.parse(readFileSync(at('run', 'config.json'), 'utf8')).training.loss).toBe('cross-entropy+dice');
});

it('scores with noise whose pixels have classes', async () => {
  const args = ['score', MODEL, '--method', 'snip', '--data', 'noise:16x16x1:3:8:pixels', '--batch-size', '8'];
  const { code, stdout } = await prunelens([...args, '--backend', 'cpu', '--sparsity', '0.5', '--json']);
  expect(code).toBe(0);
  const { kept, prunable } = JSON.parse(stdout);
  expect(kept).toBe(Math.round(prunable / 2));
});

describe('prunelens search', () => {
  const args = (name: string, ...more: string[]) => [
    ...[
      'search',
      MODEL,
      '--method',
      'magnitude',
      ...COMMON,
      '--epochs',
      '2',
      '--rounds',
      '3',
      '--max-sparsity',
      '0.99',
    ],
    ...['--tolerance', '0.05', '--out', at(name), ...more],
  ];

  it('finds a sparsity between one that keeps the metric and one that loses it, and resumes', async () => {
    const { code, stdout, stderr } = await prunelens(args('search', '--json'));
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ format: 'prunelens-search-1', method: 'magnitude', metric: 'mean-iou', rounds: 3 });
    expect(result.trials.map(({ sparsity }: { sparsity: number }) => sparsity)[0]).toBe(0.9);
    expect(result.trials).toHaveLength(3);
    for (const { value, keeps } of result.trials) expect(keeps).toBe(value >= result.dense.value - 0.05);
    const sparsities = (wanted: boolean) =>
      result.trials.flatMap(({ sparsity, keeps }: { sparsity: number; keeps: boolean }) =>
        keeps === wanted ? [sparsity] : [],
      );
    expect(result.found?.sparsity ?? null).toBe(sparsities(true).length > 0 ? Math.max(...sparsities(true)) : null);
    expect(result.lost?.sparsity ?? null).toBe(sparsities(false).length > 0 ? Math.min(...sparsities(false)) : null);
    expect(JSON.parse(readFileSync(at('search', 'results.json'), 'utf8'))).toEqual(result);
    expect(stderr).toMatch(/dense: test mean IoU 0\.\d{4}/);

    // As if it had been killed before its last run.
    const last: string = result.trials[2].runs[0].folder;
    rmSync(at('search', last), { recursive: true });
    const dense = at('search', result.dense.runs[0].folder, 'result.json');
    const before = statSync(dense).mtimeMs;
    const again = await prunelens(args('search', '--json', '--resume'));
    expect(again.code).toBe(0);
    const withoutTimes = (text: string) => JSON.parse(text, (key, value) => (key === 'seconds' ? undefined : value));
    expect(withoutTimes(again.stdout)).toEqual(withoutTimes(stdout));
    expect(statSync(dense).mtimeMs).toBe(before);
    expect(readdirSync(at('search', 'runs', 'tiny-unet')).filter((name) => !name.endsWith('.json'))).toHaveLength(4);

    const refused = await prunelens(args('search'));
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('Continue the search in it with --resume'),
    ]);
    const other = await prunelens(args('search', '--resume', '--lr', '0.02'));
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('optimizer.learningRate (0.01 there, 0.02 now)'),
    ]);

    const table = await prunelens(args('search', '--resume', '--rounds', '2'));
    expect(table.stdout).toMatch(/sparsity +weights left +on a path +test mean IoU +against dense/);
    expect(table.stdout).toMatch(/90\.0+ % .*(keeps|loses)/);
  });
});

describe('wrong use', () => {
  const LENET = 'samples/lenet-300-100.ts';

  it.each([
    [
      'The model takes inputs of shape [16, 16, 1], but the examples of mnist are [28, 28, 1].',
      ['train', MODEL, '--data', 'mnist', '--limit', '64', '--epochs', '1', '--out', at('a')],
    ],
    [
      'gives a class for each of 16x16 pixels, but noise:16x16x1:3 has one class for an example.',
      ['train', MODEL, '--data', 'noise:16x16x1:3', '--epochs', '1', '--out', at('b')],
    ],
    [
      'gives one class for an example, but cells:28x28 has one for each of 28x28 pixels.',
      ['train', LENET, '--data', 'cells:28x28', '--epochs', '1', '--out', at('c')],
    ],
    [
      'The loss dice is for segmentation',
      ['train', LENET, '--data', 'mnist', '--loss', 'dice', '--epochs', '1', '--out', at('d'), '--backend', 'cpu'],
    ],
    [
      'The metric mean-iou is for segmentation',
      ['search', LENET, '--method', 'snip', '--metric', 'mean-iou', '--data', 'mnist', '--out', at('e')],
    ],
    ['there is no method "nothing"', ['search', MODEL, '--method', 'nothing', '--data', DATA, '--out', at('f')]],
    [
      'a number from 0 up to',
      ['search', MODEL, '--method', 'snip', '--data', DATA, '--tolerance', '2', '--out', at('g')],
    ],
  ])('%s', async (message, args) => {
    const { code, stderr } = await prunelens(args);
    expect(stderr).toContain(message);
    expect(code).not.toBe(0);
  });
});
