/** What runs of a network and seed share, where a process sleeps and another one takes over. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunRequest } from '../../../server/comparison/request';
import { whileAlone } from '../../../server/comparison/shared';
import { temporaryFolder } from '../../support/models';

const requestIn = (out: string, signal: AbortSignal) =>
  ({ key: { model: 'net', seed: 3 }, out, signal, timing: { heartbeat: 20, patience: 10 } }) as unknown as RunRequest;

it('goes on after the other one, and fails only where it is told to end', async () => {
  const out = temporaryFolder({});
  const lease = join(out, 'runs', 'net', 'convergence-3.lease');
  const ending = new AbortController();
  let times = 0;
  const sleeper = async ({ signal }: RunRequest): Promise<string> => {
    if (++times === 2) return 'done';
    // As if this process had slept, and another one had done its turn meanwhile.
    mkdirSync(join(lease, '2'));
    writeFileSync(join(lease, '2', 'free'), '');
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return 'never';
  };
  expect(await whileAlone(requestIn(out, ending.signal), sleeper)).toBe('done');
  times = 0;
  const stopped = new Error('enough');
  const told = whileAlone(requestIn(out, ending.signal), ({ signal }) => {
    times++;
    ending.abort(stopped);
    return Promise.reject(signal.reason);
  });
  await expect(told).rejects.toBe(stopped);
  expect(times).toBe(1);
});
