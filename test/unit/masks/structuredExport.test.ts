/** Masks of runs of structured methods: exported as the whole channels that are left out of the smaller network. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { readNpz } from '../../../server/files/npz';
import { readSafetensors } from '../../../server/files/safetensors';
import type { RunOutcome } from '../../../server/protocol/comparison';
import type { MaskFormat } from '../../../server/protocol/worker';
import { structuredMasksFile } from '../../../server/runs/files';
import { readRunConfig } from '../../../server/runs/read';
import { compare } from '../../../server/worker/calls/compare';
import { exportMasks } from '../../../server/worker/calls/exportMasks';
import { createDescriptions } from '../../../server/worker/descriptions';
import type { CallContext } from '../../../server/worker/session';

// Its script and style lie beside the built command only.
vi.mock('../../../server/reports/comparison', () => ({ createReport: () => '' }));

const MODEL = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'small',
    layers: [
      {
        class_name: 'Conv2D',
        config: { name: 'conv', filters: 6, kernel_size: 3, padding: 'same', batch_input_shape: [null, 4, 4, 1] },
      },
      { class_name: 'BatchNormalization', config: { name: 'bn' } },
      { class_name: 'Activation', config: { name: 'act', activation: 'relu' } },
      { class_name: 'Flatten', config: { name: 'flat' } },
      { class_name: 'Dense', config: { name: 'out', units: 3, activation: 'softmax' } },
    ],
  },
});
const context = {
  session: { executors: { open: async () => createReferenceExecutor() }, descriptions: createDescriptions() },
  trusted: true,
  signal: new AbortController().signal,
  report() {},
} as unknown as CallContext;

const root = mkdtempSync(join(tmpdir(), 'prunelens-structured-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = join(root, 'comparison');
let run: string;
let dense: string;
let outcome: RunOutcome;

beforeAll(async () => {
  writeFileSync(join(root, 'model.json'), MODEL);
  const method = 'structured-magnitude';
  await compare(
    {
      model: join(root, 'model.json'),
      data: 'noise:4x4x1:3:128',
      methods: [method],
      sparsities: [0.5],
      seeds: 1,
      epochs: 1,
      folder,
    },
    context,
  );
  const { runs } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as { runs: RunOutcome[] };
  outcome = runs.find((one) => one.method === method)!;
  run = join(folder, outcome.folder);
  dense = join(folder, runs.find((one) => one.method === 'dense')!.folder);
});

const exportAs = (format: MaskFormat, name: string) =>
  exportMasks({ run, format, file: join(root, name) }, context) as Promise<{ file: string }>;

/** Which of the six channels a mask of one value a channel keeps. */
const keptOf = (values: ArrayLike<number>) => Array.from(values);

it('keeps the channels that the run trains, with their biases and normalization', async () => {
  const { file } = await exportAs('safetensors', 'keras.safetensors');
  const { tensors, metadata } = await readSafetensors(file);
  expect(metadata).toMatchObject({ method: 'structured-magnitude', structured: 'true', sparsity: '0.5' });
  expect([...tensors.keys()].sort()).toEqual(['bn/beta', 'bn/gamma', 'conv/bias', 'conv/kernel', 'out/kernel']);
  const kept = keptOf(tensors.get('bn/gamma')!.data);
  expect(kept.filter((bit) => bit === 1)).toHaveLength(outcome.pruning.shrunk!.keptChannels);
  expect(keptOf(tensors.get('conv/bias')!.data)).toEqual(kept);
  const kernel = tensors.get('conv/kernel')!.data;
  kernel.forEach((bit, i) => {
    expect(bit).toBe(kept[i % 6]);
  });
  // The same as the file that the run was made with, which `shrink --masks` takes.
  const own = await readSafetensors(structuredMasksFile(run));
  for (const [name, { data }] of own.tensors) expect(Array.from(tensors.get(name)!.data)).toEqual(Array.from(data));
  const npz = await readNpz((await exportAs('npz', 'masks.npz')).file);
  expect(npz.get('bn/gamma')!.shape).toEqual([6]);
});

it('becomes masks over weights and biases of PyTorch, with code that applies them', async () => {
  const { file } = await exportAs('pytorch-snippet', 'apply.py');
  expect(readFileSync(file, 'utf8')).toContain('Magnitude (channels) at 0.5 sparsity');
  const { tensors } = await readSafetensors(join(root, 'apply.safetensors'));
  expect([...tensors.keys()].sort()).toEqual(['bn.bias', 'bn.weight', 'conv.bias', 'conv.weight', 'out.weight']);
  const kept = keptOf(tensors.get('bn.weight')!.data);
  const { shape, data } = tensors.get('out.weight')!;
  expect(shape).toEqual([3, 96]);
  // PyTorch flattens channels first: sixteen positions of a channel, and then the next.
  data.forEach((bit, i) => {
    expect(bit).toBe(kept[Math.floor((i % 96) / 16)]);
  });
});

it('says so where the masks are gone, or the run trains all weights', async () => {
  expect((await readRunConfig(dense)).origin.method).toBe('dense');
  const params = { format: 'npz', file: join(root, 'dense.npz') } as const;
  await expect(exportMasks({ ...params, run: dense }, context)).rejects.toThrow('has no masks');
  rmSync(structuredMasksFile(run));
  await expect(exportAs('npz', 'gone.npz')).rejects.toThrow(/masks\.safetensors/);
  expect(existsSync(join(root, 'gone.npz'))).toBe(false);
});
