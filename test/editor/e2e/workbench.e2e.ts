/** The table of 300 runs, and the architecture graph beside its code. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';

const SAMPLE = 'lenet-300-100.ts';
const RUNS = '.prunelens/runs';
const METHODS = ['dense', 'prospr', 'snip'];
/** A run with a name that a spreadsheet would calculate. */
const FORMULA = { run: 10, label: '=1+1' };
/** Where `fc1` and `fc2` are made, and where the classes are. */
const LINES = { hidden: 11, logits: 14 };

const name = (at: number) => `run-${String(at).padStart(3, '0')}`;

/** The folders of 300 runs, as training leaves them: the later, the better. */
function storedRuns(): Record<string, string> {
  const files: Record<string, string> = {};
  for (let at = 0; at < 300; at++) {
    const method = METHODS[at % METHODS.length];
    const config = {
      format: 'prunelens-run-1',
      network: 'lenet',
      backend: 'cpu',
      device: 'CPU',
      file: '/models/lenet.ts',
      data: { name: 'mnist', trainExamples: 100, testExamples: 20 },
      origin: method === 'dense' ? {} : { method, sparsity: 0.98 },
      training: { epochs: 1, seed: at, schedule: { kind: 'constant' }, optimizer: { kind: 'sgd', learningRate: 0.1 } },
      started: new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString(),
    };
    const epoch = { epoch: 1, trainLoss: 1, testLoss: 1, testAccuracy: 0.5 + at / 1000, learningRate: 0.1 };
    files[`${RUNS}/${name(at)}/config.json`] = JSON.stringify(config);
    files[`${RUNS}/${name(at)}/metrics.jsonl`] = `${JSON.stringify(epoch)}\n`;
    files[`${RUNS}/${name(at)}/result.json`] = JSON.stringify({ seconds: 1 });
  }
  files[`${RUNS}/${name(FORMULA.run)}/label.json`] = JSON.stringify({ label: FORMULA.label });
  return files;
}

const editor = useEditor({ open: [SAMPLE], files: storedRuns() });
const inRuns = (...path: readonly string[]) => join(editor().workspace, RUNS, ...path);

it('shows 300 runs as a table, filters, sorts, groups, notes, deletes, exports and compares them', async () => {
  const { notifications, quickPick, read, runTable, workbench } = editor();
  await workbench.runCommand('PruneLens: Open Runs Table');
  await expect.poll(() => runTable.count(), { timeout: 60_000 }).toBe('300 runs');
  await expect.poll(() => runTable.firstLine()).toContain('seed 299');
  await runTable.title('Final').click();
  await expect.poll(() => runTable.firstLine()).toContain('seed 0');
  await runTable.groupBy('Method');
  await expect.poll(() => runTable.lines()).toHaveLength(METHODS.length);
  await runTable.groupBy('Nothing');
  await runTable.filter.fill('prospr');
  await expect.poll(() => runTable.count()).toBe('100 of 300 runs');
  await runTable.line('seed 1').click();
  await runTable.tags.fill('paper');
  await runTable.tags.press('Enter');
  await expect.poll(() => existsSync(inRuns(name(1), 'notes.json'))).toBe(true);
  expect(JSON.parse(readFileSync(inRuns(name(1), 'notes.json'), 'utf8'))).toEqual({ tags: ['paper'] });
  await runTable.button('Delete…').click();
  await notifications.answerDialog('Delete');
  await expect.poll(() => existsSync(inRuns(name(1)))).toBe(false);
  await expect.poll(() => runTable.count(), { timeout: 30_000 }).toBe('99 of 299 runs');
  await runTable.button('CSV').click();
  await quickPick.acceptFile('Save runs.csv');
  await notifications.waitFor(/^Saved .*runs\.csv/);
  const [titles, ...lines] = read('runs.csv').trim().split('\n');
  expect(titles.split(',').slice(0, 2)).toEqual(['label', 'state']);
  expect(lines).toHaveLength(99);
  // It is text: the apostrophe says so.
  expect(lines.filter((line) => line.includes(FORMULA.label))).toEqual([
    expect.stringMatching(/^'=1\+1,finished,prospr,/),
  ]);
  await runTable.line('seed 4').click();
  await runTable.line('seed 7').click({ modifiers: ['Control'] });
  await runTable.button('Compare in curves').click();
  await workbench.page.locator('.tabs-container .tab', { hasText: 'Curves' }).waitFor();
});

it('shows the layers of a model, goes to their lines and back', async () => {
  const { architecture, lenses, workbench } = editor();
  await workbench.runCommand('View: Close All Editors');
  await workbench.openFile(SAMPLE);
  await lenses.waitFor('Score at init');
  await workbench.runCommand('PruneLens: Show Architecture');
  await expect
    .poll(() => architecture.nodes(), { timeout: 60_000 })
    .toEqual(expect.arrayContaining(['flatten', 'fc1', 'fc2', 'logits']));
  await architecture.node('logits').dblclick();
  await workbench.page.locator('.statusbar-item', { hasText: `Ln ${LINES.logits},` }).waitFor();
  await workbench.goToLine(LINES.hidden);
  await expect.poll(() => architecture.selected()).toBe('fc1');
});
