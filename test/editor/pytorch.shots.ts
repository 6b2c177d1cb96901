/** The README's first picture: a PyTorch model with a data set of its own, with hints and heatmap. Needs a Python with PyTorch. */
import { it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { openEditor } from './harness/fixture';
import { fillWindow, PICTURE_SETTINGS, shoot } from './harness/pictures';

const SAMPLE = 'pytorch/shapes.py';
const SETTINGS = {
  ...PICTURE_SETTINGS,
  'prunelens.python': TEST_PYTHON,
  'prunelens.backend': 'cpu',
  'prunelens.defaultMethod': 'snip',
  'prunelens.sparsity': 0.9,
};

const reason = whyNoPython();

it.skipIf(reason !== undefined)('takes a picture of a PyTorch model', { timeout: 900_000 }, async () => {
  const files = { 'prunelens.json': JSON.stringify({ data: `${SAMPLE}#data` }, null, 2) };
  const editor = await openEditor({ open: [SAMPLE], files, settings: SETTINGS });
  const { heatmap, hints, lenses, page, read, workbench } = editor;
  try {
    await fillWindow(editor);
    await workbench.runCommand('View: Close Primary Side Bar');
    await workbench.focusEditor();
    const code = read(SAMPLE);
    await workbench.goToLine(code.split('\n').findIndex((line) => line.includes('nn.Linear(')) + 1);
    await lenses.click('Score at init');
    await hints.waitFor('hints', code, (found) => found.size >= 3, 300_000);
    await heatmap.waitForLayers(['features.0', 'features.4', 'classifier']);
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
