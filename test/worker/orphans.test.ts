/** No loader outlives the compute process that has started it, nor its deadline. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { LoadJob } from '../../server/frontends/keras/loaderProtocol';
import { loaderFiles } from '../support/loaderFiles';
import { temporaryFolder } from '../support/models';
import { childrenOf, descendantsOf, runs } from '../support/processes';
import { startSupervisor, until } from '../support/workerFiles';

const LOOP = "import * as tf from '@tensorflow/tfjs';\nexport default () => { tf.sequential(); for (;;); };\n";

it('a loader ends with a compute process that is killed during a description', async () => {
  const model = join(temporaryFolder({ 'loop.ts': LOOP }), 'loop.ts');
  const supervisor = await startSupervisor();
  const loaders: number[] = [];
  for (const delay of [0, 60, 150, 300]) {
    const described = supervisor.call('describe', { model });
    described.catch(() => {});
    const found = () => descendantsOf(supervisor.pid() ?? 0, 'loader.js');
    await until(() => found().length > 0, 'the loader');
    const [loader] = found();
    loaders.push(loader);
    await sleep(delay);
    // As it is ended where it hangs, or takes too much memory.
    await supervisor.restart();
    await expect(described).rejects.toThrow('restarted');
  }
  try {
    await until(() => !loaders.some((pid) => runs(pid, 'loader.js')), 'the end of the loaders', 30);
  } finally {
    for (const pid of loaders) if (runs(pid, 'loader.js')) process.kill(pid, 'SIGKILL');
  }
});

/** A process that starts a loader for a module without end, and tells nothing more. */
function startParent(loader: string, tensorflow: string, folder: string, watch: string) {
  const job: LoadJob = {
    file: join(folder, 'loop.mjs'),
    exportLocations: {},
    bundleFile: join(folder, 'loop.mjs'),
    sourceMap: '{"version":3,"sources":[],"names":[],"mappings":""}',
    sourceRoot: folder,
    commonJs: false,
    tensorflowFile: tensorflow,
    workspace: folder,
    allow: [],
    knownModels: [],
    callable: [],
  };
  const code = `
    const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(loader)}], {
      env: { ...process.env, PRUNELENS_WATCH: JSON.stringify(${watch}) },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'] });
    child.stdin.end(${JSON.stringify(JSON.stringify(job))});`;
  const parent = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  onTestFinished(() => void parent.kill('SIGKILL'));
  return parent.pid!;
}

/** The loader that a process has started, once it runs: just before, it has the command line of its parent, then none. */
async function loaderOf(parent: number): Promise<number> {
  const loaders = () => childrenOf(parent).filter((pid) => runs(pid, 'loader.js') && !runs(pid, 'child_process'));
  let found: readonly number[] = [];
  await until(() => {
    found = loaders();
    return found.length > 0;
  }, 'the loader');
  return found[0];
}

it('a loader without end ends at its deadline, though its parent is stopped', async () => {
  const { loader, tensorflow } = await loaderFiles();
  const folder = temporaryFolder({ 'loop.mjs': 'for (;;);' });
  const parent = startParent(loader, tensorflow, folder, '{ parent: process.pid, deadline: 3000 }');
  const child = await loaderOf(parent);
  process.kill(parent, 'SIGSTOP');
  try {
    await sleep(1500);
    expect(runs(child, 'loader.js')).toBe(true);
    await until(() => !runs(child, 'loader.js'), 'the deadline', 30);
  } finally {
    if (runs(child, 'loader.js')) process.kill(child, 'SIGKILL');
  }
});

it('a loader ends whose parent was gone before it began to look', async () => {
  const { loader, tensorflow } = await loaderFiles();
  const folder = temporaryFolder({ 'loop.mjs': 'for (;;);' });
  // A number that is that of no parent of the loader, as that of a dead one.
  const parent = startParent(loader, tensorflow, folder, '{ parent: process.ppid }');
  const child = await loaderOf(parent);
  await until(() => !runs(child, 'loader.js'), 'its end', 30);
});
