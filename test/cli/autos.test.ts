/** `prunelens autos dataset` and `ticket`: a real process, killed at many points, makes the same data set. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSurvivalDataset } from '../../server/autos/dataset';
import { readSafetensors } from '../../server/files/safetensors';
import { type CommandOptions, prunelens, ROOT, temporaryFolder } from '../support/command';
import { TINY_CODE } from '../support/tinyModels';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);

/** Prunable weights of the model. */
const WEIGHTS = 16 * 12 + 12 * 3;
const ENTRY = 'tiny-noise_4x4x1_3-snip-num-3x-0.9-epoch1-seed5';

beforeAll(() => writeFileSync(at('tiny.ts'), TINY_CODE));

function dataset(name: string, args: readonly string[] = [], options: CommandOptions = {}) {
  const data = ['--data', 'noise:4x4x1:3', '--backend', 'cpu', '--seed', '5', '--batch-size', '64', '--epochs', '2'];
  const pruning = ['--iterations', '3', '--schedule', 'num', '--final-sparsity', '0.9', '--criterion', 'snip'];
  const given = ['autos', 'dataset', at('tiny.ts'), ...data, ...pruning, '--rewind-epoch', '1', '--out', at(name)];
  return prunelens([...given, ...args], options);
}

/** The manifest without measured times. */
const manifest = (name: string) =>
  JSON.parse(readFileSync(at(name, 'manifest.json'), 'utf8'), (key, value) => (key === 'seconds' ? 0 : value));

const files = (name: string) => ['', 'shards', join('runs', ENTRY)].map((part) => readdirSync(at(name, part)));

async function survival(name: string) {
  const { tensors } = await readSafetensors(at(name, 'runs', ENTRY, 'survival.safetensors'));
  return [...tensors].map(([key, { data }]) => [key, Buffer.from(data.buffer).toString('base64')]);
}

describe('prunelens autos dataset', () => {
  beforeAll(async () => {
    const { code, stdout } = await dataset('whole', ['--json']);
    expect(code).toBe(0);
    writeFileSync(at('whole.json'), stdout);
  });

  it('gives one JSON document, and a data set', async () => {
    const document = JSON.parse(readFileSync(at('whole.json'), 'utf8'));
    expect(document.entries).toHaveLength(1);
    const [entry] = document.entries;
    expect(entry).toMatchObject({ name: ENTRY, label: 'tiny', data: 'noise:4x4x1:3', run: at('whole', 'runs', ENTRY) });
    expect(entry.iterations.map(({ iteration }: { iteration: number }) => iteration)).toEqual([1, 2, 3]);
    const [run] = await readSurvivalDataset(at('whole'));
    const counts = run.layers.flatMap(({ survived }) => [...survived]);
    expect(counts).toHaveLength(WEIGHTS);
    expect(counts.filter((count) => count === 3)).toHaveLength(Math.round(0.1 * WEIGHTS));
    expect(run).toMatchObject({
      settings: { iterations: 3, schedule: 'num', finalSparsity: 0.9, criterion: 'snip', rewindEpoch: 1, seed: 5 },
      training: { backend: 'cpu', trainExamples: 1024, pruningBatches: 10, config: { epochs: 2, batchSize: 64 } },
    });
  });

  it.each([
    'after rename rewinding.json',
    'before rename gradient.safetensors',
    // In the first training, before and after the rewind point.
    'after rename training-1/checkpoint.safetensors',
    'before rename rewound.safetensors',
    'after rename rewound.safetensors',
    // Where the second training is made to go on after the rewind point.
    'after rename training-2/config.json',
    'after rename training-2/metrics.jsonl',
    'before rename training-2/checkpoint.safetensors',
    // The training is complete, the pruning is not.
    'after rename training-2/result.json',
    'before rename survival.safetensors',
    'after rename survival.safetensors',
    // The folder of a training is removed when it begins anew, and when it is finished.
    'before rm training-3 2',
    'after rename shards/',
    'before rename manifest.json',
    'after rename manifest.json',
  ])('killed %s, it goes on to the same data set', async (point) => {
    const name = point.replace(/\W+/g, '-');
    const hook = { NODE_OPTIONS: `--require ${join(ROOT, 'test/support/killAt.cjs')}`, PRUNELENS_TEST_KILL: point };
    expect((await dataset(name, [], { env: hook })).code).toBeNull();
    expect((await dataset(name, ['--resume'])).code).toBe(0);
    expect(manifest(name)).toEqual(manifest('whole'));
    expect(await survival(name)).toEqual(await survival('whole'));
    expect(files(name)).toEqual(files('whole'));
    expect((await readSurvivalDataset(at(name)))[0].layers).toEqual((await readSurvivalDataset(at('whole')))[0].layers);
  });

  it('adds other seeds, and refuses what is there', async () => {
    expect((await dataset('several')).code).toBe(0);
    const again = await dataset('several');
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('has tiny-noise_4x4x1_3-snip-num-3x-0.9-epoch1-seed5 already');
    const other = await dataset('several', ['--resume', '--lr', '0.3']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/differs in training.config.optimizer.learningRate \(0.05 there, 0.3 now\)/);
    const more = await dataset('several', ['--resume', '--seeds', '2']);
    expect(more.code).toBe(0);
    expect(more.stderr).toContain('seed 5: is there already.');
    expect(manifest('several').entries.map(({ name }: { name: string }) => name)).toEqual([
      ENTRY,
      ENTRY.replace('seed5', 'seed6'),
    ]);
    expect(manifest('several').entries[0]).toEqual(manifest('whole').entries[0]);
  });

  it('keeps what was finished at Ctrl-C and ends with 130', async () => {
    const ended = await dataset('interrupted', ['--epochs', '50'], {
      interruptAt: 'iteration 1/3',
    });
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('go on with --resume');
    expect(readdirSync(at('interrupted', 'runs', ENTRY))).toContain('survival.safetensors');
    expect(existsSync(at('interrupted', 'manifest.json'))).toBe(false);
  });

  it('refuses a folder of something else, and an epoch that is none', async () => {
    const other = await prunelens(['autos', 'dataset', at('tiny.ts'), '--data', 'noise:4x4x1:3', '--out', folder]);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('holds no survival data set');
    const late = await dataset('late', ['--rewind-epoch', '2']);
    expect(late).toMatchObject({ code: 2, stdout: '' });
    expect(late.stderr).toContain('cannot be rewound to epoch 2 of 2');
  });
});

