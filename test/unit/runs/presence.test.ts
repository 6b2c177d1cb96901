/** Whether a run is being trained, as its folder tells. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runFiles } from '../../../server/runs/files';
import { announceProcess, isTrained } from '../../../server/runs/presence';

let run = '';
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'prunelens-presence-'));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

function claim(pid: number, host: string, secondsAgo = 0): void {
  const { process: path } = runFiles(run);
  writeFileSync(path, JSON.stringify({ pid, host }));
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(path, time, time);
}

it('is trained while its process says so, and not after', async () => {
  expect(await isTrained(run)).toBe(false);
  const leave = await announceProcess(run);
  expect(await isTrained(run)).toBe(true);
  leave();
  expect(await isTrained(run)).toBe(false);
});

it('is not trained by a process of this machine that is gone', async () => {
  // Above the largest process number of any system.
  claim(2 ** 30, hostname());
  expect(await isTrained(run)).toBe(false);
});

it('is trained on another machine until its heartbeat has stopped for a minute', async () => {
  claim(1, 'another-machine', 30);
  expect(await isTrained(run)).toBe(true);
  claim(1, 'another-machine', 61);
  expect(await isTrained(run)).toBe(false);
});

it('is not trained where the file is damaged', async () => {
  writeFileSync(runFiles(run).process, '{"pid":');
  expect(await isTrained(run)).toBe(false);
});
