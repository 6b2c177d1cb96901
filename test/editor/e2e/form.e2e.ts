/** From the form to a run, a search, and a smaller model of PyTorch. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import { useEditor } from '../harness/fixture';
import { waitFor } from '../harness/processes';
import { runsOf } from '../harness/runs';

const missing = whyNoPython();

const SAMPLE = 'lenet-300-100.ts';
const SETTINGS = `{
  // Digits.
  "data": "mnist",
  "batchSize": 128
}
`;
const NET = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 24)
        self.classes = nn.Linear(24, 10)

    def forward(self, x):
        return self.classes(self.hidden(x.flatten(1)).relu())
`;

const editor = useEditor({
  open: [SAMPLE],
  files: {
    'prunelens.json': SETTINGS,
    'python/net.py': NET,
    'python/prunelens.json': JSON.stringify({
      data: 'mnist',
      models: [{ file: 'net.py', inputs: [{ shape: [1, 28, 28] }] }],
    }),
  },
  settings: { 'prunelens.python': TEST_PYTHON, 'prunelens.backend': 'cpu' },
});

const configOf = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));

it('leads from what is chosen in the form to a run that has it', async () => {
  const { curves, form, lenses, read, workspace } = editor();
  await lenses.click('Train…');
  await form.field('batchSize').getByText('from prunelens.json').waitFor();
  await expect.poll(() => form.estimate(), { timeout: 120_000 }).toContain('10 epochs of');
  const before = await form.estimate();
  await form.choose('method', /^\s*Magnitude\s*$/);
  await form.fill('epochs', '2');
  await form.fill('limit', '6400');
  await expect.poll(() => form.estimate(), { timeout: 120_000 }).toContain('2 epochs of');
  expect(await form.estimate()).not.toBe(before);
  await form.write();
  expect(read('prunelens.json')).toBe(SETTINGS.replace('128\n', '128,\n  "epochs": 2\n'));
  await form.field('epochs').getByText('from prunelens.json').waitFor();
  await form.start();
  const { folder } = await waitFor(
    'a finished run',
    () => runsOf(workspace).find(({ isFinished }) => isFinished),
    180_000,
  );
  expect(configOf(folder)).toMatchObject({
    origin: { method: 'magnitude', sparsity: 0.98 },
    training: { epochs: 2, batchSize: 128 },
    data: { trainExamples: 6400 },
  });
  await curves.waitForState('Finished');
});

it('searches, with its runs in the table, and tells what was found', async () => {
  const { form, lenses, notifications, runTable, workbench } = editor();
  await workbench.runCommand('View: Close All Editors');
  await workbench.openFile(SAMPLE);
  await lenses.waitFor('Score at init');
  await workbench.runCommand('PruneLens: Search the Highest Sparsity…');
  await form.choose('method', /^\s*Magnitude\s*$/);
  await form.fill('rounds', '1');
  await form.fill('tolerance', '0.5');
  await form.fill('limit', '2560');
  await form.start();
  await expect.poll(() => runTable.count(), { timeout: 120_000 }).toMatch(/^[23] runs$/);
  await notifications.waitFor(/magnitude keeps the test accuracy within 50/);
});

it.skipIf(missing !== undefined)(
  `makes a PyTorch model smaller and tells what is proved${missing ? ` (left out because ${missing})` : ''}`,
  async () => {
    const { form, lenses, notifications, page, workbench, workspace } = editor();
    await workbench.runCommand('View: Close All Editors');
    await workbench.openFile('net.py');
    await lenses.waitFor('Score at init');
    await workbench.runCommand('PruneLens: Make a Model Smaller…');
    await form.fill('sparsity', '50');
    await form.fill('folder', 'small');
    await form.start();
    await notifications.waitFor(/the outputs differ by [\d.e-]+ of the largest/);
    const folder = join(workspace, 'small');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['shrink.py', 'model.safetensors', 'result.json']));
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
    expect(result).toMatchObject({ method: 'snip', sparsity: 0.5, channels: 24, keptChannels: 12 });
    await page.locator('.notifications-toasts .monaco-button', { hasText: 'Open shrink.py' }).click();
    await page.locator('.tabs-container .tab.active', { hasText: 'shrink.py' }).waitFor();
  },
);
