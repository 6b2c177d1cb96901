/** `prunelens sweep --side-by-side`: the results of one run after the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SweepResults } from '../../server/protocol/sweep';
import { prunelens, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const reason = whyNoPython();
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
writeFileSync(at('model.json'), TINY_CLASSIFIER);

const axes = { models: ['./model.json'], data: 'noise:4:3:64', methods: ['random'], sparsities: [0.5] };
const settings = { epochs: 2, 'batch-size': 16 };

function sweepFile(name: string, sweep: object): string {
  writeFileSync(at(name), JSON.stringify({ ...axes, settings, ...sweep }));
  return at(name);
}

const file = sweepFile('sweep.yaml', {
  ...{ backend: 'torch', device: 'cpu', python: TEST_PYTHON },
  ...{ dense: false, seeds: 2, settings: { ...settings, lr: [0.05, 0.1] } },
});

async function sweep(out: string, ...flags: string[]): Promise<SweepResults> {
  const { code, stdout, stderr } = await prunelens(['sweep', file, '--out', at(out), '--json', ...flags]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const losses = ({ runs }: SweepResults) => new Map(runs.map((run) => [run.folder, run.final.testLoss]));

let expected: ReturnType<typeof losses>;

function checkLosses(results: SweepResults): void {
  const found = losses(results);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, loss] of found) expect(loss, name).toBeCloseTo(expected.get(name)!, 4);
}

describe.skipIf(reason !== undefined)(reason === undefined ? '--side-by-side' : `left out because ${reason}`, () => {
  beforeAll(async () => {
    expected = losses(await sweep('alone'));
  });

  it('trains masked networks of several seeds and rates at once, with the results of each alone', async () => {
    const together = await sweep('together', '--side-by-side', '3');
    expect(together.device).toContain('3 side by side');
    expect(together.failures).toEqual([]);
    checkLosses(together);
  });

  it('does so in a task of a cluster', async () => {
    const onCluster = ['--on', 'slurm', '--pack', '4', '--side-by-side', '2', '--write-only'];
    const written = await prunelens(['sweep', file, '--out', at('cluster'), ...onCluster]);
    expect(written.code, written.stderr).toBe(0);
    const place = (name: string) => join(at('cluster'), 'slurm', name);
    expect(readFileSync(place('sweep.sbatch'), 'utf8')).toContain('PRUNELENS_THREADS=2\n');
    const task = await prunelens(['sweep', 'task', place('manifest.json'), '0']);
    expect(task.code, task.stderr).toBe(0);
    const { code, stdout, stderr } = await prunelens(['sweep', 'status', at('cluster'), '--json']);
    expect(code, stderr).toBe(0);
    checkLosses(JSON.parse(stdout));
  });

  it('is refused where the backend is another', async () => {
    const other = sweepFile('refused.yaml', { backend: 'cpu' });
    const { code, stderr } = await prunelens(['sweep', other, '--out', at('refused'), '--side-by-side', '2']);
    expect(code).toBe(2);
    expect(stderr).toContain('--side-by-side is for the backend torch, and the backend is cpu.');
  });
});
