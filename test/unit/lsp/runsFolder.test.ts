import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Context } from '../../../server/lsp/context';
import { newRunFolder } from '../../../server/lsp/model/runsFolder';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prunelens-runs-'));
  vi.useFakeTimers({ now: new Date('2026-01-31T12:30:00Z'), toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const context = () =>
  ({
    folders: { of: () => folder },
    settings: async () => ({ runs: { folder: 'runs' } }),
    runs: { isTraining: (run: string) => basename(run).endsWith('-2') },
  }) as unknown as Context;

it('gives runs that begin in one second folders of their own', async () => {
  const first = await newRunFolder(context(), 'net.ts', ['compare', 'net']);
  expect(first).toBe(join(folder, 'runs', 'compare-net-2026-01-31T12-30-00'));
  mkdirSync(first, { recursive: true });
  // The second name is being trained by this server, though its folder is not made yet.
  expect(await newRunFolder(context(), 'net.ts', ['compare', 'net'])).toBe(`${first}-3`);
});

it('keeps names to what every file system takes', async () => {
  expect(basename(await newRunFolder(context(), 'net.ts', ['a b/c', 0.98]))).toBe('a_b_c-0.98-2026-01-31T12-30-00');
});
