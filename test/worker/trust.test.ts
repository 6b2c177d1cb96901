/** The compute process loads no module unless it is told that code may run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createSupervisor } from '../../server/worker/supervisor';
import { writeEvilWorkspace } from '../support/evil';
import { temporaryFolder } from '../support/models';
import { startSupervisor, workerFile } from '../support/workerFiles';

const REFUSED = 'This workspace is not trusted';

it('refuses modules in every call where nobody says that they may run', async () => {
  const folder = temporaryFolder({});
  const { names, runs, marker } = await writeEvilWorkspace(folder);
  // Nothing is said of trust.
  const supervisor = createSupervisor({ workerFile: await workerFile(), cwd: folder });
  onTestFinished(() => supervisor.dispose());
  const [hidden, , , plain] = names;
  for (const model of [hidden, plain, 'evil.ts', './model.json#evil.ts']) {
    const common = { model, backend: 'cpu', data: 'noise:4:2:8', epochs: 1 };
    const compared = { methods: ['magnitude'], sparsities: [0.5], seeds: 1 };
    const calls = [
      supervisor.call('describe', { model }),
      supervisor.call('score', { ...common, method: 'magnitude', sparsity: 0.5 }),
      supervisor.call('train', { ...common, run: join(folder, 'new') }),
      supervisor.call('train', { ...common, run: runs[0], resume: true }),
      supervisor.call('compare', { ...common, ...compared, folder: join(folder, 'compared') }),
      supervisor.call('compare', { ...common, ...compared, data: 'noise', folder: join(folder, 'compared') }),
      supervisor.call('learn', { ...common, predictor: join(folder, 'learned.safetensors'), iterations: 1 }),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining(REFUSED) } });
    }
  }
  for (const run of [runs[0], runs[1], runs[2]]) {
    const exported = supervisor.call('exportMasks', { run, format: 'npz', file: join(folder, 'masks.npz') });
    await expect(exported).rejects.toThrow(REFUSED);
  }
  expect(existsSync(marker)).toBe(false);
});

it('runs them where it is said', async () => {
  const { names, marker } = await writeEvilWorkspace(temporaryFolder({}));
  const supervisor = await startSupervisor({ isTrusted: () => true });
  await supervisor.call('describe', { model: names[0] });
  expect(existsSync(marker)).toBe(true);
});
