/** Pictures for the README and the docs, from the real thing, in a light and a dark theme. */
import { it } from 'vitest';
import { type Editor, openEditor } from './harness/fixture';
import { fillWindow, PICTURE_SETTINGS, shoot, widenCode } from './harness/pictures';
import { waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'lenet-300-100.ts';
const EPOCHS = 3;
/** Trains from the form, where everything can be chosen, and names the run. */
async function train({ curves, form, page, quickPick, workbench, workspace }: Editor, method: string, name: string) {
  const before = new Set(runsOf(workspace).map(({ folder }) => folder));
  await workbench.focusEditor();
  await workbench.runCommand('PruneLens: Train…');
  await form.choose('method', new RegExp(`^\\s*${method}\\s*$`));
  await form.start();
  const isDone = () => runsOf(workspace).find(({ folder, isFinished }) => isFinished && !before.has(folder));
  await waitFor('the run to finish', isDone, 180_000);
  await curves.waitForState('Finished');
  const rename = async () => {
    await workbench.runCommand('PruneLens: Rename Run…');
    await quickPick.pick(`· ${method.toLowerCase()}`);
    await quickPick.type('Rename run', name);
    return true;
  };
  // What the end of a run shows may take the focus, which closes a list that is open.
  await waitFor('the new name', () => rename().catch(() => page.keyboard.press('Escape').then(() => false)), 300_000);
}

it('takes pictures', { timeout: 1_500_000 }, async () => {
  const files = { 'prunelens.json': JSON.stringify({ data: 'mnist', epochs: EPOCHS, batchSize: 128 }, null, 2) };
  const editor = await openEditor({ open: [SAMPLE], files, settings: PICTURE_SETTINGS });
  const { curves, form, heatmap, hints, lenses, quickPick, read, views, workbench } = editor;
  try {
    await fillWindow(editor);
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
    await train(editor, 'Dense', 'Dense');
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
    await form.toggle([/^\s*SNIP\s*$/]);
    await form.fill('sparsities', '90, 98, 99');
    await form.fill('seeds', '2');
    await form.fill('limit', '10000');
    await waitFor('an estimate', async () => /^about/.test((await form.estimate()).trim()));
    await shoot(editor, 'form');
    await form.start();
    await waitFor('the comparison', async () => (await curves.comparisonRows()).length > 10, 900_000);
    await workbench.runCommand('Notifications: Clear All Notifications');
    await curves.scrollToLegend();
    await shoot(editor, 'comparison');
  } catch (error) {
    await editor.dump('pictures');
    throw error;
  } finally {
    await editor.close();
  }
});
