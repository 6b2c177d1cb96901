/** `prunelens autos learn` and `train`, and the method they make, as a user runs them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const onCpu = ['--backend', 'cpu'];

writeFileSync(
  at('tiny.ts'),
  `import * as tf from '@tensorflow/tfjs';
export default () =>
  tf.sequential({
    name: 'tiny',
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1] }),
      tf.layers.dense({ name: 'fc1', units: 16, activation: 'relu' }),
      tf.layers.dense({ name: 'logits', units: 10 }),
    ],
  });
`,
);

describe('prunelens autos learn', () => {
  const learn = () =>
    prunelens(
      [
        'autos',
        'learn',
        at('tiny.ts'),
        '--data',
        'mnist',
        '--limit',
        '1000',
        '--iterations',
        '3',
        '--final-sparsity',
        '0.9',
      ]
        .concat(['--predictor-epochs', '2', '--predictor-batch-size', '512', '--out', at('tiny.safetensors'), '--json'])
        .concat(onCpu),
    );

  it('makes a data set and a predictor, which scores other models', async () => {
    const { code, stdout, stderr } = await learn();
    expect(stderr).toMatch(/iteration 3\/3/);
    expect(stderr).toMatch(/epoch 2\/2: loss 0\.\d+; .* rank correlation 0\.\d+/);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 2, trainedOn: [{ label: 'tiny' }], heldOut: [] });

    const score = ['score', 'samples/lenet-300-100.ts', '--method', 'autos', '--sparsity', '0.95', '--json', ...onCpu];
    const own = JSON.parse((await prunelens([...score, '--predictor', at('tiny.safetensors')])).stdout);
    const shipped = JSON.parse((await prunelens(score)).stdout);
    for (const result of [own, shipped]) expect(result).toMatchObject({ method: 'autos', kept: 13310 });
    expect(shipped.collapsed).toEqual([]);
    expect(own.layers).not.toEqual(shipped.layers);
  });

  it('goes on with what is there, and train gives the same predictor from the data set', async () => {
    const before = readFileSync(at('tiny.safetensors'));
    expect((await learn()).stderr).toContain('is there already');
    expect(readFileSync(at('tiny.safetensors')).equals(before)).toBe(true);
    const train = ['autos', 'train', at('tiny.dataset'), '--epochs', '2', '--batch-size', '512', ...onCpu];
    const { code, stderr } = await prunelens([...train, '--out', at('again.safetensors')]);
    expect(code).toBe(0);
    expect(stderr).toContain('No model was held out');
    expect(readFileSync(at('again.safetensors')).equals(before)).toBe(true);
  });

  it('refuses what is wrong', async () => {
    const score = ['score', 'samples/lenet-300-100.ts', '--method', 'autos', '--predictor'];
    const missing = await prunelens([...score, at('absent.safetensors')]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('absent.safetensors') });
    const held = ['autos', 'train', at('tiny.dataset'), '--hold-out', 'tiny', '--out', at('p.safetensors')];
    expect(await prunelens(held)).toMatchObject({ code: 2, stderr: expect.stringContaining('leaves no model') });
    expect((await prunelens(['autos', 'train', at('nowhere'), '--out', at('p.safetensors')])).code).not.toBe(0);
  });
});
