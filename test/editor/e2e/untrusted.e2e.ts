/** A folder that is not trusted: nothing of it runs, and what needs no code is still shown. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { extensionProcesses } from '../harness/extensionProcesses';
import { useEditor } from '../harness/fixture';
import { sleep } from '../harness/processes';

/** Outside the workspace, where a model that is loaded may write. */
const MARK = join(tmpdir(), `prunelens-the-code-ran-${process.pid}`);
const MODEL = `import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';

writeFileSync(${JSON.stringify(MARK)}, 'yes');

export default function network(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
}
`;

const editor = useEditor({
  untrusted: true,
  open: ['network.ts', 'keras-convnet.json'],
  files: { 'network.ts': MODEL, 'prunelens.json': JSON.stringify({ data: 'mnist' }) },
});

const hasRun = () => existsSync(MARK);
afterAll(() => rmSync(MARK, { force: true }));

it('shows and scores Keras models, which are data', async () => {
  const { heatmap, lenses } = editor();
  await lenses.click('Score at init');
  await lenses.waitFor(/98 % · [\d,]+ of [\d,]+ kept/);
  // The lens is told first, and a window that has just opened may take a while to draw a webview.
  await expect.poll(async () => (await heatmap.layers()).length, { timeout: 60_000 }).toBeGreaterThan(1);
  expect(await lenses.texts()).not.toContain('Train masked');
});

it('runs no code of the workspace, and says that models are left out', async () => {
  const { lenses, page, server, views, workbench } = editor();
  await views.open('PruneLens');
  await page.locator('.sidebar .message', { hasText: 'models in code are not listed' }).waitFor();
  await workbench.focusEditor();
  await workbench.openFile('network.ts');
  await workbench.replaceLine(1, "import * as tf from '@tensorflow/tfjs'; // edited");
  await workbench.save();
  // Long enough for a model to be built, were it built.
  await sleep(4000);
  expect(await lenses.texts()).toEqual([]);
  expect(extensionProcesses(server.pid).loaders).toEqual([]);
  expect(hasRun()).toBe(false);
});

it('runs it once the folder is trusted', async () => {
  const { lenses, workbench } = editor();
  await workbench.trustFolder();
  await workbench.openFile('network.ts');
  await lenses.click('Score at init');
  await expect.poll(hasRun).toBe(true);
});
