/** A workspace with a PyTorch model, from distrust to masks: what a user of TypeScript has, for a file of Python. Needs a Python with PyTorch. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import { exportForPyTorch } from '../harness/exportMasks';
import { extensionProcesses } from '../harness/extensionProcesses';
import { useEditor } from '../harness/fixture';
import type { Problem } from '../harness/pages/panels';
import { descendants, sleep, waitFor } from '../harness/processes';
import { readRun, runsOf } from '../harness/runs';

const missing = whyNoPython();

/** Outside the workspace, where a model that is loaded may write. */
const MARK = join(tmpdir(), `prunelens-python-ran-${process.pid}`);
const NET = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        width = 24
        layers = []
        for inputs in (784, width):
            layers += [nn.Linear(inputs, width), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.classes = nn.Linear(width, 10)
        open(${JSON.stringify(MARK)}, "w").close()

    def forward(self, x):
        return self.classes(self.layers(x.flatten(1)))
`;
/** Whose inputs nothing says. */
const UNSAID = `import torch.nn as nn

class Unsaid(nn.Module):
    def __init__(self):
        super().__init__()
        self.only = nn.Linear(12, 4)

    def forward(self, x):
        return self.only(x)
`;
const [WIDTH_LINE, LOOP_LINE, CLASSES_LINE] = [6, 9, 11];
/** More than the test waits for: the run is stopped. */
const EPOCHS = 200;
const ACTIONS = ['Score at init', 'Prune…', 'Train masked', 'Compare methods'];

describe.skipIf(missing !== undefined)(
  `PyTorch in the editor${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    const editor = useEditor({
      untrusted: true,
      open: ['net.py'],
      files: {
        'net.py': NET,
        'unsaid.py': UNSAID,
        'prunelens.json': JSON.stringify({
          data: [
            { models: 'net.py', data: 'mnist' },
            { models: 'unsaid.py', data: 'noise' },
          ],
          epochs: EPOCHS,
          models: [{ file: 'net.py', inputs: [{ shape: [1, 28, 28] }] }],
        }),
      },
      settings: {
        'prunelens.python': TEST_PYTHON,
        'prunelens.backend': 'cpu',
        'prunelens.defaultMethod': 'snip',
        'prunelens.rescore.method': 'magnitude',
      },
    });
    afterAll(() => rmSync(MARK, { force: true }));

    const hints = (what: string, accept: (found: ReadonlyMap<number, string>) => boolean) =>
      editor().hints.waitFor(what, editor().read('net.py'), accept, 120_000);
    const change = async (line: number, text: string) => {
      await editor().workbench.replaceLine(line, text);
      await editor().workbench.save();
    };
    const isAt = (line: number) => (problem: Problem) => problem.line === line && problem.severity === 'error';
    const lastEpoch = () => readRun(runsOf(editor().workspace)[0].folder).epochs.at(-1) ?? 0;

    it('runs no Python until the folder is trusted', async () => {
      const { lenses, server, workbench } = editor();
      await workbench.focusEditor();
      await change(1, 'import torch.nn as nn  # edited');
      // Long enough for a model to be built, were it built.
      await sleep(3000);
      expect(await lenses.texts()).toEqual([]);
      expect(descendants(server.pid).filter(({ command }) => /\bpython[\d.]*\b.*\.py\b/.test(command))).toEqual([]);
      expect(existsSync(MARK)).toBe(false);
      await workbench.trustFolder();
      await workbench.openFile('net.py');
      await lenses.waitFor('Score at init');
    });

    it('has lenses above the samples', async () => {
      const { lenses, read, workbench } = editor();
      const samples = [
        ['pytorch/resnet20.py', 'def resnet20('],
        ['pytorch/vit.py', 'class VisionTransformer('],
        ['net.py', 'class Net('],
      ];
      for (const [sample, definition] of samples) {
        await workbench.openFile(sample.split('/').at(-1)!);
        const line =
          read(sample)
            .split('\n')
            .findIndex((one) => one.startsWith(definition)) + 1;
        await workbench.goToLine(line);
        await lenses.waitFor('Compare methods');
        expect(await lenses.texts(), sample).toEqual(expect.arrayContaining(ACTIONS));
      }
    });

    it('scores, with hints at the line in the loop, and follows the slider', async () => {
      const { heatmap, lenses } = editor();
      await lenses.click('Score at init');
      const shown = await hints('hints at all layers', ({ size }) => size >= 2);
      expect([...shown.keys()]).toEqual([LOOP_LINE, CLASSES_LINE]);
      expect(shown.get(LOOP_LINE)).toMatch(/2 layers/);
      expect(shown.get(CLASSES_LINE)).toMatch(/kept [\d,]+ of 240 · [\d.]+ % pruned/);
      await lenses.waitFor(/SNIP · 98 % · 393 of 19,632 kept/);
      expect(existsSync(MARK)).toBe(true);
      await heatmap.waitForLayers(['layers.0', 'layers.2', 'classes']);
      await heatmap.moveSlider('ArrowLeft', 40);
      await hints('hints of more kept weights', (found) => found.get(CLASSES_LINE) !== shown.get(CLASSES_LINE));
    });

    it('estimates what an edit makes of it', async () => {
      await change(WIDTH_LINE, '        width = 20');
      const shown = await hints('a hint of the smaller layer', (found) =>
        /of 200 ·/.test(found.get(CLASSES_LINE) ?? ''),
      );
      expect(shown.get(CLASSES_LINE)).toMatch(/^Magnitude · kept/);
    });

    it('marks the line of a mistake and keeps the last good result', async () => {
      const { hints: hinted, problems, read } = editor();
      await change(CLASSES_LINE, '        self.classes = nn.Linear(width, classes)');
      const problem = await problems.waitFor(`an error at line ${CLASSES_LINE}`, isAt(CLASSES_LINE));
      expect(problem.message).toContain("NameError: name 'classes' is not defined");
      expect((await hinted.byLine(read('net.py'))).get(LOOP_LINE)).toMatch(/^stale · Magnitude · .*pruned/);
      await change(CLASSES_LINE, '        self.classes = nn.Linear(width, 10)');
      await expect.poll(async () => (await problems.list()).filter(isAt(CLASSES_LINE))).toEqual([]);
    });

    it('exports masks for a script of PyTorch', async () => {
      const { lenses, workbench } = editor();
      await workbench.focusEditor();
      await lenses.click('Score at init');
      await lenses.waitFor(/SNIP · [\d.]+ % · [\d,]+ of 16,280 kept$/);
      await exportForPyTorch(editor());
    });

    it('asks for the inputs alone where a model lacks nothing else', async () => {
      const { hints: hinted, lenses, quickPick, read, workbench } = editor();
      await workbench.openFile('unsaid.py');
      await lenses.click('Score at init');
      await quickPick.type('Inputs of', '12');
      await hinted.waitFor('a hint of the layer', read('unsaid.py'), (shown) => shown.size > 0, 120_000);
      expect(JSON.parse(read('prunelens.json')).models).toContainEqual({
        file: 'unsaid.py',
        inputs: [expect.objectContaining({ shape: [12] })],
      });
      await workbench.openFile('net.py');
    });

    it('trains, and resumes after its process is killed', async () => {
      const { curves, lenses, server, workspace } = editor();
      await lenses.click('Train masked');
      await waitFor('an epoch', () => runsOf(workspace).length > 0 && lastEpoch() >= 1, 180_000);
      await curves.waitForEpochs(1);
      const { worker } = extensionProcesses(server.pid);
      const workers = descendants(server.pid).filter(({ command }) => /\bdist\/worker\.js\b/.test(command));
      expect(workers).toContainEqual(worker);
      for (const { pid } of workers) process.kill(pid, 'SIGKILL');
      const killed = lastEpoch();
      await waitFor('further epochs', () => lastEpoch() > killed, 180_000);
      const { epochs } = readRun(runsOf(workspace)[0].folder);
      expect(epochs).toEqual(epochs.map((_, index) => index + 1));
      await curves.stop();
      await curves.waitForState('Interrupted');
    });
  },
);
