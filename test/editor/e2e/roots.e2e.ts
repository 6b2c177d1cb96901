/** Two roots with models of equal names, and exports that replace nothing unasked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';

const NET = `import * as tf from '@tensorflow/tfjs';

export default function net(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.dense({ name: 'hidden', units: 40, inputShape: [10] }));
  model.add(tf.layers.dense({ name: 'classes', units: 3, activation: 'softmax' }));
  return model;
}
`;
const ROOTS = ['first/nets', 'second/nets'] as const;
const NAMES = ROOTS.map((root) => `${root}/net.ts`);

const editor = useEditor({
  roots: ROOTS,
  open: [NAMES[1]],
  files: Object.fromEntries(NAMES.map((name) => [name, NET])),
  settings: { 'prunelens.defaultMethod': 'magnitude', 'prunelens.backend': 'cpu' },
});

const inRoot = (place: 0 | 1, ...path: readonly string[]) => join(editor().workspace, ROOTS[place], ...path);

/** A finished run of the model of a root, as training leaves it in the runs of that root. */
function storeRun(place: 0 | 1): void {
  const folder = inRoot(place, '.prunelens', 'runs', 'dense');
  mkdirSync(folder, { recursive: true });
  const config = {
    format: 'prunelens-run-1',
    network: 'net',
    backend: 'cpu',
    device: 'CPU',
    file: inRoot(place, 'net.ts'),
    data: { name: 'noise', trainExamples: 100, testExamples: 20 },
    origin: {},
    training: { epochs: 1, seed: 0, schedule: { kind: 'constant' }, optimizer: { kind: 'sgd', learningRate: 0.1 } },
    started: '2026-01-01T00:00:00Z',
  };
  const epoch = { epoch: 1, trainLoss: 1, testLoss: 1, testAccuracy: 0.5, learningRate: 0.1 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(epoch)}\n`);
  writeFileSync(join(folder, 'result.json'), JSON.stringify({ seconds: 1 }));
}

it('tells models of equal names apart by their roots, in lists, tabs, pages and runs', async () => {
  const { heatmap, lenses, page, quickPick, views, workbench } = editor();
  for (const place of [0, 1] as const) storeRun(place);
  await views.open('PruneLens');
  for (const name of NAMES) {
    await views.row(name).waitFor();
    await views.row(`${dirname(name)}/net · dense`).waitFor();
  }
  await lenses.click('Score at init');
  await lenses.waitFor(/^Magnitude · 98 % · /);
  await heatmap.waitForLayers(['hidden', 'classes']);
  await page.locator('.tabs-container .tab', { hasText: `Heatmap: ${NAMES[1]}` }).waitFor();
  expect(await heatmap.models()).toEqual(NAMES);
  await workbench.runCommand('PruneLens: Rename Run…');
  expect((await quickPick.itemsWith(`${ROOTS[0]}/net · dense`)).join()).toContain(`${ROOTS[1]}/net · dense`);
  await page.keyboard.press('Escape');
});

it('exports to the root of the model, says every file, and opens the folder', async () => {
  const { notifications, quickPick, views, workbench } = editor();
  await workbench.focusEditor();
  await workbench.runCommand('PruneLens: Export Masks…');
  await quickPick.pick(/keeps a model pruned/);
  await quickPick.acceptFile('Export masks');
  const saved = await notifications.waitFor(/^Saved .*\.masks\.py, and beside it .*\.safetensors/);
  expect(saved).toContain(inRoot(1, 'second-nets-net-magnitude-98.masks.py'));
  expect(saved).toContain('second-nets-net-magnitude-98.masks.safetensors');
  await notifications.answer(/^Saved /, 'Open Folder');
  await views.row('second-nets-net-magnitude-98.masks.safetensors').waitFor();
});

it('asks before an export replaces what it has not written just now', async () => {
  const { notifications, quickPick, workbench } = editor();
  const masks = inRoot(1, 'second-nets-net-magnitude-98.masks.safetensors');
  const again = async () => {
    await workbench.focusEditor();
    await workbench.runCommand('PruneLens: Export Masks…');
    await quickPick.pick(/keeps a model pruned/);
    await quickPick.acceptFile('Export masks');
    // The file that was chosen: the dialog asks.
    await quickPick.acceptFile(/already exists/);
  };
  await workbench.runCommand('Notifications: Clear All Notifications');
  // Both files are as they were written: nothing else is asked.
  await again();
  await notifications.waitFor(/^Saved /);
  await workbench.runCommand('Notifications: Clear All Notifications');
  writeFileSync(masks, 'mine');
  await again();
  await notifications.waitFor(/masks\.safetensors exists already and was not written by this export\. Replace\?/);
  expect(readFileSync(masks, 'utf8')).toBe('mine');
  await workbench.runCommand('Notifications: Clear All Notifications');
  await again();
  await notifications.answer(/exists already/, 'Replace');
  await notifications.waitFor(/^Saved /);
  expect(readFileSync(masks, 'utf8')).not.toBe('mine');
  expect(existsSync(inRoot(0, 'second-nets-net-magnitude-98.masks.py'))).toBe(false);
});
