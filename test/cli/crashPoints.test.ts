/**
 * Commands that are ended at a file operation, and go on to what they would have come to. A few operations each; `npm run test:crash`
 * takes every one, several at a time, and where it is ended and started again it goes on where it was.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { contentsOf, crashing, EVERY_POINT, pointsOf } from '../support/crash/crashing';
import { openProgress } from '../support/crash/progress';

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

/** The command once more, without `--resume`, and where that says so, with it; what goes wrong, or nothing. */
async function goOn(args: readonly string[]): Promise<string> {
  const again = await prunelens(args);
  if (again.code === 0) return '';
  if (again.code !== 2 || !again.stderr.includes('--resume')) return `exit code ${again.code}: ${again.stderr}`;
  const resumed = await prunelens([...args, '--resume']);
  return resumed.code === 0 ? '' : resumed.stderr;
}

const progress = openProgress();
/** Operations that are tried at the same time. */
const TOGETHER = EVERY_POINT ? Math.min(4, availableParallelism()) : 1;

interface Cut {
  /** What is ended, and goes on. */
  readonly name: string;
  /** The command that writes to the folder `out`. */
  readonly argsFor: (out: string) => readonly string[];
  /** What the folder comes to. */
  readonly expected: ReturnType<typeof contentsOf>;
  /** Makes what it begins with. */
  readonly prepare?: (out: string) => void;
}

/** Ends a command at an operation; what goes wrong afterwards, if anything does. */
async function endAt(point: number, out: string, { argsFor, expected, prepare }: Cut): Promise<readonly string[]> {
  rmSync(out, { recursive: true, force: true });
  prepare?.(out);
  const args = argsFor(out);
  const ended = await crashing(args, { folder: out, at: point });
  const missed = ended.code === null ? [] : [`operation ${point} was not reached`];
  const problem = await goOn(args.filter((arg) => arg !== '--resume'));
  if (problem !== '') return [...missed, `operation ${point}: ${problem}`];
  const found = contentsOf(out);
  const paths = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  const others = paths.filter((path) => found[path] !== expected[path]);
  return others.length === 0 ? missed : [...missed, `operation ${point}: ${others.join(', ')}`];
}

/** Ends a command at `few` of its `count` operations, or at each, below the folder `place`. */
async function endAtSome(count: number, few: number, place: string, cut: Cut): Promise<readonly string[]> {
  const left = pointsOf(count, few).filter((point) => !progress.has(cut.name, point));
  const failed: string[] = [];
  const work = async (_: unknown, index: number) => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) {
      const problems = await endAt(point, join(place, `cut-${index}`), cut);
      if (problems.length === 0) progress.pass(cut.name, point, count);
      else progress.fail(cut.name, problems);
      failed.push(...problems);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return failed;
}

const operationsIn = (path: string) => Number(readFileSync(path, 'utf8'));
const TIMEOUT = EVERY_POINT ? 7_200_000 : 120_000;

describe('a command that is ended at a file operation', () => {
  it.each(Object.entries(COMMANDS))(
    '%s',
    async (name, { args, few }) => {
      const place = (part: string) => at(name.replace(' ', '-'), part);
      mkdirSync(place(''));
      const argsFor = (out: string) => [...args, '--out', out];
      const whole = await crashing(argsFor(place('whole')), { folder: place('whole'), at: 0, count: place('count') });
      expect(whole.stderr).not.toContain('prunelens:');
      const expected = contentsOf(place('whole'));
      expect(Object.keys(expected).length).toBeGreaterThan(1);
      const count = operationsIn(place('count'));
      expect(await endAtSome(count, few, place(''), { name, argsFor, expected })).toEqual([]);
    },
    TIMEOUT,
  );

  /** Those that go on, and of which a few are enough where not every operation is taken. */
  const RESUMED = EVERY_POINT ? Object.keys(COMMANDS).filter((name) => name !== 'shrink') : ['train'];

  it.each(RESUMED)(
    '%s that was ended before, and goes on',
    async (name) => {
      const place = (part: string) => at(`${name.replace(' ', '-')}-again`, part);
      mkdirSync(place(''));
      const argsFor = (out: string) => [...COMMANDS[name].args, '--out', out];
      const [out, half] = [place('whole'), place('half')];
      await crashing(argsFor(out), { folder: out, at: 0, count: place('count') });
      const expected = contentsOf(out);
      rmSync(out, { recursive: true });
      await crashing(argsFor(out), { folder: out, at: Math.ceil(operationsIn(place('count')) / 2) });
      cpSync(out, half, { recursive: true });
      const resumedFor = (folder: string) => [...argsFor(folder), '--resume'];
      const whole = await crashing(resumedFor(out), { folder: out, at: 0, count: place('count') });
      expect([whole.stderr, contentsOf(out)]).toEqual([expect.not.stringContaining('prunelens:'), expected]);
      const prepare = (folder: string) => cpSync(half, folder, { recursive: true });
      const cut = { name: `${name} again`, argsFor: resumedFor, expected, prepare };
      expect(await endAtSome(operationsIn(place('count')), 1, place(''), cut)).toEqual([]);
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
    rmSync(at('damaged-compare'), { recursive: true });
    // A training that was complete when the process was ended, and of which no more was told.
    await made('compare', 'outcome.json', undefined);
    const shard = 'shards/net-noise_4_3_64-magnitude-pct-2x-0.99-seed0.safetensors';
    await made('autos dataset', shard, undefined);
    rmSync(at('damaged-autos-dataset'), { recursive: true });
    await made('autos dataset', shard, 'damaged');
  });
});
