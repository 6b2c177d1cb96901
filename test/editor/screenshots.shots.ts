/** Pictures for the README and the docs, from the real thing, in a light and a dark theme. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { openEditor } from './harness/fixture';
import { REPOSITORY } from './harness/paths';
import { sleep, waitFor } from './harness/processes';
import { runsOf } from './harness/runs';

const SAMPLE = 'lenet-300-100.ts';
const FOLDER = join(REPOSITORY, 'docs', 'images');
const THEMES = { light: 'Default Light Modern', dark: 'Default Dark Modern' };
const EPOCHS = 8;

for (const [name, theme] of Object.entries(THEMES)) {
  it(`takes pictures in the ${name} theme`, async () => {
    mkdirSync(FOLDER, { recursive: true });
    const editor = await openEditor({
      open: [SAMPLE],
      files: { 'prunelens.json': JSON.stringify({ data: 'mnist', epochs: EPOCHS, batchSize: 128 }, null, 2) },
      settings: { 'workbench.colorTheme': theme, 'workbench.activityBar.location': 'default' },
    });
    const { curves, heatmap, hints, lenses, page, read, views, workbench, workspace } = editor;
    const shoot = async (what: string) => {
      await page.mouse.move(5, 855);
      await sleep(1200);
      writeFileSync(join(FOLDER, `${what}-${name}.png`), await page.screenshot());
    };
    try {
      await lenses.click('Score at init');
      await hints.waitFor('hints', read(SAMPLE), (found) => found.size >= 2, 120_000);
      await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
      await views.open('PruneLens');
      await shoot('heatmap');
      await workbench.focusEditor();
      await workbench.runCommand('View: Maximize Editor Group');
      await shoot('lenses');
      await workbench.runCommand('View: Reset Editor Group Sizes');
      await lenses.click('Train masked');
      await waitFor('the run to finish', () => runsOf(workspace)[0]?.isFinished, 180_000);
      await curves.waitForState('Finished');
      await shoot('curves');
    } catch (error) {
      await editor.dump(`pictures ${name}`);
      throw error;
    } finally {
      await editor.close();
    }
  });
}
