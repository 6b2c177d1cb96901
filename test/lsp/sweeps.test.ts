/** Files of sweeps in an editor: what is told of them while they are written, and running one. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompletionItem, CompletionList } from 'vscode-languageserver';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually } from './client';
import { LENET, type Lenet, NOISE, startLenet } from './lenet';

const FILE = 'quick.yaml';
const SWEEP = `title: Quick
models: [${LENET}]
data: '${NOISE.data}'
methods: [magnitude, random]
sparsities: [0.9]
seeds: 1
backend: cpu
settings:
  epochs: 1
  limit: 256
`;

let client: Lenet;
beforeAll(async () => {
  await buildServer();
  client = await startLenet({ settings: NOISE }, {});
});
afterAll(() => client.stop());

test('a sweep is checked, completed and run from its file', async () => {
  writeFileSync(client.file(FILE), SWEEP);
  client.open(FILE, SWEEP.replace('random', 'randum'));
  const mistakes = await eventually(() => client.diagnostics.get(client.uri(FILE)));
  expect(mistakes).toMatchObject([
    { message: expect.stringContaining('no method "randum"'), range: { start: { line: 3, character: 21 } } },
  ]);
  expect(await client.lenses(FILE)).toEqual([]);

  client.edit(FILE, 'randum', 'random');
  await eventually(() => client.diagnostics.get(client.uri(FILE))?.length === 0);
  const [lens] = await client.lenses(FILE);
  // The dense network, and a run of each method.
  expect(lens.command).toMatchObject({
    title: 'Run sweep · 3 runs',
    command: serverCommands.sweep.method,
    arguments: [{ file: client.file(FILE) }],
  });
  const completions = await client.connection.sendRequest<CompletionItem[] | CompletionList>(
    'textDocument/completion',
    {
      textDocument: { uri: client.uri(FILE) },
      position: { line: 3, character: 'methods: ['.length },
    },
  );
  const items = Array.isArray(completions) ? completions : completions.items;
  expect(items.map(({ label }) => label)).toContain('synflow');

  client.edit(FILE, 'Quick', 'Quicker');
  await expect(client.run(serverCommands.sweep, { file: client.file(FILE) })).rejects.toThrow('not saved');
  client.edit(FILE, 'Quicker', 'Quick');
  await client.connection.sendNotification('textDocument/didSave', { textDocument: { uri: client.uri(FILE) } });
  const { folder, rows } = await client.run(serverCommands.sweep, { file: client.file(FILE) });
  expect(basename(folder)).toMatch(/^sweep-quick-/);
  expect(rows.map(({ method }) => method).toSorted()).toEqual(['dense', 'magnitude', 'random']);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
  const listed = await eventually(async () => {
    const runs = await client.request(serverRequests.runTable, {});
    return runs.length === 3 ? runs : undefined;
  });
  expect(new Set(listed.map(({ group }) => group))).toEqual(new Set([basename(folder)]));
  const told = client.progress.map(({ value }) => value.message ?? '').join('\n');
  expect(told).toContain('3 of 3 runs');
});
