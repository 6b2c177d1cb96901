/** `prunelens runs`: runs of the command itself, as a table and exported. */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';

const root = temporaryFolder();
const RUNS = join('.prunelens', 'runs');
const run = (...args: readonly string[]) => prunelens(args, { cwd: root });

const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const MODEL = `import * as tf from '@tensorflow/tfjs';
export default tf.sequential({ layers: [
  tf.layers.dense({ inputShape: [6], units: 8, activation: 'relu' }),
  tf.layers.dense({ units: 3, activation: 'softmax' }),
] });
`;

beforeAll(async () => {
  writeFileSync(join(root, 'net.ts'), MODEL);
  git('init', '--quiet', '--initial-branch', 'trunk');
  git('add', 'net.ts');
  git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'A network');
  writeFileSync(join(root, 'net.ts'), `${MODEL}// Changed.\n`);
  const settings = [
    '--data',
    'noise:6:3:64',
    '--batch-size',
    '32',
    '--backend',
    'cpu',
    '--epochs',
    '2',
    '--lr',
    '0.05',
  ];
  const compare = [
    'compare',
    'net.ts',
    '--methods',
    'magnitude',
    '--sparsities',
    '0.5',
    '--out',
    join(RUNS, 'compare'),
  ];
  const { code, stderr } = await run(...compare, ...settings);
  expect(code, stderr).toBe(0);
  const [masked] = readdirSync(join(root, RUNS, 'compare'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /magnitude[^/\\]*[/\\]config\.json$/.test(name),
  );
  writeFileSync(join(root, RUNS, 'compare', masked, '..', 'notes.json'), '{"tags":["first"]}');
});

it('prints a line a run of the folder .prunelens/runs, and the same as JSON', async () => {
  const { stdout, code } = await run('runs');
  expect(code).toBe(0);
  const [titles, , ...lines] = stdout.trimEnd().split('\n');
  expect(titles).toMatch(/^Run .*Method +Sparsity .*Final +To dense +Effective sparsity .*Learning rate .*Tags/);
  expect(lines).toHaveLength(2);
  expect(lines.find((line) => line.includes('magnitude'))).toMatch(/magnitude +50 % .*first$/);
  expect(titles).toMatch(/MACs +Time .*Commit/);
  const { runs } = JSON.parse((await run('runs', RUNS, '--json')).stdout);
  expect(runs.find(({ method }: { method: string }) => method === 'magnitude')).toMatchObject({
    sparsity: 0.5,
    seed: 0,
    data: 'noise:6:3:64',
    epochs: 2,
    learningRate: 0.05,
    metric: 'accuracy',
    difference: expect.any(Number),
    effectiveSparsity: expect.any(Number),
    group: 'compare',
    macs: 36,
    commit: git('rev-parse', 'HEAD'),
    branch: 'trunk',
    dirty: true,
    notes: { tags: ['first'] },
  });
});

it('keeps the model as it was', async () => {
  const { runs } = JSON.parse((await run('runs', '--json')).stdout);
  const { files } = JSON.parse(readFileSync(join(runs[0].run, 'source.json'), 'utf8'));
  expect(files).toEqual([{ path: join(realpathSync(root), 'net.ts'), text: `${MODEL}// Changed.\n` }]);
});

it('exports CSV, lines of JSON and event files', async () => {
  const csv = (await run('runs', 'export', '--csv', '--columns', 'method,sparsity,tags')).stdout;
  expect(csv.trimEnd().split('\n').toSorted()).toEqual(['dense,0,', 'magnitude,0.5,first', 'method,sparsity,tags']);
  const lines = (await run('runs', 'export', '--jsonl', RUNS)).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).method).toSorted()).toEqual(['dense', 'magnitude']);
  const { code, stderr } = await run('runs', 'export', '--tensorboard', 'events');
  expect([code, stderr]).toEqual([0, 'Wrote 2 runs to events.\n']);
  const files = readdirSync(join(root, 'events'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('tfevents'),
  );
  expect(files).toHaveLength(2);
  expect(readFileSync(join(root, 'events', files[0])).includes('accuracy/test')).toBe(true);
});

it('has the runs of further folders in the same table, and says which one is not there', async () => {
  const columns = ['--columns', 'method,runsFolder'];
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => line.trim().split(/ {2,}/).join(' '))
      .toSorted();
  cpSync(join(root, RUNS, 'compare'), join(root, 'cluster', 'study'), { recursive: true });
  const both = await run('runs', '--runs', 'cluster', '--runs', 'gone', ...columns);
  expect(both.code).toBe(0);
  const all = [`dense ${RUNS}`, 'dense cluster', `magnitude ${RUNS}`, 'magnitude cluster'].toSorted();
  expect(lines(both.stdout)).toEqual(all);
  expect(both.stderr).toBe('The runs folder gone is not there.\n');
  writeFileSync(join(root, 'prunelens.json'), '{ "runs": ["cluster"] }');
  expect(lines((await run('runs', ...columns)).stdout)).toEqual(all);
  // What is named is meant alone.
  const { runs } = JSON.parse((await run('runs', 'cluster', '--json')).stdout);
  expect(runs.map(({ group }: { group: string }) => group)).toEqual(['study', 'study']);
  expect(runs[0]).not.toHaveProperty('runsFolder');
});

it('says what is wrong', async () => {
  expect(await run('runs', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no run in nowhere.'),
  });
  expect(await run('runs', 'export')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--tensorboard FOLDER'),
  });
  expect((await run('runs', 'export', '--csv', '--jsonl')).stderr).toContain('cannot be used with');
  expect((await run('runs', '--columns', 'nonsense')).stderr).toContain('There is no nonsense');
});
