/** What is shown is true: of a model that reads a file, after a reload, of models of equal names, and of data that does not fit. */
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';

const NET = `import * as tf from '@tensorflow/tfjs';
import sizes from './sizes.json';

export default function net(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.dense({ name: 'hidden', units: sizes.hidden, inputShape: [10] }));
  model.add(tf.layers.dense({ name: 'classes', units: 3, activation: 'softmax' }));
  return model;
}
`;
const CLASSES_LINE = 7;
/** Its number has a line of its own: editors close brackets that are typed. */
const SIZES = '{ "hidden":\n40\n}\n';

const editor = useEditor({
  open: ['one/net.ts'],
  files: { 'one/net.ts': NET, 'one/sizes.json': SIZES, 'two/net.ts': NET, 'two/sizes.json': SIZES },
  settings: {
    'prunelens.defaultMethod': 'magnitude',
    'prunelens.rescore.method': 'off',
    'prunelens.backend': 'cpu',
  },
});

const hintOf = async () => (await editor().hints.byLine(NET)).get(CLASSES_LINE) ?? '';

it('scores go stale with the JSON file that their model reads, and hold again when it changes back', async () => {
  const { lenses, workbench } = editor();
  await lenses.click('Score at init');
  await lenses.waitFor(/^Magnitude · 98 % · /);
  await expect.poll(hintOf, { timeout: 60_000 }).toMatch(/^kept \d+ of 120 · /);
  await workbench.focusEditor();
  await workbench.openFile('sizes.json');
  await workbench.replaceLine(2, '60');
  await workbench.save();
  await workbench.openFile('net.ts');
  await lenses.waitFor(/kept, stale$/);
  await workbench.openFile('sizes.json');
  await workbench.replaceLine(2, '40');
  await workbench.save();
  await workbench.openFile('net.ts');
  await lenses.waitFor(/^Magnitude · 98 % · [\d,]+ of [\d,]+ kept$/);
});

it('scores are there after a reload, with their heatmap, without being asked for', async () => {
  const { heatmap, lenses, workbench } = editor();
  await workbench.reload();
  // Which tab is in front is saved a while after it changes, and may be lost by the reload.
  await workbench.openFile('net.ts');
  await lenses.waitFor(/^Magnitude · 98 % · [\d,]+ of [\d,]+ kept$/);
  await expect.poll(hintOf, { timeout: 60_000 }).toMatch(/^kept \d+ of 120 · /);
  await heatmap.waitForLayers(['hidden', 'classes']);
});

it('models of equal file names are told apart', async () => {
  const { page, quickPick, workbench } = editor();
  // None of its models is meant without a word.
  await workbench.openFile('sizes.json');
  await workbench.runCommand('PruneLens: Score at Init');
  const items = (await quickPick.itemsWith('one/net.ts')).join('\n');
  expect(items).toContain('two/net.ts');
  await page.keyboard.press('Escape');
});

it('data that does not fit is below, with the reason, and Esc changes nothing', async () => {
  const { page, quickPick, read, notifications, workbench } = editor();
  const settings = read('prunelens.json');
  await workbench.runCommand('PruneLens: Choose Other Data…');
  await quickPick.pick('one/net.ts');
  const items = await quickPick.itemsWith('A folder…');
  expect(items[0]).not.toContain('MNIST');
  expect(items.join('\n')).toContain('inputs of shape [10]');
  await page.keyboard.press('Escape');
  expect(read('prunelens.json')).toBe(settings);
  expect(await notifications.texts()).toEqual([]);
});
