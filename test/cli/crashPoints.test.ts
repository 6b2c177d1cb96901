/**
 * Commands that are ended at a file operation, and go on to what they would have come to. A few operations each; `npm run test:crash`
 * takes every one.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { contentsOf, crashing, EVERY_POINT, pointsOf } from '../support/crash/crashing';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);

const dense = (name: string, units: number, more: object = {}) => ({
  class_name: 'Dense',
  config: { name, units, activation: 'relu', ...more },
});
const layers = [
  dense('a', 6, { batch_input_shape: [null, 4] }),
  dense('b', 5),
  dense('c', 3, { activation: 'linear' }),
];
writeFileSync(at('net.json'), JSON.stringify({ class_name: 'Sequential', config: { name: 'net', layers } }));
const sweep = {
  models: ['net.json'],
  data: 'noise:4:3:64',
  methods: ['snip'],
  sparsities: [0.5],
  backend: 'reference',
};
writeFileSync(at('sweep.yaml'), JSON.stringify({ ...sweep, settings: { epochs: 1, 'batch-size': 32 } }));

const MODEL = [at('net.json'), '--data', 'noise:4:3:64', '--backend', 'reference'];
const TRAINED = [...MODEL, '--batch-size', '32', '--epochs', '1'];

const COMMANDS: { readonly [name: string]: { readonly args: readonly string[]; readonly few: number } } = {
  train: { args: ['train', ...MODEL, '--batch-size', '32', '--epochs', '2'], few: 3 },
  compare: { args: ['compare', ...TRAINED, '--methods', 'snip', '--sparsities', '0.5'], few: 3 },
  sweep: { args: ['sweep', at('sweep.yaml')], few: 2 },
  search: { args: ['search', ...TRAINED, '--method', 'snip', '--rounds', '1'], few: 2 },
  'autos dataset': { args: ['autos', 'dataset', ...TRAINED, '--iterations', '2'], few: 3 },
  shrink: { args: ['shrink', ...MODEL, '--method', 'snip', '--sparsity', '0.5'], few: 2 },
};

/** The command once more, without `--resume`, and where that says so, with it. */
async function goOn(args: readonly string[]): Promise<string> {
  const again = await prunelens(args);
  if (again.code === 0) return '';
  expect(again.stderr).toContain('--resume');
  expect(again.code).toBe(2);
  const resumed = await prunelens([...args, '--resume']);
  return resumed.code === 0 ? '' : resumed.stderr;
}

/** Ends a command at operations of its, and compares what it comes to afterwards. `prepare` makes what the folder begins with. */
async function endAt(
  points: readonly number[],
  {
    args,
    out,
    expected,
    prepare,
  }: {
    readonly args: readonly string[];
    readonly out: string;
    readonly expected: ReturnType<typeof contentsOf>;
    readonly prepare?: () => void;
  },
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const point of points) {
    rmSync(out, { recursive: true, force: true });
    prepare?.();
    const ended = await crashing(args, { folder: out, at: point });
    if (ended.code !== null) failed.push(`operation ${point} was not reached`);
    const problem = await goOn(args.filter((arg) => arg !== '--resume'));
    const found = contentsOf(out);
    const paths = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
    const others = paths.filter((path) => found[path] !== expected[path]);
    if (problem !== '') failed.push(`operation ${point}: ${problem}`);
    else if (others.length > 0) failed.push(`operation ${point}: ${others.join(', ')}`);
  }
  return failed;
}

const operationsIn = (path: string) => Number(readFileSync(path, 'utf8'));
const TIMEOUT = EVERY_POINT ? 7_200_000 : 120_000;

describe('a command that is ended at a file operation', () => {
  it.each(Object.entries(COMMANDS))(
    '%s',
    async (name, { args, few }) => {
      const place = (part: string) => at(name.replace(' ', '-'), part);
      mkdirSync(at(name.replace(' ', '-')));
      const run = (out: string) => [...args, '--out', out];
      const whole = await crashing(run(place('whole')), { folder: place('whole'), at: 0, count: place('count') });
      expect(whole.stderr).not.toContain('prunelens:');
      const expected = contentsOf(place('whole'));
      expect(Object.keys(expected).length).toBeGreaterThan(1);
      const out = place('cut');
      const points = pointsOf(operationsIn(place('count')), few);
      expect(await endAt(points, { args: run(out), out, expected })).toEqual([]);
    },
    TIMEOUT,
  );

  /** Those that go on, and of which a few are enough where not every operation is taken. */
  const RESUMED = EVERY_POINT ? Object.keys(COMMANDS).filter((name) => name !== 'shrink') : ['train'];

  it.each(RESUMED)(
    '%s that was ended before, and goes on',
    async (name) => {
      const place = (part: string) => at(`${name.replace(' ', '-')}-again`, part);
      mkdirSync(at(`${name.replace(' ', '-')}-again`));
      const out = place('cut');
      const args = [...COMMANDS[name].args, '--out', out];
      await crashing(args, { folder: out, at: 0, count: place('count') });
      const expected = contentsOf(out);
      rmSync(out, { recursive: true });
      await crashing(args, { folder: out, at: Math.ceil(operationsIn(place('count')) / 2) });
      cpSync(out, place('half'), { recursive: true });
      const resumed = [...args, '--resume'];
      const whole = await crashing(resumed, { folder: out, at: 0, count: place('count') });
      expect([whole.stderr, contentsOf(out)]).toEqual([expect.not.stringContaining('prunelens:'), expected]);
      const points = pointsOf(operationsIn(place('count')), 1);
      const prepare = () => cpSync(place('half'), out, { recursive: true });
      expect(await endAt(points, { args: resumed, out, expected, prepare })).toEqual([]);
    },
    TIMEOUT,
  );
});

describe('a finished part that is missing or damaged', () => {
  const made = async (name: string, damaged: string, contents: string | undefined) => {
    const args = [...COMMANDS[name].args, '--out', at(`damaged-${name.replace(' ', '-')}`)];
    if ((await prunelens(args)).code !== 0) throw new Error(`${name} failed`);
    const out = args.at(-1)!;
    const expected = contentsOf(out);
    const parts = Object.keys(expected).filter((path) => path.endsWith(damaged));
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) {
      if (contents === undefined) rmSync(join(out, part));
      else writeFileSync(join(out, part), contents);
    }
    const { code, stderr } = await prunelens([...args, '--resume']);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(contentsOf(out)).toEqual(expected);
  };

  it('is made again: what pruning left of a run, a shard of survival', async () => {
    await made('compare', '.pruning.json', '{}');
    rmSync(at('damaged-compare'), { recursive: true });
    await made('compare', 'outcome.json', '{}');
    const shard = 'shards/net-noise_4_3_64-magnitude-pct-2x-0.99-seed0.safetensors';
    await made('autos dataset', shard, undefined);
    rmSync(at('damaged-autos-dataset'), { recursive: true });
    await made('autos dataset', shard, 'damaged');
  }, 120_000);
});
