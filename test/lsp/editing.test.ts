/** Results while a model and its settings are edited, over real LSP with the real compute process. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CodeAction, Diagnostic, TextDocumentEdit } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import type { LayerSelection } from '../../server/protocol/results';
import { buildServer, eventually } from './client';
import { LENET, type Lenet, SETTINGS, startLenet } from './lenet';

let client: Lenet;
beforeAll(buildServer);
afterEach(() => client.stop());

const heatmap = () => client.request(serverRequests.heatmap, { model: client.model });
const score = (method: string, sparsity?: number) =>
  client.run(serverCommands.score, {
    model: client.model,
    method,
    ...(sparsity !== undefined && { sparsity }),
  });

describe('an edit of a model that was scored by a method of the user\u2019s choice', () => {
  test('keeps that score, marked as out of date, beside an estimate that has its name; taking it back restores it', async () => {
    client = await startLenet();
    const { score: chosen } = await score('snip');
    const before = await client.labels();
    const summary = await client.summary();

    client.edit(LENET, '[300, 100]', '[200, 100]');
    await eventually(async () => (await client.labels())[0]?.startsWith('Magnitude · '));
    expect((await client.labels()).every((label) => label.startsWith('Magnitude · '))).toBe(true);
    expect(await client.summary()).toBe(`${summary}, stale · now Magnitude: 3,556 of 177,800`);
    const [hint] = await client.hints(LENET);
    expect(hint.tooltip).toMatchObject({ value: expect.stringContaining('SNIP is out of date') });

    // The heatmap goes on showing what the user chose, of the architecture that it was made for.
    const state = await heatmap();
    expect([state.shown, state.stale, state.scores.map(({ scoreId }) => scoreId)]).toEqual([
      'snip',
      true,
      [chosen.scoreId],
    ]);
    expect(state.summary.layers.find(({ name }) => name === 'fc1')?.outputShape).toEqual([300]);
    const area = { row: 0, column: 0, rows: 300, columns: 784, height: 3, width: 3 };
    const asked = { scoreId: chosen.scoreId, weight: 'fc1/kernel', sparsity: 0.98, ...area };
    expect((await client.request(serverRequests.tile, asked)).height).toBe(3);

    // Estimates follow the slider as well.
    await client.run(serverCommands.setSparsity, { model: client.model, sparsity: 0.9 });
    expect(await client.summary()).toContain('26,620 of 266,200 kept, stale · now Magnitude: 17,780 of 177,800');
    await client.run(serverCommands.setSparsity, { model: client.model, sparsity: 0.98 });

    client.edit(LENET, '[200, 100]', '[300, 100]');
    await eventually(async () => (await client.labels()).join() === before.join());
    expect(await client.summary()).toBe(summary);
    expect((await heatmap()).scores[0].scoreId).toBe(chosen.scoreId);

    // Scoring again is what takes the place of the old score.
    client.edit(LENET, '[300, 100]', '[100, 100]');
    await eventually(async () => (await client.labels())[0]?.startsWith('Magnitude · '));
    await score('snip');
    expect(await client.summary()).toMatch(/^SNIP · 98 % · [\d,]+ of 89,400 kept$/);
    expect((await client.labels()).join()).not.toContain('Magnitude');
  });
});

describe('an edit of what prunelens.json says of scoring', () => {
  test('marks scores that it concerns as out of date; taking it back restores them', async () => {
    client = await startLenet();
    const write = async (text: string) => {
      await writeFile(client.file('prunelens.json'), text);
      await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [{ uri: client.uri('prunelens.json'), type: 2 }],
      });
    };
    const { score: chosen, selection: before } = await score('snip');
    await score('magnitude');
    await write(SETTINGS.replace('\n}', ',\n  "scoring": { "batches": 2 }\n}'));
    const show = (method: string) =>
      client.request(serverRequests.select, { model: client.model, method, sparsity: 0.98, paths: false });
    await show('snip');
    await eventually(async () => (await heatmap()).stale);
    expect(await client.summary()).toMatch(/^SNIP .* kept, stale$/);
    expect((await client.labels())[0]).toMatch(/^stale · /);
    await show('magnitude');
    expect((await heatmap()).stale).toBe(false);
    await show('snip');
    await write(SETTINGS);
    await eventually(async () => !(await heatmap()).stale);
    expect((await heatmap()).scores.map(({ scoreId }) => scoreId)).toContain(chosen.scoreId);

    // What is scored now takes two batches.
    await write(SETTINGS.replace('\n}', ',\n  "scoring": { "batches": 2 }\n}'));
    await eventually(async () => (await heatmap()).stale);
    const again = await score('snip');
    expect((await heatmap()).stale).toBe(false);
    expect(again.selection.threshold).not.toBe(before.threshold);
  });
});

describe('a criterion that aims at a sparsity', () => {
  test('is scored again for another one, under a progress; a preview is not', async () => {
    client = await startLenet();
    const first = await score('random-erk');
    expect(first.score.aim).toBe(0.98);
    const preview = await client.request(serverRequests.select, {
      model: client.model,
      sparsity: 0.9,
      paths: false,
    });
    expect([preview.scoreId, preview.kept]).toEqual([first.score.scoreId, first.selection.kept]);

    const next = await client.run(serverCommands.setSparsity, { model: client.model, sparsity: 0.9 });
    expect(next.scoreId).not.toBe(first.score.scoreId);
    expect(Math.abs(next.kept - 26_620)).toBeLessThan(5);
    const begun = client.progress.map(({ value }) => value.title);
    expect(begun).toContain(`Scoring ${LENET} by Random (ERK) for 90 %`);
    expect((await heatmap()).scores.map(({ aim }) => aim)).toEqual([0.9]);
  });

  test('is given up for an earlier sparsity when a later one is asked for', async () => {
    client = await startLenet();
    await score('synflow');
    const move = (sparsity: number) =>
      client.request(serverRequests.select, { model: client.model, sparsity, paths: true });
    const earlier = move(0.9).catch((error) => error);
    await eventually(() => client.progress.some(({ value }) => value.title?.endsWith('for 90 %')));
    const later = await move(0.95);
    expect(await earlier).toMatchObject({ code: -32800 });
    expect([later.sparsity, later.kept]).toEqual([0.95, 13_310]);
    expect(await heatmap()).toMatchObject({ sparsity: 0.95, scores: [{ method: 'synflow', aim: 0.95 }] });
    const kinds = client.progress.map(({ value }) => value.kind);
    expect(kinds.filter((kind) => kind === 'begin')).toHaveLength(kinds.filter((kind) => kind === 'end').length);
  });
});

/** What an editor does with a quick fix of the settings: changes the file, saves it, and tells so. */
async function apply(fix: CodeAction): Promise<string> {
  const file = client.file('prunelens.json');
  const changes = fix.edit!.documentChanges!;
  const { edits } = changes.at(-1) as TextDocumentEdit;
  const isNew = changes.length > 1;
  const text = isNew ? '' : await readFile(file, 'utf8');
  const document = TextDocument.create(client.uri('prunelens.json'), 'jsonc', 1, text);
  const result = TextDocument.applyEdits(document, edits as never);
  await writeFile(file, result);
  await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: client.uri('prunelens.json'), type: isNew ? 1 : 2 }],
  });
  return result;
}

