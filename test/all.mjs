#!/usr/bin/env node
/**
 * All tests: those of vitest, then those of the editor where one is installed (test/editor/harness/install.sh).
 *
 *   node test/all.mjs [vitest's arguments]     with arguments, vitest alone runs, with them
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: 'inherit' });
  return status ?? 1;
}

const args = process.argv.slice(2);
const codes = [run('node_modules/vitest/vitest.mjs', 'run', ...args)];
if (args.length === 0) codes.push(run('test/editor/run.mjs', '--if-available'));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
