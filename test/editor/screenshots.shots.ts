/** Pictures for the README and the docs, from the real thing, in a light and a dark theme. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { type Editor, openEditor } from './harness/fixture';
import { REPOSITORY } from './harness/paths';
import { sleep, waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'lenet-300-100.ts';
const FOLDER = join(REPOSITORY, 'docs', 'images');
const THEMES = { light: 'Light Modern', dark: 'Dark Modern' };
const WINDOW = { width: 1500, height: 860 };
const EPOCHS = 3;
const SETTINGS = { 'editor.fontSize': 12, 'editor.scrollbar.vertical': 'hidden', 'editor.lightbulb.enabled': 'off' };
/** Room below the pointer that no picture shows: nothing is hovered. */
const NOWHERE = [5, 855] as const;

/** One picture a theme of what the window shows. */
async function shoot({ page, quickPick, workbench }: Editor, what: string, height = WINDOW.height): Promise<void> {
  for (const [name, theme] of Object.entries(THEMES)) {
    await workbench.runCommand('Preferences: Color Theme');
    await quickPick.choose(theme);
    await page.locator(`.monaco-workbench.${name === 'light' ? 'vs' : 'vs-dark'}`).waitFor();
    await page.mouse.move(...NOWHERE);
    await sleep(1500);
    writeFileSync(
      join(FOLDER, `${what}-${name}.png`),
      await page.screenshot({ clip: { x: 0, y: 0, ...WINDOW, height } }),
    );
  }
}

/** Trains from the palette, where everything can be chosen, and names the run. */
async function train({ curves, quickPick, workbench, workspace }: Editor, method: string | undefined, name: string) {
  const before = new Set(runsOf(workspace).map(({ folder }) => folder));
  await workbench.openFile(SAMPLE);
  await workbench.runCommand(`PruneLens: Train ${method === undefined ? 'Dense Reference' : 'Masked'}`);
  if (method !== undefined) {
    await quickPick.pick(new RegExp(`^\\s*${method}`));
    await quickPick.type('Remove how much?', '98');
  }
  await quickPick.type(/for how many epochs/, String(EPOCHS));
  const isDone = () => runsOf(workspace).find(({ folder, isFinished }) => isFinished && !before.has(folder));
  await waitFor('the run to finish', isDone, 180_000);
  await curves.waitForState('Finished');
  await workbench.runCommand('PruneLens: Rename Run…');
  await quickPick.pick(method === undefined ? '· dense' : `· ${method.toLowerCase()} ·`);
  await quickPick.type('Rename run', name);
}

/** More room for the code, whose hints stand at the ends of its lines. */
async function widenCode({ workbench }: Editor): Promise<void> {
  await workbench.runCommand('View: Reset Editor Group Sizes');
  await workbench.focusEditor();
  for (let time = 0; time < 2; time++) await workbench.runCommand('Increase Editor Width');
}

it('takes pictures', { timeout: 900_000 }, async () => {
  mkdirSync(FOLDER, { recursive: true });
  const files = { 'prunelens.json': JSON.stringify({ data: 'mnist', epochs: EPOCHS, batchSize: 128 }, null, 2) };
  const editor = await openEditor({ open: [SAMPLE], files, settings: SETTINGS });
  const { curves, heatmap, hints, lenses, page, quickPick, read, views, workbench } = editor;
  try {
    await page.setViewportSize(WINDOW);
    await waitFor('the editor to fill the window', async () => {
      // An editor that is still opening can miss the event.
      await page.evaluate(() => window.dispatchEvent(new Event('resize')));
      return (await page.locator('.monaco-workbench').boundingBox())?.width === WINDOW.width;
    });
    await lenses.click('Score at init');
    await hints.waitFor('hints', read(SAMPLE), (found) => found.size >= 2, 120_000);
    await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
    await workbench.runCommand('View: Close Primary Side Bar');
    await widenCode(editor);
    await shoot(editor, 'heatmap');
    await workbench.focusEditor();
    await workbench.runCommand('View: Maximize Editor Group');
    await views.open('PruneLens');
    await shoot(editor, 'lenses', 420);
    await workbench.runCommand('View: Close Primary Side Bar');
    await widenCode(editor);
    await train(editor, undefined, 'Dense');
    await train(editor, 'SNIP', 'SNIP, 98 % removed');
    await train(editor, 'ProsPr', 'ProsPr, 98 % removed');
    // Shows the hints of ProsPr again, whose place those of SNIP have taken.
    await lenses.click('Score at init');
    await lenses.waitFor(/^ProsPr · 98 %/);
    await workbench.runCommand('PruneLens: Compare Selected Runs');
    await quickPick.acceptAll('Compare which runs?');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await curves.waitForState('Finished');
    await shoot(editor, 'curves');
    await lenses.click('Compare methods');
    await quickPick.acceptWithout(/Compare which methods/, [/^\s*SNIP/]);
    await quickPick.type('At which sparsities?', '90, 98, 99');
    await quickPick.type('With how many seeds?', '2');
    await quickPick.type('For how many epochs each?', '1');
    await waitFor('the comparison', async () => (await curves.comparisonRows()).length > 10, 300_000);
    await curves.scrollToLegend();
    await shoot(editor, 'comparison');
  } catch (error) {
    await editor.dump('pictures');
    throw error;
  } finally {
    await editor.close();
  }
});
