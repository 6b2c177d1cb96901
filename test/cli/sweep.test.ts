/** `prunelens sweep` in small: results, kills at bad moments, and one sweep at a time in a folder. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { SweepResults } from '../../server/protocol/sweep';
import { type CommandOptions, prunelens, ROOT, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const RUNS = 1 + 2 * 5;

writeFileSync(
  at('small.yaml'),
  `title: A small sweep
models: [${relative(folder, join(ROOT, 'samples/lenet-300-100.ts'))}]
data: noise:28x28x1:10:256
methods: [snip, prospr, magnitude-after-training, lottery-ticket]
sparsities: [0.5, 0.9]
backend: cpu
settings: { epochs: 2, batch-size: 64, steps: [1, 2], rewind-epoch: 1, fine-tune-epochs: 1 }
`,
);

/** On one thread, as each of several jobs is: more would add up in another order. */
const sweep = (out: string, args: readonly string[] = [], options: CommandOptions = {}) =>
  prunelens(['sweep', at('small.yaml'), '--out', at(out), ...args], { env: { PRUNELENS_THREADS: '1' }, ...options });
const results = (out: string): SweepResults => JSON.parse(readFileSync(at(out, 'results.json'), 'utf8'));

/** Runs without what depends on time. */
const outcomes = (out: string) =>
  JSON.parse(JSON.stringify(results(out).runs, (key, value) => (key === 'seconds' ? undefined : value)));

/** When each finished run of the folder was finished. */
function finishedAt(out: string): Map<string, number> {
  const names = readdirSync(at(out, 'runs'), { recursive: true, encoding: 'utf8' });
  const finished = names.filter((name) => name.endsWith('result.json'));
  return new Map(finished.map((name) => [name, statSync(at(out, 'runs', name)).mtimeMs]));
}

