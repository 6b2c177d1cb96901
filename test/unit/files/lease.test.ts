/** Leases: one holder at a time, taken over from the dead, noticed by those that slept. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { LeaseLost, takeLease } from '../../../server/files/lease';

const timing = { heartbeat: 20, patience: 10 };
const { signal } = new AbortController();
const options = { timing, signal, isDone: async () => false };

function leasePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-lease-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'run.lease');
}

it('is held by one, and goes to the next when it is given back', async () => {
  const path = leasePath();
  const first = (await takeLease(path, options))!;
  expect(first.turn).toBe(1);
  const waiting = takeLease(path, options);
  expect(await Promise.race([waiting, sleep(timing.heartbeat * timing.patience * 2, 'waiting')])).toBe('waiting');
  await first.check();
  await first.release();
  const second = (await waiting)!;
  expect(second.turn).toBe(2);
  await expect(first.check()).rejects.toThrow(LeaseLost);
  await second.remove();
  expect(existsSync(path)).toBe(false);
});

it('is taken by exactly one of many', async () => {
  const path = leasePath();
  const taken = Array.from({ length: 20 }, () => takeLease(path, options));
  const first = (await Promise.race(taken))!;
  await sleep(100);
  expect(readdirSync(path)).toEqual(['1']);
  expect(first.turn).toBe(1);
  const turns = await Promise.all(
    taken.map(async (one) => {
      const lease = (await one)!;
      await lease.release();
      return lease.turn;
    }),
  );
  expect(turns.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

it('is taken over from a holder that is silent, which then finds it lost', async () => {
  const path = leasePath();
  const first = (await takeLease(path, options))!;
  // Another host takes it, as if this one had slept.
  await mkdir(join(path, '2'));
  await sleep(timing.heartbeat * 3);
  expect(first.signal.aborted).toBe(true);
  await expect(first.check()).rejects.toThrow('has taken over');
  // That one never beats.
  const third = (await takeLease(path, options))!;
  expect(third.turn).toBe(3);
  await third.remove();
});

it('is not wanted any more once the work is done', async () => {
  const path = leasePath();
  const first = (await takeLease(path, options))!;
  const marker = `${path}.done`;
  const waiting = takeLease(path, { ...options, isDone: async () => existsSync(marker) });
  writeFileSync(marker, '');
  expect(await waiting).toBeUndefined();
  await first.remove();
  expect(await takeLease(path, { ...options, isDone: async () => true })).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

it('is removed by whoever finds the work done, where its holder was killed when it was', async () => {
  const path = leasePath();
  await mkdir(join(path, '1'), { recursive: true });
  writeFileSync(join(path, '1', 'beat'), '7');
  expect(await takeLease(path, { ...options, isDone: async () => true })).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});
