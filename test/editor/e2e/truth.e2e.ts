/** What is shown is true: of a model that reads a file, after a reload, of models of equal names, and of data that does not fit. */
import { expect, it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
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
/** Its number has a line of its own: editors close brackets that are typed. */
const SIZES = '{ "hidden":\n40\n}\n';
const PYTORCH = `import json, pathlib
import torch.nn as nn

SIZES = json.loads(pathlib.Path(__file__).with_name("widths.json").read_text())

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(10, SIZES["hidden"])
        self.classes = nn.Linear(SIZES["hidden"], 3)

    def forward(self, x):
        return self.classes(self.hidden(x).relu())
`;

/** A model that reads a JSON file while it is made; the layer of its classes is at `line`. */
interface Reader {
  readonly file: string;
  readonly source: string;
  readonly json: string;
  readonly line: number;
}

const NET_READER: Reader = { file: 'net.ts', source: NET, json: 'sizes.json', line: 7 };
const missing = whyNoPython();
const READERS: readonly Reader[] = [
  NET_READER,
  ...(missing === undefined ? [{ file: 'reader.py', source: PYTORCH, json: 'widths.json', line: 10 }] : []),
];

const editor = useEditor({
  open: ['one/net.ts'],
  files: {
    ...{ 'one/net.ts': NET, 'one/sizes.json': SIZES, 'two/net.ts': NET, 'two/sizes.json': SIZES },
    ...{ 'torch/reader.py': PYTORCH, 'torch/widths.json': SIZES },
    'torch/prunelens.json': JSON.stringify({ models: [{ file: 'reader.py', inputs: [{ shape: [10] }] }] }),
  },
  settings: {
    'prunelens.defaultMethod': 'magnitude',
    'prunelens.rescore.method': 'off',
    'prunelens.backend': 'cpu',
    'prunelens.python': TEST_PYTHON,
  },
});

const hintOf = async ({ source, line }: Reader) => (await editor().hints.byLine(source)).get(line) ?? '';
const SCORED = /^Magnitude · 98 % · [\d,]+ of [\d,]+ kept$/;

it.each(READERS)(
  'scores of $file go stale with the JSON file that it reads, and hold again when it changes back',
  async (reader) => {
    const { lenses, workbench } = editor();
    const change = async (hidden: number) => {
      await workbench.openFile(reader.json);
      await workbench.replaceLine(2, String(hidden));
      await workbench.save();
      await workbench.openFile(reader.file);
    };
    await workbench.focusEditor();
    await workbench.openFile(reader.file);
    await lenses.click('Score at init');
    await lenses.waitFor(SCORED);
    await expect.poll(() => hintOf(reader), { timeout: 120_000 }).toMatch(/^kept \d+ of 120 · /);
    await workbench.focusEditor();
    await change(60);
    await lenses.waitFor(/kept, stale$/);
    await change(40);
    await lenses.waitFor(SCORED);
  },
);
if (missing !== undefined) it.skip(`scores of reader.py: left out because ${missing}`);

it('scores are there after a reload, with their heatmap, without being asked for', async () => {
  const { heatmap, lenses, workbench } = editor();
  await workbench.reload();
  // Which tab is in front is saved a while after it changes, and may be lost by the reload.
  await workbench.openFile('net.ts');
  await lenses.waitFor(SCORED);
  await expect.poll(() => hintOf(NET_READER), { timeout: 60_000 }).toMatch(/^kept \d+ of 120 · /);
  await heatmap.waitForLayers(['hidden', 'classes']);
});

it('models of equal file names are told apart', async () => {
  const { page, quickPick, workbench } = editor();
  // None of its models is meant without a word.
  await workbench.openFile('sizes.json');
  await workbench.runCommand('PruneLens: Score at Init');
  // The list has all samples, and shows those that fit into it.
  await quickPick.filter('net.ts');
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

it('data that is chosen is written down, and what the file says counts at once', async () => {
  const { lenses, notifications, quickPick, read, workbench } = editor();
  await workbench.runCommand('PruneLens: Choose Other Data…');
  await quickPick.pick('one/net.ts');
  await quickPick.pick('Gaussian noise');
  await quickPick.pick('Write it into prunelens.json');
  await notifications.waitFor(/one\/net\.ts is for noise/);
  expect(JSON.parse(read('prunelens.json')).data[0]).toEqual({ models: 'one/net.ts', data: 'noise' });
  await workbench.openFile('net.ts');
  await lenses.waitFor(SCORED);
});
