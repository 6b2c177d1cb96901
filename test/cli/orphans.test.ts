/** No process outlives the command that it works for, however and whenever that ends. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT, temporaryFolder } from '../support/command';
import { descendantsOf, runs } from '../support/processes';
import { until } from '../support/workerFiles';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

writeFileSync(
  at('loop.ts'),
  "import * as tf from '@tensorflow/tfjs';\nexport default () => { tf.sequential(); for (;;); };\n",
);

/** Starts the command; it is killed at the end of the test at the latest. */
function start(args: readonly string[]): { readonly pid: number; kill(): void } {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'prunelens.js'), ...args], {
    cwd: folder,
    stdio: 'ignore',
  });
  const kill = () => void child.kill('SIGKILL');
  onTestFinished(kill);
  return { pid: child.pid!, kill };
}

/** Fails where one of the processes still runs after a while, and ends it then. */
async function expectEnd(processes: readonly number[], text: string): Promise<void> {
  try {
    await until(() => !processes.some((pid) => runs(pid, text)), `the end of ${text}`, 30);
  } finally {
    for (const pid of processes) if (runs(pid, text)) process.kill(pid, 'SIGKILL');
  }
}

it('the loader of a model ends with a command that is killed, at any moment', async () => {
  const loaders: number[] = [];
  const kills = 8;
  for (let i = 0; i < kills; i++) {
    const command = start(['score', 'loop.ts', '--method', 'magnitude']);
    await until(() => descendantsOf(command.pid, 'loader.js').length > 0, 'the loader');
    loaders.push(...descendantsOf(command.pid, 'loader.js'));
    await sleep((i * 400) / kills);
    command.kill();
  }
  expect(loaders).toHaveLength(kills);
  await expectEnd(loaders, 'loader.js');
});

it('the jobs of a sweep that is killed end, with the loaders of their models', async () => {
  // The sweep itself loads the model first; in its jobs it does not come to an end.
  // What it leaves is elsewhere: models do not write into their workspace.
  const loaded = JSON.stringify(join(temporaryFolder(), 'loaded'));
  const model = `
    import { existsSync, writeFileSync } from 'node:fs';
    import * as tf from '@tensorflow/tfjs';
    if (existsSync(${loaded})) for (;;);
    writeFileSync(${loaded}, '');
    export default () =>
      tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], activation: 'softmax' })] });`;
  writeFileSync(at('once.ts'), model);
  const settings = 'settings: { epochs: 1, batch-size: 4 }';
  writeFileSync(
    at('sweep.yaml'),
    `models: [once.ts]\ndata: noise:4:2:8\nmethods: [magnitude]\nsparsities: [0.5, 0.9]\nbackend: cpu\n${settings}\n`,
  );
  const sweep = start(['sweep', 'sweep.yaml', '--out', 'out', '--jobs', '2']);
  const jobs = () => descendantsOf(sweep.pid, 'job.js');
  const loaders = () => jobs().flatMap((job) => descendantsOf(job, 'loader.js'));
  await until(() => loaders().length > 0, 'the loader of a job');
  const [job, loader] = [jobs(), loaders()];
  sweep.kill();
  await expectEnd(job, 'job.js');
  await expectEnd(loader, 'loader.js');
});
