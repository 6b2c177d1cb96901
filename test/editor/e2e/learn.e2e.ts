/** Learning a criterion from a model: the form, the pictures, and the offer to use it. */
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';
import { sleep } from '../harness/processes';

const MODEL = `import * as tf from '@tensorflow/tfjs';

export default function tiny(): tf.LayersModel {
  const model = tf.sequential({ name: 'tiny' });
  model.add(tf.layers.flatten({ inputShape: [8, 8, 1] }));
  model.add(tf.layers.dense({ name: 'fc1', units: 32, activation: 'relu' }));
  model.add(tf.layers.dense({ name: 'logits', units: 3 }));
  return model;
}
`;

const editor = useEditor({
  open: ['tiny.ts'],
  files: { 'tiny.ts': MODEL, 'prunelens.json': JSON.stringify({ data: 'noise:8x8x1:3:512' }) },
});

it('asks, learns, shows the pictures, and writes the predictor into the settings', async () => {
  const { form, lenses, notifications, page, read, survival, workbench } = editor();
  await lenses.waitFor('Score at init');
  await workbench.runCommand('PruneLens: Learn a Criterion from This Model…');
  await form.fill('name', 'mine');
  await form.fill('iterations', '4');
  await form.start();
  await expect
    .poll(() => survival.titles(), { timeout: 120_000 })
    .toEqual(['initial weight', 'SNIP', 'GraSP', 'ProsPr', 'before training', 'after training', 'as AutoS ranks']);
  await expect.poll(() => survival.isDrawn(), { timeout: 60_000 }).toBe(true);
  await notifications.waitFor(/mine\.safetensors is learned/);
  await page.locator('.notifications-toasts .monaco-button', { hasText: 'Use for AutoS' }).click();
  await expect.poll(() => read('prunelens.json')).toContain('.prunelens/predictors/mine.safetensors');
});

it('opens the pictures again, and shows them after a reload', async () => {
  const { survival, workbench } = editor();
  await workbench.runCommand('View: Close All Editors');
  await workbench.runCommand('PruneLens: Show Which Weights Survive');
  await expect.poll(() => survival.titles(), { timeout: 30_000 }).toContain('after training');
  // The editor notes a while later what is open.
  await sleep(5000);
  await workbench.reload();
  await expect.poll(() => survival.titles(), { timeout: 60_000 }).toContain('after training');
  await expect.poll(() => survival.isDrawn(), { timeout: 60_000 }).toBe(true);
});
