/** Scoring a sample: lenses, hints, heatmap, slider, edits, mistakes. */
import { expect, it } from 'vitest';
import { useEditor } from '../harness/fixture';
import type { Problem } from '../harness/pages/panels';

const SAMPLE = 'lenet-300-100.ts';
const ACTIONS = ['Score at init', 'Prune…', 'Train masked', 'Train…', 'Compare methods'];
/** Lines of the sample: the hidden layers (two of them, from one line) and the outputs. */
const UNITS_LINE = 4;
const HIDDEN_LINE = 11;
const LOGITS_LINE = 14;

const editor = useEditor({ open: [SAMPLE] });

const keptIn = (hint = ''): number => Number(/kept ([\d,]+) of/.exec(hint)?.[1].replaceAll(',', '') ?? Number.NaN);
const isAt = (line: number) => (problem: Problem) => problem.line === line && problem.severity === 'error';

it('shows lenses above every sample', async () => {
  const { lenses, workbench } = editor();
  for (const sample of [SAMPLE, 'conv-net.ts', 'resnet-20.ts', 'vgg-16.ts', 'keras-convnet.json']) {
    if (sample !== SAMPLE) await workbench.openFile(sample);
    await lenses.waitFor('Compare methods');
    expect(await lenses.texts(), sample).toEqual(ACTIONS);
  }
});

it('ends Score at init with hints and a summary', async () => {
  const { hints, lenses, read, workbench } = editor();
  await workbench.openFile(SAMPLE);
  await lenses.click('Score at init');
  const shown = await hints.waitFor('hints at all layers', read(SAMPLE), (found) => found.size >= 2, 120_000);
  expect([...shown.keys()]).toEqual([HIDDEN_LINE, LOGITS_LINE]);
  expect(shown.get(HIDDEN_LINE)).toMatch(/2 layers/);
  expect(shown.get(LOGITS_LINE)).toMatch(/kept [\d,]+ of 1,000 · [\d.]+ % pruned/);
  await lenses.waitFor(/98 % · 5,324 of 266,200 kept/);
});

it('draws what stays of each layer', async () => {
  const { heatmap } = editor();
  await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
  expect(await heatmap.kept('logits')).toMatch(/1,000/);
});

it('changes the hints and the heatmap with the slider', async () => {
  const { heatmap, hints, lenses, read } = editor();
  const before = await hints.byLine(read(SAMPLE));
  const tile = await heatmap.tile('fc1');
  await heatmap.moveSlider('ArrowLeft', 40);
  const after = await hints.waitFor(
    'hints of more kept weights',
    read(SAMPLE),
    (found) => keptIn(found.get(LOGITS_LINE)) > keptIn(before.get(LOGITS_LINE)),
  );
  expect(after.get(HIDDEN_LINE)).not.toBe(before.get(HIDDEN_LINE));
  await expect.poll(() => heatmap.tile('fc1')).not.toBe(tile);
  await expect.poll(async () => (await lenses.texts()).join()).not.toContain('5,324 of');
});

it('follows an edit of the architecture', async () => {
  const { hints, read, workbench } = editor();
  await workbench.replaceLine(UNITS_LINE, 'const HIDDEN_UNITS = [300, 50];');
  await workbench.save();
  const shown = await hints.waitFor('a hint of the smaller layer', read(SAMPLE), (found) =>
    /of 500 ·/.test(found.get(LOGITS_LINE) ?? ''),
  );
  expect(shown.get(LOGITS_LINE)).not.toContain('stale');
});

it('marks the line of a mistake and keeps the last good result', async () => {
  const { hints, problems, read, workbench } = editor();
  const good = "  model.add(tf.layers.dense({ name: 'logits', units: CLASSES }));";
  await workbench.replaceLine(LOGITS_LINE, good.replace('units: CLASSES', "units: CLASSES, activation: 'nonsense'"));
  await workbench.save();
  const problem = await problems.waitFor(`an error at line ${LOGITS_LINE}`, isAt(LOGITS_LINE));
  expect(problem.message).toMatch(/nonsense/);
  const kept = await hints.byLine(read(SAMPLE));
  expect(kept.get(LOGITS_LINE)).toMatch(/kept [\d,]+ of 500/);
  await workbench.replaceLine(LOGITS_LINE, good);
  await workbench.save();
  await expect.poll(async () => (await problems.list()).filter(isAt(LOGITS_LINE))).toEqual([]);
});

it('restores the heatmap after a reload', async () => {
  const { heatmap, lenses, workbench } = editor();
  await workbench.reload();
  await lenses.waitFor('Score at init');
  await heatmap.waitForLayers(['fc1', 'fc2', 'logits']);
});
