/** Runs that the nodes of a cluster train in a folder that is shared, seen from an editor that has not started them. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { whyNoSlurm } from '../../support/slurm';
import { TINY_CLASSIFIER } from '../../support/tinyModels';
import { useEditor } from '../harness/fixture';
import { REPOSITORY } from '../harness/paths';
import { newFolder, removeFolder, writeFiles } from '../harness/workspace';

const reason = whyNoSlurm();
const METHODS = ['random', 'snip'];
/** The dense network is one, too. */
const RUNS = 1 + METHODS.length;
const SWEEP = `models: [model.json]
data: noise
methods: [${METHODS.join(', ')}]
sparsities: [0.5]
seeds: 1
backend: reference
settings: { epochs: 60, batch-size: 16 }
`;

describe.skipIf(reason !== undefined)(
  `an editor beside a cluster${reason === undefined ? '' : `, left out because ${reason}`}`,
  () => {
    const shared = reason === undefined ? newFolder('shared') : '';
    const runs = join(shared, 'study', 'runs');
    const editor = useEditor({ settings: { 'prunelens.runs.otherFolders': [runs] } });

    it('shows runs while nodes train them, and when they are done', async () => {
      const { runTable, workbench } = editor();
      await workbench.runCommand('PruneLens: Open Runs Table');
      await expect.poll(() => runTable.count()).toBe('0 runs');
      writeFiles(shared, { 'model.json': TINY_CLASSIFIER, 'sweep.yaml': SWEEP });
      const args = ['sweep', join(shared, 'sweep.yaml'), '--out', join(shared, 'study'), '--on', 'slurm'];
      const command = spawn(process.execPath, [join(REPOSITORY, 'dist', 'prunelens.js'), ...args], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => command.on('exit', resolve));
      onTestFinished(async () => {
        // It cancels its jobs where the test has failed.
        command.kill('SIGINT');
        await ended;
        removeFolder(shared);
      });
      await expect.poll(() => runTable.lines(), { timeout: 120_000 }).toContainEqual(expect.stringMatching(/running/i));
      expect(await ended).toBe(0);
      await expect.poll(() => runTable.count()).toBe(`${RUNS} runs`);
      await expect.poll(() => runTable.lines()).not.toContainEqual(expect.stringMatching(/running/i));
    });
  },
);
