/** What a run is, as the name of its folder tells: what decides its result, and nothing else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Computed, familyHash, hashOf, identityOf, shortHash } from '../../../server/comparison/identity';
import type { ComparedNetwork } from '../../../server/comparison/model';
import { placeOf } from '../../../server/comparison/place';
import { contentHash } from '../../../server/data/contentHash';
import { writeJsonAtomic } from '../../../server/files/atomic';
import type { Dataset, Split } from '../../../server/protocol/data';
import { resolveTraining } from '../../../server/request/resolve';
import type { TrainingRequestFlags } from '../../../server/request/types';
import { cloudDataset, plainNetwork } from '../../support/training';

const network = plainNetwork();
const dataset = cloudDataset({ shape: network.inputs[0].shape });

function hash(
  method: string,
  flags: TrainingRequestFlags = {},
  more: { readonly sparsity?: number; readonly content?: object; readonly executor?: Computed } = {},
) {
  const { sparsity = 0.5, content = { data: 'abc' }, executor = { backend: 'cpu' } } = more;
  const request = resolveTraining({
    specifier: 'net',
    flags: { batchSize: 8, epochs: 2, ...flags },
    settings: {},
    network,
  });
  const compared = { label: 'net', model: { network, prunable: request.prunable }, request, content };
  const key = { model: 'net', method, sparsity, seed: 1 };
  return hashOf(
    identityOf({ key, compared: compared as unknown as ComparedNetwork, executor, sparsities: [0.5, 0.9] }),
  );
}

it('does not change between versions: finished runs are found by it', () => {
  expect(shortHash(hash('dense'))).toMatch(/^[0-9a-f]{8}$/);
  expect(hash('snip')).toBe(hash('snip'));
});

it('tells the gate of channels, also where it is the default: runs of before had another', () => {
  expect(hash('structured-snip')).toBe(hash('structured-snip', { gate: 'output' } as TrainingRequestFlags));
  expect(hash('structured-snip')).not.toBe(hash('structured-snip', { gate: 'weights' } as TrainingRequestFlags));
  const request = resolveTraining({ specifier: 'net', flags: { batchSize: 8 }, settings: {}, network });
  const compared = { label: 'net', model: { network, prunable: request.prunable }, request, content: { data: 'abc' } };
  const key = { model: 'net', method: 'structured-snip', sparsity: 0.5, seed: 1 };
  const identity = identityOf({
    ...{ key, compared: compared as unknown as ComparedNetwork },
    ...{ executor: { backend: 'cpu' }, sparsities: [0.5] },
  });
  expect(JSON.stringify(identity)).toContain('"gate":"output"');
});

it('differs by what decides a result', () => {
  const hashes = [
    hash('snip'),
    hash('snip+shuffle'),
    hash('dense'),
    hash('snip', { epochs: 3 }),
    hash('snip', { lr: 0.5 }),
    hash('snip', { selection: 'per-layer' }),
    hash('snip', { pruningBatches: 2 }),
    hash('snip', {}, { sparsity: 0.9 }),
    hash('snip', {}, { content: { data: 'abd' } }),
    hash('snip', {}, { content: { data: 'abc', weights: '1' } }),
    hash('snip', {}, { executor: { backend: 'torch', computation: { precision: 'float32', deterministic: true } } }),
    hash('snip', {}, { executor: { backend: 'torch', computation: { precision: 'tf32', deterministic: true } } }),
    hash('autos'),
    hash('autos', {}, { content: { data: 'abc', predictor: '1' } }),
    hash('lottery-ticket'),
    hash('lottery-ticket', { rewindEpoch: 1 }),
    hash('lottery-ticket', { pruningRate: 0.2 }),
    hash('magnitude-after-training', { fineTuneEpochs: 1 }),
    hash('rigl'),
    hash('set'),
    hash('granet'),
    hash('gmp'),
    hash('rigl', { initialMask: 'snip' }),
    hash('rigl', { updateEvery: 50 }),
    hash('rigl', { dropFraction: 0.2 }),
    hash('rigl', { updateEnd: 0.5 }),
    hash('granet', { initialSparsity: 0.2 }),
    hash('structured-snip'),
    hash('structured-snip', { sparsityOf: 'parameters' }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('does not differ by what the method does not heed, nor by where it is computed', () => {
  expect(hash('snip', { steps: 5, rewindEpoch: 1, sparsityOf: 'parameters' })).toBe(hash('snip'));
  expect(hash('snip', { updateEvery: 50, initialMask: 'snip' })).toBe(hash('snip'));
  expect(hash('gmp', { initialMask: 'snip', dropFraction: 0.2 })).toBe(hash('gmp'));
  expect(hash('prospr', { steps: 5 })).not.toBe(hash('prospr'));
  expect(hash('dense', { pruningBatches: 2, selection: 'per-layer' })).toBe(hash('dense'));
  const torch = { backend: 'torch', computation: { precision: 'float32', deterministic: true } };
  const loose = { ...torch, computation: { ...torch.computation, deterministic: false } };
  expect(hash('snip', {}, { executor: loose })).toBe(hash('snip', {}, { executor: torch }));
});

it('has the contents of data, not their name', async () => {
  const whole = await contentHash(dataset);
  expect(await contentHash({ ...dataset, name: 'other' })).toBe(whole);
  const labels = Int32Array.from(dataset.train.labels);
  labels[0] = labels[0] === 0 ? 1 : 0;
  expect(await contentHash({ ...dataset, train: { ...dataset.train, labels } })).not.toBe(whole);
  const read: typeof dataset.test.read = (indices, out, part) => {
    dataset.test.read(indices, out, part);
    out[0] += 1;
  };
  expect(await contentHash({ ...dataset, test: { ...dataset.test, read } })).not.toBe(whole);
});

it('has a sample of data that another process makes', async () => {
  const size = 3000;
  const asked: number[] = [];
  const split = (shift: number): Split => ({
    size,
    labels: new Int32Array(size),
    read: () => {
      throw new Error('it is read by another process');
    },
    fetch: async (indices) => {
      asked.push(...indices);
      return { x: Float32Array.from(indices, (index) => index + shift), y: new Int32Array(indices.length) };
    },
  });
  const made = (shift: number): Dataset => ({
    name: 'made',
    shape: [1],
    classes: 2,
    train: split(0),
    test: split(shift),
  });
  const hashed = await contentHash(made(0));
  expect([asked.length, asked[0], asked[1023]]).toEqual([2048, 0, 2997]);
  expect(await contentHash(made(0))).toBe(hashed);
  expect(await contentHash(made(1))).not.toBe(hashed);
});

it('places a run by it, or where an earlier version has begun it', async () => {
  const out = mkdtempSync(join(tmpdir(), 'prunelens-place-'));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  const request = resolveTraining({ specifier: 'net', flags: { batchSize: 8 }, settings: {}, network });
  const compared = {
    label: 'net',
    model: { network, prunable: request.prunable },
    request,
    content: { data: 'abc' },
  } as unknown as ComparedNetwork;
  const key = { model: 'net', method: 'snip', sparsity: 0.5, seed: 1 };
  const placed = { key, compared, executor: { backend: 'cpu' }, sparsities: [0.5], out };
  const name = `snip-0.5-1-${shortHash(hashOf(identityOf(placed)))}`;
  expect(familyHash(placed)).not.toBe(shortHash(hashOf(identityOf(placed))));
  expect(await placeOf(placed)).toBe(join(out, 'runs', 'net', name));
  expect(await placeOf({ ...placed, runs: join(out, 'shared') })).toBe(join(out, 'shared', 'net', name));
  const former = join(out, 'runs', 'net', 'snip-0.5-1');
  const { mkdir } = await import('node:fs/promises');
  await mkdir(former, { recursive: true });
  await writeJsonAtomic(join(former, 'config.json'), { format: 'prunelens-run-1' });
  expect(await placeOf(placed)).toBe(former);
});
