/** `prunelens score`, `prune` and `models` on the samples and the real MNIST. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../server/files/safetensors';
import { floatTensor, intTensor } from '../../server/protocol/tensor';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const LENET = 'samples/lenet-300-100.ts';
const onCpu = ['--backend', 'cpu'];

const count = (data: ArrayLike<number>) => Array.from(data).reduce((sum, value) => sum + value, 0);

describe('prunelens score', () => {
  it('prints a table with source lines, and nothing else on standard output', async () => {
    const { code, stdout, stderr } = await prunelens([
      'score',
      LENET,
      '--method',
      'snip',
      '--sparsity',
      '0.9',
      ...onCpu,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layer +weight +shape +total +kept +sparsity +effective +source\n/);
    expect(stdout).toMatch(/^fc1 +fc1\/kernel +784 x 300 +235,200 .* samples\/lenet-300-100\.ts:11$/m);
    expect(stdout).toMatch(/^all +266,200 +26,620 +90\.0 %/m);
    expect(stderr).toContain('SNIP on lenet-300-100');
  });

  it('gives one JSON document, with exactly the asked number kept', async () => {
    const args = ['score', LENET, '--method', 'snip', '--sparsity', '0.98', '--json', '--seed', '3', ...onCpu];
    const document = JSON.parse((await prunelens(args)).stdout);
    expect(document).toMatchObject({
      method: 'snip',
      backend: 'cpu',
      seed: 3,
      sparsity: 0.98,
      prunable: 266200,
      kept: 5324,
    });
    expect(document.collapsed).toEqual([]);
    expect(document.seconds).toBeGreaterThan(0);
    expect(document.layers).toHaveLength(3);
    expect(document.layers[0]).toMatchObject({
      layer: 'fc1',
      weight: 'fc1/kernel',
      shape: [784, 300],
      total: 235200,
      line: 11,
    });
    expect(document.layers[0].file).toMatch(/lenet-300-100\.ts$/);
    expect(count(document.layers.map(({ kept }: { kept: number }) => kept))).toBe(5324);
  });

  it('needs no data where the criterion needs none', async () => {
    writeFileSync(at('plain.ts'), readFileSync(LENET));
    const { code, stdout } = await prunelens(['score', at('plain.ts'), '--method', 'synflow', '--json', ...onCpu]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).kept).toBe(266200);
  });

  it('writes the scores of weights and batches that are given', async () => {
    const kernel = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    await writeSafetensors(at('w.safetensors'), new Map([['logits/kernel', floatTensor([100, 10], kernel)]]));
    const args = [
      'score',
      LENET,
      '--method',
      'magnitude',
      '--weights',
      at('w.safetensors'),
      '--out',
      at('s.safetensors'),
    ];
    expect((await prunelens([...args, ...onCpu])).code).toBe(0);
    const { tensors } = await readSafetensors(at('s.safetensors'));
    expect([...tensors.keys()].sort()).toEqual(['fc1/kernel', 'fc2/kernel', 'logits/kernel']);
    expect(tensors.get('logits/kernel')!.data).toEqual(kernel.map(Math.abs));
  });

  it('takes labels as classes and as one-hot rows', async () => {
    const x = floatTensor(
      [2, 28, 28, 1],
      Float32Array.from({ length: 1568 }, (_, i) => Math.cos(i)),
    );
    const oneHot = Float32Array.from({ length: 20 }, (_, i) => (i === 3 || i === 17 ? 1 : 0));
    const scores = [];
    for (const y of [intTensor([2], Int32Array.of(3, 7)), floatTensor([2, 10], oneHot)]) {
      await writeSafetensors(
        at('b.safetensors'),
        new Map([
          ['0/x', x],
          ['0/y', y],
        ]),
      );
      const args = ['score', LENET, '--method', 'snip', '--batches', at('b.safetensors'), '--out', at('s.safetensors')];
      expect((await prunelens([...args, ...onCpu])).code).toBe(0);
      scores.push(readFileSync(at('s.safetensors')));
    }
    expect(scores[0].equals(scores[1])).toBe(true);
  });
});

describe('prunelens prune', () => {
  it('writes the same masks each time, with exactly k weights kept', async () => {
    const files = ['a.safetensors', 'b.safetensors'].map(at);
    for (const file of files) {
      const args = [
        'prune',
        'samples/conv-net.ts',
        '--method',
        'prospr',
        '--sparsity',
        '0.95',
        '--out',
        file,
        ...onCpu,
      ];
      expect((await prunelens([...args, '--batch-size', '64'])).code).toBe(0);
    }
    expect(readFileSync(files[0]).equals(readFileSync(files[1]))).toBe(true);
    const { tensors, metadata } = await readSafetensors(files[0]);
    expect(metadata).toMatchObject({ method: 'prospr', sparsity: '0.95', seed: '0' });
    const sizes = [...tensors.values()].map(({ data }) => data.length);
    expect(count([...tensors.values()].map(({ data }) => count(data)))).toBe(Math.round(0.05 * count(sizes)));
  });

  it('leaves excluded layers out, keeps a minimum in each, and can prune each layer alike', async () => {
    const args = ['prune', LENET, '--method', 'magnitude', '--out', at('m.safetensors'), '--json', ...onCpu];
    const excluded = JSON.parse((await prunelens([...args, '--sparsity', '0.9', '--exclude', 'log*'])).stdout);
    expect(excluded.layers.map(({ layer }: { layer: string }) => layer)).toEqual(['fc1', 'fc2']);
    const least = JSON.parse((await prunelens([...args, '--sparsity', '0.99', '--min-per-layer', '700'])).stdout);
    expect(Math.min(...least.layers.map(({ kept }: { kept: number }) => kept))).toBeGreaterThanOrEqual(700);
    expect(least.kept).toBe(2662);
    const alike = JSON.parse((await prunelens([...args, '--sparsity', '0.9', '--selection', 'per-layer'])).stdout);
    expect(alike.layers.map(({ kept }: { kept: number }) => kept)).toEqual([23520, 3000, 100]);
  });
});

describe('prunelens models', () => {
  it('lists models with layers and lines, as a table and as JSON', async () => {
    const { stdout } = await prunelens(['models', LENET]);
    expect(stdout).toMatch(/^fc2 +Dense +100 +30,100 +30,000 +samples\/lenet-300-100\.ts:11$/m);
    const { models } = JSON.parse((await prunelens(['models', 'samples/conv-net.ts', '--json'])).stdout);
    expect(models).toHaveLength(1);
    expect(models[0]).toMatchObject({ export: 'default', name: 'conv-net', inputShape: [28, 28, 1], classes: 10 });
    expect(models[0].layers.at(-1)).toMatchObject({ name: 'logits', class: 'Dense', weights: 650, prunable: 640 });
  });
});

describe('prunelens backends', () => {
  it('tells of every backend, and why one cannot be used', async () => {
    const { backends, python } = JSON.parse((await prunelens(['backends', '--json'])).stdout);
    expect(python).toMatchObject({ devices: expect.any(Array) });
    expect(backends.map(({ name }: { name: string }) => name)).toContain('tensorflow');
    expect(backends.find(({ name }: { name: string }) => name === 'cpu')).toMatchObject({ available: true });
    for (const { available, device, reason } of backends) expect(available ? device : reason).toMatch(/\w/);
  });

  it('tells of the Python that is named, and what is missing of it', async () => {
    const { stdout } = await prunelens(['backends', '--python', 'nowhere/python']);
    expect(stdout).toMatch(/^Your Python \(--python\): There is no Python at .+nowhere\/python; choose a Python/m);
  });
});
