/** The README's first picture: a PyTorch model with a data set of its own, with hints, heatmap and curves. Needs a Python with PyTorch. */
import type { Frame } from 'playwright-core';
import { it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { type Editor, openEditor } from './harness/fixture';
import { fillWindow, PICTURE_SETTINGS, shoot } from './harness/pictures';
import { waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'pytorch/shapes.py';
const SETTINGS = {
  ...PICTURE_SETTINGS,
  'prunelens.python': TEST_PYTHON,
  'prunelens.backend': 'cpu',
  'prunelens.defaultMethod': 'snip',
  'prunelens.sparsity': 0.9,
};

/** Trains the whole network and what SNIP keeps of it. */
async function trainBoth({ curves, lenses, quickPick, workbench, workspace }: Editor): Promise<void> {
  const finished = () => runsOf(workspace).filter(({ isFinished }) => isFinished).length;
  await lenses.click('Train masked');
  await waitFor('the masked run', () => finished() === 1, 240_000);
  await curves.waitForState('Finished');
  await workbench.runCommand('PruneLens: Train Dense Reference');
  await waitFor('the dense run', () => finished() === 2, 240_000);
  await workbench.runCommand('PruneLens: Compare Selected Runs');
  await quickPick.acceptAll('Compare which runs?');
  await curves.waitForState('Finished');
}

/** The curves have the focus, so that it is them that are moved. */
async function placeCurvesBelowCode(editor: Editor): Promise<void> {
  const { page, workbench } = editor;
  await page.locator('.tabs-container .tab', { hasText: 'Curves' }).click();
  await workbench.runCommand('View: Move Editor into Left Group');
  await workbench.runCommand('View: Move Editor into Group Below');
  await waitFor('the curves below the code', () => curvesFrame(editor));
}

/** The frame of the curves, of the two pages that are shown. */
async function curvesFrame({ page }: Editor): Promise<Frame | undefined> {
  for (const frame of page.frames()) if ((await frame.locator('li.run').count()) > 0) return frame;
  return undefined;
}

/** Scrolls the curves to the chart of the accuracy. */
async function showAccuracy(editor: Editor): Promise<void> {
  const frame = await waitFor('the curves', () => curvesFrame(editor));
  const title = frame.getByText('Accuracy', { exact: true }).filter({ visible: true }).first();
  await title.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await editor.page.waitForTimeout(500);
}

const reason = whyNoPython();

it.skipIf(reason !== undefined)('takes a picture of a PyTorch model', { timeout: 900_000 }, async () => {
  const files = { 'prunelens.json': JSON.stringify({ data: `${SAMPLE}#data`, epochs: 8, batchSize: 32 }, null, 2) };
  const editor = await openEditor({ open: [SAMPLE], files, settings: SETTINGS });
  const { heatmap, hints, lenses, page, read, workbench } = editor;
  try {
    await fillWindow(editor);
    await workbench.runCommand('View: Close Primary Side Bar');
    await workbench.focusEditor();
    const code = read(SAMPLE);
    const lines = code.split('\n');
    const lineOf = (text: string) => lines.findIndex((line) => line.includes(text)) + 1;
    await workbench.goToLine(lineOf('nn.Linear('));
    await lenses.click('Score at init');
    await hints.waitFor('hints', code, (found) => found.size >= 3, 300_000);
    await heatmap.waitForLayers(['features.0', 'features.4', 'classifier']);
    await trainBoth(editor);
    await placeCurvesBelowCode(editor);
    // The class of the model fills what is left to the code.
    await workbench.focusEditor();
    await workbench.goToLine(lines.length);
    await workbench.goToLine(lineOf('nn.Conv2d(width,'));
    await workbench.runCommand('Notifications: Clear All Notifications');
    await page.waitForTimeout(3000);
    await shoot(editor, 'pytorch', undefined, () => showAccuracy(editor));
  } catch (error) {
    await editor.dump('picture of PyTorch');
    throw error;
  } finally {
    await editor.close();
  }
});
