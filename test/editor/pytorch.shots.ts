/** The README's first picture: a PyTorch model with a data set of its own, with hints, heatmap and curves. Needs a Python with PyTorch. */
import { it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { openEditor } from './harness/fixture';
import { fillWindow, PICTURE_SETTINGS, shoot } from './harness/pictures';
import { waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'pytorch/shapes.py';
const EPOCHS = 6;
const HEIGHT = 1100;
const SETTINGS = {
  ...PICTURE_SETTINGS,
  'prunelens.python': TEST_PYTHON,
  'prunelens.backend': 'cpu',
  'prunelens.defaultMethod': 'snip',
  'prunelens.sparsity': 0.9,
};

const reason = whyNoPython();

it.skipIf(reason !== undefined)('takes a picture of a PyTorch model', { timeout: 900_000 }, async () => {
  const files = { 'prunelens.json': JSON.stringify({ data: `${SAMPLE}#data`, epochs: EPOCHS }, null, 2) };
  const editor = await openEditor({ open: [SAMPLE], files, settings: SETTINGS });
  const { curves, heatmap, hints, lenses, page, read, workbench, workspace } = editor;
  const finished = (count: number) =>
    waitFor(
      `${count} finished runs`,
      () => runsOf(workspace).filter(({ isFinished }) => isFinished).length === count,
      300_000,
    );
  try {
    await fillWindow(editor, HEIGHT);
    await workbench.runCommand('View: Close Primary Side Bar');
    await workbench.focusEditor();
    const code = read(SAMPLE);
    await workbench.goToLine(code.split('\n').findIndex((line) => line.includes('nn.Linear(')) + 1);
    await lenses.click('Score at init');
    await hints.waitFor('hints', code, (found) => found.size >= 3, 300_000);
    await heatmap.waitForLayers(['features.0', 'features.4', 'classifier']);
    await lenses.click('Train masked');
    await finished(1);
    await workbench.focusEditor();
    await workbench.runCommand('PruneLens: Train Dense Reference');
    await finished(2);
    await curves.waitForState('Finished');
    await workbench.runCommand('View: Move Editor into Group Below');
    await workbench.focusEditor();
    await curves.scrollToLastChart();
    await workbench.runCommand('Notifications: Clear All Notifications');
    await page.waitForTimeout(3000);
    await shoot(editor, 'pytorch', HEIGHT);
  } catch (error) {
    await editor.dump('picture of PyTorch');
    throw error;
  } finally {
    await editor.close();
  }
});
