/** The README's first picture: a PyTorch model with hints, its heatmap, and the curves of three runs. Needs a Python with PyTorch. */
import { it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { type Editor, openEditor } from './harness/fixture';
import { fillWindow, PICTURE_SETTINGS, shoot } from './harness/pictures';
import { waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'shapes.py';
const EPOCHS = 12;
const SETTINGS = {
  ...PICTURE_SETTINGS,
  'prunelens.python': TEST_PYTHON,
  'prunelens.backend': 'cpu',
  'prunelens.defaultMethod': 'snip',
  'prunelens.defaultSparsity': 0.9,
};

async function train({ quickPick, workbench, workspace }: Editor, method: string | undefined) {
  const before = new Set(runsOf(workspace).map(({ folder }) => folder));
  await workbench.runCommand(`PruneLens: Train ${method === undefined ? 'Dense Reference' : 'Masked'}`);
  if (method !== undefined) {
    await quickPick.pick(new RegExp(`^\\s*${method}`));
    await quickPick.type('Remove how much?', '90');
  }
  await quickPick.type(/for how many epochs/, String(EPOCHS));
  const isDone = () => runsOf(workspace).find(({ folder, isFinished }) => isFinished && !before.has(folder));
  await waitFor('the run to finish', isDone, 600_000);
}

const reason = whyNoPython();

it.skipIf(reason !== undefined)('takes a picture of a PyTorch model', { timeout: 2_400_000 }, async () => {
  const settings = { data: `pytorch/${SAMPLE}#data`, epochs: EPOCHS, batchSize: 32 };
  const files = { 'prunelens.json': JSON.stringify(settings, null, 2) };
  const editor = await openEditor({ open: [`pytorch/${SAMPLE}`], files, settings: SETTINGS });
  const { hints, lenses, page, quickPick, read, workbench } = editor;
  try {
    await fillWindow(editor);
    for (const method of [undefined, 'SynFlow', 'SNIP']) await train(editor, method);
    await workbench.runCommand('View: Close Primary Side Bar');
    await workbench.runCommand('PruneLens: Compare Selected Runs');
    await quickPick.acceptAll('Compare which runs?');
    await workbench.runCommand('View: Move Editor into Below Group');
    await workbench.focusEditor();
    await lenses.click('Score at init');
    await hints.waitFor('hints', read(`pytorch/${SAMPLE}`), (found) => found.size >= 4, 300_000);
    await workbench.runCommand('Notifications: Clear All Notifications');
    await page.waitForTimeout(3000);
    await shoot(editor, 'pytorch');
  } catch (error) {
    await editor.dump('picture of PyTorch');
    throw error;
  } finally {
    await editor.close();
  }
});
