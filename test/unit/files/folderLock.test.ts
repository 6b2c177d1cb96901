/** One command at a time in a folder, and none kept out by a dead one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkUnlocked, lockFolder, takeSilentLocks } from '../../../server/files/lock';

const root = mkdtempSync(join(tmpdir(), 'prunelens-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(root, String(count++));
const lockFile = (folder: string) => join(folder, 'prunelens.lock');

function forge(folder: string, change: (lock: { host: string; processes: object[] }) => void): void {
  const lock = JSON.parse(readFileSync(lockFile(folder), 'utf8'));
  change(lock);
  writeFileSync(lockFile(folder), JSON.stringify(lock));
}

it('keeps others out until it is released', async () => {
  const folder = fresh();
  await checkUnlocked(folder);
  const lock = await lockFolder(folder);
  const refusal = `Another process (${process.pid}) has been writing to ${folder} since `;
  await expect(lockFolder(folder)).rejects.toThrow(refusal);
  await expect(checkUnlocked(folder)).rejects.toThrow(refusal);
  await lock.release();
  await (await lockFolder(folder)).release();
  expect(readdirSync(folder)).toEqual([]);
});

it('of another machine is taken where that has been silent for minutes and somebody says so', async () => {
  const folder = fresh();
  const lock = await lockFolder(join(folder, 'runs', 'one'));
  const path = lockFile(join(folder, 'runs', 'one'));
  forge(join(folder, 'runs', 'one'), (stored) => {
    stored.host = 'elsewhere';
  });
  await expect(checkUnlocked(join(folder, 'runs', 'one'))).rejects.toMatchObject({
    hint: expect.stringContaining('It is running'),
  });
  expect(await takeSilentLocks(folder)).toEqual([]);
  const old = new Date(Date.now() - 10 * 60_000);
  utimesSync(path, old, old);
  await expect(checkUnlocked(join(folder, 'runs', 'one'))).rejects.toMatchObject({
    hint: expect.stringMatching(/no sign of life for 10 minutes.* --force/),
  });
  expect(await takeSilentLocks(folder)).toEqual([
    `${join(folder, 'runs', 'one')} is taken from elsewhere, which was silent for 10 minutes.`,
  ]);
  await checkUnlocked(join(folder, 'runs', 'one'));
  await lock.release();
});

it('takes what a dead process has left of one, and nothing of another machine', async () => {
  const folder = fresh();
  const first = await lockFolder(folder);
  const lock = readFileSync(lockFile(folder), 'utf8');
  await first.release();
  const dead = spawn('true');
  await once(dead, 'exit');
  const left = (name: string, content: string) => writeFileSync(`${lockFile(folder)}.${name}`, content);
  left(String(dead.pid), lock);
  left(`${dead.pid}.stale`, lock);
  left(String(process.ppid), lock);
  left(`${dead.pid! + 1e6}`, JSON.stringify({ ...JSON.parse(lock), host: 'elsewhere' }));
  await (await lockFolder(folder)).release();
  expect(readdirSync(folder).sort()).toEqual(
    [`prunelens.lock.${dead.pid! + 1e6}`, `prunelens.lock.${process.ppid}`].sort(),
  );
});

it('of several that come at once, one gets it', async () => {
  const folder = fresh();
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('is void once its processes are dead, those of its jobs too', async () => {
  const folder = fresh();
  const lock = await lockFolder(folder);
  const job = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  await once(job, 'spawn');
  await lock.add(job.pid!);
  forge(folder, (stored) => stored.processes.shift());
  await expect(lockFolder(folder)).rejects.toThrow(`process (${job.pid})`);
  job.kill('SIGKILL');
  await once(job, 'exit');
  await (await lockFolder(folder)).release();
});

// Elsewhere a process that nobody has asked is not listed, or not in a file.
if (process.platform === 'linux')
  it('is void where its process was killed and nobody has asked how it ended', async () => {
    const folder = fresh();
    await lockFolder(folder);
    // The shell never waits for its child, and becomes a program that does not know of it.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    forge(folder, (stored) => {
      stored.processes = [{ pid, started: null }];
    });
    await expect(lockFolder(folder)).rejects.toThrow(`process (${pid})`);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
    await (await lockFolder(folder)).release();
    parent.kill('SIGKILL');
  });

it('is void where another process has got its number', async () => {
  const folder = fresh();
  await lockFolder(folder);
  forge(folder, (stored) => {
    stored.processes = [{ pid: process.pid, started: 'another time' }];
  });
  await (await lockFolder(folder)).release();
});

it('is not taken from another machine, nor where it cannot be read', async () => {
  const folder = fresh();
  await lockFolder(folder);
  forge(folder, (stored) => {
    stored.host = `not-${hostname()}`;
  });
  await expect(lockFolder(folder)).rejects.toThrow(`A process on another machine (not-${hostname()})`);
  writeFileSync(lockFile(folder), 'half a lo');
  await expect(lockFolder(folder)).rejects.toThrow('is damaged');
});
