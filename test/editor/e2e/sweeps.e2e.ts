/** A sweep from the lens above its file to its curves, stopped and resumed in between, and the masks of one of its runs beside a score. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';
import { waitFor } from '../harness/processes';

const SAMPLE = 'lenet-300-100.ts';
const FILE = 'small.yaml';
const SWEEP = `models: [${SAMPLE}]
data: mnist
methods: [magnitude, random]
sparsities: [0.9]
seeds: 1
settings:
  epochs: 10
  limit: 2560
`;

/** A run of another origin. */
const OTHER = {
  format: 'prunelens-run-1',
  backend: 'cpu',
  file: '/models/other.ts',
  origin: {},
  training: { epochs: 1, seed: 0, schedule: { kind: 'constant' } },
  started: '2026-01-31T12:30:00Z',
};

const editor = useEditor({
  open: [FILE],
  files: {
    [FILE]: SWEEP,
    'prunelens.json': JSON.stringify({ data: 'mnist' }),
    '.prunelens/runs/other/config.json': JSON.stringify(OTHER),
  },
});

/** Finished runs that the sweep's results tell. */
function finishedRuns(): number {
  const folder = join(editor().workspace, '.prunelens/runs');
  const sweep = existsSync(folder) && readdirSync(folder).find((name) => name.startsWith('sweep-small-'));
  const results = sweep && join(folder, sweep, 'results.json');
  if (!results || !existsSync(results)) return 0;
  return (JSON.parse(readFileSync(results, 'utf8')) as { readonly runs: readonly unknown[] }).runs.length;
}

it('runs a sweep from its file, with its runs alone in the table as they come, and resumes it from there', async () => {
  const { lenses, runTable, workbench } = editor();
  await lenses.click('Run sweep · 3 runs');
  await expect.poll(() => runTable.unfinished(), { timeout: 120_000 }).toMatch(/^1 of 3 runs, running$/);
  await workbench.runCommand('PruneLens: Cancel Job');
  await expect.poll(() => runTable.unfinished(), { timeout: 60_000 }).toMatch(/^[12] of 3 runs, stopped$/);
  const stopped = finishedRuns();
  expect(stopped).toBeLessThan(3);
  expect(await runTable.count()).toMatch(/^[123] of [234] runs$/);
  await runTable.button('Resume sweep').click();
  await waitFor('all runs of the sweep', () => finishedRuns() === 3, 180_000);
});

it('shows the masks that a run trains with beside a score', async () => {
  const { heatmap, lenses, workbench } = editor();
  await workbench.runCommand('View: Close All Editors');
  await workbench.openFile(SAMPLE);
  await lenses.click('Score at init');
  await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
  await heatmap.compareWith('Run lenet-300-100 · magnitude');
  await expect.poll(() => heatmap.overlap(), { timeout: 60_000 }).toMatch(/IoU.* 0\.\d+ · .*magnitude.* keeps 26,620$/);
});
