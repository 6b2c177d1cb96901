/** Processes that are started, and how they end: programs of other languages too, here the shell. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeEnd } from '../../../server/processes/ended';
import { nodeEnvironment, nodeProgram } from '../../../server/processes/node';
import { channelOf, type ProcessOptions, startProcess } from '../../../server/processes/start';
import { runs } from '../../support/processes';
import { until } from '../../support/workerFiles';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const watched = join(folder, 'watched.js');

beforeAll(async () => {
  await build({
    entryPoints: [join(ROOT, 'server/processes/watched.ts'), join(ROOT, 'server/processes/start.ts')],
    outdir: folder,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
  });
});

/** Starts a process that ends with the test at the latest. */
function start(options: Pick<ProcessOptions, 'command' | 'args'> & Partial<ProcessOptions>) {
  const lines: string[] = [];
  const started = startProcess({
    environment: nodeEnvironment(),
    ownGroup: true,
    channel: 'pipe',
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
    ...options,
  });
  onTestFinished(() => void started.end());
  return { ...started, lines };
}

/** A Node program of a few words, that watches itself as ours do. */
function node(code: string) {
  return nodeProgram('-e', [`require(${JSON.stringify(watched)}); ${code}`]);
}

function shell(code: string) {
  return { command: 'sh', args: ['-c', code] };
}

describe('a process', () => {
  it('reads its input, and what it prints comes in lines, of both streams', async () => {
    const { ended, lines } = start({ ...shell('cat; echo b >&2; printf c'), input: 'ü\na\n' });
    expect(await ended).toEqual({ kind: 'exit', code: 0 });
    expect(lines.toSorted()).toEqual(['errors b', 'output a', 'output c', 'output ü']);
  });

  it('has a channel that is none of what it prints', async () => {
    const started = start(shell('printf answer >&3; echo said; exit 3'));
    let text = '';
    channelOf(started).on('data', (bytes) => {
      text += bytes;
    });
    expect(await started.ended).toEqual({ kind: 'exit', code: 3 });
    expect([text, started.lines]).toEqual(['answer', ['output said']]);
  });

  it('is told of its end, though its parent has closed the channel before', async () => {
    const started = start({
      ...node("process.on('disconnect', () => process.exit(4)); process.send('ready');"),
      channel: 'ipc',
    });
    await new Promise((resolve) => started.child.once('message', resolve));
    started.child.disconnect();
    expect(await started.ended).toEqual({ kind: 'exit', code: 4 });
  });

  it('tells that it could not be started', async () => {
    const end = await start({ command: join(folder, 'absent'), args: [] }).ended;
    expect(describeEnd(end)).toContain('could not be started: spawn');
  });

  it('ends at its deadline, though it does not look at it itself', async () => {
    const { ended } = start({ ...shell('sleep 1000'), limits: { deadline: 200 } });
    expect(await ended).toEqual({ kind: 'deadline', deadline: 200 });
  });

  it('ends beyond its memory, whatever its main thread does', async () => {
    const memory = 150 * 2 ** 20;
    const code = 'const all = []; for (;;) { if (all.length < 300) all.push(Buffer.alloc(2 ** 20, 1)); }';
    expect(await start({ ...node(code), limits: { memory } }).ended).toEqual({ kind: 'memory', limit: memory });
  });

  it('tells by which signal it was ended, of others and of its parent', async () => {
    expect(await start(shell('kill -SEGV $$')).ended).toEqual({ kind: 'signal', signal: 'SIGSEGV' });
    expect(await start(shell('sleep 1000')).end()).toEqual({ kind: 'signal', signal: 'SIGKILL' });
  });
});

/** A process that starts another, which holds its output, prints that one's number, and does what `code` says. */
function withChild(code: string) {
  return node(`
    const child = require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit' });
    console.log(child.pid);
    ${code}`);
}

/** Fails where the process still runs after a while, and ends it then. */
async function expectEnd(pid: number): Promise<void> {
  try {
    await until(() => !runs(pid, 'sleep'), 'the end of the child', 30);
  } finally {
    if (runs(pid, 'sleep')) process.kill(pid, 'SIGKILL');
  }
}

// Linux tells which processes there are.
describe.runIf(process.platform === 'linux')('what a process has started', () => {
  const childOf = async (lines: readonly string[]) => {
    await until(() => lines.length > 0, 'the child');
    return Number(lines[0].split(' ')[1]);
  };

  it.each([
    ['ends by itself', 'setTimeout(() => process.exit(0), 300);', {}, 'exit'],
    ['crashes', "setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 300);", {}, 'signal'],
    ['comes to its deadline', 'for (;;);', { deadline: 1500 }, 'deadline'],
    [
      'comes to its memory',
      'setTimeout(() => { globalThis.a = Buffer.alloc(2 ** 28, 1); }, 300);',
      { memory: 2 ** 28 },
      'memory',
    ],
  ])('ends where it %s', async (_, code, limits, kind) => {
    const { ended, lines } = start({ ...withChild(code), limits });
    const child = await childOf(lines);
    expect(runs(child, 'sleep')).toBe(true);
    expect((await ended).kind).toBe(kind);
    await expectEnd(child);
  });

  it('ends where it is ended', async () => {
    const { end, lines } = start(withChild('for (;;);'));
    const child = await childOf(lines);
    await end();
    await expectEnd(child);
  });

  it('ends where the parent is killed', async () => {
    const { command, args } = withChild('for (;;);');
    const code = `
      const { startProcess } = require(${JSON.stringify(join(folder, 'start.js'))});
      startProcess({ command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)}, environment: process.env,
        ownGroup: true, channel: 'pipe', onLine: (line) => console.log('output ' + line) });`;
    const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const lines: string[] = [];
    parent.stdout.on('data', (data) => lines.push(String(data).trim()));
    const child = await childOf(lines);
    expect(runs(child, 'sleep')).toBe(true);
    parent.kill('SIGKILL');
    await expectEnd(child);
  });
});
