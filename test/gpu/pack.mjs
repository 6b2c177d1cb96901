#!/usr/bin/env node
/**
 * Packs the check for a machine of this platform that has a Python with PyTorch, but no Node and no network:
 *
 *   npm run gpu-check:pack -- [OUT] [--data FOLDER|ARCHIVE] [--node NODE] [--no-runtime]
 *
 * OUT is a .tar.xz (by default gpu-check.tar.xz), or a folder, which is then not compressed. `--data` is CIFAR-10 as PruneLens reads it
 * (a folder, or a .tar or .tar.xz of one). `--no-runtime` leaves out Node and ONNX Runtime, for trying it where they are. There:
 *
 *   tar -xf gpu-check.tar.xz && cd gpu-check && ./gpu-check --python python3
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runtimeFiles, runtimeFolder } from '../../client/packaging/platforms.mjs';
import { buildCheck, ROOT } from './build.mjs';

/** What the machine that it is for takes. */
const LARGEST = 60 * 2 ** 20;

/** Of the repository, with the place of each kept. */
const FILES = [
  'LICENSE',
  'dist/autos.safetensors',
  'dist/gpuCheck.js',
  'dist/job.js',
  'dist/loader.js',
  'dist/prunelens.js',
  'dist/python',
  'dist/report.css',
  'dist/report.js',
  'samples/keras-convnet.json',
  'samples/pytorch',
  'test/bench/models/resnet18.py',
  'test/bench/reference.py',
  'test/fixtures/golden',
  'test/gpu/networks.py',
  'test/gpu/plain.py',
];

const MODULES = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/dist',
  'onnxruntime-common/package.json',
  'onnxruntime-common/dist/cjs',
];

/** A file that starts a bundle with the Node that was packed, or with the one of this machine. */
const starter = (bundle) => `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
node=$here/node
[ -x "$node" ] || node=node
exec "$node" "$here/dist/${bundle}" "$@"
`;

function copy(name, from, to) {
  const source = join(from, name);
  if (!existsSync(source)) return;
  mkdirSync(dirname(join(to, name)), { recursive: true });
  cpSync(source, join(to, name), { recursive: true, filter: (path) => !/\.(map|d\.ts|pyc)$|__pycache__/.test(path) });
}

function copyRuntime(folder, node) {
  cpSync(node, join(folder, 'node'), { dereference: true });
  chmodSync(join(folder, 'node'), 0o755);
  const modules = join(ROOT, 'node_modules');
  for (const name of MODULES) copy(name, modules, join(folder, 'node_modules'));
  const platform = `${process.platform}-${process.arch}`;
  const runtime = runtimeFolder(modules, platform);
  if (runtime === undefined) throw new Error(`onnxruntime-node has no binaries for ${platform}.`);
  const target = join(folder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', ...platform.split('-'));
  for (const name of runtimeFiles(runtime)) {
    if (!/cuda|tensorrt/.test(name)) copy(name, runtime, target);
  }
}

function copyData(folder, data) {
  const target = join(folder, 'data', 'cifar10');
  mkdirSync(target, { recursive: true });
  if (statSync(data).isDirectory()) cpSync(data, target, { recursive: true });
  else execFileSync('tar', ['-xf', data, '-C', target]);
}

function stage(folder, { node, data, runtime }) {
  for (const name of FILES) copy(name, ROOT, folder);
  for (const [name, bundle] of Object.entries({ 'gpu-check': 'gpuCheck.js', prunelens: 'prunelens.js' })) {
    writeFileSync(join(folder, name), starter(bundle), { mode: 0o755 });
  }
  if (runtime) copyRuntime(folder, node);
  if (data !== undefined) copyData(folder, data);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      'no-runtime': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const out = resolve(positionals[0] ?? 'gpu-check.tar.xz');
  const options = { node: values.node, data: values.data, runtime: !values['no-runtime'] };
  await buildCheck();
  if (!out.endsWith('.tar.xz')) {
    mkdirSync(out, { recursive: true });
    stage(out, options);
    return;
  }
  const temporary = mkdtempSync(join(tmpdir(), 'prunelens-pack-'));
  try {
    const folder = join(temporary, 'gpu-check');
    mkdirSync(folder);
    stage(folder, options);
    execFileSync('tar', ['-C', temporary, '-cJf', out, 'gpu-check'], { stdio: 'inherit' });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const { size } = statSync(out);
  console.log(`${out}: ${(size / 2 ** 20).toFixed(1)} MiB`);
  if (size > LARGEST) throw new Error(`That is more than ${LARGEST / 2 ** 20} MiB.`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