describe('prunelens sweep', () => {
  it('shows what it would do', async () => {
    const { code, stdout } = await sweep('none', ['--dry-run', '--json']);
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan.runs).toHaveLength(RUNS);
    // One for SNIP, one for each number of ProsPr's steps, whatever the sparsity.
    expect(plan.scorings).toBe(1 + 2);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('writes JSON, CSV, Parquet, Markdown and a report that needs no network', async () => {
    const { code, stdout, stderr } = await sweep('all');
    expect(stderr).toContain(`[${RUNS}/${RUNS}]`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ProsPr, steps 2 +[\d.]+ % +[\d.]+ %$/m);
    const { planned, runs, sweep: details } = results('all');
    expect([planned, runs.length]).toEqual([RUNS, RUNS]);
    expect(readdirSync(at('all'))).not.toContain('prunelens.lock');
    // The scores of one scoring serve both sparsities, and so do its seconds, but for the selection.
    const snip = runs.filter(({ method }) => method === 'snip').map(({ pruning }) => pruning.kept);
    expect(snip).toEqual([133100, 26620]);
    expect(details.axisCurves.map(({ title, sparsity, points }) => [title, sparsity, points.length])).toEqual([
      ['ProsPr', 0.5, 2],
      ['ProsPr', 0.9, 2],
    ]);
    const csv = readFileSync(at('all', 'results.csv'), 'utf8').trim().split('\n');
    expect(csv).toHaveLength(1 + RUNS);
    expect(csv[0]).toMatch(
      /^network,variant,data,model,method,steps,sparsity,seed,.*dense_macs,sparse_macs,total_epochs/,
    );
    const rows = await parquetReadObjects({ file: new Uint8Array(readFileSync(at('all', 'results.parquet'))).buffer });
    expect(rows.map(({ variant }) => variant)).toEqual(csv.slice(1).map((line) => line.split(',')[1]));
    const tables = readFileSync(at('all', 'tables.md'), 'utf8');
    expect(tables).toMatch(/^\| Sparsity \(%\) \| 0 \| 50 \| 90 \|$/m);
    expect(tables).toMatch(/^\| Lottery ticket \| {2}\| [\d.]+ \| [\d.]+ \|$/m);
    const report = readFileSync(at('all', 'report.html'), 'utf8');
    expect(report).not.toMatch(/(?:src|href)\s*=\s*["']|@import|url\(|http-equiv="refresh"/);
    expect(report).toContain('An unstructured mask by itself saves no time');
  });

  it('counts what was trained before pruning, where that is at convergence', () => {
    const { costs } = results('all').sweep;
    const epochs = Object.fromEntries(costs.map(({ method, totalEpochs }) => [method, totalEpochs]));
    // Dense 2; and 1 of fine-tuning; the ticket trains 2 from the rewind point, of which it was given the first.
    expect(epochs).toEqual({
      dense: 2,
      snip: 2,
      'prospr+steps=1': 2,
      'prospr+steps=2': 2,
      'magnitude-after-training': 3,
      'lottery-ticket': 4,
    });
    // The dense network is trained once, by its own run, and serves the four runs at convergence.
    const folders = readdirSync(at('all', 'runs', 'lenet-300-100')).filter((name) => name.startsWith('dense'));
    const named = folders.map((name) => name.replace(/-[0-9a-f]{8}(?=$|\.)/, '-HASH')).sort();
    expect(named).toEqual(['dense-0-0-HASH', 'dense-0-0-HASH.epoch-1', 'dense-0-0-HASH.pruning.json']);
  });

  it('loses at most the run under way when it is killed, and keeps other sweeps out', async () => {
    let refused: ReturnType<typeof sweep> | undefined;
    const killed = await sweep('killed', [], {
      onStderr(text, child) {
        if (!text.includes('[2/') || refused) return;
        child.kill('SIGSTOP');
        refused = sweep('killed', ['--resume']);
        void refused.then(() => child.kill('SIGKILL'));
      },
    });
    expect(killed.code).toBeNull();
    const second = await refused!;
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/Another process \(\d+\) has been writing to .*killed since /);
    expect(existsSync(at('killed', 'prunelens.lock'))).toBe(true);
    expect((await sweep('killed')).stderr).toContain('--resume');

    const first = finishedAt('killed');
    expect(first.size).toBeGreaterThanOrEqual(2);
    // Again, now while a network is trained on to be pruned at convergence.
    const again = await sweep('killed', ['--resume'], {
      onStderr: (text, child) => text.includes(`[${RUNS - 3}/`) && child.kill('SIGKILL'),
    });
    expect(again.code).toBeNull();
    expect(again.stderr).toMatch(/^\d of 11 runs are there already\.$/m);
    const resumed = await sweep('killed', ['--resume']);
    expect(resumed.code).toBe(0);
    expect(outcomes('killed')).toEqual(outcomes('all'));
    const last = finishedAt('killed');
    for (const [run, time] of first) expect(last.get(run)).toBe(time);
  });

  it('does several runs at a time with the same outcome, and outlives the death of a job', async () => {
    let isDone = false;
    const { code, stderr } = await sweep('jobs', ['--jobs', '2'], {
      onStderr(text) {
        if (isDone || !text.includes('[1/')) return;
        isDone = true;
        const { processes } = JSON.parse(readFileSync(at('jobs', 'prunelens.lock'), 'utf8'));
        expect(processes).toHaveLength(3);
        process.kill(processes[1].pid, 'SIGKILL');
      },
    });
    expect([0, 1]).toContain(code);
    if (code === 1) expect(stderr).toContain("The job's process was ended by SIGKILL.");
    expect((await sweep('jobs', ['--jobs', '2', '--resume'])).code).toBe(0);
    expect(outcomes('jobs')).toEqual(outcomes('all'));
  });

  it('ends with 130 at Ctrl-C when jobs do its runs, and lets go of the folder', async () => {
    const { code, stderr } = await sweep('interrupted-jobs', ['--jobs', '2'], {
      interruptAt: '[1/',
    });
    expect(code).toBe(130);
    expect(stderr).toContain('go on with --resume');
    expect(existsSync(at('interrupted-jobs', 'prunelens.lock'))).toBe(false);
  });

  it('ends with 130 at Ctrl-C, and refuses other settings', async () => {
    const ended = await sweep('interrupted', [], {
      interruptAt: '[1/',
    });
    expect(ended.code).toBe(130);
    expect(existsSync(at('interrupted', 'prunelens.lock'))).toBe(false);
    const text = readFileSync(at('small.yaml'), 'utf8');
    writeFileSync(at('other.yaml'), text.replace('batch-size: 64', 'batch-size: 32'));
    const other = await prunelens(['sweep', at('other.yaml'), '--out', at('interrupted'), '--resume']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('batchSize (64 there, 32 now)');
  });
});