/** What the command keeps of each layer. */
async function commandKeeps(sparsity: number): Promise<Record<string, number>> {
  const program = resolve(__dirname, '../../dist/prunelens.js');
  const options = ['--method', 'magnitude', '--sparsity', String(sparsity), '--backend', 'cpu', '--json'];
  const out = join(client.folder, 'masks.safetensors');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    'prune',
    client.file(LENET),
    ...options,
    '--out',
    out,
  ]);
  const { layers } = JSON.parse(stdout) as { layers: LayerSelection[] };
  return Object.fromEntries(layers.map(({ layer, kept }) => [layer, kept]));
}

const editorKeeps = async () =>
  Object.fromEntries((await heatmap()).selection!.layers.map(({ layer, kept }) => [layer, kept]));

describe('quick fixes of collapsed layers', () => {
  const collapses = () =>
    client.diagnostics.get(client.uri(LENET))?.filter(({ code }) => code === 'collapse') as Diagnostic[];

  test.each([
    ['an existing settings file', undefined],
    ['no settings file', {}],
  ])(
    'change %s, and the command then prunes as the editor does',
    async (_, files) => {
      client = await startLenet({}, files);
      await score('magnitude', 0.9999);
      const [collapse] = await eventually(() => (collapses()?.length > 0 ? collapses() : undefined));
      const fixes = await client.fixes(collapse);
      expect(fixes.map(({ title }) => title)).toEqual([
        'Keep at least 5 weights in every layer (prunelens.json)',
        'Exclude layer fc1 from pruning (prunelens.json)',
        'Exclude layer fc2 from pruning (prunelens.json)',
        'Lower the target sparsity to 99.9 %',
      ]);
      const text = await apply(fixes[0]);
      expect(text).toContain('"minPerLayer": 5');
      if (files === undefined) expect(text).toContain('// Digits.');
      await eventually(() => collapses().length === 0);
      const kept = await editorKeeps();
      expect(Math.min(...Object.values(kept))).toBeGreaterThanOrEqual(5);
      expect(await commandKeeps(0.9999)).toEqual(kept);

      // All that is told of a score keeps to it: the tile of a whole tensor has as many weights as the selection.
      const { scores, selection } = await heatmap();
      const { scoreId } = scores[0];
      const area = { row: 0, column: 0, rows: 100, columns: 300, height: 100, width: 300 };
      const asked = { scoreId, weight: 'fc2/kernel', sparsity: 0.9999 };
      const cells = Buffer.from((await client.request(serverRequests.tile, { ...asked, ...area })).density, 'base64');
      const inTile = cells.reduce((sum, cell) => sum + cell, 0) / 255;
      expect(inTile).toBe(selection!.layers.find(({ weight }) => weight === 'fc2/kernel')!.kept);
      const place = cells.findIndex((cell) => cell > 0);
      const index = (place % 300) * 100 + Math.floor(place / 300);
      expect((await client.request(serverRequests.weight, { ...asked, index })).kept).toBe(true);
    },
    60_000,
  );

  test('leave a layer out, which scores the others again', async () => {
    client = await startLenet();
    await score('magnitude', 0.9999);
    const [collapse] = await eventually(() => (collapses()?.length > 0 ? collapses() : undefined));
    const fix = (await client.fixes(collapse)).find(({ title }) => title.startsWith('Exclude'))!;
    const layer = /layer (\w+)/.exec(fix.title)![1];
    expect(JSON.parse((await apply(fix)).replace('// Digits.', '')).prunable).toEqual({ exclude: [layer] });
    await eventually(async () => !(layer in (await editorKeeps())));
    expect(await commandKeeps(0.9999)).toEqual(await editorKeeps());
    expect(client.progress.some(({ value }) => value.title === `Scoring ${LENET} for other layers`)).toBe(true);
  });
});
