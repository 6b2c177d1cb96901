/** The inner steps of ProsPr in sweeps on Slurm: one a network, in the manifest, and the same when the sweep goes on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openFolder } from '../../../server/comparison/folder';
import * as select from '../../../server/executors/select';
import { expandSweep, type SweepPlan } from '../../../server/sweep/expand';
import { type PreparedSweep, prepareSweep } from '../../../server/sweep/session';
import { createManifest } from '../../../server/sweep/slurm/manifest';
import { withSlurmSteps } from '../../../server/sweep/slurm/steps';
import { temporaryFolder } from '../../support/models';
import { TINY_CLASSIFIER } from '../../support/tinyModels';

const { signal } = new AbortController();
const asked = { backend: 'reference' };
const files = { 'model.json': TINY_CLASSIFIER, 'prunelens.json': '{ "data": "noise" }' };

afterEach(() => vi.restoreAllMocks());

async function prepare(methods: readonly string[], settings = {}): Promise<[SweepPlan, PreparedSweep, string]> {
  const folder = temporaryFolder(files);
  const sweep = { models: ['model.json'], methods, sparsities: [0.5, 0.9], seeds: 2 };
  const shared = { epochs: 1, 'batch-size': 16, ...settings };
  const plan = expandSweep({ ...sweep, settings: shared }, { folder, name: 'sweep', out: join(folder, 'out') });
  return [plan, await prepareSweep(plan, signal), folder];
}

async function manifestOf(plan: SweepPlan, prepared: PreparedSweep, folder: string) {
  const sweep = await withSlurmSteps(plan, prepared, { asked, isGpu: false, signal, note() {} });
  const settings = Object.fromEntries(Array.from(sweep.networks, ([label, { settings: one }]) => [label, one]));
  await openFolder(plan.out, 'reference', settings, 'sweep');
  const command = join(folder, 'prunelens.js');
  writeFileSync(command, '');
  const options = { pack: 1, sideBySide: 1, sbatch: [] };
  return createManifest({ plan, sweep, options, command, asked, computed: { backend: 'reference' } });
}

it('are numbers in the manifest, one for all runs of a network', async () => {
  const [plan, prepared, folder] = await prepare(['snip', 'prospr', 'prospr+shuffle'], { steps: [1, 2] });
  const manifest = await manifestOf(plan, prepared, folder);
  const steps = manifest.requests
    .filter(({ method }) => method?.startsWith('prospr'))
    .map(({ request }) => request.scoring.options.innerLearningRate);
  expect(steps.length).toBeGreaterThan(2);
  expect(steps[0]).toBeTypeOf('number');
  expect(new Set(steps).size).toBe(1);
  // The command that goes on has the same plan, and computes nothing for it.
  const again = await manifestOf(plan, await prepareSweep(plan, signal), folder);
  expect(again.plan).toBe(manifest.plan);
});

it('are not looked for where nothing takes them or one is given', async () => {
  const open = vi.spyOn(select, 'openExecutor');
  for (const [methods, settings] of [
    [['snip'], {}],
    [['prospr'], { 'inner-lr': 0.01 }],
    [['prospr'], { preset: 'released' }],
  ] as const) {
    const [plan, prepared] = await prepare(methods, settings);
    expect(await withSlurmSteps(plan, prepared, { asked, isGpu: false, signal, note() {} })).toBe(prepared);
  }
  expect(open).not.toHaveBeenCalled();
});
