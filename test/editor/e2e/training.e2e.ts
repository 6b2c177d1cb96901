/** Masked training: the curve, quick work beside it, stopping, reloading, and a compute process that dies. */
import { expect, it } from 'vitest';
import { extensionProcesses } from '../harness/extensionProcesses';
import { useEditor } from '../harness/fixture';
import { sleep, waitFor } from '../harness/processes';
import { readRun, runsOf } from '../harness/runs';

const SAMPLE = 'lenet-300-100.ts';
/** Of the sample's outputs. */
const LOGITS_LINE = 14;
/** More than a test waits for: every run here is stopped. */
const EPOCHS = 200;

const editor = useEditor({
  open: [SAMPLE],
  files: { 'prunelens.json': JSON.stringify({ data: 'mnist', epochs: EPOCHS, batchSize: 128 }) },
});

const lastEpoch = (folder: string): number => readRun(folder).epochs.at(-1) ?? 0;
const waitForEpochs = (folder: string, count: number) =>
  waitFor(`${count} epochs`, () => readRun(folder).epochs.length >= count, 180_000);
const consecutive = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

it('draws a growing curve while it trains', async () => {
  const { curves, lenses, workspace } = editor();
  await lenses.click('Train masked');
  const { folder } = await waitFor('a run on disk', () => runsOf(workspace)[0], 180_000);
  await waitForEpochs(folder, 1);
  await curves.waitForEpochs(1);
  const before = await curves.chart();
  await curves.waitForEpochs((await curves.epochs()) + 1);
  expect(await curves.chart()).not.toBe(before);
});

it('scores, moves the slider and queues further trainings beside it', async () => {
  const { heatmap, hints, lenses, quickPick, read, statusBar, views, workbench, workspace } = editor();
  const [{ folder, steps }] = runsOf(workspace);
  await workbench.focusEditor();
  await workbench.runCommand('PruneLens: Score at Init');
  await quickPick.pick(/^\s*SNIP/);
  await lenses.waitFor(/^SNIP · 98 % · 5,324 of/);
  const before = await hints.waitFor('hints', read(SAMPLE), (found) => found.has(LOGITS_LINE), 120_000);
  await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
  await heatmap.moveSlider('ArrowLeft', 40);
  await hints.waitFor(
    'hints of more kept weights',
    read(SAMPLE),
    (found) => found.get(LOGITS_LINE) !== before.get(LOGITS_LINE),
  );
  await workbench.focusEditor();
  await workbench.runCommand('PruneLens: Train Dense Reference');
  // A notification, which shrinks into the status bar after a while.
  await statusBar.waitFor(/Training all weights of .*Queued behind Training lenet-300-100\.ts/s);
  await views.open('PruneLens');
  await views.row(/number 1 in the queue/).waitFor();
  await workbench.runCommand('PruneLens: Cancel Job');
  await quickPick.pick(/number 1 in the queue/);
  await expect.poll(() => views.row(/number 1 in the queue/).count()).toBe(0);
  // The training has gone on meanwhile, and is still on its way.
  expect(readRun(folder).steps).toBeGreaterThan(steps);
  expect(readRun(folder).isFinished).toBe(false);
});

it('stops', async () => {
  const { curves, workbench, workspace } = editor();
  const [{ folder }] = runsOf(workspace);
  await workbench.runCommand('PruneLens: Show Curves');
  await curves.waitForState('Running');
  await curves.stop();
  await curves.waitForState('Interrupted');
  const stopped = lastEpoch(folder);
  expect(readRun(folder).isFinished).toBe(false);
  expect(stopped).toBeLessThan(EPOCHS);
  await sleep(3000);
  expect(lastEpoch(folder)).toBe(stopped);
});

it('shows the run and its curve again after a reload', async () => {
  const { curves, views, workbench, workspace } = editor();
  const points = readRun(runsOf(workspace)[0].folder).epochs.length;

  await workbench.reload();

  expect(await curves.waitForEpochs(points)).toBe(points);

  await curves.showTable();
  await expect.poll(() => curves.tableRows()).toBe(points);

  await curves.showCharts();
  await views.open('PruneLens');
  await expect.poll(async () => (await views.rows()).join('\n')).toMatch(/lenet-300-100/);
});

it('resumes from the last epoch after the compute process is killed', async () => {
  const { curves, server, workspace } = editor();
  const { folder } = runsOf(workspace)[0];
  const start = lastEpoch(folder);
  await curves.waitForState('Interrupted', 120_000);
  await curves.resume();
  await waitForEpochs(folder, start + 1);
  const { worker } = extensionProcesses(server.pid);
  expect(worker).toBeDefined();
  process.kill(worker!.pid, 'SIGKILL');
  const next = await waitFor('another compute process', () => {
    const { worker: found } = extensionProcesses(server.pid);
    return found !== undefined && found.pid !== worker!.pid && found;
  });
  expect(next.pid).not.toBe(worker!.pid);
  const killed = lastEpoch(folder);
  await waitForEpochs(folder, killed + 1);
  const { epochs } = readRun(folder);
  expect(epochs).toEqual(consecutive(epochs.length));
  await curves.stop();
  await curves.waitForState('Interrupted');
});
