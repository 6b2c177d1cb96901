/** Models of tokens, of several inputs and of several outputs on the command line, the samples among them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const CPU = ['--backend', 'cpu'];

describe('the samples of texts', () => {
  it('train, and have the perplexity of a language model', async () => {
    const run = async (sample: string, epochs: string) => {
      const args = ['train', `samples/${sample}`, '--epochs', epochs, '--out', at(sample), '--json', ...CPU];
      const { code, stdout, stderr } = await prunelens(args);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout).final;
    };
    expect((await run('reviews.ts', '2')).testAccuracy).toBeGreaterThan(0.7);
    const { testPerplexity, testLoss, testAccuracy } = await run('sentences.ts', '1');
    expect(testPerplexity).toBeCloseTo(Math.exp(testLoss), 6);
    expect(testPerplexity).toBeLessThan(20);
    expect(testAccuracy).toBeGreaterThan(0.15);
  });

  it.each([
    ['reviews.ts', 'grasp', []],
    // A step that is given: to choose one takes ten scorings.
    ['sentences.ts', 'prospr', ['--inner-lr', '0.01']],
  ])('are pruned: %s by %s', async (sample, method, options) => {
    const out = at(`${method}.safetensors`);
    const args = ['prune', `samples/${sample}`, '--method', method, '--sparsity', '0.75', '--out', out, ...CPU];
    const { code, stderr } = await prunelens([...args, '--batch-size', '16', '--steps', '1', ...options]);
    expect(code, stderr).toBe(0);
    const { tensors } = await readSafetensors(out);
    const masks = [...tensors.values()].flatMap(({ data }) => [...data]);
    expect([...tensors.keys()].some((name) => name.includes('embeddings'))).toBe(false);
    expect(masks.reduce((sum, bit) => sum + bit, 0)).toBe(Math.round(masks.length / 4));
  });

  it('have masks of their embeddings where those are asked for', async () => {
    const out = at('words.safetensors');
    const args = [
      'prune',
      'samples/reviews.ts',
      '--method',
      'snip',
      '--sparsity',
      '0.5',
      '--include',
      'words',
      '--out',
      out,
    ];
    expect((await prunelens([...args, ...CPU])).code).toBe(0);
    const { tensors } = await readSafetensors(out);
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([['words/embeddings', [55, 16]]]);
  });

  it('refuse ids that they do not know, with their place', async () => {
    const ids = intTensor([2, 24], new Int32Array(48));
    const labels = intTensor([2], Int32Array.of(0, 1));
    const wrong = intTensor([2, 24], new Int32Array(48).fill(55, 30, 31));
    await writeSafetensors(at('texts.safetensors'), {
      'train/x': wrong,
      'train/y': labels,
      'test/x': ids,
      'test/y': labels,
    });
    await writeSafetensors(at('batches.safetensors'), { '0/x': wrong, '0/y': labels });
    const score = (...args: string[]) =>
      prunelens(['score', 'samples/reviews.ts', '--method', 'snip', ...args, ...CPU]);
    const data = await score('--data', at('texts.safetensors'));
    expect([data.code, data.stderr]).toEqual([
      2,
      expect.stringContaining('The token id 55 in row 1, column 6 of the training examples of texts.safetensors'),
    ]);
    const batches = await score('--batches', at('batches.safetensors'));
    expect([batches.code, batches.stderr]).toEqual([
      2,
      expect.stringContaining(`The token id 55 in row 1, column 6 of 0/x in ${at('batches.safetensors')}`),
    ]);
  });
});

const MODEL = at('pairs.ts');
writeFileSync(
  MODEL,
  `import * as tf from '@tensorflow/tfjs';
const image = tf.input({ shape: [6, 6, 1], name: 'image' });
const text = tf.input({ shape: [5], name: 'text' });
const conv = tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, activation: 'relu' }).apply(image);
const flat = tf.layers.flatten({ name: 'flat' }).apply(conv) as tf.SymbolicTensor;
const words = tf.layers.embedding({ name: 'words', inputDim: 20, outputDim: 4 }).apply(text);
const pool = tf.layers.globalAveragePooling1d({ name: 'pool' }).apply(words) as tf.SymbolicTensor;
const join = tf.layers.concatenate({ name: 'join' }).apply([flat, pool]);
const hidden = tf.layers.dense({ name: 'hidden', units: 8, activation: 'relu' }).apply(join);
const kind = tf.layers.dense({ name: 'kind', units: 3 }).apply(hidden) as tf.SymbolicTensor;
const side = tf.layers.dense({ name: 'side', units: 2 }).apply(hidden) as tf.SymbolicTensor;
export default tf.model({ name: 'pairs', inputs: [image, text], outputs: [kind, side] });
`,
);

describe('a model with two inputs and two outputs', () => {
  const images = floatTensor(
    [4, 6, 6, 1],
    Float32Array.from({ length: 144 }, (_, i) => Math.sin(i)),
  );
  const texts = intTensor(
    [4, 5],
    Int32Array.from({ length: 20 }, (_, i) => i),
  );
  const labels = intTensor([4], Int32Array.of(0, 1, 1, 0));
  const SAID = 'pairs has 2 outputs (kind, side); kind is used. Choose another one with --output.';

  it('is fed by name, and says which output it uses, once', async () => {
    const data = at('pairs.safetensors');
    const split = (name: string) => ({ [`${name}/x/text`]: texts, [`${name}/x/image`]: images, [`${name}/y`]: labels });
    await writeSafetensors(data, { ...split('train'), ...split('test') });
    const args = ['train', MODEL, '--data', data, '--epochs', '1', '--batch-size', '2', '--out', at('pairs'), '--json'];
    const { code, stdout, stderr } = await prunelens([...args, ...CPU]);
    expect(code, stderr).toBe(0);
    expect(stderr.split(SAID).length - 1).toBe(1);
    expect(JSON.parse(stdout).final.testLoss).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(at('pairs', 'config.json'), 'utf8')).origin.output).toBe('kind');
  });

  it('is scored on batches of named inputs, for the output that is chosen', async () => {
    const batches = at('pairs-batches.safetensors');
    await writeSafetensors(batches, { '0/x/image': images, '0/x/text': texts, '0/y': labels });
    const args = ['score', MODEL, '--method', 'snip', '--sparsity', '0.5', '--batches', batches, '--json', ...CPU];
    for (const output of ['side', '1']) {
      const { code, stdout, stderr } = await prunelens([...args, '--output', output]);
      expect([code, stderr.includes(SAID)]).toEqual([0, false]);
      const { layers } = JSON.parse(stdout) as { layers: { layer: string }[] };
      expect(layers.map(({ layer }) => layer)).toEqual(['conv', 'hidden', 'side']);
    }
    writeFileSync(at('prunelens.json'), '{ "output": 1 }');
    const fromSettings = await prunelens(args);
    expect([fromSettings.code, fromSettings.stdout.includes('"side"')]).toEqual([0, true]);
    writeFileSync(at('prunelens.json'), '{}');
    await writeSafetensors(batches, { '0/x': images, '0/y': labels });
    const unnamed = await prunelens(args);
    expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('there is no batch 0/x/image.')]);
  });

  it('takes a path for --output as a mistake', async () => {
    const args = [
      'prune',
      MODEL,
      '--method',
      'snip',
      '--sparsity',
      '0.5',
      '--data',
      'noise',
      '--out',
      at('masks.safetensors'),
    ];
    const { code, stderr } = await prunelens([...args, '--output', 'masks.safetensors', ...CPU]);
    expect(code).toBe(2);
    expect(stderr).toContain("pairs has no output 'masks.safetensors': it has 2 outputs, 'kind', 'side'.");
    expect(stderr).toContain('named with --out.');
  });

  it('is pruned on noise for each input', async () => {
    const args = ['prune', MODEL, '--method', 'prospr', '--sparsity', '0.5', '--data', 'noise', '--batch-size', '8'];
    const { code, stderr } = await prunelens([...args, '--out', at('noise.safetensors'), ...CPU]);
    expect(code, stderr).toBe(0);
  });
});