describe('prunelens autos ticket', () => {
  it('exports masks and weights that `train` takes', async () => {
    const run = at('whole', 'runs', ENTRY);
    const out = ['--out', at('masks.safetensors'), '--weights-out', at('weights.safetensors'), '--json'];
    const ticket = await prunelens(['autos', 'ticket', run, '--sparsity', '0.8', ...out]);
    expect(ticket.code).toBe(0);
    const kept = Math.round(0.2 * WEIGHTS);
    expect(JSON.parse(ticket.stdout)).toMatchObject({ label: 'tiny', sparsity: 0.8, rewindEpoch: 1, kept });
    const { tensors } = await readSafetensors(at('masks.safetensors'));
    const bits = [...tensors.values()].flatMap(({ data }) => [...data]);
    expect([bits.length, bits.filter((bit) => bit === 1).length]).toEqual([WEIGHTS, kept]);

    const files = ['--masks', at('masks.safetensors'), '--weights', at('weights.safetensors')];
    const rest = ['--data', 'noise:4x4x1:3', '--epochs', '1', '--backend', 'cpu', '--out', at('trained')];
    expect((await prunelens(['train', at('tiny.ts'), ...files, ...rest])).code).toBe(0);
    const trained = (await readSafetensors(at('trained', 'checkpoint.safetensors'))).tensors;
    const alive = [...tensors.keys()].flatMap((name) => [...trained.get(`parameter:${name}`)!.data]);
    expect(alive.filter((weight) => weight !== 0)).toHaveLength(kept);
  });

  it('refuses what the pruning has not come to, and a folder without one', async () => {
    const out = ['--out', at('none.safetensors')];
    const far = await prunelens(['autos', 'ticket', at('whole', 'runs', ENTRY), '--sparsity', '0.95', ...out]);
    expect(far).toMatchObject({ code: 2, stdout: '' });
    expect(far.stderr).toContain('has come to a sparsity of 89.91 %');
    const none = await prunelens(['autos', 'ticket', folder, '--sparsity', '0.5', ...out]);
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('no iterative pruning');
    expect(existsSync(at('none.safetensors'))).toBe(false);
  });
});
