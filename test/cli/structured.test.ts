/** `prunelens shrink`, and `score`, `prune` and `train` of channels, on the samples and the real MNIST. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../server/files/safetensors';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const LENET = 'samples/lenet-300-100.ts';
const onCpu = ['--backend', 'cpu'];

async function json(args: readonly string[]) {
  const { code, stdout, stderr } = await prunelens([...args, '--json', ...onCpu]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('a dry run', () => {
  it('tells which channels go together, which cannot go, and why', async () => {
    const { code, stdout } = await prunelens(['shrink', 'samples/resnet-20.ts', '--dry-run', ...onCpu]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stem_conv, stage1_block1_b_conv, .* +16 +16 +go together through .*stage1_block1_add$/m);
    expect(stdout).toMatch(/^logits +10 +10 +not cut: it gives the model's output/m);
  });

  it('shows what a method would leave, and writes nothing', async () => {
    const args = ['shrink', LENET, '--method', 'magnitude', '--sparsity', '0.75', '--dry-run', '--out', at('nothing')];
    const document = await json([...args, '--measure', '--batch-size', '16']);
    expect(document.measured.batchSize).toBe(16);
    expect(document.measured.denseSeconds).toBeGreaterThan(0);
    expect(document).toMatchObject({ channels: 400, keptChannels: 100, model: null });
    expect(document.groups.map(({ layers }: { layers: string[] }) => layers)).toEqual([['fc1'], ['fc2']]);
    expect(document.uncut).toMatchObject([{ layer: 'logits', staying: 10 }]);
    expect(document.shrunkMacs).toBeLessThan(document.denseMacs);
    expect(readdirSync(folder)).not.toContain('nothing');
  });
});

describe('prunelens shrink', () => {
  it('writes a model that is trained at its own size, from its own weights', async () => {
    const out = at('small');
    const method = ['--method', 'prospr', '--structured', '--sparsity', '0.9', '--data', 'mnist', '--batch-size', '32'];
    const document = await json(['shrink', LENET, ...method, '--out', out]);
    expect(document).toMatchObject({
      method: 'prospr',
      sparsity: 0.9,
      keptChannels: 40,
      model: join(out, 'model.json'),
    });
    const manifest = JSON.parse(readFileSync(document.model, 'utf8')).weightsManifest[0].weights;
    const [units] = document.groups.map(({ kept }: { kept: number }) => kept);
    expect(manifest[0]).toEqual({ name: 'fc1/kernel', shape: [784, units], dtype: 'float32' });

    const models = JSON.parse((await prunelens(['models', document.model, '--json'])).stdout);
    const weights = models.models[0].layers.reduce((sum: number, layer: { weights: number }) => sum + layer.weights, 0);
    expect(weights).toBe(document.keptParameters);
    const training = ['--data', 'mnist', '--batch-size', '16', '--epochs', '1', '--limit', '2000', '--out', at('run')];
    const trained = await json(['train', document.model, ...training]);
    expect(trained.final.testAccuracy).toBeGreaterThan(0.5);
    // Written again over itself, but not over anything else.
    await json(['shrink', LENET, ...method, '--out', out]);
    const { code, stderr } = await prunelens(['shrink', LENET, ...method, '--out', at('run'), ...onCpu]);
    expect(code).toBe(2);
    expect(stderr).toContain('is not empty');
  });

  it('removes what masks leave without use, and keeps what is left of them', async () => {
    const masks = at('masks.safetensors');
    await json(['prune', LENET, '--method', 'snip', '--sparsity', '0.98', '--data', 'mnist', '--out', masks]);
    const document = await json(['shrink', LENET, '--masks', masks, '--out', at('dead')]);
    expect(document.keptChannels).toBeLessThan(380);
    const { tensors } = await readSafetensors(document.masks);
    expect(tensors.get('fc1/kernel')!.shape).toEqual([784, document.groups[0].kept]);
    const training = ['--data', 'mnist', '--epochs', '1', '--limit', '1000', '--out', at('dead-run')];
    const trained = await json(['train', document.model, '--masks', document.masks, ...training]);
    const whole = await json(['train', LENET, '--masks', masks, ...training.slice(0, -1), at('whole-run')]);
    expect(trained.final.testLoss).toBeCloseTo(whole.final.testLoss, 3);
    expect(whole.compaction.kept).toBe(document.keptChannels);
  });

  it.each([
    [['--out', 'x'], /Nothing says which channels/],
    [['--method', 'snip', '--out', 'x'], /needs --sparsity/],
    [['--sparsity', '0.5', '--out', 'x'], /needs --method/],
    [['--method', 'random', '--sparsity', '0.5'], /--out is missing/],
    [['--method', 'synflow', '--sparsity', '0.5', '--out', 'x'], /no method "synflow" for channels/],
    [['--method', 'random', '--sparsity', '0.999', '--dry-run'], /must: some in every layer/],
  ])('says what is missing or cannot be: %s', async (args, message) => {
    const { code, stderr } = await prunelens(['shrink', LENET, ...args, ...onCpu]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('masks of channels', () => {
  it('remove a channel everywhere, and train as the smaller model does', async () => {
    const masks = at('channels.safetensors');
    const args = ['--structured', '--method', '3sp', '--sparsity', '0.8', '--data', 'mnist'];
    const document = await json(['prune', LENET, ...args, '--out', masks]);
    expect(document).toMatchObject({ structured: true, channels: 400, keptChannels: 80, sparsityOf: 'channels' });
    expect(document.sparseMacs).toBe(document.kept);
    const { tensors } = await readSafetensors(masks);
    expect([...tensors.keys()].sort()).toEqual(['fc1/bias', 'fc1/kernel', 'fc2/bias', 'fc2/kernel', 'logits/kernel']);
    const kept = Array.from(tensors.get('fc1/bias')!.data).reduce((sum, bit) => sum + bit, 0);
    expect(kept).toBe(document.groups[0].kept);

    const training = ['--data', 'mnist', '--epochs', '1', '--limit', '1000'];
    const masked = await json(['train', LENET, '--masks', masks, ...training, '--out', at('masked-run')]);
    const shrunk = await json(['shrink', LENET, ...args, '--out', at('channels')]);
    const small = await json(['train', shrunk.model, ...training, '--out', at('small-run')]);
    expect(small.final.testLoss).toBeCloseTo(masked.final.testLoss, 3);
    expect(masked.compaction.macs).toBe(shrunk.shrunkMacs);
  });

  it('can be as many as a fraction of the parameters allows', async () => {
    const args = ['--structured', '--method', 'random', '--sparsity', '0.9', '--sparsity-of', 'parameters'];
    const document = await json(['score', LENET, ...args]);
    expect(document.kept / document.prunable).toBeLessThanOrEqual(0.1);
    expect(document.kept / document.prunable).toBeGreaterThan(0.095);
  });
});

describe('structured methods of prunelens compare', () => {
  it('train smaller networks, tell their times, and keep the masks that lead to them', async () => {
    const out = at('compared');
    const what = ['--methods', 'structured-snip,structured-random', '--sparsities', '0.5', '--no-dense'];
    const how = [
      '--data',
      'noise:28x28x1:10:256',
      '--batch-size',
      '64',
      '--epochs',
      '1',
      '--sparsity-of',
      'parameters',
    ];
    const { code, stdout, stderr } = await prunelens(['compare', LENET, ...what, ...how, '--out', out, ...onCpu]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(
      /time of a training step, of the dense network's\nmethod .*\n.*\nSNIP \(channels\) +[\d.]+ %$/m,
    );
    const { runs } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
    const [{ pruning, folder: run }] = runs;
    expect(pruning.kept / pruning.prunable).toBeCloseTo(0.5, 2);
    expect(pruning.shrunk).toMatchObject({ channels: 400, denseMacs: 266200, step: { batchSize: 64 } });
    expect(readFileSync(join(out, 'results.csv'), 'utf8')).toMatch(/,step_time_ratio,test_top_5\n.*,[\d.]+,[\d.]+\n/);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('"shrunk":{"channels":400');

    const { tensors } = await readSafetensors(join(out, run, 'initial.safetensors'));
    expect(tensors.get('fc2/kernel')!.shape[0]).toBeLessThan(300);
    const masks = join(out, `${run}.masks.safetensors`);
    const document = await json(['shrink', LENET, '--masks', masks, '--dry-run']);
    expect(document).toMatchObject({ keptChannels: pruning.shrunk.keptChannels, shrunkMacs: pruning.shrunk.macs });

    const again = await prunelens(['compare', LENET, ...what, ...how.slice(0, -2), '--out', out, '--resume', ...onCpu]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('sparsityOf (parameters there, unset now)');
  });
});
