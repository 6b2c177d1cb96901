/** Runs and comparisons from their beginning to their deletion. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportForPyTorch } from '../harness/exportMasks';
import { useEditor } from '../harness/fixture';
import { waitFor } from '../harness/processes';
import { runsOf } from '../harness/runs';

const SAMPLE = 'lenet-300-100.ts';
const NAME = 'my first run';

const editor = useEditor({
  open: [SAMPLE],
  files: { 'prunelens.json': JSON.stringify({ data: 'mnist', epochs: 1, batchSize: 128 }) },
});

/** Files of a name anywhere in the runs of the workspace. */
function filesNamed(name: string): readonly string[] {
  const folder = join(editor().workspace, '.prunelens');
  const all = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  return all.filter((path) => path.endsWith(name)).map((path) => join(folder, path));
}

it('is active in little time', async () => {
  const { lenses, page, workbench } = editor();
  await lenses.waitFor('Score at init');
  await workbench.runCommand('Developer: Show Running Extensions');
  const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: /prunelens/i }).first();
  const time = await waitFor('the time of activation', async () => /(\d+)ms/.exec(await row.innerText())?.[1]);
  console.log(`Activation of the extension: ${time} ms`);
  await workbench.openFile(SAMPLE);
});

it('trains to the end and lists the run', async () => {
  const { curves, lenses, views, workspace } = editor();
  await lenses.click('Train masked');
  await curves.waitForState('Finished', 180_000);
  expect(runsOf(workspace).map(({ isFinished }) => isFinished)).toEqual([true]);
  await views.open('PruneLens');
  await expect
    .poll(() => views.rows())
    .toContainEqual(expect.stringMatching(/lenet-300-100 · prospr · 98 % · seed 0.*[\d.]+ % acc/));
});

it('renames a run, which keeps its folder', async () => {
  const { curves, quickPick, views, workbench, workspace } = editor();
  const folders = runsOf(workspace).map(({ folder }) => folder);
  await workbench.runCommand('PruneLens: Rename Run…');
  await quickPick.pick(/lenet-300-100/);
  await quickPick.type('Rename run', NAME);
  await views.row(NAME).waitFor();
  await expect.poll(() => curves.run.innerText()).toContain(NAME);
  expect(runsOf(workspace).map(({ folder }) => folder)).toEqual(folders);
});

it('exports the masks of a run', async () => {
  const { notifications, page, quickPick, workbench, workspace } = editor();
  await workbench.runCommand('PruneLens: Export Masks of Run…');
  await quickPick.pick(NAME);
  await quickPick.pick(/^safetensors/);
  await quickPick.waitForTitle('Export masks');
  await page.keyboard.press('Enter');
  await notifications.waitFor(/^Saved .*my-first-run-masks\.safetensors/);
  // A byte a weight, and the names.
  expect(statSync(join(workspace, 'my-first-run-masks.safetensors')).size).toBeGreaterThan(266_200);
});

it('exports the masks of a score for PyTorch', async () => {
  const { lenses, workbench } = editor();
  await workbench.focusEditor();
  await lenses.waitFor(/98 % · 5,324 of/);
  await exportForPyTorch(editor());
});

it('compares methods, draws the accuracies and opens the report', async () => {
  const { curves, form, lenses, page, views, workbench } = editor();
  await lenses.click('Compare methods');
  await form.toggle([/^\s*ProsPr\s*$/, /^\s*SNIP\s*$/]);
  await form.fill('sparsities', '98');
  await form.start();
  await waitFor('the report', () => filesNamed('report.html').length > 0, 180_000);
  // The report is there from the start, and rows come as the runs end.
  for (const method of [/^magnitude/i, /^random/i]) {
    await expect
      .poll(() => curves.comparisonRows(), { timeout: 180_000 })
      .toContainEqual(expect.stringMatching(method));
  }
  await views.row(/98 %: \d+ runs/).waitFor();
  await workbench.runCommand('PruneLens: Open Comparison Report');
  await page.locator('.tabs-container .tab.active', { hasText: 'Report: compare-' }).waitFor();
});

it('deletes a run after a question', async () => {
  const { notifications, quickPick, views, workbench, workspace } = editor();
  const [{ folder }] = runsOf(workspace);
  await workbench.runCommand('PruneLens: Delete Runs…');
  await quickPick.pick(NAME);
  expect(existsSync(folder)).toBe(true);
  await notifications.answerDialog('Delete');
  await expect.poll(() => existsSync(folder)).toBe(false);
  await expect.poll(() => views.row(NAME).count()).toBe(0);
});
