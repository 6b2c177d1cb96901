#!/usr/bin/env node
/**
 * Whether processes stay behind: the command is killed 100 times at random moments of a scoring, the language server 20 times during one, and its
 * compute process is killed 20 times. After `node esbuild.mjs`: `npm run study:kills [-- COMMANDS SERVERS]`. Linux.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from './languageServer.mjs';
import { processesWith } from './processTree.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'prunelens-kills-'));
const MODEL = join(folder, 'lenet-300-100.ts');
cpSync(join(root, 'samples/lenet-300-100.ts'), MODEL);
const [commands, servers] = [Number(process.argv[2] ?? 100), Number(process.argv[3] ?? 20)];
// Every process of this study has it in its environment.
process.env.PRUNELENS_STUDY = folder;
const SETTINGS = { backend: 'cpu', data: 'noise:28x28x1:10:512' };

/** Processes that are still there, once those have had time to end that notice the death of their parent. */
async function left() {
  for (let look = 0; look < 50; look++) {
    if (processesWith(folder).length === 0) return 0;
    await sleep(100);
  }
  return processesWith(folder).length;
}

async function killCommands() {
  let orphans = 0;
  for (let i = 0; i < commands; i++) {
    const args = ['score', MODEL, '--method', 'snip', '--data', SETTINGS.data, '--backend', 'cpu'];
    const child = spawn(process.execPath, [join(root, 'dist/prunelens.js'), ...args], { stdio: 'ignore' });
    await sleep(1500 * Math.random());
    child.kill('SIGKILL');
    orphans += await left();
  }
  return orphans;
}

const score = (server) =>
  server.command('prunelens.server.score', { model: `${MODEL}#default`, method: 'prospr' }).catch(() => {});

async function killServers() {
  let orphans = 0;
  for (let i = 0; i < servers; i++) {
    const server = await startServer(folder, SETTINGS);
    void score(server);
    await sleep(2000 * Math.random());
    server.child.kill('SIGKILL');
    orphans += await left();
  }
  return orphans;
}

/** Kills the compute process of one server, which starts another; the rest is what the server leaves at its end. */
async function killWorkers() {
  const server = await startServer(folder, SETTINGS);
  for (let i = 0; i < servers; i++) {
    void score(server);
    await sleep(500 + 1000 * Math.random());
    for (const pid of processesWith(folder)) {
      if (pid !== server.child.pid) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      }
    }
  }
  await server.stop();
  return left();
}

try {
  console.log(`command killed ${commands} times: ${await killCommands()} processes left`);
  console.log(`server killed ${servers} times: ${await killServers()} processes left`);
  console.log(`compute process killed ${servers} times: ${await killWorkers()} processes left`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
